"""The backward pass: the chain rule, from a root to everything it was computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, NamedTuple

from . import notation
from .formula import Formula, condition

if TYPE_CHECKING:
    from .value import Value

Edges = Iterable[tuple["Value", Any]]
"""The parents of a node, each with the derivative of the node by it."""


def recorded_edges(node: Value) -> Edges:
    """The edges of a node, with the local derivatives of the forward pass."""
    return zip(node.parents, node.local_derivatives)


def differentiable_edges(node: Value) -> Edges:
    """The edges of a node that need a gradient, with local derivatives that are nodes too."""
    check_fresh([node])
    assert node.operation is not None  # nodes of an evaluation order have one
    return [
        (parent, node.operation.differentiate(position, node.parents, node))
        for position, parent in enumerate(node.parents)
        if parent.requires_grad
    ]


def evaluation_order(root: Value) -> list[Value]:
    """The nodes under ``root`` that have parents, each after its parents.

    Iterative: a chain of a million nodes is no deeper than any other list.
    """
    order: list[Value] = []
    entered: set[Value] = set()
    stack: list[Value | None] = [root] if root.parents else []
    while stack:
        node = stack.pop()
        if node is None:  # every parent of the node below is in the order by now
            order.append(stack.pop())  # type: ignore[arg-type]
        elif node not in entered:
            entered.add(node)
            stack.append(node)
            stack.append(None)
            for parent in reversed(node.parents):
                if parent.parents and parent not in entered:
                    stack.append(parent)
    return order


def propagate(
    order: Sequence[Value],
    root: Value,
    gradient: Any,
    edges: Callable[[Value], Edges] = recorded_edges,
) -> dict[Value, Any]:
    """The derivative of ``root``, times ``gradient``, by every node of ``order`` and every leaf.

    ``dL/dparent += dL/dnode * dnode/dparent``, edge by edge, from the root down.
    """
    gradients = {root: gradient}
    for node in reversed(order):
        upstream = gradients[node]
        for parent, derivative in edges(node):
            contribution = upstream * derivative
            if parent in gradients:
                gradients[parent] += contribution
            else:
                gradients[parent] = contribution
    return gradients


def check_fresh(order: Iterable[Value]) -> None:
    """Refuse nodes whose value no longer follows from their parents', with ``RuntimeError``."""
    for node in order:
        assert node.operation is not None
        value, _ = node.operation.linearize(*[parent.data for parent in node.parents])
        if value != node.data and not (isnan(value) and isnan(node.data)):
            raise RuntimeError(
                f"{node!r} was made by {node.operation.name} from numbers that have been "
                f"changed since ({node.operation.name} would now give {value!r}): "
                "compute it again before you differentiate or step through it"
            )


def check_anomalies_forward(node: Value) -> None:
    """Raise ``FloatingPointError`` if the node's operation has just made a nan or an infinity."""
    value = node.data
    inputs = [parent.data for parent in node.parents]
    if isfinite(value) or any(map(isnan, inputs)):
        return
    if not isnan(value) and not all(map(isfinite, inputs)):
        return
    operation = node.operation
    assert operation is not None
    written = operation.notation(inputs, value)
    numbers = dict(zip(written.arguments, inputs))
    symbols = notation.text(written.value, {})
    with_numbers = notation.text(
        written.value,
        {name: notation.number(x) for name, x in numbers.items()},
        lambda test: condition(test, numbers),
    )
    domain = operation.domain if isinstance(operation, Formula) else None
    cure = "keep the numbers smaller"
    if domain is not None and not condition(domain, numbers):
        cure = f"keep {notation.text(domain, {})}"
    raise FloatingPointError(
        f"{operation.name} made the first {'nan' if isnan(value) else 'inf'}: "
        f"{symbols} = {with_numbers} = {notation.number(value)}; {cure}"
    )


class Contribution(NamedTuple):
    """What one edge of the graph adds to the gradient of its parent."""

    node: Value
    parent: Value
    position: int
    upstream: float
    derivative: float
    contribution: float


def contributions(order: Sequence[Value], gradients: Mapping[Value, Any]) -> Iterator[Contribution]:
    """The contributions of a pass that led to ``gradients``, in its order, one edge at a time.

    What :func:`propagate` does at full speed, for those who look into it.
    """
    for node in reversed(order):
        upstream = float(gradients[node])
        for position, parent in enumerate(node.parents):
            if parent.requires_grad:
                derivative = node.local_derivatives[position]
                yield Contribution(
                    node, parent, position, upstream, derivative, upstream * derivative
                )


def check_anomalies_backward(order: Sequence[Value], gradients: Mapping[Value, Any]) -> None:
    """Raise ``FloatingPointError`` for the first contribution that made a nan or an infinity."""
    totals: dict[Value, float] = {}
    for node, parent, position, upstream, derivative, contribution in contributions(
        order, gradients
    ):
        before = totals.get(parent, 0.0)
        totals[parent] = before + contribution
        if isfinite(totals[parent]) or not isfinite(upstream) or not isfinite(before):
            continue
        operation = node.operation
        assert operation is not None
        kind = "nan" if isnan(totals[parent]) else "inf"
        if isfinite(contribution):
            added = notation.parenthesised(notation.number(contribution))
            raise FloatingPointError(
                f"the backward pass made the first {kind} where it added up the gradient of "
                f"{parent!r}: {notation.number(before)} + {added}; keep the numbers smaller"
            )
        inputs = [each.data for each in node.parents]
        written = operation.notation(inputs, node.data)
        argument = written.arguments[position]
        raise FloatingPointError(
            f"the backward pass of {operation.name} made the first {kind}: upstream gradient * "
            f"d{operation.name}/d{argument} = {notation.number(upstream)} * "
            f"({notation.text(written.partials[position], {})} = "
            f"{notation.number(derivative)}), at "
            + ", ".join(
                f"{name} = {notation.number(x)}"
                for name, x in zip(written.arguments, inputs, strict=True)
            )
            + f"; keep {argument} away from there"
        )
