"""Leaves of either twin, with numbers for derivatives to be tried at."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from ...engine.array import Array
from ...engine.shapes import Shape
from ...engine.value import Value
from ...tensor.tensor import Tensor
from .arrays import Elements, arrays
from .numbers import values


def tensors(
    shape: int | Shape | st.SearchStrategy[Shape] | None = None,
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]] = "float64",
    elements: Elements = None,
    *,
    requires_grad: bool = True,
) -> st.SearchStrategy[Tensor]:
    """Tensors on new memory; the arguments are those of :func:`arrays`.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.tensors(2), lambda x: (x < 0).all())
    tensor([-0.1000, -0.1000], dtype=float64, requires_grad=True)
    """
    drawn = arrays(shape, dtype, elements)
    return drawn.map(lambda array: Tensor(array, requires_grad=requires_grad))


def value_arrays(
    shape: int | Shape | st.SearchStrategy[Shape] | None = None,
    elements: Elements = None,
    *,
    requires_grad: bool = True,
) -> st.SearchStrategy[Array]:
    """Arrays of Values; the arguments are those of :func:`arrays`.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.value_arrays(2), lambda x: (x < 0).all())
    Array([-0.1, -0.1])
    """
    drawn = arrays(shape, "float64", elements)
    return drawn.map(lambda array: Array(array, requires_grad=requires_grad))


def scalars(elements: Elements = None, *, requires_grad: bool = True) -> st.SearchStrategy[Value]:
    """Single Values.

    Parameters
    ----------
    elements : strategy of numbers, or mapping
        As for :func:`arrays`.
    requires_grad : bool
        Whether derivatives by them are wanted.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.scalars(), lambda x: x.data > 2.5)
    Value(data=3.0, grad=None)
    """
    numbers = elements if isinstance(elements, st.SearchStrategy) else values(**(elements or {}))
    return numbers.map(lambda number: Value(number, requires_grad=requires_grad))
