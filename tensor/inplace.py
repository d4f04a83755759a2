"""Changes in place: new numbers in a tensor's memory, and what becomes of its history.

A tensor that is changed takes over the history of what it was changed to. If it is a view, the
tensor that it is a view of has changed too, in that part, and so have all other views of it: each
gets a history that says so.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from ..engine import formulas
from ..engine.formula import Formula
from ..engine.modes import Mode, current_mode, special_mode
from ..engine.operators import Operators
from ..engine.shapes import broadcast_shape
from .coercion import array_from, is_array_like
from .dtypes import FLOATS, category
from .graph import edge_of, new_node
from .kernels.elementwise import row_of
from .operations.moves import RESHAPE
from .primitive import Call, Primitive
from .quiet import quiet
from .tracing import duplicated

if TYPE_CHECKING:
    from .graph import Memory


def _is_silent(mode: Mode | None) -> bool:
    """Whether no graph is recorded."""
    return mode is not None and not mode.record


def _is_simple(mode: Mode | None) -> bool:
    """Whether nobody looks at what an operation does."""
    return mode is None or not (mode.anomaly or mode.witness or mode.recorder is not None)


class View(NamedTuple):
    """How a tensor is part of another one's memory: by which primitive of which tensor."""

    source: Any
    primitive: Primitive
    parameters: tuple[Any, ...]
    root: Any
    """The tensor at the end of the chain of views, which is none itself."""


class Overwrite(Primitive):
    """A tensor with other numbers in one part of it; a view tells which part."""

    name = "overwrite"
    arity = 2

    def forward(self, x: Any, part: Any, primitive: Primitive, parameters: Any) -> Any:
        changed = np.array(x)  # a gradient without dimensions may come as a NumPy number
        primitive.forward(changed, *parameters)[...] = part
        return changed

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        primitive, parameters = call.parameters
        part = primitive(gradient, *parameters)
        rest = None
        if call.needs(0):
            rest = OVERWRITE(gradient, np.zeros(part.shape, part.dtype), primitive, parameters)
        return (rest, part)


OVERWRITE = Overwrite()


