"""What a subject gives at its inputs, and whether what it gives another time is the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from .subject import FloatArray, Subject

Gradients = Sequence[FloatArray | None]

_COTANGENTS = np.array([-4.0, -2.0, -1.0, 1.0, 2.0, 4.0])
"""Powers of 2, so that products with them are exact, whatever the numbers."""

_NUDGES = 3
"""How often inputs are changed in their last bits, to see how far rounding goes."""

_RELATIVE = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-9}
"""The part of the largest gradient below which a difference is not looked at."""


@final
class Probe:
    """Values and gradients of a subject at its inputs, for random cotangents.

    Attributes
    ----------
    subject : Subject
    inputs, cotangents, values : list of array
        Copies, which nobody writes to.
    gradients : sequence of array or None
    """

    def __init__(self, subject: Subject, seed: int = 0) -> None:
        self.subject = subject
        self._generator = np.random.default_rng(seed)
        self.inputs = [array.copy() for array in subject.inputs]
        self.values = subject.values(self.copies())
        self.cotangents: list[FloatArray] = [
            self._generator.choice(_COTANGENTS, value.shape).astype(value.dtype)
            for value in self.values
        ]
        self.gradients: Gradients = self.pull(self.inputs, self.cotangents)

    def copies(self) -> list[FloatArray]:
        """The inputs for somebody who may write to them."""
        return [array.copy() for array in self.inputs]

    def pull(self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]) -> Gradients:
        """Gradients, from copies of all arrays."""
        return self.subject.pull(
            [array.copy() for array in arrays], [array.copy() for array in cotangents]
        )

    def is_steady(self, evaluations: int) -> bool:
        """Whether more evaluations at the inputs give the same values."""
        return not any(
            self.values_differ(self.subject.values(self.copies()), same_sums=True)
            for _ in range(evaluations)
        )

    def values_differ(self, values: Sequence[FloatArray], same_sums: bool = False) -> bool:
        """Whether values are others than those of the first evaluation.

        Unless the same sums were added up in the same order, what last-bit changes of the inputs
        do is taken as rounding.
        """
        return any(
            differ(found, expected, lambda k=k: 0.0 if same_sums else self._value_noise[k])
            for k, (found, expected) in enumerate(zip(values, self.values, strict=True))
        )

    def gradients_that_differ(
        self,
        found: Gradients,
        base: Gradients | None = None,
        factor: float = 1.0,
        same_sums: bool = True,
    ) -> list[int]:
        """The positions where gradients are not ``factor`` times those of ``base``.

        That is the first gradients if it is not given. ``same_sums`` is as in
        :meth:`values_differ`.
        """
        pairs = zip(found, self.gradients if base is None else base, strict=True)
        return [k for k, pair in enumerate(pairs) if self._differs(k, *pair, factor, same_sums)]

    def _differs(
        self,
        position: int,
        found: FloatArray | None,
        base: FloatArray | None,
        factor: float,
        same_sums: bool,
    ) -> bool:
        if found is None or base is None:  # no gradient, which is one of zeros
            other = base if found is None else found
            return other is not None and bool(np.any(other))
        return differ(
            found, factor * base, lambda: 0.0 if same_sums else self._gradient_noise[position]
        )

    @cached_property
    def _value_noise(self) -> list[float]:
        """How far the values go where the inputs change in their last bits."""
        found = [self.subject.values(inputs) for inputs in self._nudged]
        return [_spread([each[k] for each in found], value) for k, value in enumerate(self.values)]

    @cached_property
    def _gradient_noise(self) -> list[float]:
        found = [self.pull(inputs, self.cotangents) for inputs in self._nudged]
        return [
            0.0 if gradient is None else _spread([each[k] for each in found], gradient)
            for k, gradient in enumerate(self.gradients)
        ]

    @cached_property
    def _nudged(self) -> list[list[FloatArray]]:
        """The inputs, each number a few units in the last place up or down."""
        return [[self._nudge(array) for array in self.inputs] for _ in range(_NUDGES)]

    def _nudge(self, array: FloatArray) -> FloatArray:
        units = self._generator.integers(-2, 3, array.shape).astype(array.dtype)
        nudged: FloatArray = array + units * np.spacing(np.abs(array))
        return nudged


def differ(found: Any, expected: Any, noise: Any) -> bool:
    """Whether finite numbers differ by more than rounding, of which ``noise()`` tells the size.

    >>> differ(np.array([1.0, 2.0]), np.array([1.0, 2.1]), lambda: 0.0)
    True
    >>> differ(np.array([1.0, 2.0]), np.array([1.0, 2.1]), lambda: 0.1)
    False
    """
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return True
    if np.array_equal(found, expected, equal_nan=True):
        return False
    known = np.isfinite(found) & np.isfinite(expected)
    if not known.any():
        return False
    difference = np.abs(found - expected)[known].max()
    narrow = min(found.dtype, expected.dtype, key=lambda dtype: dtype.itemsize)
    limit = _RELATIVE.get(narrow, 1e-4) * np.abs(expected)[known].max()
    return bool(difference > limit and difference > limit + 100 * noise())


def _spread(found: Sequence[FloatArray | None], around: FloatArray) -> float:
    """The largest distance of finite numbers from those in ``around``."""
    distances = [
        float(np.abs(each - around)[np.isfinite(each - around)].max(initial=0.0))
        for each in found
        if each is not None and each.shape == around.shape
    ]
    return max(distances, default=0.0)
