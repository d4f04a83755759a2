"""Padding: elements put in before and behind, or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, Self

import numpy as np

from ...engine.operation import real_number
from ...engine.shapes import Shape
from ..dtypes import INTEGERS
from ..methods import Methods
from ..tracing import made
from .copies import slices_at
from .dims import as_lengths
from .moves import CLONE
from .positions import EVERYTHING
from .selection import SLICE, SLICE_SPREAD


class Padding(Methods):
    """What pads a tensor."""

    __slots__ = ()

    def pad(self, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Self:
        """With elements put in before and behind, as ``torch.nn.functional.pad`` does.

        Parameters
        ----------
        pad : sequence of int
            How many before and behind along the last dimension, then along the one before it, and
            so on. Negative numbers take elements away.
        mode : str
            ``"constant"``: the ``value``. ``"reflect"``: the elements mirrored at the first and
            the last one. ``"replicate"``: the first and the last one. ``"circular"``: the elements
            from the other end.
        value : float, optional
            0 if not given; for the constant mode only.

        Raises
        ------
        ValueError
            For an odd count of numbers or too many; where there are fewer elements than are to be
            taken away, mirrored or taken from the other end; for another mode.
        """
        sides = self._sides(as_lengths((pad,), "pad"))
        if mode == "constant":
            return self._framed(sides, 0.0 if value is None else value)
        if value is not None:
            raise ValueError(
                f"pad: value must be left out with mode {mode!r}, got {value!r}: it is for the "
                "constant mode"
            )
        if mode not in ("reflect", "replicate", "circular"):
            raise ValueError(
                "pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got "
                f"{mode!r}: choose one"
            )
        padded: Any = self
        for dim, (before, behind) in sides.items():
            positions = _positions(mode, self._data.shape[dim], before, behind)
            padded = slices_at(padded, dim, positions)
        return padded if sides else CLONE(self)  # type: ignore[no-any-return]

    def _sides(self, pad: Shape) -> dict[int, tuple[int, int]]:
        """How many elements go before and behind, by dimension."""
        ndim = self._data.ndim
        if len(pad) % 2 or len(pad) > 2 * ndim:
            raise ValueError(
                f"pad: pad must hold two numbers for each of at most {ndim} dimensions, from the "
                f"last one on, got {pad}: give (before, behind) for each"
            )
        sides = {}
        for k in range(len(pad) // 2):
            dim, before, behind = ndim - 1 - k, *pad[2 * k : 2 * k + 2]
            length = self._data.shape[dim]
            if min(before, 0) + min(behind, 0) + length < 0:
                raise ValueError(
                    f"pad: pad must not take away more than the {length} elements along dim {dim}, "
                    f"got {before} and {behind}: take fewer"
                )
            sides[dim] = (before, behind)
        return sides

    def _framed(self, sides: dict[int, tuple[int, int]], value: float) -> Self:
        """Cut where a side is negative, and framed by a value where it is positive."""
        shape = list(self._data.shape)
        cut: list[Any] = [EVERYTHING] * len(shape)
        place: list[Any] = list(cut)
        for dim, (before, behind) in sides.items():
            length = shape[dim]
            cut[dim] = slice(max(-before, 0), length + min(behind, 0))
            shape[dim] = before + length + behind
            place[dim] = slice(max(before, 0), shape[dim] - max(behind, 0))
        inner = self
        if any(min(each) < 0 for each in sides.values()):
            inner = self.record(SLICE, (self,), ((*cut, ...),))
        index = (*place, ...)
        framed: Self = self.record(SLICE_SPREAD, (inner,), (index, tuple(shape)))
        if value == 0:
            return framed
        frame = np.full(shape, _fitting(value, self._data.dtype))
        frame[index] = -0.0  # which changes no number it is added to, not even a -0.0
        return framed + self.constant(made(frame))  # type: ignore[no-any-return]


def _positions(mode: str, length: int, before: int, behind: int) -> Any:
    """Where along a dimension the elements of its padded form stand."""
    most = {"reflect": max(length - 1, 0), "circular": length, "replicate": inf}[mode]
    if max(before, behind) > (most if length else 0):
        raise ValueError(
            f"pad: mode {mode!r} must not put in more than {most} elements on a side of {length}, "
            f"got {before} and {behind}: pad by less, or with a constant"
        )
    wanted = np.arange(-before, length + behind)
    if mode == "replicate":
        return wanted.clip(0, length - 1)
    if mode == "reflect":
        return length - 1 - abs(length - 1 - abs(wanted))
    first = max(-before, 0)
    kept = length + min(before, 0) + min(behind, 0)
    return first + (wanted - first) % max(kept, 1)


def _fitting(value: float, dtype: Any) -> Any:
    """A number to pad with, as ``dtype``."""
    number = float(value) if isinstance(value, bool) else real_number(value, "pad: value")
    if dtype in INTEGERS and not np.isfinite(number):
        raise ValueError(
            f"pad: value must be finite for a tensor of dtype {dtype}, got {value!r}: convert the "
            "tensor with float() first"
        )
    return np.array(number).astype(dtype)
