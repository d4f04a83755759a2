"""``Rule``: how a parameter is updated, written once as formulas with named state.

A rule is a few lines of the same calculus as the rows of :mod:`twingrad.engine.formulas`::

    m     = beta1 * m + (1 - beta1) * g
    m_hat = m / (1 - beta1 ** t)

They are read with numbers filled in by :mod:`.stepping`, and run on whole arrays at once by
:mod:`.variant`. In them, ``w`` is the parameter, ``grad`` its gradient and ``t`` the number of
updates, 1 for the first. Other names are hyperparameters, state that is kept from update to
update, and results of earlier lines. A condition on hyperparameters and ``t`` alone is decided
once an update, not element by element.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..engine.expression import CONSTANTS, Expression, check_is_number, check_names, parse
from ..engine.formula import table

GIVEN = ("w", "grad", "t")
"""What every rule can use besides its hyperparameters and its state."""


@dataclass(frozen=True, slots=True)
class State:
    """Something that a rule remembers between updates.

    Attributes
    ----------
    key : str
        What it is called in a ``state_dict``: PyTorch's name.
    initial : Expression
        What it is before the first update, in terms of hyperparameters.
    """

    key: str
    initial: Expression


@dataclass(frozen=True, slots=True)
class Line:
    """``target = expression``."""

    target: str
    expression: Expression

    def __str__(self) -> str:
        return f"{self.target} = {self.expression}"


class Rule:
    """An update rule.

    Parameters
    ----------
    name : str
        For messages and generated code.
    hyperparameters : sequence of str
        The names that the lines use of a parameter group.
    state : mapping of str to str
        What is remembered, by its name in the lines: its key in a state dict, and behind a ``=``
        its first value, 0 if none is given.
    lines : str
        One ``name = expression`` a line.
    reference : str
        The paper.

    Raises
    ------
    ValueError
        For a line that is no formula, or uses a name that is not known there.

    Examples
    --------
    >>> from twingrad.optim.rule import Rule
    >>> descent = Rule("descent", ["lr"], {}, "w = w - lr * grad", reference="Cauchy 1847")
    >>> print(descent)
    w = w - lr * grad
    """

    def __init__(
        self,
        name: str,
        hyperparameters: Sequence[str],
        state: Mapping[str, str],
        lines: str,
        *,
        reference: str,
    ) -> None:
        self.name = name
        self.hyperparameters = tuple(hyperparameters)
        self.state = {each: _state(text, f"rule {name}: {each}") for each, text in state.items()}
        self.lines = tuple(_lines(lines, f"rule {name}"))
        self.reference = reference
        self._check()

    @cached_property
    def elementwise(self) -> frozenset[str]:
        """The names that stand for a number per element; the others are one for all elements."""
        found = {"w", "grad"}
        while True:
            more = {
                line.target
                for line in self.lines
                if not found.isdisjoint(line.expression.variables)
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def _check(self) -> None:
        functions = {row.name: row.arity for row in table.values()}
        known = [*GIVEN, *self.hyperparameters, *self.state]
        for line in self.lines:
            what = f"rule {self.name}: {line.target}"
            check_names(line.expression, known, functions, what)
            check_is_number(line.expression, what)
            known.append(line.target)
        if "w" not in [line.target for line in self.lines]:
            raise ValueError(
                f"rule {self.name}: one line must set w, got {', '.join(map(str, self.lines))}: "
                "the rule updates it"
            )

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    def __repr__(self) -> str:
        return f"<rule {self.name}: {len(self.lines)} lines>"


def _state(text: str, what: str) -> State:
    key, _, initial = text.partition("=")
    return State(key.strip(), parse(initial or "0", what))


def _lines(text: str, what: str) -> Iterable[Line]:
    for written in text.strip().splitlines():
        target, equals, expression = written.partition("=")
        target = target.strip()
        if not equals or not target.isidentifier() or target in CONSTANTS or target in table:
            raise ValueError(
                f"{what}: a line must be of the form 'name = formula', got {written.strip()!r}: "
                "begin it with a name that is no constant and no function"
            )
        yield Line(target, parse(expression, f"{what}: {target}"))
