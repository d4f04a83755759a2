"""The backward passes of a user's own primitives in a recording: NumPy computes them each time.

A user's ``backward`` may know arrays only, and nobody has said what it is in a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from ...engine.shapes import Shape
from ..broadcasting import NDArray
from ..graph import Node, new_node
from ..primitive import Call, Primitive
from ..quiet import quiet

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .recording import Recorder

_OURS = f"{__package__.rpartition('.')[0]}."


class Parent(NamedTuple):
    """What a call needs to know of the parent of a node."""

    shape: Shape


@final
class BackwardPass:
    """The backward pass of a node, to be run again on other numbers.

    Called with the gradient, then with the operands that the primitive has kept, and last with
    the value, if it has kept that.
    """

    def __init__(self, node: Node) -> None:
        parents = [None if each is None else Parent(each.shape) for each in node.parents or ()]
        self.parents = tuple(parents)
        self._primitive: Primitive = node.operation
        self._node = new_node(self._primitive, self.parents, (), node.parameters, node.shape)
        self._kept = [each is not None for each in node.inputs]
        self._keeps_out = node.out is not None

    def __call__(self, gradient: NDArray, *kept: NDArray) -> Sequence[Any]:
        saved = iter(kept)
        inputs = [next(saved) if is_kept else None for is_kept in self._kept]
        out = next(saved) if self._keeps_out else None
        return self._primitive.backward(gradient, Call(self._node, inputs, out))

    def part(self, position: int, shape: Shape) -> Callable[..., NDArray]:
        """What gives the gradient of the operand at this position."""

        def run(*arrays: NDArray) -> NDArray:
            return np.array(np.broadcast_to(self(*arrays)[position], shape))

        return run


def is_foreign(operation: Any) -> bool:
    """Whether an operation is a primitive of a user's own."""
    return isinstance(operation, Primitive) and not type(operation).__module__.startswith(_OURS)


def foreign_contributions(recorder: Recorder, node: Node, gradient: Tensor) -> Sequence[Any]:
    """What the operands of a user's own primitive get of a gradient."""
    primitive = node.operation
    backward = BackwardPass(node)
    kept = [each for each in (*node.saved_arrays(), node.out) if each is not None]
    values = [recorder.value_of(each) for each in (gradient, *kept)]
    arrays = quiet().run(primitive.array_contributions, node, gradient._data)
    found: list[Any] = []
    for position, (parent, array) in enumerate(zip(backward.parents, arrays, strict=True)):
        if parent is None or array is None:
            found.append(None)
            continue
        full = np.broadcast_to(array, parent.shape)
        run = backward.part(position, parent.shape)
        name = f"{primitive.name} backward"
        value = recorder.graph.host(run, values, parent.shape, str(full.dtype), name)
        found.append(recorder.tensor(full, value))
    return found
