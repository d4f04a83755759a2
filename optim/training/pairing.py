"""Whether a loss of one's own takes outputs and targets in pairs, or each with each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.modes import enable_grad, recorder_set
from ...nn.backend import backend_of, named, present
from ...tensor.graph import Node

Loss = Callable[[Any, Any], Any]

REFUSALS = (TypeError, ValueError, IndexError)
"""What operands raise for shapes that do not fit."""


def may_mismatch(output: Any, target: Any) -> bool:
    """Whether outputs (N, 1) and targets (N,) broadcast to (N, N) in a loss of one's own."""
    return bool(output.ndim == 2 and output.shape == (*target.shape, 1))


def takes_columns(loss: Loss, found: Any, output: Any, target: Any) -> bool | None:
    """Whether a loss compares each output with each target, unless targets are a column, too.

    The graph of the loss that was ``found``, or one on tensors where it has none, tells: it has
    values of shape (N, N) then, which are gone where the targets have the shape (N, 1). A loss that
    has refused targets of shape (N,), so that none was found, takes columns if it takes these. None
    for a single row, which cannot tell.
    """
    if found is not None and output.shape[0] == 1:
        return None
    tensors = named("tensor")
    leaf = tensors.leaf(present(output).copy(), True)
    rows = tensors.operand(present(target))
    if found is not None and backend_of(found) is tensors and found.grad_fn is not None:
        squares: int | None = _squares(found, output)
    else:
        squares = None if found is None else _squares_of(loss, leaf, rows)
    if squares == 0:
        return False
    column = _squares_of(loss, leaf, rows.reshape(*output.shape))
    return column is not None and (squares is None or column < squares)


def _squares_of(loss: Loss, output: Any, target: Any) -> int | None:
    """How many values of shape (N, N) a loss computes; None if it refuses the targets."""
    try:
        with recorder_set(None), enable_grad():
            found = loss(output, target)
    except REFUSALS:
        return None
    return None if backend_of(found) is None else _squares(found, output)


def _squares(found: Any, output: Any) -> int:
    """How many values of shape (N, N) there are in the graph between the outputs and a loss."""
    if backend_of(found) is not named("tensor"):
        return 0
    shape = (output.shape[0],) * 2
    seen: set[Node] = set()
    waiting = [found.grad_fn]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and node not in seen and node is not output.grad_fn:
            seen.add(node)
            waiting += node.parents or ()
    return sum(node.shape == shape for node in seen)
