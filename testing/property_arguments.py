"""What the arguments of a property test are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..engine.checks import checked_count
from ..engine.shapes import Shape
from .examples import common_shape
from .strategies.arrays import Elements, FloatArray, as_dtypes, grouped
from .strategies.shapes import broadcastable_shapes, shapes
from .with_hypothesis import st

Lengths = tuple[int | str, ...]
"""A shape some of whose lengths are names, as in ``("batch", 3)``."""

Given = Lengths | st.SearchStrategy[Any] | EllipsisType
"""What is said of an argument: its shape, what draws it, or ``...`` where pytest passes it."""

_LONGEST = 24
"""What a length that is a name may be."""


def argument_strategies(
    names: tuple[str, ...],
    given: Mapping[str, Given],
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]],
    elements: Elements,
) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each argument that is drawn.

    Parameters
    ----------
    names : tuple of str
        The arguments that must be passed; those of them that are not in ``given`` get arrays whose
        shapes broadcast with each other, and with the shapes that are given if these do.
    given : mapping of str to tuple, strategy or ``...``
        What was said of single arguments. Equal names in shapes are equal lengths.
    dtype, elements
        Of all arrays.

    Raises
    ------
    TypeError
        If something else is said of an argument.
    """
    found = {name: each for name, each in given.items() if isinstance(each, st.SearchStrategy)}
    shaped: dict[str, Lengths | None] = {}
    for name in dict.fromkeys((*names, *given)):
        if name not in given:
            shaped[name] = None
        elif name not in found and not isinstance(given[name], EllipsisType):
            shaped[name] = _checked(name, given[name])
    if shaped:
        drawn = st.shared(_together(shaped, as_dtypes(dtype), elements), key=("twingrad", *shaped))
        found |= {name: drawn.map(itemgetter(name)) for name in shaped}
    return found


def _checked(name: str, lengths: Any) -> Lengths:
    if not isinstance(lengths, tuple):
        raise TypeError(
            f"gradcheck_property: {name} must be a shape, a strategy or ..., got {lengths!r:.40}: "
            "write a shape as (3, 4), a fixed argument as hypothesis.strategies.just(...), and ... "
            "where pytest passes it"
        )
    what = f"gradcheck_property: a length of {name}"
    return tuple(each if isinstance(each, str) else checked_count(each, what) for each in lengths)


@st.composite
def _together(
    draw: st.DrawFn,
    shaped: Mapping[str, Lengths | None],
    dtypes: st.SearchStrategy[np.dtype[Any]],
    elements: Elements,
) -> dict[str, FloatArray]:
    """Arrays of one dtype by the names of the arguments."""
    dtype = draw(dtypes)
    sizes: dict[str, int] = {}
    found = {
        name: _shape(draw, lengths, sizes)
        for name, lengths in shaped.items()
        if lengths is not None
    }
    free = [name for name, lengths in shaped.items() if lengths is None]
    if free:
        whole = common_shape(found.values())
        parts = broadcastable_shapes(len(free)) if whole is None else _parts(whole, len(free))
        found |= dict(zip(free, draw(parts)))
    arrays = grouped(draw, tuple(found[name] for name in shaped), dtype, elements)
    return dict(zip(shaped, arrays, strict=True))


def _parts(whole: Shape, count: int) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Shapes that are broadcast to a whole one: lengths are left out in front, or 1."""
    lengths = [st.sampled_from([length, 1]) for length in whole]
    starts = st.integers(0, len(whole))
    return st.tuples(*[starts.flatmap(lambda k: st.tuples(*lengths[k:])) for _ in range(count)])


def _shape(draw: st.DrawFn, lengths: Lengths, sizes: dict[str, int]) -> Shape:
    """A shape with its names replaced by lengths, which are drawn where they are new."""
    for length in lengths:
        if isinstance(length, str) and length not in sizes:
            (sizes[length],) = draw(shapes(min_dims=1, max_dims=1, longest=_LONGEST))
    return tuple(sizes[each] if isinstance(each, str) else each for each in lengths)
