"""The same numbers as another kind of number, elsewhere in memory, or in memory of their own."""

from __future__ import annotations

from typing import Any, Self

from .dtypes import (
    SUPPORTED,
    DType,
    bool_,
    checked,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from .methods import Methods, converted
from .operations.moves import CLONE

Flag = bool
"""The class :class:`Conversions` has a method ``bool``, which hides the type in its annotations."""

_NAMES = frozenset({str(each) for each in SUPPORTED} | {"float", "int"})
"""What a dtype is called in text."""


class Conversions(Methods):
    """What a tensor can be converted to: other dtypes, and copies of itself.

    A gradient is converted back to the tensor's own dtype. Integers and bools have none.
    """

    __slots__ = ()

    @property
    def device(self) -> str:
        """Where the numbers are: always ``"cpu"``."""
        return "cpu"

    def cpu(self) -> Self:
        """The tensor itself: its numbers are in the memory of the CPU."""
        return self

    def to(
        self, target: Any = None, dtype: Any = None, *, device: Any = None, copy: Flag = False
    ) -> Self:
        """The same numbers as another dtype; the tensor itself where it has that dtype already.

        Parameters
        ----------
        target : dtype, Tensor or "cpu"
            The dtype, a tensor that has it, or the device.
        dtype : dtype, optional
            The dtype, where ``target`` is the device or not given.
        device : str, optional
            ``"cpu"``: there is no other.
        copy : bool
            Give a copy in any case.

        Raises
        ------
        TypeError
            For a dtype that tensors do not have, or two dtypes.
        ValueError
            For another device.
        """
        if device is not None:
            _check_device(device)
        if type(target) is str and target not in _NAMES:
            _check_device(target)
        elif target is not None:
            if dtype is not None:
                raise TypeError(f"to: dtype must be given once, got {target!r} and {dtype!r}")
            dtype = target._data.dtype if type(target) is type(self) else target
        wanted = self._data.dtype if dtype is None else checked(dtype, "to")
        return self._as(wanted, copy)

    def type_as(self, other: Self) -> Self:
        """The same numbers in the dtype of ``other``."""
        return self._as(other._data.dtype)

    def double(self) -> Self:
        """The numbers as float64."""
        return self._as(float64)

    def float(self) -> Self:
        """The numbers as float32."""
        return self._as(float32)

    def long(self) -> Self:
        """The numbers as int64, cut off towards 0."""
        return self._as(int64)

    def int(self) -> Self:
        """The numbers as int32, cut off towards 0."""
        return self._as(int32)

    def short(self) -> Self:
        """The numbers as int16, cut off towards 0."""
        return self._as(int16)

    def char(self) -> Self:
        """The numbers as int8, cut off towards 0."""
        return self._as(int8)

    def byte(self) -> Self:
        """The numbers as uint8, cut off towards 0."""
        return self._as(uint8)

    def bool(self) -> Self:
        """Whether each number is not 0; nan counts as true."""
        return self._as(bool_)

    def clone(self) -> Self:
        """The same numbers in memory of their own, with a gradient that is passed on."""
        cloned: Self = self.record(CLONE, (self,), ())
        return cloned

    def is_contiguous(self) -> Flag:
        """Whether the elements stand in memory row by row, without gaps."""
        is_contiguous: Flag = self._data.flags.c_contiguous
        return is_contiguous

    def contiguous(self) -> Self:
        """The elements in memory row by row; the tensor itself where they stand so already."""
        return self if self._data.flags.c_contiguous else self.clone()

    def _as(self, dtype: DType, copy: Flag = False) -> Self:
        if copy and dtype == self._data.dtype:
            return self.clone()
        same_numbers: Self = converted(self, dtype)
        return same_numbers


def _check_device(device: Any) -> None:
    if device != "cpu":
        raise ValueError(
            f"to: device must be 'cpu', got {device!r}: tensors are computed on the CPU only; "
            "leave the device out, or name a dtype such as 'float32'"
        )
