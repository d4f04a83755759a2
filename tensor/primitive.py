"""What is not elementwise: the base of sums, products, moves, and of a user's own operations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..engine.shapes import Shape
from .broadcasting import stretched
from .graph import Node

PLAIN = (np.ndarray, np.generic, int, float)
"""What is computed with as it is, without a record."""


class Call:
    """One application of a primitive, as its backward pass sees it.

    Attributes
    ----------
    inputs : list
        The operands that the primitive ``saves``, None in the place of the others. Arrays in an
        ordinary backward pass, tensors where the gradient is to be differentiated again.
    out : array, Tensor or None
        The value, if the primitive ``saves_out``.
    parameters : tuple
        What ``forward`` was told after the operands.
    """

    __slots__ = ("_node", "inputs", "out", "parameters")

    def __init__(self, node: Node, inputs: list[Any], out: Any) -> None:
        self._node = node
        self.inputs = inputs
        self.out = out
        self.parameters = node.parameters

    @property
    def shape(self) -> Shape:
        """The shape of the value."""
        return self._node.shape

    def needs(self, position: int) -> bool:
        """Whether the operand at this position wants a gradient."""
        return self._node.parents[position] is not None  # type: ignore[index]

    def shape_of(self, position: int) -> Shape:
        """The shape of the operand at this position, which must want a gradient."""
        shape: Shape = self._node.parents[position].shape  # type: ignore[index]
        return shape


class Primitive(ABC):
    """A differentiable operation on whole arrays, with its derivative written by hand.

    Write ``forward`` for NumPy arrays, and ``backward`` with operators, with the methods that
    arrays and tensors share, and with other primitives: it is run on arrays in an ordinary
    backward pass, and on tensors where the gradient is to be differentiated again.

    Calling a primitive applies it: the first ``arity`` arguments are operands, the others are
    parameters. Tensors give a tensor that remembers where it came from, arrays give an array.

    Attributes
    ----------
    name : str
        What it is called in messages and as ``grad_fn``.
    arity : int
        How many operands it has.
    saves : tuple of int
        The positions of the operands that ``backward`` uses the numbers of.
    saves_for : mapping of int to tuple of int, optional
        In the place of ``saves``: for each operand, which ones its own gradient uses. What no
        gradient that is wanted uses is not kept.
    saves_out : bool
        Whether ``backward`` uses the value.
    is_view : bool
        Whether the value shares its operand's memory.

    Examples
    --------
    >>> import numpy as np, twingrad
    >>> class Cumulative(twingrad.Primitive):
    ...     name = "cumulative"
    ...     def forward(self, x):
    ...         return np.cumsum(x, axis=0)
    ...     def backward(self, gradient, call):
    ...         return (cumulative(gradient.flip(0)).flip(0) if isinstance(gradient,
    ...             twingrad.Tensor) else np.flip(np.cumsum(np.flip(gradient, 0), axis=0), 0),)
    >>> cumulative = Cumulative()
    >>> x = twingrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> cumulative(x).sum().backward()
    >>> x.grad
    tensor([3., 2., 1.])
    """

    name: ClassVar[str]
    arity: ClassVar[int] = 1
    saves: ClassVar[tuple[int, ...]] = ()
    saves_for: ClassVar[Mapping[int, tuple[int, ...]] | None] = None
    saves_out: ClassVar[bool] = False
    is_view: ClassVar[bool] = False

    @abstractmethod
    def forward(self, *arguments: Any) -> Any:
        """The value, an array, from the operands as arrays, and the parameters."""

    @abstractmethod
    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        """What each operand gets of the gradient of the value, None for what needs nothing."""

    def __call__(self, *arguments: Any) -> Any:
        return self.apply(arguments[: self.arity], arguments[self.arity :])

    def apply(self, operands: tuple[Any, ...], parameters: tuple[Any, ...] = ()) -> Any:
        """The value for these operands: a tensor if one of them is, else an array."""
        for operand in operands:
            if not isinstance(operand, PLAIN):
                return operand.record(self, operands, parameters)
        return self.forward(*operands, *parameters)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is an array."""
        if gradient.shape != node.shape:
            gradient = stretched(gradient, node.shape)
        return self.backward(gradient, Call(node, node.saved_arrays(), node.out))

    def tensor_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is a tensor."""
        if gradient.shape != node.shape:
            gradient = gradient.broadcast_to(node.shape)
        out = None
        if self.saves_out:
            out = type(gradient).of_node(node.out, node)
        return self.backward(gradient, Call(node, list(node.inputs), out))
