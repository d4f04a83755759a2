"""Random numbers in a tensor's own memory, and truth values drawn by its probabilities."""

from __future__ import annotations

from abc import abstractmethod
from operator import index
from typing import Any, Self

import numpy as np

from ..broadcasting import NDArray
from ..coercion import constant_array, plain_number
from ..dtypes import FLOATS, DType
from ..methods import Methods
from ..quiet import quiet
from ..tracing import numbers
from . import draws
from .generator import Generator


class Sampling(Methods):
    """The methods that fill a tensor with random numbers, and give it back.

    They draw from ``generator``, or from the default one, in the order of the elements. While a
    graph is recorded, a leaf that requires a gradient refuses them with a ``RuntimeError``; what
    has been filled does not depend on anything any more.
    """

    __slots__ = ()

    @abstractmethod
    def _replace(self, new: Any, by: str, *, convert: bool = False) -> Self:
        """Take the numbers of ``new``."""

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fill with numbers from N(mean, std**2).

        Raises ``TypeError`` for a tensor of integers or bools, ``ValueError`` for a negative
        ``std``.
        """
        dtype = self._drawn_dtype("normal_")
        center, spread = plain_number(mean, "normal_: mean"), plain_number(std, "normal_: std")
        check_std(spread, "normal_")
        drawn = draws.normal(self._data.shape, dtype, generator, "normal_")
        return self._fill(quiet().run(scaled, drawn, spread, center), "normal_")

    def uniform_(
        self, start: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fill with numbers from [start, to): ``start + (to - start) * u``.

        Raises ``TypeError`` for a tensor of integers or bools, ``ValueError`` for ``start > to``.
        """
        dtype = self._drawn_dtype("uniform_")
        low, high = plain_number(start, "uniform_: start"), plain_number(to, "uniform_: to")
        if not 0 <= high - low <= float(np.finfo(dtype).max):
            raise ValueError(
                f"uniform_: start must not exceed to, and {dtype} must hold their difference, got "
                f"{low} and {high}: swap them, or give smaller ones"
            )
        drawn = draws.uniform(self._data.shape, dtype, generator, "uniform_")
        quiet().run(scaled, drawn, high - low, low)
        if low < high:  # rounding may have reached the end
            end = dtype.type(high)
            np.minimum(drawn, np.nextafter(end, dtype.type(low)), out=drawn)
        return self._fill(drawn, "uniform_")

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with numbers from [0, inf) whose density is ``lambd * exp(-lambd * x)``.

        Raises ``TypeError`` for a tensor of integers or bools, ``ValueError`` unless
        ``lambd > 0``.
        """
        dtype = self._drawn_dtype("exponential_")
        rate = plain_number(lambd, "exponential_: lambd")
        if not rate > 0:
            raise ValueError(f"exponential_: lambd must be positive, got {rate}: it is 1 / mean")
        drawn = draws.exponential(self._data.shape, dtype, generator, "exponential_")
        quiet().run(np.divide, drawn, rate, drawn)
        return self._fill(drawn, "exponential_")

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill with 1, with probability ``p``, and 0; ``p`` is a number, a tensor or an array.

        Raises ``ValueError`` for a probability outside [0, 1], or one that does not broadcast.
        """
        shape = self._data.shape
        chances = probabilities(p, "bernoulli_")
        try:
            np.broadcast_to(chances, shape)
        except ValueError:
            raise ValueError(
                f"bernoulli_: p must broadcast to the shape {shape} of the tensor, got shape "
                f"{chances.shape}: reshape it"
            ) from None
        drawn = draws.bernoulli(chances, shape, generator, "bernoulli_")
        return self._fill(drawn, "bernoulli_")

    def random_(
        self, start: int = 0, to: int | None = None, *, generator: Generator | None = None
    ) -> Self:
        """Fill with whole numbers from ``start`` to ``to - 1``.

        ``random_(to)`` starts at 0; without arguments, all that the dtype holds from 0 on are
        drawn. Raises ``ValueError`` where there are none, or where the dtype cannot hold them.
        """
        dtype = self._data.dtype
        low, high = index(start), draws.whole_range(dtype)[1] + 1
        if to is not None:
            high = index(to)
        elif low:
            low, high = 0, low
        drawn = draws.integers(low, high, self._data.shape, dtype, generator, "random_")
        return self._fill(drawn, "random_")

    def bernoulli(self, p: float | None = None, *, generator: Generator | None = None) -> Self:
        """Ones and zeros in this tensor's dtype: 1 with probability ``p``.

        Without ``p``, every element is the probability of its own one. Raises ``TypeError``
        where those are integers or bools, ``ValueError`` for a probability outside [0, 1].
        """
        chances = numbers(self) if p is None else probabilities(p, "bernoulli")
        if p is None:
            self._drawn_dtype("bernoulli")
        drawn = draws.bernoulli(chances, self._data.shape, generator, "bernoulli")
        made: Self = self.constant(drawn.astype(self._data.dtype))
        return made

    def multinomial(
        self,
        num_samples: int,
        replacement: bool = False,
        *,
        generator: Generator | None = None,
    ) -> Self:
        """Positions drawn with the elements as weights; see :func:`.random.multinomial`."""
        self._drawn_dtype("multinomial")
        weights = numbers(self).astype(np.float64)
        count = index(num_samples)
        _check_weights(weights, count, replacement)
        draw = draws.choices if replacement else draws.distinct_choices
        rows = weights.reshape(-1, weights.shape[-1])
        with np.errstate(all="ignore"):
            found = draw(rows, count, generator, "multinomial")
        made: Self = self.constant(found.reshape(*weights.shape[:-1], count))
        return made

    def _drawn_dtype(self, what: str) -> DType:
        dtype: DType = self._data.dtype
        if dtype not in FLOATS:
            raise TypeError(
                f"{what}: the tensor must hold floating point numbers, got dtype {dtype}: convert "
                "it with float()"
            )
        return dtype

    def _fill(self, drawn: NDArray, by: str) -> Self:
        return self._replace(self.constant(drawn), by, convert=True)


def scaled(drawn: NDArray, factor: Any, shift: Any) -> NDArray:
    """``shift + factor * drawn``, in its own memory."""
    drawn *= factor
    drawn += shift
    return drawn


def check_std(std: Any, what: str) -> None:
    """Refuse a negative standard deviation, or nan."""
    if not np.all(np.greater_equal(std, 0)):
        raise ValueError(f"{what}: std must not be negative, got {std!r:.60}: give its size")


def probabilities(p: Any, what: str) -> NDArray:
    """Probabilities given as a number, a tensor or an array."""
    own = numbers(p) if isinstance(p, Methods) else p
    return constant_array(own, f"{what}: p")


def _check_weights(weights: NDArray, count: int, replacement: bool) -> None:
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise ValueError(
            f"multinomial: input must be one row of weights or several, got shape {weights.shape}: "
            "reshape it to (K,) or (N, K)"
        )
    if count < 1:
        raise ValueError(f"multinomial: num_samples must be at least 1, got {count}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            "multinomial: input must hold finite weights of 0 or more, got negative ones, nan or "
            "inf: clamp them, or take softmax of logits first"
        )
    positive = (weights > 0).sum(axis=-1).min(initial=weights.shape[-1])
    needed = 1 if replacement else count
    if positive < needed:
        raise ValueError(
            f"multinomial: every row needs {needed} weights above 0, got one with {positive}: "
            "draw fewer samples, or pass replacement=True"
        )
