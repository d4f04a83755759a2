"""Derivatives of functions, of tensors too: :mod:`twingrad.engine.derivatives` on this twin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from copy import copy
from typing import Any, Self

import numpy as np

from ..engine.array import Array
from ..engine.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from ..engine.evaluation import register_twin
from ..engine.modes import current_mode, enable_grad
from ..engine.shapes import Shape
from ..engine.twin import Twin
from ..engine.value import Value
from . import autograd
from .coercion import array_from
from .dtypes import FLOATS
from .graph import Node, edge_of, new_node, next_number
from .inplace import View
from .operations.joining import stack
from .primitive import Call, Primitive
from .tensor import Tensor
from .tracing import made

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


class Variable(Primitive):
    """A tensor as a node of its own, by which a function is differentiated."""

    name = "variable"

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (gradient,)


VARIABLE = Variable()


class TensorTwin(Twin):
    """One call of a derivative of a function of tensors.

    Every node made since the call began has a greater number than ``_start``. What a result
    depends on besides the variables of the call are leaves, and nodes made before: if there is
    any, the result can be differentiated by it.
    """

    wanted = "floating point tensor"

    def __init__(self, operands: Sequence[Any]) -> None:
        self._start = next_number()
        self._records = current_mode().record

    def later(self, operands: Sequence[Any]) -> Self:
        """The same call, under the mode that is in force now."""
        later = copy(self)
        later._records = current_mode().record
        return later

    def running(self) -> AbstractContextManager[Any]:
        """Record the graph."""
        return enable_grad()

    def variable(self, leaf: Any, what: str) -> Tensor:
        """A tensor on the same memory, with a node of its own.

        The node has no parent, or the outer history of the leaf. As a view of a leaf, the tensor
        refuses to be changed in place.
        """
        if not isinstance(leaf, Tensor):
            raise TypeError(
                f"{what} must be made of tensors, as there are tensors among the arguments, got "
                f"{type(leaf).__name__} {leaf!r:.40}: make it one with twingrad.tensor(...)"
            )
        if leaf.dtype not in FLOATS:
            raise TypeError(
                f"{what} must be made of floating point tensors to be differentiated by, got "
                f"dtype {leaf.dtype}: convert it with float() or double(), or leave it out of "
                "argnums"
            )
        parent = edge_of(leaf) if self._records else None
        node = new_node(VARIABLE, (parent,), (), (), leaf.shape)
        variable = Tensor.of_node(leaf._data, node)
        variable._memory = leaf._shared_memory()
        source = Tensor.constant(variable._data)
        source._requires_grad = True
        variable._view = View(source, VARIABLE, (), source._root())
        return variable

    def is_output(self, leaf: Any) -> bool:
        """Whether a leaf is a tensor of floats."""
        return isinstance(leaf, Tensor) and leaf.dtype in FLOATS

    def single(self, output: Any) -> Any:
        """The tensor, if it has one element."""
        return output if output.numel() == 1 else None

    def direction(self, given: Any, like: Any, what: str) -> Tensor:
        """A tensor of the dtype of ``like``."""
        if isinstance(given, Value | Array):
            raise TypeError(
                f"{what} must be a tensor, as what it belongs to, got {type(given).__name__}: make "
                "it one with twingrad.tensor(...)"
            )
        if isinstance(given, Tensor):
            direction = given.to(like.dtype)
        else:
            direction = Tensor.constant(array_from(given, like.dtype, what))
        if direction.shape != like.shape:
            raise ValueError(
                f"{what} must have the shape {like.shape} of what it belongs to, got "
                f"{direction.shape}: reshape or broadcast it first"
            )
        return direction

    def shape(self, leaf: Any) -> Shape:
        """The shape of a tensor."""
        shape: Shape = leaf.shape
        return shape

    def zeros(self, leaf: Any) -> Tensor:
        """A tensor of zeros of the same dtype."""
        return Tensor.constant(made(np.zeros(leaf.shape, leaf.dtype)))

    def unit(self, leaf: Any, index: Shape) -> Tensor:
        """A tensor of zeros and a one, of the same dtype."""
        unit = np.zeros(leaf.shape, leaf.dtype)
        unit[index] = 1
        return Tensor.constant(made(unit))

    def is_nested(self, outputs: Iterable[Any], directions: Iterable[Any]) -> bool:
        """Whether outputs or directions depend on more than the variables of the call."""
        return self._records and any(
            self._depends_on_more(leaf) for leaf in (*outputs, *directions)
        )

    def _depends_on_more(self, tensor: Tensor) -> bool:
        """Whether it depends on a leaf, or on a node made before the call."""
        seen = {edge_of(tensor)} - {None}
        edges = list(seen)
        for edge in edges:  # which grows meanwhile
            if not isinstance(edge, Node) or edge.number < self._start:
                return True
            new = {parent for parent in edge.parents or () if parent is not None} - seen
            seen |= new
            edges.extend(new)
        return False

    def pulled(
        self,
        outputs: Sequence[Any],
        cotangents: Sequence[Any],
        variables: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """Tensors of the dtypes of the variables."""
        pairs = [pair for pair in zip(outputs, cotangents, strict=True) if pair[0].requires_grad]
        if not pairs or not variables:
            return [self.zeros(variable) for variable in variables]
        found = autograd.grad(
            [output for output, _ in pairs],
            variables,
            [cotangent for _, cotangent in pairs],
            retain_graph=True,
            create_graph=differentiable,
            allow_unused=True,
        )
        return [
            self.zeros(variable) if slope is None else slope
            for variable, slope in zip(variables, found, strict=True)
        ]

    def block(self, parts: Sequence[Any], dim: int, output: Any, variable: Any) -> Any:
        """A tensor of the dtype of the variable."""
        shape = output.shape + variable.shape
        if not parts:
            return Tensor.constant(made(np.zeros(shape, variable.dtype)))
        return stack(parts, dim).reshape(shape).to(variable.dtype)

    def result(self, leaf: Any) -> Any:
        """A tensor with its history if there is more in it than the variables of the call."""
        if not isinstance(leaf, Tensor) or not leaf.requires_grad or self.is_nested([leaf], ()):
            return leaf
        return leaf.detach()


register_twin(Tensor, TensorTwin)
