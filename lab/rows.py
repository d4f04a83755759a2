"""The table below a step: a row for each node, and for whatever else steps set."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from ..engine.naming import is_plain
from ..engine.notation import number
from ..engine.stepper import Stepper
from ..engine.steps import BackwardStep, ForwardStep, SeedStep, Step
from ..engine.updates import GRADIENT, WEIGHT, Element, Quantity, UpdateStep, quantities
from ..engine.value import Value

NOT_COMPUTED = "not computed"
CHANGED = "bold black on yellow"
READ = "bold cyan"

Place = Value | Quantity
"""What a row is about."""


def rows(stepper: Stepper) -> dict[Place, UpdateStep | None]:
    """The places of a table; those that only updates set, with the step that is the first to."""
    places: dict[Place, UpdateStep | None] = {}
    places.update({node: None for node in stepper.nodes if not is_plain(node)})
    places.update(quantities(stepper, stepper.data).items())
    return places


def cells(
    stepper: Stepper,
    place: Place,
    first: UpdateStep | None,
    styles: Mapping[tuple[Place, str], str],
) -> tuple[Text, Text, Text, Text]:
    """The name of a place, how it is computed, its value and its gradient."""
    state = stepper.state
    style = styles.get((place, "value"), "")
    if isinstance(place, tuple):
        assert first is not None
        known = state.values.get(place[0]) if first.is_of_value else state.memory.get(place)
        return Text(first.what, "bold"), Text(first.symbols), _cell(known, style), Text()
    if place.parents:
        source = Text(stepper.written.symbols(place))
    else:
        source = Text("given" if place.requires_grad else "constant", "dim")
    gradient = Text("constant", "dim")
    if place.requires_grad:
        gradient = _cell(state.gradients.get(place), styles.get((place, "gradient"), ""))
    return (
        Text(stepper.names[place], "bold"),
        source,
        _cell(state.values.get(place), style),
        gradient,
    )


def place_set(stepper: Stepper, step: Step | None) -> Place | None:
    """The row that a step is about; None where the table has none."""
    if isinstance(step, UpdateStep):
        return _place(stepper, step.target, step.name)
    node = step.target if step is not None else None
    return node if isinstance(node, Value) and node in stepper.data else None


def styles(stepper: Stepper, step: Step | None) -> dict[tuple[Place, str], str]:
    """How the cells of a table are shown: what a step has read, and what it has changed."""
    match step:
        case ForwardStep():
            found: dict[tuple[Place, str], str] = {}
            found.update({(parent, "value"): READ for parent in step.node.parents})
            return {**found, (step.node, "value"): CHANGED}
        case SeedStep():
            return {(step.node, "gradient"): CHANGED}
        case BackwardStep():
            return {(step.node, "gradient"): READ, (step.parent, "gradient"): CHANGED}
        case UpdateStep():
            found = {}
            for name in step.operands:
                column = "gradient" if name == GRADIENT else "value"
                own = WEIGHT if name == GRADIENT else name
                found[_place(stepper, step.target, own), column] = READ
            return {**found, (_place(stepper, step.target, step.name), "value"): CHANGED}
    return {}


def _place(stepper: Stepper, target: Value | Element, name: str) -> Place:
    if name == WEIGHT and isinstance(target, Value) and target in stepper.data:
        return target
    return target, name


def _cell(known: float | None, style: str) -> Text:
    return Text(NOT_COMPUTED, "dim") if known is None else Text(number(known), style)
