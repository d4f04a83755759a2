"""Backward passes in a recording: what nodes hand on, and what becomes of leaves' gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ...engine.formula import Formula
from ..broadcasting import NDArray, summed_dims
from ..graph import Node
from ..kernels.elementwise import Applied
from ..kernels.program import argument_name, gradient_program
from ..quiet import quiet
from .foreign import foreign_contributions, is_foreign
from .lowering import lowerings
from .values import broadcast, gradients, reduced, reshaped

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .recording import Recorder


@final
class LeafGradients:
    """The gradients of leaves: which of them a step reads, adds to, sets and clears.

    Attributes
    ----------
    found : list of Tensor
        The leaves whose gradients, as the step finds them, are memory that it works on.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.found: list[Tensor] = []
        self._recorder = recorder
        self._leaves: dict[int, Tensor] = {}
        self._read: dict[int, Tensor] = {}
        self._made: dict[int, Tensor] = {}

    def made(self, tensor: Tensor) -> None:
        """Note that the step has made a tensor on memory that was there."""
        self._made[id(tensor)] = tensor

    def read(self, leaf: Tensor) -> None:
        """Note that the gradient of a leaf is looked at as the step finds it."""
        if id(leaf) in self._leaves or id(leaf) in self._read or not self._is_lasting(leaf):
            return
        self._read[id(leaf)] = leaf
        self._recorder.watch(lambda: leaf._grad is None, "whether a gradient is there")
        if leaf._grad is not None:
            self.found.append(leaf)
            self._recorder.memory(lambda: _array(leaf._grad), "gradient")

    def deliver(self, leaf: Tensor) -> None:
        """Note that a backward pass gives a leaf a gradient, or adds to the one that is there."""
        self.read(leaf)
        if leaf._grad is None:
            self.set(leaf)

    def set(self, leaf: Tensor) -> None:
        """Note that a leaf is given a gradient, or that it is taken away."""
        self._leaves[id(leaf)] = leaf

    def finish(self) -> None:
        """Note what becomes of the gradients that were set."""
        recorder = self._recorder
        for leaf in self._leaves.values():
            is_own = id(leaf) in self._made
            if not is_own and recorder.origin(leaf) == "argument" and leaf._grad is not None:
                raise RuntimeError(
                    f"compile: an argument of the step, of shape {leaf.shape}, cannot be given a "
                    "gradient: compute it with autograd.grad(...) and return it"
                )
            if not self._is_lasting(leaf):
                continue
            if leaf._grad is None:
                recorder.cleared.append(leaf)
            else:
                position = recorder.position_of(leaf)
                recorder.graph.gradients[position] = recorder.value_of(leaf._grad)

    def _is_lasting(self, leaf: Tensor) -> bool:
        """Whether a leaf was there before the step, and will be after it."""
        return id(leaf) not in self._made and self._recorder.origin(leaf) == "captured"


def _array(gradient: Any) -> NDArray:
    """The numbers of a gradient, none where it has been taken away."""
    array: NDArray = np.empty(0) if gradient is None else gradient._data
    return array


def row_contributions(
    recorder: Recorder, formula: Formula, node: Node, gradient: Tensor
) -> Sequence[Any]:
    """What the operands of a row get of a gradient, as constants: the steps of its partials."""
    graph = recorder.graph
    arrays = quiet().run(node.operation.array_contributions, node, gradient._data)
    parents = node.parents or ()
    wanted = [k for k, parent in enumerate(parents) if parent is not None]
    program = gradient_program(formula.arguments, [formula.partials[k] for k in wanted])
    operands = {
        argument_name(k): recorder.value_of(each)
        for k, each in enumerate(node.inputs)
        if each is not None
    }
    if node.out is not None:
        operands["out"] = recorder.value_of(node.out)
    values = gradients(graph, program, recorder.value_of(gradient), operands, gradient.dtype)
    found: list[Any] = [None] * len(parents)
    for k, value in zip(wanted, values, strict=True):
        shape = parents[k].shape
        if shape != node.shape:
            value = broadcast(graph, value, node.shape)
            value = reduced(graph, "add", value, summed_dims(node.shape, shape))
            value = reshaped(graph, value, shape)
        found[k] = recorder.tensor(np.broadcast_to(arrays[k], shape), value)
    return found


def contributions(recorder: Recorder, node: Node, gradient: Tensor) -> Sequence[Any]:
    """What the operands of a node get of a gradient that nobody will differentiate again."""
    operation = node.operation
    if gradient.shape != node.shape:
        gradient = gradient.broadcast_to(node.shape)
    if isinstance(operation, Applied):
        return row_contributions(recorder, operation.formula, node, gradient)
    if type(operation) not in lowerings and is_foreign(operation):
        return foreign_contributions(recorder, node, gradient)
    found: Sequence[Any] = operation.tensor_contributions(node, gradient)
    return found
