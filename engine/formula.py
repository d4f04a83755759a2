"""A row of the table: one elementary function, written once, read by everything.

:mod:`.formulas` holds the rows, :mod:`.declaration` adds them to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from . import ieee, notation
from .expression import Expression, check_is_number, check_names, parse
from .operation import Notation, Operand, Operation, real_number
from .row_syntax import is_free, parse_arguments, parse_listed
from .source import FUNCTION, define, evaluate, graph_source, scalar_source

_rows: dict[str, Formula] = {}

table: Mapping[str, Formula] = MappingProxyType(_rows)
"""Every row by its name, in the order of declaration. Read-only; ``formula`` adds to it."""


class Formula(Operation):
    """A row of the table: an elementary function, its value and its partial derivatives.

    Call it with numbers for a float, with Values for a Value, with Arrays for an Array
    (elementwise, broadcasting). None stands for the default of an argument that has one. Made by
    ``twingrad.formula``.

    Attributes
    ----------
    name, symbol : str
        What it is called, and how it is written on a node (``mul`` and ``*``).
    arguments : tuple of str
        The names of its arguments, in order.
    defaults : mapping of str to float
        The numbers that stand in for arguments not given.
    value, partials : Expression, tuple of Expression
        The function, and its derivative by each argument. A partial may use ``out``.
    domain : Expression or None
        A condition under which the function is defined; None: all reals.
    kinks : tuple of Expression
        Each is zero exactly where the function or its slope jumps.
    note, reference : str
        What is chosen at the kinks; where the formula comes from.

    Examples
    --------
    >>> from twingrad.engine.formulas import tanh
    >>> print(tanh)
    tanh | x | tanh(x) | 1 - out * out | all reals | no kinks | DLMF 4.28.2, 4.34.8
    >>> tanh(-1000)
    -1.0
    """

    def __init__(
        self,
        name: str,
        arguments: str,
        value: str,
        partials: str | Sequence[str],
        *,
        domain: str = "",
        kinks: str | Sequence[str] = (),
        note: str = "",
        reference: str = "",
        symbol: str = "",
        accepts_bool: bool = False,
    ) -> None:
        what = f"formula {name!r}"
        if not isinstance(name, str) or not is_free(name):
            raise ValueError(
                f"formula name must be a Python name other than 'out', got {name!r}: "
                "choose one such as 'cube'"
            )
        for part, text in (("note", note), ("reference", reference), ("symbol", symbol)):
            if not isinstance(text, str):
                raise TypeError(
                    f"{what}: {part} must be text, got {type(text).__name__} {text!r}: "
                    "write it in quotes"
                )
        self.name = name
        self.symbol = symbol or name
        self.arguments, self.defaults = parse_arguments(arguments, what)
        self.value = parse(value, f"{what}: value")
        self.partials = parse_listed(partials, f"{what}: partials")
        if len(self.partials) != len(self.arguments):
            raise ValueError(
                f"{what}: partials must hold one derivative per argument "
                f"({', '.join(self.arguments)}), got {len(self.partials)} "
                f"({' ; '.join(map(str, self.partials))}): separate them with ';'"
            )
        self.domain = None if domain == "" else parse(domain, f"{what}: domain")
        self.kinks = parse_listed(kinks, f"{what}: kinks")
        self.note = note
        self.reference = reference
        self.accepts_bool = accepts_bool
        self.is_built_in = False
        self.__doc__ = self._documentation()

    def _documentation(self) -> str:
        lines = [f"``{self.name}({self.signature}) = {self.value}``, element by element.", ""]
        lines += [
            f"Derivative by {argument}: ``{partial}``."
            for argument, partial in zip(self.arguments, self.partials, strict=True)
        ]
        lines.append(f"Defined for {f'``{self.domain}``' if self.domain else 'all reals'}.")
        if self.kinks:
            zeros = ", ".join(f"``{kink} = 0``" for kink in self.kinks)
            lines.append(f"Kinks where {zeros}.")
        if self.note:
            lines.append(f"Note: {self.note.rstrip('.;')}.")
        if self.reference:
            lines.append(f"Reference: {self.reference}.")
        return "\n".join(lines)

    def check(self) -> None:
        """Refuse names and calls that this row may not use, with a ``ValueError``."""
        what = f"formula {self.name!r}"
        arities = {row.name: row.arity for row in (*table.values(), self)}
        if self.name in self.value.functions and not self.is_elementary:
            raise ValueError(
                f"{what}: value {self.value.text!r} calls itself: write it with functions "
                "that are in the table already"
            )
        called = {name for each in self.expressions for name in each.functions}
        for argument in self.arguments:
            if argument in called:
                raise ValueError(
                    f"{what}: {argument!r} is both an argument and a function that it calls: "
                    "rename the argument"
                )
        if self.domain is not None:
            check_names(self.domain, self.arguments, arities, f"{what}: domain")
        for each, part in [(self.value, "value"), *((kink, "kinks") for kink in self.kinks)]:
            check_names(each, self.arguments, arities, f"{what}: {part}")
            check_is_number(each, f"{what}: {part}")
        for each in self.partials:
            check_names(each, [*self.arguments, "out"], arities, f"{what}: partial")
            check_is_number(each, f"{what}: partial")

    @property
    def arity(self) -> tuple[int, int]:
        """The least and the greatest number of arguments it can be called with."""
        return len(self.arguments) - len(self.defaults), len(self.arguments)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything that the row says: its value, partials, kinks and domain."""
        domain = (self.domain,) if self.domain is not None else ()
        return self.value, *self.partials, *self.kinks, *domain

    @property
    def functions(self) -> tuple[str, ...]:
        """The rows that the value and the partials call, by name."""
        parts = (self.value, *self.partials)
        return tuple(dict.fromkeys(name for part in parts for name in part.functions))

    @property
    def is_elementary(self) -> bool:
        """Whether the value is computed by the mathematical library, not by other rows."""
        return (
            self.name in ieee.__all__
            and self.value.text == f"{self.name}({', '.join(self.arguments)})"
        )

    @cached_property
    def evaluate(self) -> Callable[..., float]:
        """The value as a function of floats, by IEEE 754: infinities and nan, never an error."""
        if self.is_elementary:
            elementary: Callable[..., float] = getattr(ieee, self.name)
            return elementary
        source, namespace = scalar_source(self.value, self._scalar_functions(self.value))
        return define(
            FUNCTION,
            f"def {FUNCTION}({', '.join(self.arguments)}):\n    return {source}\n",
            namespace,
            f"{self.name}: evaluate",
        )

    @cached_property
    def linearize(self) -> Callable[..., tuple[float, Sequence[float]]]:  # type: ignore[override]
        """The value and the tuple of partial derivatives, as one function of floats."""
        value, namespace = scalar_source(self.value, self._scalar_functions(self.value))
        partials = []
        for partial in self.partials:
            source, names = scalar_source(partial, self._scalar_functions(partial))
            partials.append(f"{source},")
            namespace |= names
        return define(
            FUNCTION,
            f"def {FUNCTION}({', '.join(self.arguments)}):\n"
            f"    out = {value}\n"
            f"    return out, ({' '.join(partials)})\n",
            namespace,
            f"{self.name}: linearize",
        )

    @cached_property
    def _derivatives(self) -> Sequence[Callable[..., Any]]:
        """Each partial derivative as a function of nodes."""
        functions = []
        for position, partial in enumerate(self.partials):
            rows = {name: self._called_row(name) for name in partial.functions}
            source, namespace = graph_source(partial, rows)
            arguments = ", ".join([*self.arguments, "out"])
            functions.append(
                define(
                    FUNCTION,
                    f"def {FUNCTION}({arguments}):\n    return {source}\n",
                    namespace,
                    f"{self.name}: derivative {position + 1}",
                )
            )
        return functions

    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> Any:
        """The derivative by the argument at ``position``, as a node (or a number)."""
        return self._derivatives[position](*parents, out)

    def notation(self, inputs: Sequence[float], out: float) -> Notation:
        """The row itself: its formulas do not depend on the node."""
        return Notation(self.arguments, self.head, self.value, self.partials)

    @cached_property
    def head(self) -> Expression:
        """How people write it: ``a * b`` where there is a sign for it, else ``relu(x)``."""
        if not self.symbol.isidentifier():
            return self.value
        return parse(f"{self.name}({', '.join(self.arguments)})")

    def is_defined(self, *inputs: float) -> bool:
        """Whether the inputs lie in the domain."""
        return self.domain is None or condition(self.domain, dict(zip(self.arguments, inputs)))

    def _scalar_functions(self, expression: Expression) -> dict[str, Callable[..., float]]:
        return {name: self._called_row(name).evaluate for name in expression.functions}

    def _called_row(self, name: str) -> Formula:
        return self if name == self.name else _row(name)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """Apply the row to numbers (a float comes back), Values (a Value) or Arrays (an Array).

        Raises ``TypeError`` for the wrong number of arguments and for what is not a number.
        """
        bound = self._bind(operands, named)
        kinds = [type(operand) for operand in bound if isinstance(operand, Operand)]
        if kinds:
            result = max(kinds, key=lambda kind: kind.precedence).apply(self, *bound)
            if result is not NotImplemented:
                return result
            for position, operand in enumerate(bound):  # refuses the array among them
                if not isinstance(operand, Operand):
                    self.number(position, operand)
        return self.evaluate(*[self.number(*each) for each in enumerate(bound)])

    def number(self, position: int, operand: object) -> float:
        """The operand at ``position`` as a float, refused with a sentence if it is not real."""
        if self.accepts_bool and isinstance(operand, bool | np.bool_):
            return float(operand)
        return real_number(operand, f"{self.name}: {self.arguments[position]}")

    def _bind(self, operands: tuple[Any, ...], named: dict[str, Any]) -> Sequence[Any]:
        if not named and not self.defaults and len(operands) == len(self.arguments):
            return operands
        given = {**dict(zip(self.arguments, operands)), **named}
        values = {**self.defaults, **given}
        unknown = [name for name in named if name not in self.arguments]
        twice = [name for name in named if name in self.arguments[: len(operands)]]
        missing = [name for name in self.arguments if name not in values]
        if unknown or twice or missing or len(operands) > len(self.arguments):
            got = [f"{len(operands)} by position", *(f"{name}=" for name in named)]
            raise TypeError(
                f"{self.name} takes ({self.signature}), got {', '.join(got)}: "
                "pass each argument once"
            )
        return [
            self.defaults[name] if values[name] is None and name in self.defaults else values[name]
            for name in self.arguments
        ]

    @property
    def signature(self) -> str:
        """The arguments with their defaults, as they are declared."""
        return ", ".join(
            f"{name}={self.defaults[name]:g}" if name in self.defaults else name
            for name in self.arguments
        )

    def enter(self, *, built_in: bool = False) -> None:
        """Put the row into the table; ``ValueError`` if its name is taken there."""
        if self.name in _rows:
            raise ValueError(f"formula {self.name!r} is declared twice: keep one row of it")
        self.is_built_in = built_in
        _rows[self.name] = self

    def remove(self) -> None:
        """Take a row of one's own out of the table again, so that its name is free.

        Raises ``ValueError`` for a row that comes with the library, for one that is not in the
        table, and for one that another row calls.
        """
        if _rows.get(self.name) is not self or self.is_built_in:
            raise ValueError(
                f"formula {self.name!r} cannot be removed: only rows added with "
                "twingrad.formula(...) can be, once"
            )
        for row in table.values():
            if row is not self and any(self.name in each.functions for each in row.expressions):
                raise ValueError(
                    f"formula {self.name!r} cannot be removed: {row.name!r} calls it: "
                    f"remove {row.name!r} first"
                )
        del _rows[self.name]

    def __str__(self) -> str:
        names = {name: name for name in (*self.arguments, "out")}
        partials = " ; ".join(notation.text(partial, names) for partial in self.partials)
        domain = notation.text(self.domain, names) if self.domain else "all reals"
        kinks = " ; ".join(f"{notation.text(kink, names)} = 0" for kink in self.kinks)
        cells = [
            self.name,
            self.signature,
            notation.text(self.value, names),
            partials,
            domain,
            f"kinks where {kinks}" if kinks else "no kinks",
            f"{self.note} " * bool(self.note) + self.reference,
        ]
        return " | ".join(cell for cell in cells if cell)

    def __repr__(self) -> str:
        return f"<formula {self.name}({self.signature})>"

    def _repr_latex_(self) -> str:
        names = {name: name for name in (*self.arguments, "out")}
        value = notation.latex(self.value, names)
        rows = [rf"\mathrm{{out}} &= {value}"]
        rows += [
            rf"\frac{{\partial\,\mathrm{{out}}}}{{\partial {notation.latex_name(argument)}}} "
            rf"&= {notation.latex(partial, names)}"
            for argument, partial in zip(self.arguments, self.partials, strict=True)
        ]
        return r"$$\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}$$"

    def __reduce__(self) -> tuple[Any, ...]:
        return _row, (self.name,)


def condition(expression: Expression, values: Mapping[str, float]) -> bool:
    """Whether a condition of a formula holds for these numbers."""
    return bool(number(expression, values))


def number(expression: Expression, values: Mapping[str, float]) -> float:
    """An expression of the table's functions as a float, for these numbers."""
    functions = {name: _rows[name].evaluate for name in expression.functions}
    return evaluate(expression, values, functions)


def _row(name: str) -> Formula:
    """The row of this name; it is what a pickled row comes back as."""
    if name not in _rows:
        raise LookupError(
            f"formula {name!r} is not in the table: declare it with twingrad.formula(...) first"
        )
    return _rows[name]
