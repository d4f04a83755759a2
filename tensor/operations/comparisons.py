"""Comparisons and logic: tensors of truth values, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ...engine.operation import Operand
from ...engine.shapes import broadcast_shape
from ..dtypes import DEFAULT, FLOATS
from ..methods import Methods, paired
from ..quiet import quiet
from ..tracing import check_readable, numbers

_NUMBERS = (bool, int, float)


class Comparisons(Methods):
    """Comparisons element by element, and questions about all elements.

    Two tensors broadcast, and are compared in the dtype that arithmetic on them would have.
    ``==`` compares elements too; as a key of a dict, a tensor is known by its identity.
    """

    __slots__ = ()

    __hash__ = Methods.__hash__

    # Comparisons

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return self._compared(np.equal, other, "eq") if _is_comparable(other) else NotImplemented

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        if not _is_comparable(other):
            return NotImplemented
        return self._compared(np.not_equal, other, "ne")

    def __lt__(self, other: Any) -> Self:
        return self._compared(np.less, other, "lt")

    def __le__(self, other: Any) -> Self:
        return self._compared(np.less_equal, other, "le")

    def __gt__(self, other: Any) -> Self:
        return self._compared(np.greater, other, "gt")

    def __ge__(self, other: Any) -> Self:
        return self._compared(np.greater_equal, other, "ge")

    def __contains__(self, element: Any) -> bool:
        check_readable(self, "in")
        return bool(self._compared(np.equal, element, "in")._data.any())

    def eq(self, other: Any) -> Self:
        """``self == other``; nan is equal to nothing."""
        return self._compared(np.equal, other, "eq")

    def ne(self, other: Any) -> Self:
        """``self != other``."""
        return self._compared(np.not_equal, other, "ne")

    def lt(self, other: Any) -> Self:
        """``self < other``."""
        return self._compared(np.less, other, "lt")

    def le(self, other: Any) -> Self:
        """``self <= other``."""
        return self._compared(np.less_equal, other, "le")

    def gt(self, other: Any) -> Self:
        """``self > other``."""
        return self._compared(np.greater, other, "gt")

    def ge(self, other: Any) -> Self:
        """``self >= other``."""
        return self._compared(np.greater_equal, other, "ge")

    def equal(self, other: Any) -> bool:
        """Whether the other tensor has the same shape and the same numbers."""
        check_readable(self, "equal")
        one, two = paired(self, other, type(self), "equal")
        return bool(np.array_equal(one._data, two._data))

    def isclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> Self:
        """``|self - other| <= atol + rtol * |other|``; infinities are close to themselves."""

        def close(one: Any, two: Any) -> Any:
            return np.isclose(one, two, rtol=rtol, atol=atol, equal_nan=equal_nan)

        return self._compared(close, other, "isclose")

    def allclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether all elements are close; see :meth:`isclose`."""
        check_readable(self, "allclose")
        return bool(self.isclose(other, rtol, atol, equal_nan)._data.all())

    # Kinds of numbers

    def isnan(self) -> Self:
        """Which elements are nan."""
        return self._where(np.isnan)

    def isinf(self) -> Self:
        """Which elements are inf or -inf."""
        return self._where(np.isinf)

    def isfinite(self) -> Self:
        """Which elements are neither infinite nor nan."""
        return self._where(np.isfinite)

    def isposinf(self) -> Self:
        """Which elements are inf."""
        return self._where(np.isposinf)

    def isneginf(self) -> Self:
        """Which elements are -inf."""
        return self._where(np.isneginf)

    # Logic

    def logical_and(self, other: Any) -> Self:
        """Whether both are true (not 0)."""
        return self._compared(np.logical_and, other, "logical_and")

    def logical_or(self, other: Any) -> Self:
        """Whether at least one is true (not 0)."""
        return self._compared(np.logical_or, other, "logical_or")

    def logical_xor(self, other: Any) -> Self:
        """Whether exactly one is true (not 0)."""
        return self._compared(np.logical_xor, other, "logical_xor")

    def logical_not(self) -> Self:
        """Whether it is false (0)."""
        return self._where(np.logical_not)

    def bitwise_and(self, other: Any) -> Self:
        """``self & other``: the bits that are set in both."""
        return self._bitwise(np.bitwise_and, other, "bitwise_and")

    def bitwise_or(self, other: Any) -> Self:
        """``self | other``: the bits that are set in one or both."""
        return self._bitwise(np.bitwise_or, other, "bitwise_or")

    def bitwise_xor(self, other: Any) -> Self:
        """``self ^ other``: the bits that are set in exactly one."""
        return self._bitwise(np.bitwise_xor, other, "bitwise_xor")

    def bitwise_not(self) -> Self:
        """``~self``: every bit turned; truth values are negated."""
        _refuse_floats(self._data.dtype, "bitwise_not")
        return self._where(np.invert)

    def __and__(self, other: Any) -> Self:
        return self._bitwise(np.bitwise_and, other, "bitwise_and")

    def __or__(self, other: Any) -> Self:
        return self._bitwise(np.bitwise_or, other, "bitwise_or")

    def __xor__(self, other: Any) -> Self:
        return self._bitwise(np.bitwise_xor, other, "bitwise_xor")

    def __invert__(self) -> Self:
        return self.bitwise_not()

    # These are symmetric: the order of the operands does not matter.
    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    # What they are made of

    def _compared(self, compare: Callable[..., Any], other: Any, what: str) -> Self:
        """``compare`` applied to the numbers of the two."""
        x = numbers(self)
        if type(other) is type(self) and other._data.dtype is x.dtype:
            y = numbers(other)
        elif type(other) in _NUMBERS:
            if type(other) is float and x.dtype not in FLOATS:
                x = x.astype(DEFAULT)
            y = other  # NumPy compares numbers that the dtype cannot hold, too
        else:
            one, two = paired(self, other, type(self), what)
            x, y = numbers(one), numbers(two)
        found: Self = self.constant(_run(compare, x, y, what))
        return found

    def _bitwise(self, combine: np.ufunc, other: Any, what: str) -> Self:
        one, two = paired(self, other, type(self), what)
        _refuse_floats(one._data.dtype, what)
        found: Self = self.constant(_run(combine, numbers(one), numbers(two), what))
        return found

    def _where(self, question: Callable[[Any], Any]) -> Self:
        found: Self = self.constant(np.asarray(quiet().run(question, numbers(self))))
        return found


def _run(function: Callable[..., Any], x: Any, y: Any, what: str) -> Any:
    try:
        return np.asarray(quiet().run(function, x, y))
    except ValueError:
        broadcast_shape([np.shape(x), np.shape(y)], what)  # raises, if that was the reason
        raise


def _is_comparable(other: object) -> bool:
    """Whether it is made of numbers; nothing else is equal to a tensor."""
    return isinstance(other, int | float | np.ndarray | np.generic | list | tuple | Operand)


def _refuse_floats(dtype: Any, what: str) -> None:
    if dtype in FLOATS:
        raise TypeError(
            f"{what}: operands must be bools or integers, got {dtype}: compare the numbers first, "
            "as in (x > 0) & (y > 0)"
        )
