"""Whole parts and remainders, and numbers in the place of nan and infinities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ...engine import formulas
from ...engine.shapes import broadcast_shape
from ..dtypes import FLOATS, bool_
from ..methods import Methods, floating, paired, plain
from ..primitive import Call, Primitive
from ..quiet import quiet
from ..tracing import made, numbers
from .moves import CLONE, SUM_TO


class Stepwise(Primitive):
    """A function that goes in steps: its slope is 0."""

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        flat = [
            made(np.zeros(call.shape_of(k), gradient.dtype)) if call.needs(k) else None
            for k in range(self.arity)
        ]
        if isinstance(gradient, np.ndarray | np.generic):
            return flat
        return [None if zeros is None else gradient.constant(zeros) for zeros in flat]


class Ceil(Stepwise):
    """The least whole number not below x."""

    name = "ceil"

    def forward(self, x: Any) -> Any:
        return np.ceil(x)


class Trunc(Stepwise):
    """The whole part of x: towards 0."""

    name = "trunc"

    def forward(self, x: Any) -> Any:
        return np.trunc(x)


class Round(Stepwise):
    """The nearest number with so many decimals, the even one of two."""

    name = "round"

    def forward(self, x: Any, decimals: int) -> Any:
        return np.round(x, decimals)


class FloorDivide(Stepwise):
    """The greatest whole number not above a / b."""

    name = "floor_divide"
    arity = 2

    def forward(self, a: Any, b: Any) -> Any:
        return np.floor_divide(a, b)


class Modulo(Primitive):
    """``a - b * q``, with a whole quotient q: the slopes are 1 and -q."""

    arity = 2
    saves = (0, 1)

    @abstractmethod
    def quotient(self, a: Any, b: Any) -> Any:
        """The whole quotient of two arrays."""

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        by_a = by_b = None
        if call.needs(0):
            by_a = SUM_TO(gradient, call.shape_of(0))
        if call.needs(1):
            operands = [plain(operand) for operand in call.inputs]
            quotient = quiet().run(self.quotient, *operands)
            by_b = SUM_TO(gradient * -quotient, call.shape_of(1))
        return by_a, by_b


class Remainder(Modulo):
    """What remains of a after a whole number of b, with the sign of b."""

    name = "remainder"

    def forward(self, a: Any, b: Any) -> Any:
        return np.remainder(a, b)

    def quotient(self, a: Any, b: Any) -> Any:
        return np.floor_divide(a, b)


class Fmod(Modulo):
    """What remains of a after a whole number of b, with the sign of a."""

    name = "fmod"

    def forward(self, a: Any, b: Any) -> Any:
        return np.fmod(a, b)

    def quotient(self, a: Any, b: Any) -> Any:
        return np.trunc(a / b)


CEIL = Ceil()
TRUNC = Trunc()
ROUND = Round()
FLOOR_DIVIDE = FloorDivide()
REMAINDER = Remainder()
FMOD = Fmod()


class Rounding(Methods):
    """Whole parts of elements, what remains after division, and repairs of nan."""

    __slots__ = ()

    def ceil(self) -> Self:
        """The least whole number not below ``x``; its slope is 0."""
        return self._rounded(CEIL)

    def trunc(self) -> Self:
        """``x`` without its decimals; its slope is 0."""
        return self._rounded(TRUNC)

    def round(self, *, decimals: int = 0) -> Self:
        """The nearest number with so many ``decimals``, the even one of two; its slope is 0."""
        return self._rounded(ROUND, decimals)

    def frac(self) -> Self:
        """``x - trunc(x)``: the decimals, with the sign of x. Refuses integers."""
        tensor: Self = floating(self, None, "frac")
        return tensor - tensor.trunc()

    def floor_divide(self, other: Any) -> Self:
        """``self // other``: the greatest whole number not above the quotient; slopes are 0.

        Raises ``ZeroDivisionError`` for an integer divided by 0.
        """
        return self._divided(FLOOR_DIVIDE, self, other)

    def remainder(self, other: Any) -> Self:
        """``self % other``: ``self - other * floor(self / other)``, with the sign of ``other``.

        The slopes are 1 and ``-floor(self / other)``. Raises ``ZeroDivisionError`` for an integer
        divided by 0.
        """
        return self._divided(REMAINDER, self, other)

    def fmod(self, other: Any) -> Self:
        """``self - other * trunc(self / other)``, with the sign of ``self``.

        The slopes are 1 and ``-trunc(self / other)``. Raises ``ZeroDivisionError`` for an integer
        divided by 0.
        """
        return self._divided(FMOD, self, other)

    def __floordiv__(self, other: Any) -> Self:
        return self._divided(FLOOR_DIVIDE, self, other)

    def __rfloordiv__(self, other: Any) -> Self:
        return self._divided(FLOOR_DIVIDE, other, self)

    def __mod__(self, other: Any) -> Self:
        return self._divided(REMAINDER, self, other)

    def __rmod__(self, other: Any) -> Self:
        return self._divided(REMAINDER, other, self)

    def nan_to_num(
        self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
    ) -> Self:
        """Numbers in the place of nan, inf and -inf; by default 0 and the greatest finite ones.

        The slope is 1 where the element stays as it is, 0 elsewhere.
        """
        x = numbers(self)
        if x.dtype not in FLOATS:
            return CLONE(self)  # type: ignore[no-any-return]
        repaired = quiet().run(np.nan_to_num, x, nan=nan, posinf=posinf, neginf=neginf)
        result: Self = formulas.where(np.isfinite(x), self, repaired)
        return result

    def _rounded(self, primitive: Primitive, *parameters: Any) -> Self:
        """The result of a primitive; integers are whole already."""
        is_whole = self._data.dtype not in FLOATS and parameters in ((), (0,))
        rounded: Self = CLONE(self) if is_whole else primitive(self, *parameters)
        return rounded

    def _divided(self, primitive: Primitive, first: Any, second: Any) -> Self:
        """A division that leaves whole numbers, of two operands that broadcast."""
        name = primitive.name
        a, b = paired(first, second, type(self), name)
        dtype = a._data.dtype
        if dtype == bool_:
            raise TypeError(
                f"{name}: operands must be numbers, got tensors of bools: convert them with long()"
            )
        if dtype not in FLOATS and not numbers(b).all():
            raise ZeroDivisionError(
                f"{name}: a divisor of integers must not be 0, got dtype {dtype} with a 0: convert "
                "the tensor with float() to get inf or nan"
            )
        broadcast_shape([a._data.shape, b._data.shape], name)
        quotient: Self = self.record(primitive, (a, b), ())
        return quotient
