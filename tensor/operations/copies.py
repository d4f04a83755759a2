"""Elements copied to other places: repeated, in reverse order, moved along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ...engine.operation import Operand
from ...engine.shapes import Shape, normalized_dims, unpacked, whole_numbers
from ..methods import Methods, plain
from ..primitive import Call, Primitive
from ..tracing import check_fixed
from .dims import as_lengths, one_dim, one_number, present_dim
from .moves import RESHAPE
from .reductions import SUM
from .selection import INDEX


class Repeat(Primitive):
    """All elements laid side by side, so often along each dimension; some may be new in front."""

    name = "repeat"

    def forward(self, x: Any, times: Shape) -> Any:
        return np.tile(x, times)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        (times,) = call.parameters
        shape = call.shape_of(0)
        new = len(times) - len(shape)
        pairs = [n for pair in zip(times[new:], shape) for n in pair]
        copies = RESHAPE(gradient, (*times[:new], *pairs))
        return (SUM(copies, (*range(new), *range(new, copies.ndim, 2)), False),)


class Flip(Primitive):
    """The elements in reverse order along some dimensions."""

    name = "flip"

    def forward(self, x: Any, dims: Shape) -> Any:
        return np.flip(x, dims).copy()

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (FLIP(gradient, *call.parameters),)


class Roll(Primitive):
    """The elements moved on along some dimensions; what leaves at the end comes in in front."""

    name = "roll"

    def forward(self, x: Any, shifts: Shape, dims: Shape | None) -> Any:
        return np.roll(x, shifts, dims)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        shifts, dims = call.parameters
        return (ROLL(gradient, tuple([-shift for shift in shifts]), dims),)


REPEAT = Repeat()
FLIP = Flip()
ROLL = Roll()


class Copies(Methods):
    """What copies a tensor's elements to other places. Nothing of it shares the tensor's memory."""

    __slots__ = ()

    def repeat(self, *repeats: Any) -> Self:
        """The tensor laid side by side, ``repeats[k]`` times along dimension ``k``.

        More numbers than dimensions make new ones in front; ``ValueError`` for fewer.
        """
        times = as_lengths(repeats, "repeat")
        if len(times) < self._data.ndim or min(times, default=0) < 0:
            raise ValueError(
                f"repeat: repeats must be a number from 0 for each of the {self._data.ndim} "
                f"dimensions, got {times}: write 1 for a dimension that is not repeated"
            )
        repeated: Self = self.record(REPEAT, (self,), (times,))
        return repeated

    def tile(self, *dims: Any) -> Self:
        """As :meth:`repeat`; fewer numbers than dimensions count from the last dimension."""
        times = as_lengths(dims, "tile")
        return self.repeat((*(1,) * (self._data.ndim - len(times)), *times))

    def repeat_interleave(
        self, repeats: Any, dim: int | None = None, *, output_size: int | None = None
    ) -> Self:
        """Every slice along ``dim`` so often, one copy behind the other.

        Parameters
        ----------
        repeats : int, or Tensor, array or sequence of int
            How often: one number for all, or one for each.
        dim : int, optional
            The dimension; if not given, all elements in a row.
        output_size : int, optional
            The length that must come of it.

        Raises
        ------
        ValueError
            For negative repeats, as many as do not fit, or another length than ``output_size``.
        """
        tensor: Any = self
        place = one_dim(0 if dim is None else dim, self._data.ndim, "repeat_interleave")
        if dim is None or not self._data.ndim:
            tensor = RESHAPE(self, (self._data.size,))
        length = tensor.shape[place]
        positions = np.repeat(np.arange(length), _counts(repeats, length))
        if output_size not in (None, len(positions)):
            raise ValueError(
                f"repeat_interleave: output_size must be the sum of the repeats, {len(positions)}, "
                f"got {output_size}: leave it out"
            )
        repeated: Self = slices_at(tensor, place, positions)
        return repeated

    def flip(self, *dims: Any) -> Self:
        """The elements in reverse order along ``dims``."""
        found = normalized_dims(as_lengths(dims, "flip"), self._data.ndim, "flip")
        flipped: Self = self.record(FLIP, (self,), (found,))
        return flipped

    def fliplr(self) -> Self:
        """The columns in reverse order; ``ValueError`` for fewer than two dimensions."""
        self._check_ndim(2, "fliplr")
        return self.flip(1)

    def flipud(self) -> Self:
        """The rows in reverse order; ``ValueError`` for a tensor without dimensions."""
        self._check_ndim(1, "flipud")
        return self.flip(0)

    def roll(self, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Self:
        """The elements moved on by ``shifts`` along ``dims``, round to the front at the end.

        Without ``dims`` they are moved as if they stood in a row. Raises ``ValueError`` where
        there is not one shift for each dimension.
        """
        steps = whole_numbers(unpacked((shifts,)), "roll: shift")
        given = () if dims is None else unpacked((dims,))
        if len(steps) != (len(given) or 1):
            raise ValueError(
                f"roll: shifts must be one for each of dims, got {shifts} and {dims}: name a "
                "dimension for each shift"
            )
        found = normalized_dims(given, self._data.ndim, "roll", repeats=True) if given else None
        if given and not self._data.ndim:
            present_dim(given[0], 0, "roll")
        rolled: Self = self.record(ROLL, (self,), (steps, found))
        return rolled

    def rot90(self, k: int = 1, dims: Sequence[int] = (0, 1)) -> Self:
        """Turned ``k`` times by 90 degrees in the plane of ``dims``, from the first to the second.

        Raises ``ValueError`` unless these are two dimensions.
        """
        self._check_ndim(2, "rot90")
        plane = normalized_dims(dims, self._data.ndim, "rot90")
        if len(plane) != 2:
            raise ValueError(f"rot90: dims must be two dimensions, got {dims}: name a plane")
        first, second = plane
        turns = one_number(k, "rot90: k")
        match turns % 4:
            case 0:
                return self.flip(())
            case 2:
                return self.flip(first, second)
            case 1:
                turned: Any = self.flip(second)
            case _:
                turned = self.flip(first)
        transposed: Self = turned.transpose(first, second)
        return transposed

    def _check_ndim(self, least: int, what: str) -> None:
        if self._data.ndim < least:
            raise ValueError(
                f"{what}: the tensor must have at least {least} dimension{'s'[: least - 1]}, got "
                f"shape {self._data.shape}: make one with unsqueeze(dim)"
            )


def slices_at(tensor: Any, dim: int, positions: Any) -> Any:
    """The slices of a tensor at these positions along ``dim``."""
    return tensor.record(INDEX, (tensor, positions), ((dim,),))


def _counts(repeats: Any, length: int) -> Any:
    """How often each of ``length`` slices is repeated: one number, or an array of them."""
    counts = np.asarray(plain(repeats) if isinstance(repeats, Operand) else repeats)
    check_fixed(counts, "repeat_interleave: repeats", "give them as numbers")
    if counts.dtype.kind not in "iu":
        raise TypeError(
            f"repeat_interleave: repeats must be whole numbers, got dtype {counts.dtype}: convert "
            "them with long()"
        )
    if counts.ndim > 1 or counts.size not in (1, length) or (counts < 0).any():
        raise ValueError(
            "repeat_interleave: repeats must be one number from 0, or one for each of the "
            f"{length} slices, got {repeats!r:.60}: give as many"
        )
    return counts
