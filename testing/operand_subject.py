"""A function of a library's operands, as the subject of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .arguments import Arguments, argument_names, function_name
from .computation import Call, Computation, Gradient
from .layouts import Layout, in_order, scattered
from .library import GraphLibrary, Library, copied
from .parameters import Held
from .subject import FloatArray, Passage, Subject

_SEED = 20_240_607
"""Of the cotangents at which a gradient is checked as a function of its own."""


@final
class OperandSubject(Subject):
    """Operands are made of the arrays of each evaluation, and differentiated by their library.

    Every evaluation draws the same random numbers, so that dropout can be checked; parameters,
    buffers and the state of the generator are put back behind it.

    Parameters
    ----------
    library : Library
        What computes and differentiates.
    computation : Computation
        What is computed.
    held : Held or None
        Parameters, whose arrays stand between the leading and the trailing ones.
    name : str
        What reports call the function.
    input_names : sequence of str
        What they call the inputs.
    inputs : sequence of array
        Where it is checked.
    likes : sequence
        For each input that is no parameter, an operand or a number of its kind.
    trailing : int
        How many of these stand behind the parameters.
    """

    def __init__(
        self,
        library: Library,
        computation: Computation,
        held: Held | None,
        name: str,
        input_names: Sequence[str],
        inputs: Sequence[FloatArray],
        likes: Sequence[Any],
        trailing: int = 0,
    ) -> None:
        self.name = name
        self.input_names = tuple(input_names)
        self.inputs = tuple(in_order(each) for each in inputs)
        self._library = library
        self._computation = computation
        self._held = held
        self._likes = list(likes)
        self._trailing = trailing
        self._first = len(likes) - trailing
        self._last = len(self.inputs) - trailing
        self._start = library.random_state()
        self._draws = False
        with self._leaves(self.inputs) as leaves:
            computation.results(leaves)  # the first call decides what the results are
            self._draws = library.has_drawn(self._start)

    def output_names(self) -> tuple[str, ...]:
        """``"f"``, or the parts of what it gives: ``"f[0]"``, ``"f['loss']"``."""
        return self._computation.names()

    @contextmanager
    def _leaves(
        self, arrays: Sequence[FloatArray], layout: Layout = in_order
    ) -> Iterator[list[Any]]:
        """A block with an operand for every array, in which parameters have their numbers."""
        with self._library.running(self._start):
            if self._held is None:
                yield self._with_parameters(arrays, [], layout)
            else:
                with self._held.at(self._moved(arrays)) as parameters:
                    yield self._with_parameters(arrays, parameters, layout)

    def _with_parameters(
        self, arrays: Sequence[FloatArray], parameters: Sequence[Any], layout: Layout = in_order
    ) -> list[Any]:
        leaves = [
            self._library.leaf(layout(array), like)
            for array, like in zip(self._passed(arrays), self._likes, strict=True)
        ]
        return [*leaves[: self._first], *parameters, *leaves[self._first :]]

    def _moved(self, arrays: Sequence[Any]) -> list[Any]:
        """The arrays of the parameters."""
        return [*arrays[self._first : self._last]]

    def _passed(self, arrays: Sequence[Any]) -> list[Any]:
        """The arrays of all inputs that are no parameters."""
        return [*arrays[: self._first], *arrays[self._last :]]

    def _seeds(
        self, cotangents: Sequence[FloatArray], layout: Layout = in_order
    ) -> Callable[[list[Any]], list[Any]]:
        """From results to cotangents of their kinds."""
        return lambda results: [
            self._library.constant(layout(cotangent), result)
            for cotangent, result in zip(cotangents, results, strict=True)
        ]

    def values(self, arrays: Sequence[FloatArray]) -> list[FloatArray]:
        """The results that are floating point numbers."""
        with self._leaves(arrays) as leaves:
            return copied(self._library, self._computation.results(leaves))

    def pull(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None]:
        """As users of the library have gradients computed."""
        compute, seeds = self._computation.results, self._seeds(cotangents)
        with self._leaves(arrays) as leaves:
            _, gradients = self._library.pulled(compute, leaves, seeds, False)
            return copied(self._library, gradients)

    def push(
        self, arrays: Sequence[FloatArray], tangents: Sequence[FloatArray]
    ) -> list[FloatArray] | None:
        """By the library's forward mode, unless there are parameters.

        None on our twins: their ``jvp`` is two backward passes, which second order checks.
        """
        if self._first < self._last:
            return None
        with self._leaves(arrays) as leaves:
            pushed = self._library.pushed(self._computation.results, leaves, tangents)
            return None if pushed is None else copied(self._library, pushed)

    def complex_values(self, arrays: Sequence[NDArray[np.complex128]]) -> list[Any] | None:
        """None on our twins, which have no complex numbers, and where there are parameters."""
        if self._first < self._last:
            return None
        with self._library.running(self._start):
            compute = self._computation.results
            return self._library.complex_results(compute, arrays, self._likes)

    def derived(self) -> OperandSubject:
        """The gradient, at cotangents between 0.5 and 1.5."""
        draws = np.random.default_rng(_SEED)
        with self._leaves(self.inputs) as leaves:
            results = self._computation.results(leaves)
            arrays = [self._library.array(each) for each in results]
        cotangents = [draws.uniform(0.5, 1.5, each.shape).astype(each.dtype) for each in arrays]
        names = [f"cotangent of {name}" for name in self.output_names()]
        return OperandSubject(
            self._library,
            Gradient(self._library, self._computation, self.input_names, self.name),
            self._held,
            f"gradient of {self.name}",
            [*self.input_names, *names],
            [*self.inputs, *cotangents],
            [*self._likes, *results],
            self._trailing + len(results),
        )

    def precise(self) -> OperandSubject | None:
        """The same in float64, with parameters and buffers.

        None where the function refuses that or gives another dtype all the same, and where it
        draws random numbers, which would be others.
        """
        if self._draws:
            return None
        try:
            wide = OperandSubject(
                self._library,
                self._computation.widened(),
                None if self._held is None else self._held.widened(),
                self.name,
                self.input_names,
                [each.astype(np.float64) for each in self.inputs],
                self._likes,
                self._trailing,
            )
            is_wide = all(each.dtype == np.float64 for each in wide.values(wide.inputs))
        except Exception:  # whatever a function raises that meets an unexpected dtype
            return None
        return wide if is_wide else None

    def passage(self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]) -> Passage:
        """The memory of operands, where their library shows it, else copies."""
        library, compute = self._library, self._computation.results
        before: list[FloatArray] = []
        seeds: list[Any] = []

        def seeded(results: list[Any]) -> list[Any]:
            before.extend(copied(library, results))
            seeds.extend(self._seeds(cotangents)(results))
            return seeds

        with self._leaves(arrays) as leaves:
            results, gradients = library.pulled(compute, leaves, seeded, False)
            return Passage(
                [library.array(each) for each in leaves],
                [library.array(each) for each in seeds],
                [library.array(each) for each in results],
                [None if each is None else library.array(each) for each in gradients],
                copied(library, leaves),
                before,
            )

    def scattered(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], list[FloatArray | None]] | None:
        """With inputs and cotangents that are transposed and have gaps; parameters stay.

        None where random numbers are drawn: some libraries draw them in the order in memory.
        """
        if self._draws or not self._library.has_strides:
            return None
        compute, seeds = self._computation.results, self._seeds(cotangents, scattered)
        with self._leaves(arrays, scattered) as leaves:
            results, gradients = self._library.pulled(compute, leaves, seeds, False)
            return copied(self._library, results), copied(self._library, gradients)

    def pending(
        self,
        first: Sequence[FloatArray],
        second: Sequence[FloatArray],
        cotangents: Sequence[FloatArray],
    ) -> list[FloatArray | None] | None:
        """Two graphs at once, of which the first is differentiated."""
        library, compute = self._library, self._computation.results
        if not isinstance(library, GraphLibrary):
            return None
        with self._leaves(first) as leaves:
            results = compute(leaves)
            compute(self._with_parameters(second, self._moved(leaves)))
            seeds = self._seeds(cotangents)(results)
            return copied(library, library.gradients(results, leaves, seeds, False))

    def accumulated(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None] | None:
        """By ``backward``, twice, into leaves that had no gradient."""
        library = self._library
        if not isinstance(library, GraphLibrary):
            return None
        with self._leaves(arrays) as leaves:
            results = self._computation.results(leaves)
            for leaf in leaves:
                library.forget(leaf)
            for _ in range(2):
                library.accumulate(results, leaves, self._seeds(cotangents)(results))
            return copied(library, [library.gradient_of(leaf) for leaf in leaves])

    def roots(self) -> list[Any]:
        """The results at the inputs, with the graph that led to them, on our twins."""
        if not isinstance(self._library, GraphLibrary) or not self._library.is_ours:
            return []
        with self._leaves(self.inputs) as leaves:
            return self._computation.results(leaves)


def operand_subject(
    library: Library,
    function: Callable[..., Any],
    inputs: Sequence[Any],
    held: Held | None = None,
    name: str | None = None,
) -> OperandSubject:
    """A function of a library's operands as a subject.

    If any input requires a gradient, only those that do are differentiated by; else all floating
    point ones.

    Raises
    ------
    ValueError
        If there is nothing to differentiate by.
    """
    called = function_name(function) if name is None else name
    arguments = Arguments(argument_names(library.signed(function), len(inputs)), inputs)
    arrays = [library.floats(leaf) for leaf in arguments.leaves]
    floating = [k for k, array in enumerate(arrays) if array is not None]
    marked = [k for k in floating if library.is_marked(arguments.leaves[k])]
    positions = marked or floating
    names = [] if held is None else held.names
    if not positions and not names:
        raise ValueError(
            f"gradcheck: {called} must have an input to differentiate by, got "
            f"{arguments.described()}: pass floating point numbers, arrays or operands, or name "
            "the leaves that it uses with parameters="
        )
    points = [each for k in positions if (each := arrays[k]) is not None]
    if held is not None:
        points += held.arrays()
    return OperandSubject(
        library,
        Call(library, function, arguments, positions, called),
        held,
        called,
        [arguments.names[k] for k in positions] + names,
        points,
        [arguments.leaves[k] for k in positions],
    )
