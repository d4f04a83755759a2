"""A step in full: its line, and below it where each of its numbers comes from."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..engine.naming import is_plain
from ..engine.notation import number, parenthesised
from ..engine.stepper import Stepper
from ..engine.steps import BackwardStep, ForwardStep, SeedStep, Step
from ..engine.updates import UpdateStep
from .rows import CHANGED, NOT_COMPUTED, READ


def explanation(stepper: Stepper, step: Step | None) -> RenderableType:
    """What a step does, or what is to come before the first one."""
    if step is None:
        return Text(stepper.introduction or "The leaves are given; nothing is computed yet.")
    table = Table.grid(padding=(0, 2))
    for title, text in _details(stepper, step):
        table.add_row(title, text)
    line = Table.grid()
    line.add_row(Text(str(step), "bold"))
    line.add_row("")
    line.add_row(table)
    return line


def phase(step: Step | None) -> str:
    """The part of the work that a step belongs to."""
    match step:
        case None:
            return "start"
        case ForwardStep():
            return "forward"
        case SeedStep() | BackwardStep():
            return "backward"
        case UpdateStep():
            return "update"
    return "afterwards"


def _details(stepper: Stepper, step: Step) -> list[tuple[str, Text]]:
    names, root = stepper.names, stepper.root
    match step:
        case ForwardStep():
            operands = [
                (names[each], stepper.data[each])
                for each in dict.fromkeys(step.node.parents)
                if not is_plain(each)
            ]
            return [
                ("operands", _listed(operands)),
                ("value", _change(names[step.node], None, step.value)),
            ]
        case SeedStep():
            why = "the backward pass begins at the result, whose derivative by itself is 1"
            name = names.derivative(root, root)
            return [("why", Text(why)), ("gradient", _change(name, None, step.gradient))]
        case BackwardStep():
            upstream = f"{names.derivative(root, step.node)} = {number(step.upstream)}"
            product = f"{step.numbers} = {number(step.contribution)}"
            name = names.derivative(root, step.parent)
            added = ""
            if step.before is not None:
                added = f"= {number(step.before)} + {parenthesised(number(step.contribution))}"
            return [
                ("upstream", Text(upstream, READ)),
                ("derivative", Text(step.local)),
                ("contribution", Text(product)),
                ("gradient", _change(name, step.before, step.after, added)),
            ]
        case UpdateStep():
            return [
                ("part of", Text(step.update.heading)),
                ("operands", _listed(step.other_operands)),
                *([("branch", Text(step.reason))] if step.reason else []),
                ("result", _change(step.what, step.before, step.after)),
            ]
    return []


def _listed(operands: list[tuple[str, float]]) -> Text:
    return Text(", ".join(f"{name} = {number(value)}" for name, value in operands), READ)


def _change(name: str, before: float | None, after: float, total: str = "") -> Text:
    """``dL/dw: not computed -> 0.5``, and where there is something to add to, the sum."""
    was = NOT_COMPUTED if before is None else number(before)
    return Text.assemble(
        f"{name}: {was} -> ", (number(after), CHANGED), f"   {total}" * bool(total)
    )
