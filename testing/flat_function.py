"""A subject as a function of one long vector, with one long vector for its results."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .findings import Index
from .subject import FloatArray, Subject

Vector = NDArray[np.float64]


@final
class FlatFunction:
    """All elements of a subject's inputs in a row, and all those of its results.

    Attributes
    ----------
    subject : Subject
    order : int
        2 if it is a gradient itself.
    point : array (inputs,)
        Where the subject is checked, as float64.
    center : array (outputs,)
        The results there, as float64.
    input_resolution : array (inputs,)
        The machine epsilon of each element's dtype.
    output_resolution : array (outputs,)
        The same of the results, or that of the coarsest input if that is coarser.
    misshapen : dict of int to tuple of int
        The shapes of gradients that came in another one than their inputs', by position.
    closeness : float
        The relative difference that agreement leaves: a tenth of the smallest bug to be found,
        as far as the dtypes allow.
    """

    def __init__(self, subject: Subject, order: int = 1) -> None:
        self.subject = subject
        self.order = order
        self.inputs = [np.asarray(each) for each in subject.inputs]
        self.point = _joined(self.inputs)
        self._calls = [1]
        self._weights: Vector | None = None
        results = [np.asarray(each) for each in subject.values(self._arrays(self.point))]
        self._outputs = [(each.shape, each.dtype) for each in results]
        self.center = _joined(results)
        self.input_starts = _starts(self.inputs)
        self.output_starts = _starts(results)
        self.input_resolution = _resolution(self.inputs)
        coarsest = self.input_resolution.max(initial=0.0)
        self.output_resolution = np.maximum(_resolution(results), coarsest)
        coarsest = self.output_resolution.max(initial=0.0)
        self.closeness = max(1e-5, float(coarsest) ** 0.4)
        self.misshapen: dict[int, tuple[int, ...]] = {}

    @property
    def size(self) -> int:
        """How many elements the inputs have."""
        return self.point.size

    @property
    def evaluations(self) -> int:
        """How often the subject was evaluated, projections of it included."""
        return self._calls[0]

    @property
    def is_coarse(self) -> bool:
        """Whether some input has less digits than float64."""
        return bool(np.any(self.input_resolution > np.finfo(np.float64).eps))

    def projected(self, weights: Vector) -> FlatFunction:
        """The function with weighted sums of its results for results.

        ``weights`` are shaped (sums, outputs); results of weight 0 are left out, whatever they
        are.
        """
        other = copy(self)
        other._weights = weights
        other.center = other._weighted(self.center)
        other.output_resolution = np.full(len(weights), self.output_resolution.max(initial=0.0))
        return other

    def repeats(self) -> bool:
        """Whether the same inputs give the same values again."""
        return bool(np.array_equal(self.values(self.point), self.center, equal_nan=True))

    def values(self, position: Vector) -> Vector:
        """The results at ``position``; nan where the function refuses to be evaluated."""
        self._calls[0] += 1
        try:
            results = [np.asarray(y) for y in self.subject.values(self._arrays(position))]
        except (ArithmeticError, ValueError):
            return np.full(self.center.shape, np.nan)
        if [(each.shape, each.dtype) for each in results] != self._outputs:
            return np.full(self.center.shape, np.nan)
        return self._weighted(_joined(results))

    def complex_values(self, position: Vector, imaginary: Vector) -> NDArray[np.complex128] | None:
        """The results at ``position + 1j * imaginary``; None where there are none."""
        given = position + 1j * imaginary
        parts = np.split(given, self.input_starts[1:-1])
        arrays = [part.reshape(like.shape) for part, like in zip(parts, self.inputs, strict=True)]
        found = self.subject.complex_values(arrays)
        if found is None or [np.shape(each) for each in found] != [s for s, _ in self._outputs]:
            return None
        self._calls[0] += 1
        return np.concatenate([np.asarray(y, np.complex128).reshape(-1) for y in found])

    def representable(self, position: Vector) -> Vector:
        """The position that the inputs' dtypes make of this one."""
        if all(each.dtype == np.float64 for each in self.inputs):
            return position
        return _joined(self._arrays(position))

    def pulled(self, position: Vector, cotangent: Vector) -> Vector:
        """The author's gradient of the results' sum weighted by ``cotangent``, by all inputs.

        Zeros stand where there is said to be none, nan where it has not the input's shape.
        """
        if self._weights is not None:
            cotangent = cotangent @ self._weights
        cotangents = [
            np.asarray(cotangent[start:end], dtype).reshape(shape)
            for (start, end), (shape, dtype) in zip(pairwise(self.output_starts), self._outputs)
        ]
        given = self.subject.pull(self._arrays(position), cotangents)
        gradient = np.zeros(self.size)
        for k, (each, like) in enumerate(zip(given, self.inputs, strict=True)):
            if each is None:
                continue
            part = gradient[self.input_starts[k] : self.input_starts[k + 1]]
            array = np.asarray(each)
            if array.shape == like.shape:
                part[:] = array.reshape(-1)
            else:
                self.misshapen[k] = array.shape
                part[:] = np.nan
        return gradient

    def pushed(self, position: Vector, tangent: Vector) -> Vector | None:
        """The author's derivatives of the results along ``tangent``; None if there are none."""
        given = self.subject.push(self._arrays(position), self._arrays(tangent))
        if given is None:
            return None
        derivatives = _joined([np.asarray(each) for each in given])
        if derivatives.size != self.output_starts[-1]:
            return None
        return self._weighted(derivatives)

    def input_at(self, coordinate: int) -> tuple[str, Index]:
        """The input's name and the index of one element."""
        shapes = [each.shape for each in self.inputs]
        return _named(coordinate, self.input_starts, self.subject.input_names, shapes)

    def output_at(self, coordinate: int) -> tuple[str, Index]:
        """The result's name and the index of one element."""
        shapes = [shape for shape, _ in self._outputs]
        return _named(coordinate, self.output_starts, self.subject.output_names(), shapes)

    def _weighted(self, results: Vector) -> Vector:
        if self._weights is None:
            return results
        used = np.any(self._weights != 0, axis=0)
        sums: Vector = self._weights[:, used] @ results[used]
        return sums

    def _arrays(self, position: Vector) -> list[FloatArray]:
        """New arrays, as the subject's inputs are."""
        arrays: list[FloatArray] = []
        start = 0
        for each in self.inputs:
            part = position[start : start + each.size]
            arrays.append(part.astype(each.dtype).reshape(each.shape))
            start += each.size
        return arrays


def _joined(arrays: Sequence[NDArray[Any]]) -> Vector:
    if len(arrays) == 1:
        return np.array(arrays[0], np.float64).reshape(-1)
    flat = [np.asarray(each, np.float64).reshape(-1) for each in arrays]
    return np.concatenate(flat) if flat else np.empty(0)


def _starts(arrays: Sequence[NDArray[Any]]) -> list[int]:
    return [0, *np.cumsum([each.size for each in arrays]).tolist()]


def _resolution(arrays: Sequence[NDArray[Any]]) -> Vector:
    parts = [np.full(each.size, float(np.finfo(each.dtype).eps)) for each in arrays]
    return np.concatenate(parts) if parts else np.empty(0)


def _named(
    coordinate: int, starts: list[int], names: Sequence[str], shapes: list[tuple[int, ...]]
) -> tuple[str, Index]:
    k = int(np.searchsorted(starts, coordinate, side="right")) - 1
    index = np.unravel_index(coordinate - starts[k], shapes[k])
    return names[k], tuple(int(each) for each in index)
