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
        What it is called in messages and as ``grad_fn``; the name of the class, in small letters,
        if the class itself gives none.
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
    >>> import numpy as np
    >>> import twingrad
    >>> class Scaled(twingrad.Primitive):
    ...     arity = 2
    ...     saves = (0, 1)
    ...     def forward(self, x, scale):  # (n, m) and (m): every column times its own number
    ...         return x * scale
    ...     def backward(self, gradient, call):
    ...         x, scale = call.inputs
    ...         return (gradient * scale, (gradient * x).sum(0))
    >>> scaled = Scaled()
    >>> x = twingrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> scale = twingrad.tensor([10.0, 100.0], requires_grad=True)
    >>> scaled(x, scale).sum().backward()
    >>> x.grad
    tensor([[ 10., 100.],
            [ 10., 100.]])
    >>> scale.grad
    tensor([4., 6.])
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
        """What each operand gets of the gradient: a tuple, with None for what needs none."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower()

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) < self.arity:
            raise TypeError(
                f"{self.name} takes {self.arity} operands, got {len(arguments)}: give the missing "
                "ones by position"
            )
        return self.apply(arguments[: self.arity], arguments[self.arity :])

    def apply(self, operands: tuple[Any, ...], parameters: tuple[Any, ...] = ()) -> Any:
        """The value for these operands: a tensor if one of them is, else an array."""
        for operand in operands:
            if not isinstance(operand, PLAIN):
                return operand.record(self, operands, parameters)
        return self.forward(*operands, *parameters)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is an array."""
        if gradient.shape != node.shape or gradient.__class__ is not np.ndarray:
            gradient = stretched(gradient, node.shape)
        given = self.backward(gradient, Call(node, node.saved_arrays(), node.out))
        return self._checked(given, node)

    def tensor_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is a tensor."""
        if gradient.shape != node.shape:
            gradient = gradient.broadcast_to(node.shape)
        out = None
        if self.saves_out:
            out = type(gradient).of_node(node.out, node)
        given = self.backward(gradient, Call(node, list(node.inputs), out))
        return self._checked(given, node)

    def _checked(self, given: Any, node: Node) -> Sequence[Any]:
        """What ``backward`` gave, if it is one gradient for each operand."""
        parents = node.parents or ()
        if type(given) not in (tuple, list) or len(given) != len(parents):
            got = f"{len(given)}" if type(given) in (tuple, list) else type(given).__name__
            raise TypeError(
                f"{self.name}: backward must give a tuple of one gradient for each of the "
                f"{len(parents)} operands, got {got}: write for example (gradient,), with None "
                "where none is needed"
            )
        for position, (parent, each) in enumerate(zip(parents, given, strict=True)):
            if parent is None or each is None:
                continue
            if any([kept is not None and each is kept._data for kept in node.inputs]):
                given = [*given]
                given[position] = each.copy()  # what a gradient is added to later
            if each.shape == parent.shape:
                continue
            if not _stands_for(each.shape, parent.shape):
                raise ValueError(
                    f"{self.name}: backward must give operand {position + 1} a gradient of its "
                    f"shape {parent.shape}, got {each.shape}: sum or reshape it"
                )
        checked: Sequence[Any] = given
        return checked


def _stands_for(shape: Shape, whole: Shape) -> bool:
    """Whether an array of this shape broadcasts to ``whole``."""
    return len(shape) <= len(whole) and all(
        [length in (1, full) for length, full in zip(shape[::-1], whole[::-1])]
    )
