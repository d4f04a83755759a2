"""An update line by line, with its numbers: what an optimizer gives to the stepper."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Any, final, overload

import numpy as np

from ..engine.array import Array
from ..engine.formula import number as evaluated
from ..engine.notation import number
from ..engine.shapes import Shape, whole_numbers
from ..engine.updates import GRADIENT, WEIGHT, Element, Update, UpdateStep, rule_names
from ..engine.value import Value
from ..nn.labels import label_of
from .packing import Slot
from .reading import lines_taken
from .rule import Rule

if TYPE_CHECKING:
    from .optimizer import Optimizer

MOST_PRINTED = 50
"""Beyond this many elements, the others are counted, not printed."""

_LEFT = 'style="text-align: left"'


@final
class UpdateSteps(Sequence[UpdateStep]):
    """The steps of an update that has not been made: element by element, line by line.

    They are computed when they are asked for, from the numbers that parameters, gradients and
    state had when the sequence was made. Printed, they stand under a heading for each element; a
    notebook shows them as a table. ``stepper.extend`` takes them.

    Made by :meth:`Optimizer.steps`.
    """

    def __init__(self, title: str, parts: Sequence[_Part]) -> None:
        self.title = title
        self._parts = parts
        self._ends = [*accumulate(part.length for part in parts)]
        self._last: tuple[int, int, Sequence[UpdateStep]] = (-1, -1, ())

    @overload
    def __getitem__(self, index: int) -> UpdateStep: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[UpdateStep]: ...
    def __getitem__(self, index: int | slice) -> UpdateStep | Sequence[UpdateStep]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        k = bisect_right(self._ends, position)
        part = self._parts[k]
        element, line = divmod(position - (self._ends[k] - part.length), len(part.lines))
        if self._last[:2] != (k, element):
            self._last = (k, element, part.steps(element))
        return self._last[2][line]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[UpdateStep]:
        for steps in self._by_element():
            yield from steps

    def _by_element(self) -> Iterator[Sequence[UpdateStep]]:
        for part in self._parts:
            for element in range(len(part.positions)):
                yield part.steps(element)

    @property
    def _elements(self) -> int:
        return sum(len(part.positions) for part in self._parts)

    @property
    def _left_out(self) -> str:
        """How many elements are not printed."""
        more = self._elements - MOST_PRINTED
        return f"and {more} more elements: steps(parameter, index) shows one" if more > 0 else ""

    def __str__(self) -> str:
        if not self._parts:
            return f"{self.title}\n\nNo parameter has a gradient: nothing is updated."
        blocks = [self.title]
        for _, steps in zip(range(MOST_PRINTED), self._by_element()):
            lines = [f"  {step}{'   ' if step.reason else ''}{step.reason}" for step in steps]
            blocks.append("\n".join([steps[0].update.heading, *lines]))
        return "\n\n".join([*blocks, *filter(None, [self._left_out])])

    def __repr__(self) -> str:
        return f"<UpdateSteps: {self._elements} elements, {len(self)} steps>"

    def _repr_html_(self) -> str:
        rows = []
        for _, steps in zip(range(MOST_PRINTED), self._by_element()):
            heading = escape(steps[0].update.heading)
            rows.append(f'<tr><th colspan="3" {_LEFT}>{heading}</th></tr>')
            rows += [_html_row(step) for step in steps]
        if self._left_out:
            rows.append(f'<tr><td colspan="3" {_LEFT}>{self._left_out}</td></tr>')
        head = "".join(f"<th {_LEFT}>{each}</th>" for each in ("formula", "numbers", "result"))
        return (
            f"<table><caption>{escape(self.title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def update_steps(
    optimizer: Optimizer, slots: Sequence[Sequence[Slot]], parameter: Any, index: Any
) -> UpdateSteps:
    """The steps of the next update; see :meth:`Optimizer.steps`."""
    what = f"{type(optimizer).__name__}: steps"
    if getattr(optimizer, "rule", None) is None:
        raise TypeError(
            f"{what} need a rule with one update for each number, and {type(optimizer).__name__} "
            "has none: look at an optimizer such as SGD or Adam"
        )
    named = [*_named(optimizer, slots)]
    chosen: int | None = None
    if parameter is not None:
        chosen, index = _found(named, parameter, index, what)
    elif index is not None:
        raise ValueError(
            f"{what}: index must come with the parameter, got {index!r} alone: write "
            "steps(parameter, index)"
        )
    taken = _single_names(named)
    parts = []
    for k, (group, slot, name) in enumerate(named):
        if chosen is not None and k != chosen:
            continue
        if slot.gradient is None:
            if chosen is not None:
                raise RuntimeError(
                    f"{what}: {name} has no gradient and would not be updated: call backward() "
                    "on a loss that depends on it first"
                )
            continue
        if slot.size:
            parts.append(_Part(optimizer, group, slot, name, taken, _position(slot, index, what)))
    title = f"{type(optimizer).__name__} ({optimizer.rule.reference})"
    return UpdateSteps(title, parts)


Named = tuple[Mapping[str, Any], Slot, str]
"""A parameter with its group and its name."""


def _named(optimizer: Optimizer, slots: Sequence[Sequence[Slot]]) -> Iterator[Named]:
    """Every parameter of an optimizer; those without a name are w, or w0, w1, ..."""
    count = sum(map(len, slots))
    position = 0
    for group, members in zip(optimizer.param_groups, slots, strict=True):
        for k, slot in enumerate(members):
            given = group["param_names"][k] if "param_names" in group else ""
            label = slot.operand.label if isinstance(slot.operand, Value) else ""
            label = label_of(given) or label or (slot.place.label if slot.place else "")
            yield group, slot, label or (f"w{position}" if count > 1 else "w")
            position += 1


def _single_names(named: Sequence[Named]) -> frozenset[str]:
    """The names of single numbers: rules must not mean something else by them."""
    names = {name for _, slot, name in named if not slot.shape}
    for _, slot, _ in named:
        if isinstance(slot.operand, Array):
            names |= {value.label for value in slot.operand.flatten()}
    return frozenset(names)


def _found(
    named: Sequence[Named], parameter: Any, index: Any, what: str
) -> tuple[int, tuple[int, ...] | Any]:
    """Which parameter is meant, and the index; an element of an Array says both."""
    for k, (_, slot, name) in enumerate(named):
        if slot.operand is parameter:
            return k, index
        if isinstance(parameter, str) and name in (parameter, label_of(parameter)):
            return k, index
        if isinstance(parameter, Value) and isinstance(slot.operand, Array) and index is None:
            for at in np.ndindex(slot.shape):
                if slot.operand[at] is parameter:
                    return k, at
    names = ", ".join([name for _, _, name in named][:20])
    raise ValueError(
        f"{what}: parameter must be one of the optimizer, or its name, got "
        f"{parameter if isinstance(parameter, str) else type(parameter).__name__!r}: its "
        f"parameters are {names}"
    )


def _position(slot: Slot, index: Any, what: str) -> int | None:
    """Where an index is in a row of all elements; None for all of them."""
    if index is None:
        return None
    given = index if isinstance(index, tuple | list) else (index,)
    place = whole_numbers(given, f"{what}: index")
    if len(place) != len(slot.shape) or not all(
        -size <= k < size for k, size in zip(place, slot.shape)
    ):
        raise IndexError(
            f"{what}: index must be of one element of the shape {slot.shape}, got {index!r}: "
            "give one number for each dimension"
        )
    counted = [k % size for k, size in zip(place, slot.shape)]
    return int(np.ravel_multi_index(counted, slot.shape)) if counted else 0


class _Part:
    """The update of one parameter, or of one element of it."""

    def __init__(
        self,
        optimizer: Optimizer,
        group: Mapping[str, Any],
        slot: Slot,
        name: str,
        taken: frozenset[str],
        position: int | None,
    ) -> None:
        rule = optimizer.rule
        options = optimizer.hyperparameters(group)
        at = slice(None) if position is None else slice(position, position + 1)
        self.positions = range(slot.size)[at]
        self._rule, self._words = rule, _words(rule)
        self._optimizer = type(optimizer).__name__
        self._operand, self._shape = slot.operand, slot.shape
        self._name, self._taken = name, taken
        self._count = slot.updates + 1
        self._scalars = {
            **dict(zip(rule.hyperparameters, options, strict=True)),
            "t": float(self._count),
            **(slot.kept or optimizer.initial_scalars(options)),
        }
        gradient = slot.gradient
        assert gradient is not None
        self._numbers = {WEIGHT: slot.numbers[at].copy(), GRADIENT: gradient[at].copy()}
        for each in rule.state:
            if each in slot.state:
                self._numbers[each] = slot.state[each][at].copy()
            elif each in rule.elementwise:
                initial = optimizer.initial(each, options)
                self._numbers[each] = np.full(len(self.positions), initial, slot.numbers.dtype)
        self.lines = lines_taken(rule, self._scalars)

    @property
    def length(self) -> int:
        """How many steps there are."""
        return len(self.positions) * len(self.lines)

    def steps(self, element: int) -> list[UpdateStep]:
        """The steps of one element."""
        known = dict(self._scalars)
        known |= {name: float(numbers[element]) for name, numbers in self._numbers.items()}
        update = self._update(self.positions[element], known[GRADIENT])
        steps = []
        for line in self.lines:
            taken = line.decided(known, self._rule.hyperparameters)
            operands = {name: known[name] for name in taken.expression.variables}
            before, after = known.get(line.target), evaluated(taken.expression, known)
            steps.append(
                UpdateStep(
                    update,
                    line.target,
                    taken.expression,
                    operands,
                    before,
                    after,
                    taken.conditions,
                )
            )
            known[line.target] = after
        return steps

    def _update(self, position: int, gradient: float) -> Update:
        index = tuple(int(k) for k in np.unravel_index(position, self._shape))
        target = self._target(index)
        own = target.name if isinstance(target, Element) else target.label
        own = own or _element_name(self._name, index)
        return Update(
            target,
            self._operand,
            index,
            self._optimizer,
            self._count,
            gradient,
            self._words,
            rule_names(self._words, own, f"{own}.grad", self._taken),
        )

    def _target(self, index: Shape) -> Value | Element:
        operand = self._operand
        node = operand[index] if isinstance(operand, Array) else operand
        if isinstance(node, Value):
            return node
        return Element(operand, index, _element_name(self._name, index))


def _element_name(name: str, index: Shape) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name


def _words(rule: Rule) -> dict[str, str]:
    """The names of a rule, and what to call each where its name is taken."""
    names = [*rule.hyperparameters, *[line.target for line in rule.lines]]
    words = {name: name for name in names if name != WEIGHT}
    return {**words, "t": "step", **{name: state.key for name, state in rule.state.items()}}


def _html_row(step: UpdateStep) -> str:
    texts = (f"{step.symbol} = {step.symbols}", step.numbers, number(step.after))
    formula, *numbers = [f"<code>{escape(text)}</code>" for text in texts]
    reason = f" <i>{escape(step.reason)}</i>" if step.reason else ""
    cells = [formula + reason, *numbers]
    return "<tr>" + "".join(f"<td {_LEFT}>{cell}</td>" for cell in cells) + "</tr>"
