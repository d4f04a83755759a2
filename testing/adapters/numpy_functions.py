"""Functions of NumPy arrays, with gradients that somebody wrote beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import check_function
from ...engine.structures import leaves_of, mapped, rebuilt
from ..arguments import Arguments, argument_names, function_name, leaf_names
from ..layouts import Layout, in_order, scattered
from ..library import plain_floats
from ..subject import FloatArray, Passage, Subject
from .adapter import Adapter, refuse_parameters
from .complex_step import complex_or_none
from .numpy_randomness import NumpyRandomness

_NOTHING = object()
"""Stands for a None among gradients, which is no leaf."""


@final
@dataclass(frozen=True)
class NumpyFunction(Adapter):
    """A function of NumPy arrays with its derivatives: see :func:`from_numpy`.

    Attributes
    ----------
    function : callable
        What is checked.
    gradient, vjp, jvp : callable or None
        Its derivatives.
    """

    function: Callable[..., Any]
    gradient: Callable[..., Any] | None = None
    vjp: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None

    def subject(
        self, inputs: Sequence[Any], parameters: Any = None, name: str | None = None
    ) -> NumpySubject:
        """The function at these inputs; ``TypeError`` for parameters."""
        refuse_parameters(parameters, "functions of NumPy", "NumPy")
        return NumpySubject(self, inputs, name)


@final
class NumpySubject(Subject):
    """A function of NumPy arrays and numbers at its inputs.

    With a ``gradient`` only, it is the sum of all results that is checked.

    Parameters
    ----------
    wrapped : NumpyFunction
        The function and its derivatives.
    inputs : sequence
        Its arguments; arrays of floats and Python floats are differentiated by.
    name : str or None
        What reports call it.

    Raises
    ------
    TypeError
        If it gives no floating point numbers.
    ValueError
        If there is nothing to differentiate by.
    """

    def __init__(self, wrapped: NumpyFunction, inputs: Sequence[Any], name: str | None) -> None:
        self._wrapped = wrapped
        self.name = function_name(wrapped.function) if name is None else name
        names = argument_names(wrapped.function, len(inputs))
        self._arguments = Arguments(names, inputs)
        leaves = self._arguments.leaves
        found = {k: plain_floats(leaf) for k, leaf in enumerate(leaves)}
        points = {k: array for k, array in found.items() if array is not None}
        self._positions = [*points]
        self._likes = [leaves[k] for k in points]
        self.inputs = tuple(in_order(array) for array in points.values())
        self.input_names = tuple(self._arguments.names[k] for k in points)
        if not points:
            raise ValueError(
                f"gradcheck: {self.name} must have an input to differentiate by, got "
                f"{self._arguments.described()}: pass floating point numbers or arrays of them"
            )
        self._randomness = NumpyRandomness()
        with self._randomness.again():
            self._names = self._result_names()

    def _result_names(self) -> tuple[str, ...]:
        """The names of the results that are floats, or of their sum."""
        given = self._wrapped.function(*self._filled(self._leaves(self.inputs)))
        results = leaves_of(given)
        self._count = len(results)
        self._chosen = [k for k, each in enumerate(results) if plain_floats(each) is not None]
        if not self._chosen:
            raise TypeError(
                f"gradcheck: {self.name} must give floating point numbers, got "
                f"{type(given).__name__} {given!r:.60}: return an array, or several"
            )
        self._structure = mapped(lambda _: 0, given)
        self._takes_arrays = [isinstance(results[k], np.ndarray) for k in self._chosen]
        names = leaf_names(given, self.name)
        only = results[self._chosen[0]]
        self._is_sum = self._wrapped.vjp is None and (len(self._chosen) > 1 or np.ndim(only) > 0)
        return (f"{self.name}.sum()",) if self._is_sum else tuple(names[k] for k in self._chosen)

    def output_names(self) -> tuple[str, ...]:
        """``"f"``, or the parts of what it gives; ``"f.sum()"`` where that is what is checked."""
        return self._names

    def _leaves(self, arrays: Sequence[NDArray[Any]], layout: Layout = in_order) -> list[Any]:
        """Copies of the arrays, and numbers where numbers belong."""
        return [
            layout(array) if isinstance(like, np.ndarray) else array[()]
            for array, like in zip(arrays, self._likes, strict=True)
        ]

    def _filled(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        own = list(self._arguments.leaves)
        for position, leaf in zip(self._positions, leaves, strict=True):
            own[position] = leaf
        return self._arguments.filled(own)

    def _results(self, leaves: Sequence[Any]) -> list[Any]:
        found = leaves_of(self._wrapped.function(*self._filled(leaves)))
        if len(found) != self._count:
            raise ValueError(
                f"gradcheck: {self.name} must give the same structure of results everywhere, got "
                f"{len(found)} parts at other numbers, {self._count} before: return the same "
                "parts, whatever the numbers are"
            )
        return self._summed([found[k] for k in self._chosen])

    def _summed(self, results: Sequence[Any]) -> list[Any]:
        """Results as arrays, or the array of their sum."""
        arrays = [np.asarray(each) for each in results]
        return [np.asarray(sum(each.sum() for each in arrays))] if self._is_sum else arrays

    def values(self, arrays: Sequence[FloatArray]) -> list[FloatArray]:
        """The results that are floats, or their sum."""
        with self._randomness.again():
            return [np.array(each) for each in self._results(self._leaves(arrays))]

    def pull(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None]:
        """By ``vjp``, or by ``gradient``; the function runs before, as layers remember things."""
        leaves = self._leaves(arrays)
        with self._randomness.again():
            self._results(leaves)
            return self._pulled(leaves, [np.array(each) for each in cotangents])

    def _pulled(
        self, leaves: Sequence[Any], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None]:
        arguments = self._filled(leaves)
        if self._wrapped.vjp is not None:
            return self._by_input("vjp", self._wrapped.vjp(self._nested(cotangents), *arguments))
        assert self._wrapped.gradient is not None  # from_numpy has seen to that
        found = self._by_input("gradient", self._wrapped.gradient(*arguments))
        (factor,) = cotangents
        return found if factor == 1 else [g if g is None else g * factor for g in found]

    def _nested(self, cotangents: Sequence[FloatArray]) -> Any:
        """Cotangents nested like the results, numbers where numbers belong; 0 for integers."""
        own: list[Any] = [0] * self._count
        for k, cotangent, is_array in zip(
            self._chosen, cotangents, self._takes_arrays, strict=True
        ):
            own[k] = cotangent if is_array else cotangent[()]
        return rebuilt(self._structure, own)

    def _by_input(self, which: str, given: Any) -> list[FloatArray | None]:
        """What a derivative gave as one array or None for each input."""
        count, every = len(self._positions), len(self._arguments.leaves)
        if every == 1 and not isinstance(given, tuple | dict):
            found = [given]
        else:
            listed = given if isinstance(given, list | tuple) else [given]
            found = leaves_of([_NOTHING if each is None else each for each in listed])
            if len(found) == every:
                found = [found[k] for k in self._positions]
        if len(found) != count:
            raise TypeError(
                f"gradcheck: {which} of {self.name} must give one array for each input "
                f"({', '.join(self.input_names)}), got {len(found)}: return a tuple of "
                f"{count}, with None for what has no gradient"
            )
        gradients = [None if g is None or g is _NOTHING else np.asarray(g) for g in found]
        for name, gradient in zip(self.input_names, gradients, strict=True):
            if gradient is not None and gradient.dtype.kind not in "fiub":
                raise TypeError(
                    f"gradcheck: {which} of {self.name} must give real numbers, got dtype "
                    f"{gradient.dtype} for {name}: return an array of floats, or None"
                )
        return gradients

    def push(
        self, arrays: Sequence[FloatArray], tangents: Sequence[FloatArray]
    ) -> list[FloatArray] | None:
        """By ``jvp``, where it was given."""
        if self._wrapped.jvp is None:
            return None
        own: list[Any] = [0] * len(self._arguments.leaves)
        for position, tangent in zip(self._positions, self._leaves(tangents), strict=True):
            own[position] = tangent
        directions = self._arguments.filled(own)
        with self._randomness.again():
            given = self._wrapped.jvp(
                directions[0] if len(directions) == 1 else directions,
                *self._filled(self._leaves(arrays)),
            )
        found = leaves_of(given)
        if len(found) != self._count:
            raise TypeError(
                f"gradcheck: jvp of {self.name} must give what {self.name} gives, {self._count} "
                f"arrays or numbers, got {len(found)}: return one derivative for each of them"
            )
        return self._summed([found[k] for k in self._chosen])

    def complex_values(self, arrays: Sequence[NDArray[np.complex128]]) -> list[Any] | None:
        """With complex arrays, where all that the function does is defined there."""
        with self._randomness.again():
            return complex_or_none(lambda: self._results(self._leaves(arrays)))

    def derived(self) -> Subject:
        """Nothing: ``TypeError``."""
        raise TypeError(
            f"gradcheck: order must be 1 for {self.name}, got 2: the gradient that was given is a "
            "plain function; check it as one of its own, with its own gradient"
        )

    def precise(self) -> NumpySubject | None:
        """The same in float64; None where the function refuses that or gives another dtype."""
        try:
            leaves = self._leaves([each.astype(np.float64) for each in self.inputs])
            wide = NumpySubject(self._wrapped, self._filled(leaves), self.name)
            is_wide = all(each.dtype == np.float64 for each in wide.values(wide.inputs))
        except Exception:  # whatever a function raises that meets an unexpected dtype
            return None
        return wide if is_wide else None

    def passage(self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]) -> Passage:
        """The arrays that function and derivative were given, and what they gave."""
        leaves, seeds = self._leaves(arrays), [np.array(each) for each in cotangents]
        with self._randomness.again():
            results = self._results(leaves)
            before = [np.array(each) for each in results]
            gradients = self._pulled(leaves, seeds)
        memory = [np.asarray(each) for each in leaves]
        return Passage(memory, seeds, results, gradients, memory, before)

    def scattered(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], list[FloatArray | None]]:
        """With inputs and cotangents that are transposed and have gaps."""
        leaves = self._leaves(arrays, scattered)
        with self._randomness.again():
            results = [np.array(each) for each in self._results(leaves)]
            return results, self._pulled(leaves, [scattered(each) for each in cotangents])

    def pending(
        self,
        first: Sequence[FloatArray],
        second: Sequence[FloatArray],
        cotangents: Sequence[FloatArray],
    ) -> list[FloatArray | None]:
        """The function at both, then its derivative at the first."""
        leaves = self._leaves(first)
        with self._randomness.again():
            self._results(leaves)
            self._results(self._leaves(second))
            return self._pulled(leaves, [np.array(each) for each in cotangents])


def from_numpy(
    function: Callable[..., Any],
    gradient: Callable[..., Any] | None = None,
    *,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
) -> NumpyFunction:
    """A function of NumPy arrays with the derivatives that were written for it.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers, also nested, and gives arrays or numbers, also nested.
    gradient : callable, optional
        ``gradient(*inputs)`` is the gradient of ``function(*inputs).sum()``: one array, or a
        tuple of one for each input, with None for what has none.
    vjp : callable, optional
        In its place, for all derivatives: ``vjp(cotangents, *inputs)`` is the gradient of
        ``(cotangents * function(*inputs)).sum()``, in the same form. Cotangents are nested as
        the results are.
    jvp : callable, optional
        Forward mode besides: ``jvp(tangents, *inputs)`` is the derivative of the results along
        ``tangents``: one array for one input, a tuple for several.

    Raises
    ------
    TypeError
        For what cannot be called, and if not exactly one of ``gradient`` and ``vjp`` is given.

    Examples
    --------
    >>> import numpy as np
    >>> wrapped = from_numpy(np.tanh, gradient=lambda x: 1 - np.tanh(x) ** 2)
    >>> subject = wrapped.subject((np.zeros(2),))
    >>> subject.pull(subject.inputs, [np.array(1.0)])
    [array([1., 1.])]
    """
    check_function(function, "from_numpy: function")
    for which, given in (("gradient", gradient), ("vjp", vjp), ("jvp", jvp)):
        if given is not None:
            check_function(given, f"from_numpy: {which}")
    if (gradient is None) == (vjp is None):
        raise TypeError(
            f"from_numpy: gradient or vjp must be given, got {'none' if vjp is None else 'both'}: "
            "pass gradient=... for the sum of the results, or vjp=... for weighted sums"
        )
    return NumpyFunction(function, gradient, vjp, jvp)
