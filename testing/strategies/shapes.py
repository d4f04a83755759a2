"""Shapes, most of them small, now and then one with a long side."""

from __future__ import annotations

from operator import itemgetter

from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from ...engine.checks import checked_count, ordered
from ...engine.shapes import Shape

_RARELY = st.sampled_from((False, False, False, True))
"""Whether a shape has a long side."""


def shapes(
    *,
    min_dims: int = 0,
    max_dims: int = 3,
    min_side: int = 1,
    max_side: int = 4,
    longest: int = 40,
) -> st.SearchStrategy[Shape]:
    """Shapes of arrays: small ones, and now and then one with a long side.

    What is wrong for large arrays only (a tail that is forgotten, blocks of eight elements) shows
    on the long ones; all else is found sooner on the small ones.

    Parameters
    ----------
    min_dims, max_dims : int
        How many dimensions; 0 is a single number, of shape ``()``.
    min_side, max_side : int
        The lengths; 0 lets empty arrays through.
    longest : int
        What one length of a shape of one or two dimensions may be; 0 for none above ``max_side``.

    Raises
    ------
    TypeError
        If an argument is no whole number.
    ValueError
        If one is negative, or a least number above its greatest one.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.shapes(), lambda shape: len(shape) == 2)
    (1, 1)
    """
    _check(min_dims, max_dims, min_side, max_side)
    checked_count(longest, "shapes: longest")
    small = of_numpy.array_shapes(
        min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return _stretched(small.map(lambda shape: (shape,)), max_side, longest).map(itemgetter(0))


def broadcastable_shapes(
    count: int = 2,
    *,
    min_dims: int = 0,
    max_dims: int = 3,
    min_side: int = 1,
    max_side: int = 4,
    longest: int = 40,
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Shapes that broadcast with each other: ``((3, 1), (4,))``.

    Parameters
    ----------
    count : int
        How many; at least 1.
    min_dims, max_dims, min_side, max_side, longest : int
        As for :func:`shapes`; a long side is one of all shapes that have it.

    Raises
    ------
    TypeError, ValueError
        As :func:`shapes` does, and for a ``count`` below 1.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.broadcastable_shapes(2), lambda pair: len(pair[0]) > len(pair[1]))
    ((1,), ())
    """
    checked_count(count, "broadcastable_shapes: count", at_least=1)
    _check(min_dims, max_dims, min_side, max_side)
    checked_count(longest, "broadcastable_shapes: longest")
    small = of_numpy.mutually_broadcastable_shapes(
        num_shapes=count,
        min_dims=min_dims,
        max_dims=max_dims,
        min_side=min_side,
        max_side=max_side,
    ).map(lambda found: found.input_shapes)
    return _stretched(small, max_side, longest)


def _check(min_dims: int, max_dims: int, min_side: int, max_side: int) -> None:
    for name, given in (("min_dims", min_dims), ("min_side", min_side)):
        checked_count(given, f"shapes: {name}")
    ordered("shapes", min_dims=min_dims, max_dims=max_dims)
    ordered("shapes", min_side=min_side, max_side=max_side)


@st.composite
def _stretched(
    draw: st.DrawFn, small: st.SearchStrategy[tuple[Shape, ...]], max_side: int, longest: int
) -> tuple[Shape, ...]:
    """Small shapes; now and then with a length made long, in all shapes that have it."""
    found = draw(small)
    most = max(map(len, found))
    if not 1 <= most <= 2 or longest <= max_side or not draw(_RARELY):
        return found
    place = -draw(st.integers(1, most))
    greatest = max(shape[place] for shape in found if len(shape) >= -place)
    length = draw(st.integers(max_side + 1, longest))
    return tuple(_with_length(shape, place, greatest, length) for shape in found)


def _with_length(shape: Shape, place: int, before: int, length: int) -> Shape:
    """The shape with a length exchanged, where there was the one before."""
    if len(shape) < -place or shape[place] != before:
        return shape
    lengths = [*shape]
    lengths[place] = length
    return tuple(lengths)
