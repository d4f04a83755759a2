"""What stands on a node: the operation that made it, and the operands it can be applied to."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .expression import Expression


@dataclass(frozen=True, slots=True)
class Notation:
    """An operation written out for one node: argument names, value and partials as formulas.

    ``head`` is how people write it (``relu(x)``, ``a * b``), ``value`` what it computes. The
    partial at position ``k`` is the derivative by argument ``k``; it may use ``out``.
    """

    arguments: Sequence[str]
    head: Expression
    value: Expression
    partials: Sequence[Expression]


class Operation(ABC):
    """A differentiable function of some real numbers, able to explain itself.

    Final classes: :class:`~twingrad.engine.formula.Formula`, a row of the table, and the
    variadic sums and products of :mod:`~twingrad.engine.primitives`.
    """

    name: str
    symbol: str
    linearize: Callable[..., tuple[float, Sequence[float]]]
    """Takes the inputs as floats; gives the value, and the partial derivative by each input."""

    @abstractmethod
    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> Any:
        """The derivative by the operand at ``position`` as a node (or a number)."""

    def number(self, position: int, operand: object) -> float:
        """The operand at ``position`` as a float; what is not real is refused by sentence."""
        return real_number(operand, f"{self.name}: operand {position + 1}")

    @abstractmethod
    def notation(self, inputs: Sequence[float], out: float) -> Notation:
        """The operation as formulas, for a node with these inputs and this value."""


class Operand(ABC):
    """Something formulas apply to: a ``Value`` or an ``Array`` of them.

    ``precedence`` decides whose ``apply`` is used where several kinds meet: an array takes in a
    scalar, not the other way round.
    """

    __slots__ = ()

    precedence: ClassVar[int]

    @staticmethod
    @abstractmethod
    def apply(operation: Any, *operands: Any) -> Any:
        """Apply ``operation``, a formula or a variadic primitive, to operands and numbers."""


def real_number(value: object, what: str) -> float:
    """``value`` as a float, if it is a real number.

    Integers, floats, fractions and NumPy's real scalars are taken; text, complex numbers,
    arrays and bools are refused with a ``TypeError``, and integers beyond the range of a float
    with a ``ValueError``. ``what`` begins the sentence of the error.
    """
    if type(value) is float:
        return value
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        try:
            return float(value)
        except OverflowError:
            raise ValueError(
                f"{what} must fit a 64-bit float, got {type(value).__name__} of more than "
                "1023 bits: give a number below 1.8e308 in size"
            ) from None
    raise TypeError(f"{what} must be a real number, got {_described(value)}: {_cure(value)}")


def _described(value: object) -> str:
    return f"{type(value).__name__} {_shortened(repr(value))}"


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


_CURES: Mapping[str, str] = {
    "str": "convert text with float(...)",
    "bytes": "convert text with float(...)",
    "bool": "write 1.0 or 0.0",
    "complex": "pass its real and imaginary parts as two numbers",
    "ndarray": "pass one element, a twingrad.tensor(...), or an Array of Values",
    "list": "pass one element, a twingrad.tensor(...), or an Array of Values",
    "tuple": "pass one element, a twingrad.tensor(...), or an Array of Values",
    "Value": "use it as it is, or take its number with .data",
    "Array": "take one element with [i], or its numbers with .data",
    "NoneType": "pass a number",
}


def _cure(value: object) -> str:
    return _CURES.get(type(value).__name__, "pass an int or a float")
