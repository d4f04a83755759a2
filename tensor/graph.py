"""The graph of a computation on tensors, and the backward pass over it.

A node stands for one operation that was applied. It keeps what the backward pass will need and
nothing else: a tensor that nobody holds and no derivative uses is freed at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import count
from operator import attrgetter
from typing import Any, Protocol

from ..engine.shapes import Shape

next_number = count(1).__next__
"""The running number of nodes and of changes in place: what came later has a greater one."""

latest_change = [0]
"""The running number of the last change in place: nodes that came later need no check."""

_new = object.__new__


class Differentiable(Protocol):
    """An operation as its node knows it: a row of the table, or a primitive.

    Both methods give what the operands get of a gradient, in order, with None where nothing is
    wanted. Where a gradient is the same along a dimension, it may have length 1 there, or lack
    the dimension: it stands for the shape that it broadcasts to.
    """

    name: str

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """Arrays, for a gradient that is an array."""

    def tensor_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """Tensors that can be differentiated again, for a gradient that is a tensor."""


class Memory:
    """What all tensors on one piece of memory share: its changes in place, and its views.

    Attributes
    ----------
    changes : int
        How often it has been changed in place.
    changed : int
        The running number of the last change.
    by : str
        The operation that made the last change.
    """

    __slots__ = ("_limit", "_views", "by", "changed", "changes")

    def __init__(self) -> None:
        self.changes = 0
        self.changed = 0
        self.by = ""
        self._views: list[weakref.ref[Any]] = []
        self._limit = 16

    def change(self, by: str) -> None:
        """Note a change by the operation ``by``."""
        self.changes += 1
        self.changed = latest_change[0] = next_number()
        self.by = by

    def add_view(self, view: Any) -> None:
        """Remember a view that a change of the memory would change too."""
        if len(self._views) >= self._limit:
            self._views = [each for each in self._views if each() is not None]
            self._limit = max(16, 2 * len(self._views))
        self._views.append(weakref.ref(view))

    def views(self) -> list[Any]:
        """The views that are still there, in the order in which they were made."""
        return [view for each in self._views if (view := each()) is not None]


class Node:
    """One operation that was applied: the ``grad_fn`` of the tensor that came of it.

    Attributes
    ----------
    operation : Differentiable
        What was applied.
    parents : tuple of (Node, Tensor or None)
        Where its operands came from, in order: a node, a leaf, or None where no gradient is
        wanted. An operand used twice stands there twice. None once the graph is used up.
    inputs : tuple
        The operands that the backward pass needs, None in the place of the others.
    out : array or None
        The value, if the backward pass needs it.
    memory : Memory or None
        Tells whether the value has been changed in place since.
    parameters : tuple
        What else the operation was told, such as the dim of a sum.
    shape : tuple of int
        The shape of the value.
    number : int
        Its running number: greater than those of its parents.
    hooks : dict or None
        Functions that are called with the gradient of the value, and may replace it.
    """

    __slots__ = (
        "__weakref__",
        "hooks",
        "inputs",
        "memory",
        "number",
        "operation",
        "out",
        "parameters",
        "parents",
        "shape",
    )

    operation: Any
    parents: tuple[Any, ...] | None
    inputs: tuple[Any, ...]
    out: Any
    memory: Memory | None
    parameters: tuple[Any, ...]
    shape: Shape
    number: int
    hooks: dict[int, Callable[[Any, Shape], Any]] | None

    def name(self) -> str:
        """The name of the operation, as in PyTorch."""
        name: str = self.operation.name
        return name

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The parents in PyTorch's form: pairs of a node (or a leaf, or None) and 0."""
        return tuple((parent, 0) for parent in self.parents or ())

    def check_unchanged(self) -> None:
        """Raise ``RuntimeError`` if a number kept for the backward pass was changed in place."""
        for position, kept in enumerate(self.inputs):
            memory = None if kept is None else kept._memory
            if memory is not None and memory.changed > self.number:
                self._refuse(f"operand {position + 1} of {self.name()}", kept._data, memory)
        if self.memory is not None and self.memory.changed > self.number:
            self._refuse(f"the result of {self.name()}", self.out, self.memory)

    def _refuse(self, which: str, array: Any, memory: Memory) -> None:
        raise RuntimeError(
            f"backward: {which}, of shape {array.shape}, was changed in place by {memory.by} "
            f"after {self.name()} had been computed, and the gradient needs its numbers from "
            "before: change a clone(), or compute out of place"
        )

    def saved_arrays(self) -> list[Any]:
        """The operands kept for the backward pass, as arrays."""
        return [None if kept is None else kept._data for kept in self.inputs]

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def new_node(
    operation: Any,
    parents: tuple[Any, ...],
    inputs: tuple[Any, ...],
    parameters: tuple[Any, ...],
    shape: Shape,
) -> Node:
    """A node without a saved value and without hooks."""
    node = _new(Node)
    node.operation = operation
    node.parents = parents
    node.inputs = inputs
    node.out = None
    node.memory = None
    node.parameters = parameters
    node.shape = shape
    node.number = next_number()
    node.hooks = None
    return node


