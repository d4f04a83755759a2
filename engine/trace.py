"""A trace as plain data: the one form that text, SVG, DOT and the HTML page are drawn from.

    format, version   "twingrad-trace", 1
    root              the id of the root
    introduction      a text to begin with, or ""
    conclusion        a text of several lines to end with, or ""
    nodes             id, name, kind ("leaf", "constant" or "operation"), operation, symbol,
                      value, gradient, and for operations formula and numbers as text
    edges             id, source (the operand), target (the result), position, derivative,
                      formula and numbers as text, and whether a gradient flows along it
    quantities        what updates set besides the values of nodes, such as Adam's m of w: id, name,
                      symbol ("m"), of ("w"), and before, what it is at first
    steps             kind ("forward", "seed", "backward", "update" or another), node, text, and
                      for backward ones edge, parent, upstream, derivative, contribution, before,
                      after and local as text; for updates heading, name, formula, numbers, reason,
                      operands as pairs of a name and a number, before, after, and either value,
                      what the node gets, or quantity, the id of what else is set

What is not computed is null, and so is the node of a step that is about none. Infinities and nan,
which JSON has no numbers for, are the strings "inf", "-inf" and "nan".
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from .steps import BackwardStep, ForwardStep, SeedStep, Step
from .updates import Quantity, UpdateStep, quantities

if TYPE_CHECKING:
    from .stepper import Stepper
    from .value import Value


def trace_of(stepper: Stepper) -> dict[str, Any]:
    """The trace of a stepper as a dictionary that ``json.dumps`` takes as it is."""
    ids = {node: k for k, node in enumerate(stepper.nodes)}
    edges = {
        (node, position): k
        for k, (node, position) in enumerate(
            (node, position) for node in stepper.nodes for position in range(len(node.parents))
        )
    }
    beyond = quantities(stepper, ids)
    numbered = {quantity: k for k, quantity in enumerate(beyond)}
    return {
        "format": "twingrad-trace",
        "version": 1,
        "root": ids[stepper.root],
        "introduction": stepper.introduction,
        "conclusion": stepper.conclusion,
        "nodes": [_node(stepper, node, ids) for node in stepper.nodes],
        "edges": [_edge(stepper, node, position, edges, ids) for node, position in edges],
        "quantities": [
            {
                "id": k,
                "name": step.what,
                "symbol": step.symbol,
                "of": step.update.name,
                "before": plain(step.before),
            }
            for k, step in enumerate(beyond.values())
        ],
        "steps": [_step(step, ids, edges, numbered) for step in stepper],
    }


def _node(stepper: Stepper, node: Value, ids: dict[Value, int]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": ids[node],
        "name": stepper.names[node],
        "kind": "operation" if node.parents else "leaf" if node.requires_grad else "constant",
        "operation": node.operation.name if node.operation else None,
        "symbol": node.operation.symbol if node.operation else None,
        "value": plain(stepper.data[node]),
        "gradient": plain(stepper.gradients[node]) if node.requires_grad else None,
    }
    if node.parents:
        described["formula"] = stepper.written.symbols(node)
        described["numbers"] = stepper.written.numbers(node)
    return described


def _edge(
    stepper: Stepper,
    node: Value,
    position: int,
    edges: dict[tuple[Value, int], int],
    ids: dict[Value, int],
) -> dict[str, Any]:
    parent = node.parents[position]
    return {
        "id": edges[node, position],
        "source": ids[parent],
        "target": ids[node],
        "position": position,
        "derivative": plain(node.local_derivatives[position]),
        "formula": stepper.written.symbols(node, position),
        "numbers": stepper.written.numbers(node, position),
        "flows": parent.requires_grad,
    }


def _step(
    step: Step,
    ids: dict[Value, int],
    edges: dict[tuple[Value, int], int],
    beyond: dict[Quantity, int],
) -> dict[str, Any]:
    described: dict[str, Any] = {"text": str(step)}
    match step:
        case ForwardStep():
            described |= {"kind": "forward", "node": ids[step.node], "value": plain(step.value)}
        case SeedStep():
            described |= {"kind": "seed", "node": ids[step.node], "after": plain(step.gradient)}
        case BackwardStep():
            described |= {
                "kind": "backward",
                "node": ids[step.node],
                "parent": ids[step.parent],
                "edge": edges[step.node, step.position],
                "upstream": plain(step.upstream),
                "derivative": plain(step.derivative),
                "contribution": plain(step.contribution),
                "before": plain(step.before),
                "after": plain(step.after),
                "local": step.local,
            }
        case UpdateStep():
            described |= _update(step)
            described["node"] = _id(step, ids)
            quantity = beyond.get((step.target, step.name))
            described |= (
                {"value": plain(step.after)} if quantity is None else {"quantity": quantity}
            )
        case _:
            described |= {"kind": "other", "node": _id(step, ids)}
    return described


def _update(step: UpdateStep) -> dict[str, Any]:
    return {
        "kind": "update",
        "heading": step.update.heading,
        "name": step.what,
        "formula": step.symbols,
        "numbers": step.numbers,
        "reason": step.reason,
        "operands": [[name, plain(number)] for name, number in step.other_operands],
        "before": plain(step.before),
        "after": plain(step.after),
    }


def _id(step: Step, ids: dict[Value, int]) -> int | None:
    """The id of the node that a step is about, if it is one of the graph."""
    target: Any = step.target
    return ids.get(target)


def plain(number: float | None) -> float | str | None:
    """A number for JSON: nan and the infinities, which it lacks, as text."""
    return number if number is None or isfinite(number) else str(number)
