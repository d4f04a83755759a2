"""What a tensor has to do with gradients: whether it wants one, its own, and backward passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from ..engine.changes import changes
from ..engine.handle import Handle
from ..engine.modes import no_grad
from . import autograd
from .dtypes import FLOATS, DType
from .graph import Memory, Node
from .inplace import InPlace
from .tracing import recorder


class Gradients(InPlace):
    """The place of a tensor in the graph, and the derivatives that come of it."""

    __slots__ = ()

    _grad: Any
    _hooks: Any

    @property
    def data(self) -> Self:
        """The same numbers, in the same memory, as a constant: what :meth:`detach` gives.

        Assigning writes new numbers of the same shape; graphs that need the old ones notice.
        """
        return self.detach()

    @data.setter
    def data(self, data: Any) -> None:
        new = self._taken(data, "data")
        if new._data is self._data:
            return  # the last step of x.data -= 1, which has changed the memory
        if new._data.shape != self._data.shape:
            raise ValueError(
                f"data must have the shape {self._data.shape} of the tensor, got "
                f"{new._data.shape}: make a new tensor"
            )
        with no_grad():
            self._replace(new, "data", convert=True)

    @property
    def dtype(self) -> DType:
        """The kind of its numbers, as a NumPy dtype."""
        dtype: DType = self._data.dtype
        return dtype

    @property
    def is_leaf(self) -> bool:
        """Whether it was given, not computed from what requires a gradient."""
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the graph that it came from; None for a leaf."""
        node: Node | None = self._node
        return node

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives by it are computed. It can be assigned to a leaf."""
        requires_grad: bool = self._requires_grad
        return requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not isinstance(wanted, bool):
            raise TypeError(
                f"requires_grad must be True or False, got {type(wanted).__name__} {wanted!r}: "
                "write one of them"
            )
        if self._node is not None and not wanted:
            raise RuntimeError(
                "requires_grad can be taken from leaves only, and this tensor was computed by "
                f"{self._node.name()}: use its detach() for a constant"
            )
        if wanted and self._data.dtype not in FLOATS:
            raise RuntimeError(
                f"requires_grad needs floating point numbers, got dtype {self._data.dtype}: "
                "convert with float() or double(), there are no derivatives by integers"
            )
        if wanted and self._node is None:
            self._view = None  # type: ignore[misc]  # a leaf is nobody's part
        if wanted is not self._requires_grad:
            changes.count += 1
        self._requires_grad = wanted  # type: ignore[misc]  # a slot of Tensor

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Assign :attr:`requires_grad`, and give the tensor back."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Self | None:
        """The derivative by this leaf that backward passes have added up; None before the first.

        Assigning None forgets it; a tensor must have this one's shape and dtype.
        """
        recording = recorder()
        if recording is not None:
            recording.leaf_gradients.read(self)
        grad: Self | None = self._grad
        return grad

    @grad.setter
    def grad(self, grad: Self | None) -> None:
        if grad is not None:
            if type(grad) is not type(self):
                raise TypeError(
                    f"grad must be a Tensor or None, got {type(grad).__name__}: wrap it with "
                    "twingrad.tensor(...)"
                )
            own, given = self._data, grad._data
            if given.shape != own.shape or given.dtype != own.dtype:
                raise ValueError(
                    f"grad must have the shape {own.shape} and the dtype {own.dtype} of its "
                    f"tensor, got {given.shape} and {given.dtype}: reshape or convert it"
                )
        self._grad = grad
        recording = recorder()
        if recording is not None:
            recording.leaf_gradients.set(self)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Any] | None = None,
    ) -> None:
        """Add to every leaf's :attr:`grad` the derivative of this tensor by it.

        ``dL/da += dL/dc * dc/da`` for every edge a -> c of the graph, from this tensor down. The
        graph is used up by it, unless it is to be kept.

        Parameters
        ----------
        gradient : Tensor, array or number, optional
            The derivative of what you want to differentiate by this tensor, in its shape. It may
            be left out for a tensor of one element: then it is 1.
        retain_graph : bool, optional
            Keep the graph for another backward pass. If not given, it is kept with
            ``create_graph``.
        create_graph : bool
            Make the gradients tensors with a graph of their own, for gradients of gradients.
        inputs : sequence of Tensor, optional
            The only leaves whose ``grad`` is wanted.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient, if it has several elements and no
            ``gradient`` is given, if the graph has been used up, or if a number that is needed
            has been changed in place.
        """
        root: Any = self
        autograd.backward((root,), (gradient,), retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call ``hook`` with the gradient of this tensor in every backward pass.

        What it gives back, if anything, takes the gradient's place. The handle that comes back
        has a ``remove()``.
        """
        tensor: Any = self
        return autograd.register_hook(tensor, hook)

    def retain_grad(self) -> None:
        """Have backward passes write :attr:`grad` of this tensor too, though it is no leaf."""
        tensor: Any = self
        autograd.retain_grad(tensor)

    def detach(self) -> Self:
        """The same numbers, in the same memory, as a constant without history.

        A change in place of the one is noticed by the graph of the other.
        """
        out: Self = self.constant(self._data)
        out._memory = self._shared_memory()
        recording = recorder()
        if recording is not None:
            recording.leaf_gradients.made(out)
        return out

    def _shared_memory(self) -> Memory:
        """The record of changes of this tensor's memory, made when it is first needed."""
        if self._memory is None:
            self._memory = Memory()
            if self._node is not None and self._node.out is self._data:
                self._node.memory = self._memory
        memory: Memory = self._memory
        return memory

    @property
    def _version(self) -> int:
        """How often the memory has been changed in place, as in PyTorch."""
        return self._memory.changes if self._memory is not None else 0
