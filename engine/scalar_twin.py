"""Derivatives of functions on the scalar twin: of numbers, Values, Arrays and NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from . import formulas
from .array import Array
from .backward import differentiable_edges, evaluation_order, propagate
from .functions import stack
from .modes import current_mode, enable_grad
from .operation import Operand, real_number
from .primitives import DOT
from .shapes import Shape
from .twin import Twin
from .value import Value, constant

_inside: ContextVar[bool] = ContextVar("twingrad_inside_derivative", default=False)
"""Whether a function that is being differentiated is running."""


class ScalarTwin(Twin):
    """One call of a derivative of a function of Values.

    It is nested, and gives Values, if an argument holds Values, or if it stands in a function
    that is being differentiated itself: that may use its variables without passing them.
    Otherwise it gives plain numbers.
    """

    wanted = "Value"

    def __init__(self, operands: Sequence[Any]) -> None:
        self._nested = bool(operands) or _inside.get()

    def later(self, operands: Sequence[Any]) -> Self:
        """The same call; Values among the cotangents make it a nested one."""
        twin = type(self)(operands)
        twin._nested |= self._nested
        return twin

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record the graph, and let calls inside know that they are nested."""
        if current_mode().tape is not None:
            raise RuntimeError(
                "derivatives of functions, such as grad(...), cannot be compiled on the scalar "
                "twin: call backward(), or use tensors"
            )
        token = _inside.set(True)
        try:
            with enable_grad():
                yield
        finally:
            _inside.reset(token)

    def variable(self, leaf: Any, what: str) -> Any:
        """A fresh Value, or an Array of fresh Values."""
        match leaf:
            case Value():
                return formulas.pos(leaf) if leaf.requires_grad else Value(leaf.data)
            case Array():
                fresh = [self.variable(each, what) for each in leaf.flatten()]
                return Array(fresh).reshape(leaf.shape)
            case np.ndarray():
                return Array(leaf)
        return Value(real_number(leaf, what))

    def is_output(self, leaf: Any) -> bool:
        """Whether a leaf is a Value or an Array."""
        return isinstance(leaf, Value | Array)

    def single(self, output: Any) -> Any:
        """The one Value."""
        if isinstance(output, Array):
            return output.reshape(1)[0] if output.numel() == 1 else None
        return output

    def direction(self, given: Any, like: Any, what: str) -> Any:
        """A Value or number for a Value, an Array for an Array."""
        if isinstance(like, Value):
            return given if isinstance(given, Value) else real_number(given, what)
        array = Array(given, requires_grad=False)
        if array.shape != like.shape:
            raise ValueError(
                f"{what} must have the shape {like.shape} of what it belongs to, got "
                f"{array.shape}: reshape or broadcast it first"
            )
        return array

    def shape(self, leaf: Any) -> Shape:
        """The shape of an Array; () for a Value."""
        return leaf.shape if isinstance(leaf, Array) else ()

    def zeros(self, leaf: Any) -> Any:
        """0, or a NumPy array of zeros."""
        return np.zeros(leaf.shape) if isinstance(leaf, Array) else 0.0

    def unit(self, leaf: Any, index: Shape) -> Any:
        """1, or a NumPy array with a 1 in it."""
        if not isinstance(leaf, Array):
            return 1.0
        unit = np.zeros(leaf.shape)
        unit[index] = 1.0
        return unit

    def is_nested(self, outputs: Iterable[Any], directions: Iterable[Any]) -> bool:
        """Whether the call is nested, and no ``no_grad`` block surrounds it."""
        return self._nested and current_mode().record

    def pulled(
        self,
        outputs: Sequence[Any],
        cotangents: Sequence[Any],
        variables: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """Values and Arrays if differentiable or nested, else floats and NumPy arrays."""
        values = [value for output in outputs for value in _elements(output)]
        weights = [weight for cotangent in cotangents for weight in _elements(cotangent)]
        leaves = [value for variable in variables for value in _elements(variable)]
        with enable_grad():
            slopes = iter(_slopes(values, weights, leaves, differentiable))
        return [self._joined(variable, slopes) for variable in variables]

    def _joined(self, variable: Any, slopes: Iterator[Any]) -> Any:
        """The next slopes, in the shape of their variable."""
        if not isinstance(variable, Array):
            slope = next(slopes)
            is_bare = self._nested and not isinstance(slope, Value)
            return constant(slope) if is_bare else slope
        found = [next(slopes) for _ in range(variable.numel())]
        if self._nested or any(isinstance(slope, Value) for slope in found):
            return Array(found, requires_grad=False).reshape(variable.shape)
        return np.array(found, dtype=np.float64).reshape(variable.shape)

    def block(self, parts: Sequence[Any], dim: int, output: Any, variable: Any) -> Any:
        """A number for the shape (), else an Array or a NumPy array."""
        shape = self.shape(output) + self.shape(variable)
        if not shape:
            return parts[0]
        if not parts:
            return Array(np.zeros(shape)) if self._nested else np.zeros(shape)
        if any(isinstance(part, Operand) for part in parts):
            return stack(parts, dim).reshape(shape)
        return np.stack(parts, axis=dim).reshape(shape)

    def result(self, leaf: Any) -> Any:
        """A Value or an Array in a nested call, else its numbers."""
        if not isinstance(leaf, Value | Array):
            return leaf
        if not self._nested:
            return leaf.data
        return leaf if current_mode().record else leaf.detach()


def _elements(leaf: Any) -> list[Any]:
    """The Values or floats of a leaf in a row."""
    match leaf:
        case Array():
            return list(leaf.flatten())
        case np.ndarray():
            flat: list[Any] = leaf.ravel().tolist()
            return flat
    return [leaf]


def _slopes(
    values: Sequence[Value], weights: Sequence[Any], wanted: Sequence[Value], differentiable: bool
) -> list[Any]:
    """The derivative of ``sum(weights * values)`` by each wanted node.

    They are Values if ``differentiable``, else floats.
    """
    terms = [
        (value, weight)
        for value, weight in zip(values, weights, strict=True)
        if isinstance(weight, Value) or weight != 0
    ]
    if not terms:
        return [constant(0.0) if differentiable else 0.0 for _ in wanted]
    root, seed = terms[0]
    if len(terms) > 1:
        factors = [each if isinstance(each, Value) else constant(each) for _, each in terms]
        root, seed = Value.apply(DOT, *[value for value, _ in terms], *factors), 1.0
    order = evaluation_order(root)
    if differentiable:
        start = seed if isinstance(seed, Value) else constant(seed)
        found = propagate(order, root, start, differentiable_edges)
        return [found[node] if node in found else constant(0.0) for node in wanted]
    found = propagate(order, root, float(seed))
    return [found.get(node, 0.0) for node in wanted]
