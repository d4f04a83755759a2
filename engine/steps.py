"""The steps of a forward and a backward pass: what each does, undoes, and says.

Those of an update, which may follow, are in :mod:`.updates`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import notation
from .naming import Names
from .notation import number, parenthesised
from .writer import Writer

if TYPE_CHECKING:
    from .stepper import Stepper
    from .updates import Element
    from .value import Value


@dataclass(slots=True)
class State:
    """What is known after some steps: the values computed, and the gradients so far.

    A node without an entry in ``values`` is not computed yet; the same holds for ``gradients``.

    Attributes
    ----------
    values, gradients : dict
        By node; elements of tensors that are updated have values too.
    memory : dict
        What an update remembers and computes, such as Adam's m, by its target and its name.
    replaced : list of float or None
        What updates have replaced, the latest last, so that they can be undone.
    """

    values: dict[Value | Element, float] = field(default_factory=dict)
    gradients: dict[Value, float] = field(default_factory=dict)
    memory: dict[tuple[Value | Element, str], float] = field(default_factory=dict)
    replaced: list[float | None] = field(default_factory=list)

    def copy(self) -> State:
        """An independent copy."""
        return State(
            dict(self.values), dict(self.gradients), dict(self.memory), list(self.replaced)
        )


class Step(ABC):
    """One step: it changes a :class:`State`, can be undone, and can be read aloud."""

    @property
    @abstractmethod
    def target(self) -> Value | Element:
        """What it sets the value or the gradient of: a node, or an element that is updated."""

    @abstractmethod
    def do(self, state: State) -> None:
        """Carry the step out on ``state``."""

    @abstractmethod
    def undo(self, state: State) -> None:
        """Put ``state`` back exactly as it was before the step."""

    def within(self, stepper: Stepper) -> Step:
        """The step as it is written behind those of ``stepper``."""
        return self

    @property
    @abstractmethod
    def symbols(self) -> str:
        """The right-hand side in symbols: ``dL/dc * dc/da``."""

    @property
    @abstractmethod
    def numbers(self) -> str:
        """The right-hand side with the numbers in place: ``6.0 * (-2.0)``."""

    @property
    @abstractmethod
    def latex(self) -> str:
        """The whole step as LaTeX."""


@dataclass(frozen=True, slots=True)
class ForwardStep(Step):
    """``c = a * b = 6.0 * (-2.0) = -12.0``: the value of ``node`` is computed."""

    node: Value
    value: float
    written: Writer = field(repr=False, compare=False)

    @property
    def target(self) -> Value:
        return self.node

    def do(self, state: State) -> None:
        state.values[self.node] = self.value

    def undo(self, state: State) -> None:
        del state.values[self.node]

    @property
    def symbols(self) -> str:
        return self.written.symbols(self.node)

    @property
    def numbers(self) -> str:
        return self.written.numbers(self.node)

    @property
    def latex(self) -> str:
        name = notation.latex_name(self.written.names[self.node])
        return chained(
            name,
            self.written.latex(self.node),
            self.written.latex_numbers(self.node),
            number(self.value),
        )

    def __str__(self) -> str:
        name = self.written.names[self.node]
        return chained(name, self.symbols, self.numbers, number(self.value))


@dataclass(frozen=True, slots=True)
class SeedStep(Step):
    """``dL/dL = 1.0``: where every backward pass begins."""

    node: Value
    gradient: float
    written: Writer = field(repr=False, compare=False)

    @property
    def target(self) -> Value:
        return self.node

    def do(self, state: State) -> None:
        state.gradients[self.node] = self.gradient

    def undo(self, state: State) -> None:
        del state.gradients[self.node]

    @property
    def symbols(self) -> str:
        return self.written.names.derivative(self.node, self.node)

    @property
    def numbers(self) -> str:
        return number(self.gradient)

    @property
    def latex(self) -> str:
        return f"{latex_derivative(self.written.names, self.node, self.node)} = {self.numbers}"

    def __str__(self) -> str:
        return f"{self.symbols} = {self.numbers}"


@dataclass(frozen=True, slots=True)
class BackwardStep(Step):
    """``dL/da += dL/dc * dc/da = 6.0 * (-2.0) = -12.0``: one edge of the chain rule.

    Attributes
    ----------
    root, node, parent : Value
        L, c and a of the formula.
    position : int
        Which operand of ``node`` the edge comes from.
    edge : tuple of (Value, Value, int)
        The edge itself: parent, node and position.
    upstream, derivative, contribution : float
        dL/dc, the local derivative dc/da, and their product.
    before, after : float or None
        The gradient of the parent before and after the step; None is "not computed".
    """

    root: Value
    node: Value
    parent: Value
    position: int
    upstream: float
    derivative: float
    contribution: float
    before: float | None
    after: float
    written: Writer = field(repr=False, compare=False)

    @property
    def target(self) -> Value:
        return self.parent

    def do(self, state: State) -> None:
        state.gradients[self.parent] = self.after

    def undo(self, state: State) -> None:
        if self.before is None:
            del state.gradients[self.parent]
        else:
            state.gradients[self.parent] = self.before

    @property
    def symbols(self) -> str:
        names = self.written.names
        return (
            f"{names.derivative(self.root, self.node)} * {names.derivative(self.node, self.parent)}"
        )

    @property
    def numbers(self) -> str:
        upstream, derivative = number(self.upstream), number(self.derivative)
        return f"{parenthesised(upstream)} * {parenthesised(derivative)}"

    @property
    def edge(self) -> tuple[Value, Value, int]:
        """The edge that the step goes along: (parent, node, position)."""
        return self.parent, self.node, self.position

    @property
    def local(self) -> str:
        """Where the local derivative comes from: ``dc/da = b = -2.0``."""
        return chained(
            self.written.names.derivative(self.node, self.parent),
            self.written.symbols(self.node, self.position),
            self.written.numbers(self.node, self.position),
            number(self.derivative),
        )

    @property
    def latex(self) -> str:
        names = self.written.names
        return (
            f"{latex_derivative(names, self.root, self.parent)} \\mathrel{{+}}= "
            rf"{latex_derivative(names, self.root, self.node)} \cdot "
            rf"{latex_derivative(names, self.node, self.parent)} = "
            rf"{parenthesised(number(self.upstream))} \cdot "
            f"{parenthesised(number(self.derivative))} = {number(self.contribution)}"
        )

    def __str__(self) -> str:
        target = self.written.names.derivative(self.root, self.parent)
        return f"{target} += {self.symbols} = {self.numbers} = {number(self.contribution)}"


def chained(*parts: str) -> str:
    """``c = b = -2.0``: a part that only repeats the result is left out."""
    result = parts[-1]
    kept = [part for part in parts[1:-1] if part not in (result, result.removesuffix(".0"))]
    return " = ".join([parts[0], *kept, result])


def latex_derivative(names: Names, of: Value, by: Value) -> str:
    r"""``\frac{\partial L}{\partial a}``."""
    top, bottom = notation.latex_name(names[of]), notation.latex_name(names[by])
    return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
