"""Arrays that mix all kinds of numbers, with ties among them on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from ...engine.shapes import Shape
from .numbers import REGIMES, values
from .shapes import broadcastable_shapes, shapes

FloatArray = NDArray[np.floating[Any]]

Elements = st.SearchStrategy[float] | Mapping[str, Any] | None
"""A strategy of numbers, arguments of :func:`values`, or None for all kinds of numbers."""

_DRAWN = 64
"""How many numbers of an array are drawn; in a larger one they are repeated."""

_REGIMES = st.sampled_from((*REGIMES, "mild"))
"""What the numbers of an array are like: one that overflows hides what is wrong beside it."""

_OFTEN = st.sampled_from((False, True, True))
"""Whether as many numbers are drawn as there are elements."""


def arrays(
    shape: int | Shape | st.SearchStrategy[Shape] | None = None,
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]] = "float64",
    elements: Elements = None,
) -> st.SearchStrategy[FloatArray]:
    """NumPy arrays for derivatives to be tried at: kinks, ties, and every size of number.

    The numbers of most arrays are drawn one by one; in every third one a few are spread over all
    places, which makes ties for sorting, for maxima and the like. Arrays of more than 64 elements
    are always of this kind, with up to 64 different numbers.

    Parameters
    ----------
    shape : int, tuple of int or strategy
        The shape; :func:`shapes` where there is none.
    dtype : dtype or strategy
        float64, float32, or what draws one of them, such as :func:`dtypes`.
    elements : strategy of numbers, or mapping
        What the elements are drawn from, or arguments of :func:`values` by name. Where no regime
        is given, an array has ordinary, mild or any values.

    Raises
    ------
    TypeError, ValueError
        As :func:`values` does, when an array is drawn.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.arrays(3), lambda x: (x < 0).all())
    array([-0.1, -0.1, -0.1])
    >>> find(strategies.arrays(elements={"min_value": 1, "max_value": 2}), lambda x: x.ndim == 2)
    array([[1.]])
    """
    return _arrays(_as_shapes(shape), as_dtypes(dtype), elements)


def broadcastable_arrays(
    count: int = 2,
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]] = "float64",
    elements: Elements = None,
    **limits: int,
) -> st.SearchStrategy[tuple[FloatArray, ...]]:
    """Arrays of one dtype whose shapes broadcast with each other, with ties between them.

    Parameters
    ----------
    count : int
        How many; at least 1.
    dtype, elements
        As for :func:`arrays`.
    **limits : int
        ``min_dims``, ``max_side`` and the like, as for :func:`broadcastable_shapes`.

    Raises
    ------
    TypeError, ValueError
        As :func:`broadcastable_shapes` does; as :func:`values` does, when arrays are drawn.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.broadcastable_arrays(2), lambda pair: pair[0].ndim > pair[1].ndim)
    (array([0.]), array(0.))
    """
    return _groups(broadcastable_shapes(count, **limits), as_dtypes(dtype), elements)


def _as_shapes(shape: int | Shape | st.SearchStrategy[Shape] | None) -> st.SearchStrategy[Shape]:
    if isinstance(shape, st.SearchStrategy):
        return shape
    if shape is None:
        return shapes()
    return st.just((shape,) if isinstance(shape, int) else tuple(shape))


def as_dtypes(
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]],
) -> st.SearchStrategy[np.dtype[Any]]:
    """A strategy of dtypes as it is; one dtype as a strategy that draws it always."""
    return dtype if isinstance(dtype, st.SearchStrategy) else st.just(np.dtype(dtype))


@st.composite
def _arrays(
    draw: st.DrawFn,
    shapes: st.SearchStrategy[Shape],
    dtypes: st.SearchStrategy[np.dtype[Any]],
    elements: Elements,
) -> FloatArray:
    return filled(draw, draw(shapes), draw(dtypes), elements)


@st.composite
def _groups(
    draw: st.DrawFn,
    shapes: st.SearchStrategy[tuple[Shape, ...]],
    dtypes: st.SearchStrategy[np.dtype[Any]],
    elements: Elements,
) -> tuple[FloatArray, ...]:
    dtype = draw(dtypes)
    return grouped(draw, draw(shapes), dtype, elements)


def grouped(
    draw: st.DrawFn, shapes: tuple[Shape, ...], dtype: np.dtype[Any], elements: Elements
) -> tuple[FloatArray, ...]:
    """An array of each shape; in some groups later ones take numbers from the first one."""
    found: list[FloatArray] = []
    for shape in shapes:
        shared = elements
        if found and found[0].size and draw(st.booleans()):
            shared = st.sampled_from(found[0].ravel().tolist())
        found.append(filled(draw, shape, dtype, shared))
    return tuple(found)


def filled(draw: st.DrawFn, shape: Shape, dtype: np.dtype[Any], elements: Elements) -> FloatArray:
    """An array of this shape.

    Its numbers are a list that can be as long as the array, or shorter: so an array that fails
    shrinks whatever its shape is, to few numbers and then to few elements.
    """
    size = prod(shape)
    if not size:
        return np.empty(shape, dtype)
    numbers = _numbers(draw, dtype, elements)
    most = min(size, _DRAWN)
    least, seed = most if draw(_OFTEN) else 1, draw(st.integers(0, 9999))
    found = draw(st.lists(numbers, min_size=least, max_size=most + 1))  # an exact one shrinks worse
    return _spread(np.array(found[:most], dtype), shape, seed)


def _numbers(draw: st.DrawFn, dtype: np.dtype[Any], elements: Elements) -> st.SearchStrategy[float]:
    if isinstance(elements, st.SearchStrategy):
        return elements
    options = elements or {}
    if "regime" in options:
        return values(dtype, **options)
    return values(dtype, regime=draw(_REGIMES), **options)


def _spread(few: FloatArray, shape: Shape, seed: int) -> FloatArray:
    """Numbers in their order, from the beginning again where they end, or as the dice fall."""
    if not seed or few.size == prod(shape):
        return np.resize(few, shape)
    return few[np.random.default_rng(seed).integers(few.size, size=shape)]
