"""How long and how far from their mean: norms, variances and standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import Any, NamedTuple, Self

import numpy as np

from ...engine import formulas
from ...engine.shapes import Shape
from ..methods import Methods, converted, floating
from ..primitive import Call, Primitive
from ..sums import sum_along
from .reductions import MEAN, Dims, count_along, dims_of, with_length_one


class Norm(Primitive):
    """``sum(|x|**p) ** (1/p)`` along some dimensions, with slope 0 where it is 0."""

    name = "norm"
    saves = (0,)
    saves_out = True

    def forward(self, x: Any, dims: Shape | None, keepdim: bool, p: float) -> Any:
        if p == 2:
            return np.sqrt(sum_along(x * x, dims, keepdim))
        return sum_along(np.abs(x) ** p, dims, keepdim) ** (1 / p)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dims, keepdim, p = call.parameters
        shape = call.shape_of(0)
        out = with_length_one(call.out, shape, dims, keepdim)
        # Where the norm is 0 any divisor will do: the gradient is made 0 there.
        unit = call.inputs[0] / (out + (out == 0))
        if p != 2:
            unit = unit * (abs(unit) + (unit == 0)) ** (p - 2)
        return (with_length_one(gradient, shape, dims, keepdim) * (out != 0) * unit,)


NORM = Norm()


class Spread(NamedTuple):
    """What a variance is made of: the dimensions, the distances from the mean, the divisor."""

    dims: Shape | None
    centered: Any
    divisor: float


class Norms(Methods):
    """Norms, variances and standard deviations. All refuse integers with a ``TypeError``."""

    __slots__ = ()

    def norm(
        self, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None
    ) -> Self:
        """The p-norm along ``dim``, of all elements taken as one vector if it is None.

        ``sum(|x|**p) ** (1/p)``; ``"fro"`` is 2, ``inf`` the greatest and ``-inf`` the smallest
        absolute value, 0 the number of elements that are not 0. Where the norm is 0, its slope
        is taken to be 0.

        Raises ``ValueError`` for the nuclear norm and other names.
        """
        tensor = floating(self, dtype, "norm")
        power = _power(p)
        if power == inf:
            return tensor.abs().amax(dim, keepdim)  # type: ignore[no-any-return]
        if power == -inf:
            return tensor.abs().amin(dim, keepdim)  # type: ignore[no-any-return]
        if power == 1:
            return tensor.abs().sum(dim, keepdim)  # type: ignore[no-any-return]
        if power == 0:
            count = (tensor != 0).sum(dim, keepdim)
            return converted(count, tensor._data.dtype)  # type: ignore[no-any-return]
        dims = dims_of(dim, self._data.ndim, "norm")
        if power < 0 and not count_along(self._data.shape, dims):
            raise ValueError(
                f"norm: for p={p} there must be at least one element, got shape "
                f"{self._data.shape}: there is no smallest of nothing"
            )
        norm: Self = self.record(NORM, (tensor,), (dims, keepdim, power))
        return norm

    def var(
        self,
        dim: Dims = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Self:
        """The variance along ``dim``: ``sum((x - mean)**2) / (N - correction)``.

        N is the number of elements, and ``correction`` 1 if not given; ``unbiased=False`` means
        0. Where N is not greater, the divisor is 0: one element has the variance nan.

        Raises ``TypeError`` if both ``unbiased`` and ``correction`` are given.
        """
        if isinstance(dim, bool):  # as in x.var(False)
            dim, unbiased = None, dim
        dims, centered, divisor = self._centered(dim, unbiased, correction, "var")
        squares = self.apply(formulas.square, centered)
        variance: Self = self.record(MEAN, (squares,), (dims, keepdim, divisor))
        return variance

    def std(
        self,
        dim: Dims = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Self:
        """The standard deviation along ``dim``, the square root of :meth:`var`.

        Where all elements are equal, its slope is taken to be 0.
        """
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        dims, centered, divisor = self._centered(dim, unbiased, correction, "std")
        norm: Self = self.record(NORM, (centered,), (dims, keepdim, 2.0))
        return norm / sqrt(divisor)

    def _centered(
        self, dim: Dims, unbiased: bool | None, correction: float | None, what: str
    ) -> Spread:
        if unbiased is not None and correction is not None:
            raise TypeError(
                f"{what}: give correction or unbiased, got both, {correction!r} and {unbiased!r}: "
                "unbiased=True is correction=1"
            )
        if correction is None:
            correction = 0 if unbiased is False else 1
        tensor = floating(self, None, what)
        dims = dims_of(dim, self._data.ndim, what)
        count = count_along(self._data.shape, dims)
        mean = self.record(MEAN, (tensor,), (dims, True, count))
        return Spread(dims, self.apply(formulas.sub, tensor, mean), max(count - correction, 0))


def _power(p: Any) -> float:
    if p == "fro":
        return 2.0
    if isinstance(p, int | float) and not isinstance(p, bool):
        return float(p)
    raise ValueError(f"norm: p must be a number or 'fro', got {p!r}: there are no other norms here")