class InPlace(Operators):
    """The operators and methods that change a tensor's own numbers.

    All of them give back the tensor. While a graph is recorded, a leaf that requires a gradient
    refuses them with a ``RuntimeError``; so does a tensor whose elements share memory.
    """

    __slots__ = ()

    _data: Any
    _memory: Any
    _node: Any
    _requires_grad: bool
    _view: View | None

    @abstractmethod
    def _shared_memory(self) -> Memory:
        """The record of changes of this tensor's memory."""

    @staticmethod
    @abstractmethod
    def constant(array: Any) -> Any:
        """A tensor on this array, without gradient."""

    # Operators

    def __iadd__(self, other: Any) -> Self:
        return self._change(formulas.add, other)

    def __isub__(self, other: Any) -> Self:
        return self._change(formulas.sub, other)

    def __imul__(self, other: Any) -> Self:
        return self._change(formulas.mul, other)

    def __itruediv__(self, other: Any) -> Self:
        return self._change(formulas.div, other)

    def __ipow__(self, other: Any) -> Self:
        return self._change(formulas.pow, other)

    # Methods

    def add_(self, other: Any, *, alpha: float = 1) -> Self:
        """``self += alpha * other``."""
        return self._change_by_multiple(formulas.add, np.add, other, alpha)

    def sub_(self, other: Any, *, alpha: float = 1) -> Self:
        """``self -= alpha * other``."""
        return self._change_by_multiple(formulas.sub, np.subtract, other, alpha)

    def mul_(self, other: Any) -> Self:
        """``self *= other``."""
        return self._change(formulas.mul, other)

    def div_(self, other: Any) -> Self:
        """``self /= other``."""
        return self._change(formulas.div, other)

    def pow_(self, exponent: Any) -> Self:
        """``self **= exponent``."""
        return self._change(formulas.pow, exponent)

    def neg_(self) -> Self:
        """``self = -self``."""
        return self._change(formulas.neg)

    def abs_(self) -> Self:
        """The absolute values."""
        return self._change(formulas.abs)

    def exp_(self) -> Self:
        """``e**self``."""
        return self._change(formulas.exp)

    def log_(self) -> Self:
        """The natural logarithms."""
        return self._change(formulas.log)

    def sqrt_(self) -> Self:
        """The square roots."""
        return self._change(formulas.sqrt)

    def square_(self) -> Self:
        """The squares."""
        return self._change(formulas.square)

    def reciprocal_(self) -> Self:
        """``1 / self``."""
        return self._change(formulas.reciprocal)

    def tanh_(self) -> Self:
        """The hyperbolic tangents."""
        return self._change(formulas.tanh)

    def sigmoid_(self) -> Self:
        """``1 / (1 + exp(-self))``."""
        return self._change(formulas.sigmoid)

    def relu_(self) -> Self:
        """0 in place of everything below 0."""
        return self._change(formulas.relu)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """``self`` held between ``min`` and ``max``; None leaves a side open."""
        low = -np.inf if min is None else min
        return self._change(formulas.clamp, low, np.inf if max is None else max)

    def addcmul_(self, a: Any, b: Any, *, value: float = 1) -> Self:
        """``self += value * a * b``."""
        return self.add_(a * b, alpha=value)

    def addcdiv_(self, a: Any, b: Any, *, value: float = 1) -> Self:
        """``self += value * a / b``."""
        return self.add_(a / b, alpha=value)

    def lerp_(self, end: Any, weight: Any) -> Self:
        """``self += weight * (end - self)``."""
        return self._change(formulas.add, (end - self) * weight)

    def copy_(self, source: Any) -> Self:
        """Take the numbers of ``source``, broadcast and converted to this shape and dtype."""
        return self._replace(source, "copy_", convert=True)

    def fill_(self, value: Any) -> Self:
        """Take one number for every element."""
        return self._replace(value, "fill_", convert=True)

    def zero_(self) -> Self:
        """0 for every element."""
        return self._replace(0, "zero_", convert=True)

    # What they are made of

    def _change_by_multiple(
        self, operation: Formula, function: Any, other: Any, alpha: float
    ) -> Self:
        """Add or subtract a multiple; where nothing is recorded, without a detour."""
        mode = special_mode()
        array = self._data
        if (
            type(other) is type(self)
            and _is_simple(mode)
            and (not (self._root()._requires_grad or other._requires_grad) or _is_silent(mode))
            and other._data.dtype is array.dtype
            and other._data.shape == array.shape
            and array.dtype in FLOATS
            and array.flags.writeable
        ):
            change = other._data
            if alpha != 1:
                change = quiet().run(np.multiply, change, np.array(alpha, array.dtype))
            quiet().run(function, array, change, array)
            self._shared_memory().change(f"{operation.name}_")
            return self
        return self._change(operation, other if alpha == 1 else other * alpha)

    def _change(self, operation: Formula, *others: Any) -> Self:
        """Apply a row to this tensor and others, and take the result."""
        by = f"{operation.name}_"
        kind = type(self)
        mode = special_mode()
        tracked = (mode is None or mode.record) and (
            self._root()._requires_grad
            or any([type(o) is kind and o._requires_grad for o in others])
        )
        if not tracked:
            if len(others) == 1 and _is_simple(mode):
                (other,) = others
                kernels = row_of(operation).kernels.get(self._data.dtype)
                kernel = kernels and kernels.value
                is_like = type(other) is kind and other._data.dtype == self._data.dtype
                if isinstance(kernel, np.ufunc) and (is_like or type(other) is float):
                    self._check_writable(by)
                    operand = other._data if is_like else other
                    try:
                        quiet().run(kernel, self._data, operand, self._data)
                    except ValueError:
                        raise self._misfit(by, operand.shape) from None
                    self._shared_memory().change(by)
                    return self
            return self._replace(self.apply(operation, self, *others), by)
        self._check_is_no_leaf(by)
        # The row works on a copy, so that what it keeps for its own derivative stays as it is.
        before = kind.constant(duplicated(self))
        before._node = self._node
        before._requires_grad = self._requires_grad
        operands = [before if other is self else other for other in others]
        return self._replace(self.apply(operation, before, *operands), by)

    def _replace(self, new: Any, by: str, *, convert: bool = False) -> Self:
        """Take the numbers of ``new``, broadcast, and its history.

        Unless ``convert``, what cannot be held by this tensor's dtype is refused.
        """
        kind = type(self)
        if type(new) is not kind:
            if type(new) is float and not isfinite(new) and self._data.dtype not in FLOATS:
                raise ValueError(
                    f"{by}: a tensor of dtype {self._data.dtype} cannot hold {new}: convert it "
                    "first, for example with float()"
                )
            new = self._taken(new, by)
        mode = current_mode()
        tracked = mode.record and (
            self._requires_grad or new._requires_grad or self._root()._requires_grad
        )
        if tracked:
            self._check_is_no_leaf(by)
        self._check_writable(by)
        own = self._data.dtype
        if new._data.dtype != own:
            if not convert and category(new._data.dtype) > category(own):
                raise RuntimeError(
                    f"{by}: a result of dtype {new._data.dtype} cannot be written into a tensor "
                    f"of dtype {own}: convert the tensor first, or compute out of place"
                )
            new = new.to(own)
        shape = self._data.shape
        if new._data.shape != shape:
            if broadcast_shape([shape, new._data.shape], by) != shape:
                raise self._misfit(by, new._data.shape)
            new = new.broadcast_to(shape)
        if mode.recorder is None:
            self._data[...] = new._data
        else:
            mode.recorder.write(self, new)
        self._shared_memory().change(by)
        if tracked:
            self._rewrite_history(new)
        return self

    def _taken(self, new: Any, by: str) -> Any:
        """What is to be written, as a tensor; Python numbers are as exact as this tensor is."""
        kind = type(self)
        if type(new) is kind:
            return new
        is_exact = self._data.dtype in FLOATS and not is_array_like(new)
        return kind.constant(array_from(new, self._data.dtype if is_exact else None, by))

    def _misfit(self, by: str, shape: Any) -> ValueError:
        return ValueError(
            f"{by}: what is written into a tensor of shape {self._data.shape} must broadcast to "
            f"that shape, got shape {shape}: reshape it, or compute out of place"
        )

    def _check_writable(self, by: str) -> None:
        if not self._data.flags.writeable:
            raise RuntimeError(
                f"{by}: the numbers of this tensor of shape {self._data.shape} stand for several "
                "elements each, or belong to a read-only array: change a clone()"
            )

    def _check_is_no_leaf(self, by: str) -> None:
        root = self._root()
        if root._node is None and root._requires_grad:
            what = "a leaf" if root is self else "a view of a leaf"
            raise RuntimeError(
                f"{by}: {what} that requires a gradient cannot be changed in place while a graph "
                "is recorded: do it inside no_grad(), or compute out of place"
            )

    def _root(self) -> Any:
        """The tensor that this one is a view of, or itself."""
        return self if self._view is None else self._view.root

    def _become_view(self, source: Any, primitive: Primitive, parameters: tuple[Any, ...]) -> None:
        """Note that this tensor is part of the memory of ``source``."""
        root = source if source._view is None else source._view.root
        view = View(source, primitive, parameters, root)
        self._view = view  # type: ignore[misc]  # a slot of Tensor
        self._memory = source._shared_memory()
        if root._node is not None or not root._requires_grad:
            self._memory.add_view(self)

    def _rewrite_history(self, new: Any) -> None:
        """Let this tensor, what it is a view of, and all views of that come from ``new``."""
        edge = edge_of(new)
        if edge is None and self._requires_grad and self._view is None:
            # what was there gets a gradient of 0: all of it is overwritten
            parts = (RESHAPE, (self._data.shape,))
            edge = new_node(OVERWRITE, (edge_of(self), None), (None, None), parts, new.shape)
        elif edge is new:  # a leaf: it keeps its place in the graph, and this tensor gets a node
            edge = edge_of(new.clone())
        member: Any = self
        while member._view is not None:
            source, primitive, parameters, _ = member._view
            edge = new_node(
                OVERWRITE,
                (edge_of(source), edge),
                (None, None),
                (primitive, parameters),
                source._data.shape,
            )
            member = source
        member._node = edge
        member._requires_grad = edge is not None
        for view in self._shared_memory().views():
            if view._view is None:
                continue
            source, primitive, parameters, _ = view._view
            parent = edge_of(source)
            view._requires_grad = parent is not None
            if parent is None:
                view._node = None
            else:
                shape = view._data.shape
                view._node = new_node(primitive, (parent,), (None,), parameters, shape)
