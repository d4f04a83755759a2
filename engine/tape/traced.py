"""Numbers of a function that is being recorded, in the place of Python's floats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, final

import numpy as np

from ..formula import Formula
from ..modes import current_mode
from ..operation import Operand, Operation, real_number
from ..operators import Operators

if TYPE_CHECKING:
    from .recorder import Recorder


def _comparison(name: str, symbol: str) -> Formula:
    return Formula(name, "a, b", f"1 if a {symbol} b else 0", "0 ; 0")


EQUAL = _comparison("equal", "==")
NOT_EQUAL = _comparison("not_equal", "!=")
LESS = _comparison("less", "<")
LESS_EQUAL = _comparison("less_equal", "<=")
GREATER = _comparison("greater", ">")
GREATER_EQUAL = _comparison("greater_equal", ">=")


@final
class TracedNumber(Operators):
    """A number that a compiled function computes: ``.data`` of a Value, ``.grad``, an argument.

    Arithmetic, the functions of the table and comparisons, which give 1 or 0, go on from it. What
    needs to know it, such as ``if``, is refused: it is another number at every call.
    """

    __slots__ = ("index", "number", "recorder")
    precedence: ClassVar[int] = -1

    def __init__(self, recorder: Recorder, index: int, number: float) -> None:
        self.recorder = recorder
        self.index = index
        self.number = number

    @staticmethod
    def apply(operation: Operation, *operands: Any) -> Any:
        """The operation on traced and plain numbers; ``NotImplemented`` for anything else."""
        recorder: Any = None
        for operand in operands:
            if isinstance(operand, TracedNumber):
                recorder = operand.checked().recorder
            elif isinstance(operand, Operand | np.ndarray):
                return NotImplemented
        return recorder.computed(operation, operands)

    def leaf(self) -> Any:
        """The number as a Value, to be computed with beside others."""
        return self.checked().recorder.leaf(self)

    def checked(self) -> TracedNumber:
        """The number itself, if its function is being recorded; else ``RuntimeError``."""
        if current_mode().tape is not self.recorder:
            raise RuntimeError(
                "a number of a compiled function was kept and used outside of the call that it "
                "belongs to: return it instead"
            )
        return self

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return self.apply(EQUAL, self, other)

    def __ne__(self, other: object) -> Any:
        return self.apply(NOT_EQUAL, self, other)

    def __lt__(self, other: Any) -> Any:
        return self.apply(LESS, self, other)

    def __le__(self, other: Any) -> Any:
        return self.apply(LESS_EQUAL, self, other)

    def __gt__(self, other: Any) -> Any:
        return self.apply(GREATER, self, other)

    def __ge__(self, other: Any) -> Any:
        return self.apply(GREATER_EQUAL, self, other)

    def __bool__(self) -> NoReturn:
        refuse("bool()")

    def __float__(self) -> NoReturn:
        refuse("float()")

    def __int__(self) -> NoReturn:
        refuse("int()")

    def __index__(self) -> NoReturn:
        refuse("an index")

    def __round__(self, digits: int | None = None) -> NoReturn:
        refuse("round()")

    def __format__(self, specification: str) -> NoReturn:
        refuse("text made of it")

    def __deepcopy__(self, memo: object) -> TracedNumber:
        return self

    def __repr__(self) -> str:
        return f"<number of a compiled function, {self.number} when it was recorded>"


def plain(number: Any) -> float:
    """The number that a traced or a plain one is now."""
    if isinstance(number, TracedNumber):
        return number.number
    return float(number) if isinstance(number, bool | np.bool_) else real_number(number, "operand")


def refuse(what: str) -> NoReturn:
    """Refuse what needs a number of a compiled function, with ``RuntimeError``."""
    raise RuntimeError(
        f"{what} needs a number inside a compiled function, where it is another one at every "
        "call: for a branch write where(x, a, b), maximum(a, b), x.relu() or clamp, else return "
        "the Value and read it outside"
    )