def edge_of(tensor: Any) -> Any:
    """Where a tensor's gradient goes: to the node it came from, or to itself if it is a leaf."""
    node = tensor._node
    if node is not None:
        return node
    return tensor if tensor._requires_grad else None


_by_number = attrgetter("number")


def backward_order(
    roots: Iterable[Any],
) -> tuple[list[Node], bool, RuntimeError | None]:
    """The nodes that ``roots`` came from, each before its parents, and whether any has hooks.

    Iterative: nodes are numbered as they are made, so that sorting by number orders them. Last
    comes the error to raise where an earlier backward pass has used up a part that is needed.
    """
    found = [root for root in roots if root.__class__ is Node]
    seen = set(found)
    has_hooks = False
    used_up = None
    for node in found:  # which grows meanwhile
        parents = node.parents
        if parents is None:
            used_up = RuntimeError(
                f"backward: the graph through {node.name()} was used up by an earlier backward(): "
                "give that one retain_graph=True, or compute the value again"
            )
            continue
        if node.hooks is not None:
            has_hooks = True
        for parent in parents:
            if parent.__class__ is Node and parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=_by_number, reverse=True)
    return found, has_hooks, used_up


def leading_to(order: Sequence[Node], wanted: Collection[Any]) -> list[Node]:
    """Those nodes of ``order`` through which gradients reach the ``wanted`` nodes and leaves.

    A wanted node is among them only if another one is below it.
    """
    needed = set(wanted)
    leading = set()
    for node in reversed(order):
        if any([parent in needed for parent in node.parents or ()]):
            needed.add(node)
            leading.add(node)
    return [node for node in order if node in leading]


Watch = Callable[[Node, Any, Sequence[Any]], None]
"""Called with a node, its gradient, and what its parents get of it."""


Contribute = Callable[[Node, Any], Sequence[Any]]
"""Called with a node and its gradient, a tensor, for what its parents get of it."""


def by_tensors(node: Node, gradient: Any) -> Sequence[Any]:
    """What the parents of a node get of its gradient, as tensors with a history."""
    contributions: Sequence[Any] = node.operation.tensor_contributions(node, gradient)
    return contributions


def propagate(
    gradients: dict[Any, Any],
    order: Sequence[Node],
    contribute: Contribute | None,
    release: bool,
    wanted: Collection[Any],
    watch: Watch | None,
) -> dict[Any, Any]:
    """From the gradients of the roots, those of the leaves and of the ``wanted`` nodes.

    ``dL/dparent += dL/dnode * dnode/dparent``, edge by edge. Gradients are arrays, or tensors
    where ``contribute`` says how they are handed on. A node's gradient is dropped once
    it has been handed on; with ``release``, so is what the node kept.
    """
    kept: dict[Any, Any] = {}
    for node in order:
        gradient = gradients.pop(node, None)
        if gradient is None:
            continue
        if node.hooks is not None:
            for hook in list(node.hooks.values()):
                gradient = hook(gradient, node.shape)
        if wanted and node in wanted:
            kept[node] = gradient
        if latest_change[0] > node.number:
            node.check_unchanged()
        if contribute is None:
            contributions = node.operation.array_contributions(node, gradient)
        else:
            contributions = contribute(node, gradient)
        if watch is not None:
            watch(node, gradient, contributions)
        for parent, contribution in zip(node.parents, contributions):  # type: ignore[arg-type]
            if parent is None or contribution is None:
                continue
            so_far = gradients.get(parent)
            gradients[parent] = contribution if so_far is None else so_far + contribution
        if release:
            node.parents = None
            node.inputs = ()
            node.out = None
    return gradients | kept if kept else gradients
