"""What a planted bug is: an operation, its right derivative, and a wrong one of a certain kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, final

KINDS: Mapping[str, str] = {
    "sign": "wrong sign",
    "factor": "wrong by a factor of about 1 + 1e-4",
    "unbroadcast": "missing unbroadcast",
    "overwrite": "overwrite instead of accumulate",
    "operand": "wrong operand",
    "dropped": "dropped term",
    "tail": "tail only",
    "tie": "ties only",
    "zero": "zero or negative zero only",
    "transposed": "transposed",
    "off-by-one": "off-by-one index or count",
    "stale": "stale saved value",
    "second": "second order only",
}
"""The kinds of bugs, and what tables call them."""

Place = Literal["row", "primitive", "module", "loss", "user's function"]
Domain = Literal["real", "positive", "share"]


@final
@dataclass(frozen=True)
class Input:
    """An operand: its shape, and which numbers it may hold.

    ``real`` is any number, ``positive`` one above 0, ``share`` one between 0 and 1.
    """

    shape: tuple[int, ...]
    domain: Domain = "real"


def real(*shape: int) -> Input:
    """An operand of any numbers."""
    return Input(shape)


def positive(*shape: int) -> Input:
    """An operand of numbers above 0."""
    return Input(shape, "positive")


def share(*shape: int) -> Input:
    """An operand of numbers between 0 and 1."""
    return Input(shape, "share")


@final
@dataclass(frozen=True)
class Rule:
    """A function with its reverse-mode derivative, on a :class:`Space` called ``xp``.

    ``forward(xp, *inputs)`` gives one array, ``vjp(xp, g, out, *inputs)`` a tuple of what each
    input gets of the cotangent ``g``.
    """

    forward: Callable[..., Any]
    vjp: Callable[..., tuple[Any, ...]]


@final
@dataclass(frozen=True)
class Row:
    """An elementwise function with its partial derivatives, as a row of the formula table says it.

    ``helpers`` are rows that its partials call and that the table does not have.
    """

    arguments: tuple[str, ...]
    value: str
    partials: tuple[str, ...]
    helpers: Mapping[str, Row] = field(default_factory=dict)


Derivative = Rule | Row
Use = Callable[..., Any]


def once(function: Callable[..., Any], *inputs: Any) -> Any:
    """The function as it is."""
    return function(*inputs)


@final
@dataclass(frozen=True, eq=False)
class Operation:
    """Something differentiable, with its right derivative.

    Attributes
    ----------
    name, place : str
        What it is called; where in a library it would stand.
    inputs : mapping of str to Input
        Its operands; of a module, those behind the first are parameters.
    make : callable without arguments
        A right derivative, with fresh state if it has one.
    use : callable
        ``use(function, *inputs)``: what is checked, where that is more than one call.
    """

    name: str
    place: Place
    inputs: Mapping[str, Input]
    make: Callable[[], Derivative]
    use: Use = once


@final
@dataclass(frozen=True, eq=False)
class Mutant:
    """An operation with a bug in its derivative.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    operation : Operation
    make : callable without arguments
        The wrong derivative, with fresh state if it has one.
    why : str
        What is wrong, and where: one line.
    missing : mapping of str to str
        The checkers in whose library this is no bug, each with the reason.
    between : bool
        Whether the bug shows only if the function is called again before the backward pass.
    """

    kind: str
    operation: Operation
    make: Callable[[], Derivative]
    why: str
    missing: Mapping[str, str] = field(default_factory=dict)
    between: bool = False

    @property
    def name(self) -> str:
        """The operation, the kind, and what is wrong."""
        return f"{self.operation.name} ({self.operation.place}), {KINDS[self.kind]}: {self.why}"


def operation(
    name: str,
    place: Place,
    inputs: Mapping[str, Input],
    forward: Callable[..., Any],
    vjp: Callable[..., tuple[Any, ...]],
) -> Operation:
    """An operation without state."""
    return Operation(name, place, inputs, lambda: Rule(forward, vjp))


def bug(
    kind: str,
    correct: Operation,
    vjp: Callable[..., tuple[Any, ...]],
    why: str,
    missing: Mapping[str, str] | None = None,
) -> Mutant:
    """The operation with another ``vjp``, and the same value."""

    def make() -> Derivative:
        right = correct.make()
        if isinstance(right, Row):
            raise TypeError(f"{correct.name} is a row: give another row")
        return Rule(right.forward, vjp)

    return Mutant(kind, correct, make, why, missing or {})
