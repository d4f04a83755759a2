"""The steps of an update: how an optimizer changes a number, line by line of its rule."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any, final

from . import notation
from .expression import Expression
from .notation import number
from .steps import State, Step, chained, latex_derivative

if TYPE_CHECKING:
    from .stepper import Stepper
    from .value import Value

WEIGHT, GRADIENT = "w", "grad"
"""What rules call the number that they change, and its gradient."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A number of a parameter that is no Value, such as an element of a tensor.

    Elements of one parameter at one index are equal.
    """

    parameter: Any = field(repr=False)
    index: tuple[int, ...]
    name: str

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Element)
            and self.parameter is other.parameter
            and self.index == other.index
        )

    def __hash__(self) -> int:
        return hash((id(self.parameter), self.index))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One update of one number.

    Attributes
    ----------
    target : Value or Element
        What is updated.
    parameter, index : operand, tuple of int
        The parameter of the optimizer that it belongs to, and where in it.
    optimizer : str
        The name of the optimizer.
    count : int
        Which update of the parameter it is, 1 for the first.
    gradient : float
        The gradient that it uses.
    words : mapping of str to str
        The names of the rule, and what to call each where its name is taken.
    names : mapping of str to str
        How the names of the rule are written.
    latex_gradient : str
        How the gradient is written in LaTeX; "" is as in ``names``.
    """

    target: Value | Element
    parameter: Any
    index: tuple[int, ...]
    optimizer: str
    count: int
    gradient: float
    words: Mapping[str, str]
    names: Mapping[str, str]
    latex_gradient: str = ""

    @property
    def name(self) -> str:
        """The name of the target."""
        return self.names[WEIGHT]

    @property
    def heading(self) -> str:
        """``Update 1 of w by Adam``."""
        return f"Update {self.count} of {self.name} by {self.optimizer}"

    @property
    def latex_names(self) -> Mapping[str, str]:
        """How the names of the rule are written in LaTeX."""
        if not self.latex_gradient:
            return self.names
        return {**self.names, GRADIENT: notation.Markup(self.latex_gradient)}

    def within(self, stepper: Stepper) -> Update:
        """The update with the names of the stepper's graph, and dL/dw for its gradient."""
        target, names = self.target, stepper.names
        own, gradient, latex_gradient = self.name, self.names[GRADIENT], ""
        if not isinstance(target, Element) and target in stepper.data:
            own = names[target]
            gradient = f"{own}.grad"
            # gradients that have been added up are not that of this root alone
            if repr(self.gradient) == repr(stepper.gradients.get(target)):
                gradient = names.derivative(stepper.root, target)
                latex_gradient = latex_derivative(names, stepper.root, target)
        written = rule_names(self.words, own, gradient, names.labels)
        return replace(self, names=written, latex_gradient=latex_gradient)


def rule_names(
    words: Mapping[str, str], own: str, gradient: str, taken: Container[str]
) -> dict[str, str]:
    """How the names of a rule are written where its target is called ``own``.

    A name that means something else there, such as b for a bias, gives way to another.
    """
    names = {WEIGHT: own, GRADIENT: gradient}
    for word, other in words.items():
        names[word] = next(
            name
            for name in chain([word, other], (f"{word}_{k}" for k in count(2)))
            if name != own and name not in taken and (name == word or name not in words)
        )
    return names


@final
@dataclass(frozen=True, slots=True)
class UpdateStep(Step):
    """``m = beta1 * m + (1 - beta1) * g = 0.9 * 0.0 + ... = 0.025``: one line of an update rule.

    Attributes
    ----------
    update : Update
        The update that the line belongs to.
    name : str
        What it sets, as the rule calls it: ``"w"`` is the target itself.
    expression : Expression
        What the line comes to: of conditionals the branch that is taken.
    operands : mapping of str to float
        The numbers that it is computed from, as the rule calls them.
    before, after : float or None
        What it sets, before and after the step; None is "not computed".
    conditions : tuple of Expression
        Conditions on computed numbers that hold, and led to the branch taken.
    """

    update: Update
    name: str
    expression: Expression
    operands: Mapping[str, float]
    before: float | None
    after: float
    conditions: tuple[Expression, ...] = ()

    @property
    def target(self) -> Value | Element:
        return self.update.target

    @property
    def is_of_value(self) -> bool:
        """Whether it sets the target's value, not something that leads to it."""
        return self.name == WEIGHT

    @property
    def symbol(self) -> str:
        """What it sets, as it is written: ``w``, or ``m``."""
        return self.update.names[self.name]

    @property
    def what(self) -> str:
        """What it sets, in words: ``w``, or ``m of w``."""
        return self.symbol if self.is_of_value else f"{self.symbol} of {self.update.name}"

    def do(self, state: State) -> None:
        known, key = self._place(state)
        state.replaced.append(known.get(key))
        known[key] = self.after

    def undo(self, state: State) -> None:
        known, key = self._place(state)
        before = state.replaced.pop()
        if before is None:
            del known[key]
        else:
            known[key] = before

    def give(self, state: State) -> None:
        """Let ``state`` know what is there before the update, unless it does."""
        known, key = self._place(state)
        if self.before is not None:
            known.setdefault(key, self.before)

    def _place(self, state: State) -> tuple[dict[Any, float], Any]:
        if self.is_of_value:
            return state.values, self.target
        return state.memory, (self.target, self.name)

    def within(self, stepper: Stepper) -> UpdateStep:
        return replace(self, update=self.update.within(stepper))

    @property
    def symbols(self) -> str:
        return notation.text(self.expression, self.update.names)

    @property
    def numbers(self) -> str:
        return notation.text(self.expression, self._numbers)

    @property
    def reason(self) -> str:
        """Why this branch is taken, where computed numbers decided: ``since rho > 5``."""
        held = [notation.text(each, self.update.names) for each in self.conditions]
        return f"since {', '.join(held)}" if held else ""

    @property
    def other_operands(self) -> list[tuple[str, float]]:
        """What it is computed from besides its own number before, with names as written."""
        return [
            (self.update.names[name], value)
            for name, value in self.operands.items()
            if name != self.name
        ]

    @property
    def latex(self) -> str:
        names = self.update.latex_names
        return chained(
            notation.latex_name(self.symbol),
            notation.latex(self.expression, names),
            notation.latex(self.expression, self._numbers),
            number(self.after),
        )

    @property
    def _numbers(self) -> Mapping[str, str]:
        return {name: number(value) for name, value in self.operands.items()}

    def __str__(self) -> str:
        return chained(self.symbol, self.symbols, self.numbers, number(self.after))


Quantity = tuple["Value | Element", str]
"""A target, and what of it: ``"m"``, or ``"w"`` for its value."""


def quantities(steps: Iterable[Step], nodes: Container[Value]) -> dict[Quantity, UpdateStep]:
    """What updates set besides the values of ``nodes``, with the step that is the first to."""
    found: dict[Quantity, UpdateStep] = {}
    for step in steps:
        if isinstance(step, UpdateStep) and not (step.is_of_value and step.target in nodes):
            found.setdefault((step.target, step.name), step)
    return found
