"""Random graphs of tensors: arrays broadcast, reduced, multiplied and moved about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from ...engine.array import Array
from ...engine.checks import checked_choice, checked_count, ordered
from ...engine.modes import no_grad
from ...tensor.tensor import Tensor
from .arrays import Elements, FloatArray, filled
from .listing import listing
from .operations import OPERATIONS, Call, Dice
from .shapes import broadcastable_shapes

_LARGE = 4.0
"""Beyond this size a result is drawn back by a tanh."""

_MOST = 200
"""A result of more elements is left out."""

_BACK = st.sampled_from([(first, other) for first in (0, 0, 0, 0, 1, 2) for other in range(5)])
"""How far operands lie back, the first one mostly not at all."""

_DICE = st.integers(0, 35).map(lambda number: divmod(number, 6))
"""Both in one number: what is made of few choices can be left out by Hypothesis as it shrinks."""

_MILLIONTHS = st.integers(-2_000_000, 2_000_000).map(lambda k: k / 1e6)


@final
@dataclass(frozen=True, repr=False)
class Graph:
    """Arrays for the leaves, and steps that each compute one array more from those before it.

    It is a function of as many operands as there are arrays, which :func:`gradcheck` takes.

    Attributes
    ----------
    arrays : tuple of array
        The leaves: NumPy arrays of one dtype.
    steps : tuple of (Call, tuple of int)
        What is computed, and from which results; the leaves are the first ones.
    on_values : bool
        Whether it can be run on Arrays of Values too.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5)
    ... @given(strategies.graphs(["matmul", "relu"]))
    ... def test_some_leaf_has_a_gradient(graph):
    ...     leaves = graph.leaves()
    ...     graph(*leaves).sum().backward()
    ...     assert any(leaf.grad is not None for leaf in leaves)
    >>> test_some_leaf_has_a_gradient()
    """

    arrays: tuple[FloatArray, ...]
    steps: tuple[tuple[Call, tuple[int, ...]], ...]
    on_values: bool

    def __call__(self, *leaves: Any) -> Any:
        """The last result on these leaves, tensors or Arrays, whose kind it is of."""
        results = [*leaves]
        for call, places in self.steps:
            results.append(call.compute(*[results[k] for k in places]))
        return results[-1]

    def leaves(self, twin: str = "tensor") -> list[Any]:
        """The arrays as operands whose gradients are wanted, of either twin.

        Parameters
        ----------
        twin : {"tensor", "scalar"}
            Tensors, on copies of the arrays, or Arrays of Values.

        Raises
        ------
        ValueError
            For another twin, and for ``"scalar"`` where the graph holds an operation that Arrays of
            Values do not have.
        """
        checked_choice(twin, "leaves: twin", ("tensor", "scalar"))
        if twin == "tensor":
            return [Tensor(array.copy(), requires_grad=True) for array in self.arrays]
        if not self.on_values:
            raise ValueError(
                "leaves: twin must be 'tensor' for a graph with operations of tensors alone, got "
                "'scalar': draw it with graphs(twin='scalar')"
            )
        return [Array(array) for array in self.arrays]

    def __repr__(self) -> str:
        lines = [f"x{k} = {_written(array)}" for k, array in enumerate(self.arrays)]
        for call, places in self.steps:
            lines.append(f"x{len(lines)} = {call.text.format(*[f'x{k}' for k in places])}")
        return listing("Graph", lines)


def graphs(
    operations: Iterable[str] | None = None,
    *,
    longest: int = 8,
    shortest: int = 1,
    twin: str | None = None,
    smooth: bool = False,
    dtype: str = "float64",
    elements: Elements = None,
) -> st.SearchStrategy[Graph]:
    """Graphs of 1 to 3 leaves: rows that broadcast, reductions, products, moves, softmax.

    Results beyond 4 in size are drawn back by a tanh. Graphs shrink to fewer steps, smaller shapes
    and simpler numbers.

    Parameters
    ----------
    operations : iterable of str, optional
        To be used: names of rows (:data:`SMOOTH` and :data:`KINKED`), ``"sum"``, ``"matmul"`` and
        the others of :data:`twingrad.testing.strategies.operations.OPERATIONS`; all, where none
        are given.
    longest, shortest : int
        How many steps are drawn. Those that fit no shape, and those that the result does not need,
        are left out.
    twin : {"tensor", "scalar"}, optional
        ``"scalar"`` leaves operations out that only tensors have.
    smooth : bool
        Whether to leave operations with kinks out.
    dtype : {"float64", "float32"}
        Of the arrays.
    elements : strategy of numbers, or mapping
        As for :func:`arrays`; numbers between -2 and 2 where nothing is given.

    Raises
    ------
    TypeError
        If a length is no whole number.
    ValueError
        If one is negative, ``shortest`` is above ``longest``, another argument is none of its
        choices, or no operation is left.

    Examples
    --------
    >>> from twingrad.testing import gradcheck, strategies
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, deadline=None)
    ... @given(strategies.graphs(["sum", "sin"], elements={"regime": "ordinary"}))
    ... def test_gradients(graph):
    ...     assert gradcheck(graph, *graph.arrays)
    >>> test_gradients()
    """
    checked_count(shortest, "graphs: shortest")
    checked_count(longest, "graphs: longest")
    ordered("graphs", shortest=shortest, longest=longest)
    checked_choice(twin, "graphs: twin", ("tensor", "scalar", None))
    checked_choice(dtype, "graphs: dtype", ("float64", "float32"))
    chosen = _chosen(operations, twin == "scalar", smooth)
    instruction = st.tuples(st.sampled_from(chosen), _BACK, _DICE)
    instructions = st.lists(instruction, min_size=shortest, max_size=longest)
    return _graphs(instructions, np.dtype(dtype), _MILLIONTHS if elements is None else elements)


def _chosen(operations: Iterable[str] | None, on_values: bool, smooth: bool) -> list[str]:
    given = [*OPERATIONS] if operations is None else [*operations]
    for name in given:
        checked_choice(name, "graphs: operations", OPERATIONS)
    found = [
        name
        for name in given
        if (OPERATIONS[name].on_values or not on_values)
        and (OPERATIONS[name].is_smooth or not smooth)
    ]
    if not found:
        raise ValueError(
            f"graphs: operations must leave one that the twin has and that is smooth if wanted, "
            f"got {given!r:.60}: name others"
        )
    return found


Instruction = tuple[str, tuple[int, int], Dice]
"""An operation, where to begin to look for its operands, and what decides its arguments."""


@st.composite
def _graphs(
    draw: st.DrawFn,
    instructions: st.SearchStrategy[list[Instruction]],
    dtype: np.dtype[Any],
    elements: Elements,
) -> Graph:
    number = draw(st.integers(1, 3))
    shapes = draw(broadcastable_shapes(number, max_dims=2, max_side=3, longest=0))
    arrays = tuple(filled(draw, shape, dtype, elements) for shape in shapes)
    growth = _Growth(arrays)
    with no_grad():
        for instruction in draw(instructions):
            growth.follow(*instruction)
    graph = growth.graph()
    assume(graph.steps)
    return graph


@final
class _Growth:
    """A graph as it grows, with its results, whose shapes decide what can follow."""

    def __init__(self, arrays: tuple[FloatArray, ...]) -> None:
        self._arrays = arrays
        self._results = [Tensor(array) for array in arrays]
        self._steps: list[tuple[Call, tuple[int, ...]]] = []
        self._on_values: list[bool] = []

    def follow(self, name: str, back: tuple[int, int], dice: Dice) -> None:
        """Add a step, if the operation fits any of the results."""
        operation = OPERATIONS[name]
        for places in self._candidates(operation.arity, back):
            call = operation.choose([self._results[k].shape for k in places], dice)
            if call is not None:
                self._add(call, places, operation.on_values)
                return

    def _candidates(self, arity: int, back: tuple[int, int]) -> Iterable[tuple[int, ...]]:
        """Operands, from the ones that were asked for on to all others."""
        count = len(self._results)
        first = [count - 1 - (back[0] + k) % count for k in range(count)]
        if arity == 1:
            return [(k,) for k in first]
        second = [count - 1 - (back[1] + k) % count for k in range(count)]
        return [(k, other) for k in first for other in second]

    def _add(self, call: Call, places: tuple[int, ...], on_values: bool) -> None:
        result = call.compute(*[self._results[k] for k in places])
        if result.numel() > _MOST:
            return
        self._keep(call, places, result, on_values)
        if np.abs(result.numpy()).max(initial=0.0) > _LARGE:
            choose = OPERATIONS["tanh"].choose
            tanh = choose([result.shape], (0, 0))
            if tanh is not None:
                self._keep(tanh, (len(self._results) - 1,), tanh.compute(result), True)

    def _keep(self, call: Call, places: tuple[int, ...], result: Any, on_values: bool) -> None:
        self._steps.append((call, places))
        self._results.append(result)
        self._on_values.append(on_values)

    def graph(self) -> Graph:
        """The steps that the last result needs."""
        leaves = len(self._arrays)
        needed = {len(self._results) - 1}
        for k in reversed(range(len(self._steps))):
            if leaves + k in needed:
                needed.update(self._steps[k][1])
        kept = [k for k in range(len(self._steps)) if leaves + k in needed]
        numbers = {
            old: new for new, old in enumerate([*range(leaves), *(leaves + k for k in kept)])
        }
        steps = tuple(
            (call, tuple(numbers[place] for place in places))
            for call, places in (self._steps[k] for k in kept)
        )
        return Graph(self._arrays, steps, all(self._on_values[k] for k in kept))


def _written(array: NDArray[Any]) -> str:
    text = np.array2string(array, separator=", ", floatmode="unique")
    kind = "" if array.dtype == np.float64 else f", dtype={array.dtype}"
    return f"array({' '.join(text.split())}{kind})"
