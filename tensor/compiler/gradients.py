"""Backward passes in a recording: steps for rows, tensors for primitives, and leaves' gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ..broadcasting import NDArray, summed_dims
from ..graph import Node, new_node
from ..kernels.program import argument_name, gradient_program
from ..primitive import Call, Primitive
from ..quiet import quiet
from .lowering import lowerings
from .values import broadcast, gradients, reduced, reshaped

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .recording import Recorder


@final
class LeafGradients:
    """The gradients of leaves: which of them a step reads, adds to, sets and clears."""

    def __init__(self, recorder: Recorder) -> None:
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
            if recorder.origin(leaf) == "argument" and leaf._grad is not None:
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


def _array(tensor: Any) -> NDArray:
    array: NDArray = tensor._data
    return array


def row_contributions(
    recorder: Recorder, formula: Any, node: Node, gradient: Tensor
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


def is_foreign(primitive: Any) -> bool:
    """Whether a primitive is a user's own, whose backward may know NumPy arrays only."""
    return isinstance(primitive, Primitive) and not type(primitive).__module__.startswith(
        f"{__package__.rpartition('.')[0]}."
    )


def foreign_contributions(recorder: Recorder, node: Node, gradient: Tensor) -> Sequence[Any]:
    """What the operands of a user's own primitive get of a gradient, computed by NumPy."""
    primitive = node.operation
    parents = tuple([None if each is None else _Shape(each.shape) for each in node.parents or ()])
    places = [k for k, each in enumerate(node.inputs) if each is not None]
    inputs = [node.inputs[k]._data for k in places]
    past = new_node(primitive, parents, (), node.parameters, node.shape)
    has_out = node.out is not None

    def backward(*arrays: Any) -> Sequence[Any]:
        upstream, *others = arrays
        out = others.pop() if has_out else None
        saved: list[Any] = [None] * len(node_inputs)
        for k, array in zip(places, others, strict=True):
            saved[k] = array
        given: Sequence[Any] = primitive.backward(upstream, Call(past, saved, out))
        return given

    node_inputs = node.inputs
    arrays = [gradient._data, *inputs, *([node.out] if has_out else [])]
    values = [recorder.value_of(each) for each in arrays]
    contributions = quiet().run(primitive.array_contributions, node, gradient._data)
    found: list[Any] = []
    for k, (parent, array) in enumerate(zip(parents, contributions, strict=True)):
        if parent is None or array is None:
            found.append(None)
            continue
        full = np.broadcast_to(array, parent.shape)

        def one(*given: Any, k: int = k, shape: Any = parent.shape) -> Any:
            return np.array(np.broadcast_to(backward(*given)[k], shape))

        name = f"{primitive.name} backward"
        value = recorder.graph.host(one, values, full.shape, str(full.dtype), name)
        found.append(recorder.tensor(full, value))
    return found


class _Shape:
    """What is left of the parent of a node: its shape."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def contributions(recorder: Recorder, node: Node, gradient: Tensor) -> Sequence[Any]:
    """What the operands of a node get of a gradient that nobody will differentiate again."""
    operation = node.operation
    if gradient.shape != node.shape:
        gradient = gradient.broadcast_to(node.shape)
    formula = getattr(operation, "formula", None)
    if formula is not None:
        return row_contributions(recorder, formula, node, gradient)
    if type(operation) not in lowerings and is_foreign(operation):
        return foreign_contributions(recorder, node, gradient)
    found: Sequence[Any] = operation.tensor_contributions(node, gradient)
    return found
