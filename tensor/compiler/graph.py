"""The compiler's graph: what a step computes, value by value, before it becomes code.

Values are made through a :class:`Graph`, which gives back the value that is there already where
the same is asked for twice, computes what is made of constants alone, and drops operations that
change nothing. What no result needs is never looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, final

import numpy as np

from ...engine import ieee
from ...engine.shapes import Shape, broadcast_shape
from ..kernels.program import CONDITIONS
from .patterns import is_number, picked, seen, share_of
from .strides import composed, tight_strides

LEAVES = frozenset({"argument", "captured", "number", "constant", "position"})
"""Kinds of values that are given, not computed."""


@final
class Value:
    """One value of a graph: an array of a known shape and dtype.

    Attributes
    ----------
    kind : str
        What makes it; see :class:`Graph` for the kinds.
    operands : tuple of Value
        What it is made from.
    attributes : tuple
        What else its kind says.
    shape : tuple of int
        Its shape.
    dtype : str
        The name of its NumPy dtype.
    number : int
        Its running number in the graph: greater than those of its operands.
    label : str
        What a reader may call it, such as the name of a parameter; empty if nothing is known.
    """

    __slots__ = ("attributes", "dtype", "kind", "label", "number", "operands", "shape")

    def __init__(
        self,
        kind: str,
        operands: tuple[Value, ...],
        attributes: tuple[Any, ...],
        shape: Shape,
        dtype: str,
        number: int,
    ) -> None:
        self.kind = kind
        self.operands = operands
        self.attributes = attributes
        self.shape = shape
        self.dtype = dtype
        self.number = number
        self.label = ""

    @property
    def size(self) -> int:
        """The number of its elements."""
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.number}: {self.dtype}{list(self.shape)}>"


@dataclass(frozen=True, slots=True)
class Check:
    """A decision that was taken when a step was recorded, and has to come out the same again.

    Attributes
    ----------
    value : Value
        A truth value without dimensions.
    expected : bool
        How it came out.
    """

    value: Value
    expected: bool


@dataclass(slots=True)
class Memory:
    """Memory that outlives a step, such as that of a parameter.

    Attributes
    ----------
    before : Value
        What it holds when the step begins.
    after : Value
        What it holds when the step is over; the same if nothing is written.
    """

    before: Value
    after: Value


@final
class Graph:
    """What a step computes.

    The kinds of values, with their attributes:

    ========== ================== =============================================================
    argument   position           an argument of the step
    captured   position           memory that outlives the step, as it was when the step began
    number     position           a single number that the host gives anew for each step
    constant   number             a number without dimensions
    position   dim                the place along a dimension, counted from 0 (int64)
    elementwise function          a step of a program on operands that broadcast to the shape
    view       strides, offset    element ``[i, j]`` is number ``offset + i*strides[0] + j*...``
                                  of the operand's elements in their order
    reduce     function, dims     add, mul, maximum, minimum, argmax or argmin along dims, which
                                  are dropped
    matmul                        ``(..., n, k) @ (..., k, m)``, the other dimensions the same
    gemm       factor, turned     ``factor * (a @ b)``, or the transpose of that, plus the third
                                  operand if there is one; see :mod:`.accumulation`
    gather     dim                ``source[..., index[...], ...]`` along a dimension; in the shape
                                  of the index
    scatter    dim                zeros of the shape with the part added at the index
    place      strides, offset    zeros with the operand's elements where a view of the same
                                  strides and offset would read them
    overwrite  strides, offset    the first operand with the second in its place there
    join       dim                operands one behind the other
    random     what               numbers from a stream; operands: the halves of its key and the
                                  place (three words), what: uniform, normal, exponential, half
                                  (whole numbers below 2**32, as float64: halves of the words)
    host       function, more     what a Python function of arrays gives
    ========== ================== =============================================================

    Attributes
    ----------
    arguments, numbers : list of Value
        The values of these kinds, by position.
    memories : list of Memory
        The captured memory, by position.
    results : list of Value
        What the step gives back.
    gradients : dict of int to Value
        What becomes the ``grad`` of captured leaves, by position.
    checks : list of Check
        What must come out as it did.
    """

    def __init__(self) -> None:
        self.arguments: list[Value] = []
        self.numbers: list[Value] = []
        self.memories: list[Memory] = []
        self.results: list[Value] = []
        self.gradients: dict[int, Value] = {}
        self.checks: list[Check] = []
        self._known: dict[Hashable, Value] = {}
        self._count = 0

    # Leaves

    def argument(self, shape: Shape, dtype: str) -> Value:
        """The next argument of the step."""
        value = self._value("argument", (), (len(self.arguments),), shape, dtype)
        self.arguments.append(value)
        return value

    def captured(self, shape: Shape, dtype: str) -> Value:
        """Memory that outlives the step."""
        value = self._value("captured", (), (len(self.memories),), shape, dtype)
        self.memories.append(Memory(value, value))
        return value

    def host_number(self, dtype: str = "float64") -> Value:
        """The next number that the host gives anew for each step; words are ``uint64``."""
        value = self._value("number", (), (len(self.numbers),), (), dtype)
        self.numbers.append(value)
        return value

    def constant(self, number: float | bool, dtype: str) -> Value:
        """A number without dimensions."""
        key = ("constant", repr(number), dtype)
        if key not in self._known:
            self._known[key] = self._value("constant", (), (number,), (), dtype)
        return self._known[key]

    def position(self, shape: Shape, dim: int) -> Value:
        """The place along a dimension."""
        return self.value("position", (), (dim,), shape, "int64")

    # What is computed

    def elementwise(self, function: str, *operands: Value, dtype: str | None = None) -> Value:
        """A step of a program, element by element; ``cast`` converts to ``dtype``.

        Conditions give bool, and everything else the dtype of the last operand, if none is named.
        """
        if dtype is None:
            dtype = "bool" if function in CONDITIONS else operands[-1].dtype
        simple = self._simplified(function, operands, dtype)
        if simple is not None:
            return simple
        shape = broadcast_shape([operand.shape for operand in operands], function)
        return self.value("elementwise", operands, (function,), shape, dtype)

    def reduce(self, function: str, operand: Value, dims: Sequence[int]) -> Value:
        """A sum, product or extreme along dimensions, which are dropped."""
        dims = tuple(sorted(dims))
        shape = tuple([n for d, n in enumerate(operand.shape) if d not in dims])
        if not dims and function not in ("argmax", "argmin"):
            return operand
        dtype = "int64" if function in ("argmax", "argmin") else operand.dtype
        if function == "add" and len(dims) == 1:
            found = picked(operand, dims[0])
            if found is not None:
                return self.without(self._within(*found, operand.shape[dims[0]]), dims[0])
        return self.value("reduce", (operand,), (function, dims), shape, dtype)

    def view(self, operand: Value, shape: Shape, strides: Sequence[int], offset: int = 0) -> Value:
        """Other places for the same elements; a view of a view is one view."""
        strides = tuple([0 if n == 1 else s for n, s in zip(shape, strides, strict=True)])
        if shape == operand.shape and offset == 0 and strides == tight_strides(shape):
            return operand
        if 0 in shape:
            strides, offset = (0,) * len(shape), 0
            operand = seen(operand)
        elif operand.kind == "view":
            inner_strides, inner_offset = operand.attributes
            steps = composed(operand.shape, inner_strides, shape, strides, offset)
            if steps is not None:
                found, start = steps
                return self.view(operand.operands[0], shape, found, inner_offset + start)
        return self.value("view", (operand,), (strides, offset), shape, operand.dtype)

    def _within(self, chosen: Value, index: Value, length: int) -> Value:
        """The chosen values, 0 where the index names no place in a dimension of that length."""
        least, end = self.constant(0, index.dtype), self.constant(length, index.dtype)
        test = self.elementwise(
            "logical_and",
            self.elementwise("greater_equal", index, least),
            self.elementwise("less", index, end),
        )
        return self.elementwise("where", test, chosen, self.constant(0.0, chosen.dtype))

    def without(self, operand: Value, dim: int) -> Value:
        """The value without a dimension of length 1."""
        own = tight_strides(operand.shape)
        shape = operand.shape
        return self.view(operand, shape[:dim] + shape[dim + 1 :], own[:dim] + own[dim + 1 :])

    def gather(self, source: Value, index: Value, dim: int) -> Value:
        """``source[..., index[...], ...]`` along a dimension.

        Of what is computed element by element, only the elements that are asked for are.
        """
        if source.kind == "position":
            (along,) = source.attributes
            return index if along == dim else self.position(index.shape, along)
        if source.kind == "elementwise" and index.size < source.size:
            operands = [
                self._gathered_operand(operand, source.shape, index, dim)
                for operand in source.operands
            ]
            found = self.elementwise(source.attributes[0], *operands, dtype=source.dtype)
            if found.shape == index.shape:  # else all operands are stretched along the dimension
                return found
        return self.value("gather", (source, index), (dim,), index.shape, source.dtype)

    def _gathered_operand(self, operand: Value, shape: Shape, index: Value, dim: int) -> Value:
        """What the elements that are gathered need of an operand of a value of a shape."""
        if operand.size == 1:
            return operand
        missing = len(shape) - len(operand.shape)
        lengths = (1,) * missing + operand.shape
        strides = (0,) * missing + tight_strides(operand.shape)
        if lengths[dim] == 1:
            short = tuple([min(n, m) for n, m in zip(lengths, index.shape)])
            return self.view(operand, short, strides)
        return self.gather(self.view(operand, shape, strides), index, dim)

    def value(
        self,
        kind: str,
        operands: Sequence[Value],
        attributes: tuple[Any, ...],
        shape: Shape,
        dtype: str,
    ) -> Value:
        """A value of any kind; the one that is there already, if it is the same."""
        operands = tuple(operands)
        key = (kind, tuple([each.number for each in operands]), attributes, shape, dtype)
        if key not in self._known:
            self._known[key] = self._value(kind, operands, attributes, shape, dtype)
        return self._known[key]

    def host(
        self,
        function: Callable[..., Any],
        operands: Sequence[Value],
        shape: Shape,
        dtype: str,
        name: str,
    ) -> Value:
        """What a Python function of arrays gives; nothing is known of it but its name."""
        return self._value("host", tuple(operands), (function, name), shape, dtype)

    def roots(self) -> Iterator[Value]:
        """Everything that a step is run for."""
        for check in self.checks:
            yield check.value
        yield from self.results
        yield from self.gradients.values()
        for memory in self.memories:
            if memory.after is not memory.before:
                yield memory.after

    def needed(self) -> list[Value]:
        """The values that the roots need, in order."""
        return values_below(self.roots())

    def _value(
        self,
        kind: str,
        operands: tuple[Value, ...],
        attributes: tuple[Any, ...],
        shape: Shape,
        dtype: str,
    ) -> Value:
        self._count += 1
        return Value(kind, operands, attributes, tuple(shape), dtype, self._count)

    def _simplified(self, function: str, operands: Sequence[Value], dtype: str) -> Value | None:
        """The value of a step that changes nothing, or is made of constants."""
        if function == "cast" and operands[0].dtype == dtype:
            return operands[0]
        if function in ("mul", "add", "sub", "div"):
            a, b = operands
            neutral = {"add": -0.0, "sub": 0.0}.get(function, 1.0)  # -0 + 0 and -0 - -0 are 0
            if is_number(b, neutral) and a.dtype == dtype:
                return a
            if function in ("mul", "add") and is_number(a, neutral) and b.dtype == dtype:
                return b
        if function == "exp":
            share = share_of(operands[0])
            if share is not None:
                part, logarithm = share
                whole = seen(logarithm).operands[0]
                if logarithm.kind == "view":
                    whole = self.view(whole, logarithm.shape, *logarithm.attributes)
                return self.elementwise("div", self.elementwise("exp", part), whole)
        numbers = [each.attributes[0] for each in operands if each.kind == "constant"]
        if len(numbers) == len(operands) and dtype in ("float32", "float64"):
            if function == "cast":
                with np.errstate(over="ignore"):
                    return self.constant(float(np.array(numbers[0], operands[0].dtype)), dtype)
            if dtype == "float64" and hasattr(ieee, function):
                return self.constant(getattr(ieee, function)(*map(float, numbers)), dtype)
        return None


def values_below(roots: Iterable[Value]) -> list[Value]:
    """The roots and all that they are made from, operands first."""
    found: dict[int, Value] = {}
    waiting = [*roots]
    while waiting:
        value = waiting.pop()
        if value.number not in found:
            found[value.number] = value
            waiting.extend(value.operands)
    return [found[number] for number in sorted(found)]
