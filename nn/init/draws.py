"""Random numbers for operands of either twin, and what these must be to take them."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import number_within
from ...engine.shapes import Shape
from ..backend import Backend, Generator, backend_of, named

_FLOAT64 = np.empty(0, np.float64)
"""What is drawn like this is drawn in 64 bits."""


def twin_to_fill(tensor: Any, what: str) -> Backend:
    """The twin of an operand; ``TypeError``, beginning with ``what``, for what is none."""
    twin = backend_of(tensor)
    if twin is None:
        raise TypeError(
            f"{what}: tensor must be a Tensor or an Array, got {type(tensor).__name__}: make a "
            "parameter of it with nn.Parameter(...)"
        )
    return twin


def shape_to_draw(tensor: Any, what: str) -> Shape:
    """The shape of an operand of floating point numbers; ``TypeError`` for others."""
    numbers = twin_to_fill(tensor, what).numbers(tensor)
    if numbers.dtype.kind != "f":
        raise TypeError(
            f"{what}: tensor must be of floating point numbers, got dtype {numbers.dtype}: "
            "convert it with float()"
        )
    return numbers.shape


def uniforms(tensor: Any, generator: Generator | None, what: str) -> NDArray[Any]:
    """Numbers from [0, 1) in the shape and dtype of an operand."""
    shape = shape_to_draw(tensor, what)
    twin = twin_to_fill(tensor, what)
    return twin.numbers(twin.rand(shape, tensor, generator))


def normals(tensor: Any, generator: Generator | None, what: str) -> NDArray[Any]:
    """Numbers from N(0, 1) in the shape and dtype of an operand."""
    shape = shape_to_draw(tensor, what)
    twin = twin_to_fill(tensor, what)
    return twin.numbers(twin.randn(shape, tensor, generator))


def uniforms64(shape: Shape, generator: Generator | None) -> NDArray[np.float64]:
    """Numbers from [0, 1) in 64 bits."""
    twin = named("tensor")
    return twin.numbers(twin.rand(shape, _FLOAT64, generator))


def normals64(shape: Shape, generator: Generator | None) -> NDArray[np.float64]:
    """Numbers from N(0, 1) in 64 bits."""
    twin = named("tensor")
    return twin.numbers(twin.randn(shape, _FLOAT64, generator))


def deviation(std: Any, what: str) -> float:
    """A standard deviation; ``ValueError`` for one below 0 or that is not finite."""
    return number_within(std, f"{what}: std", "it is a spread", at_least=0, below=inf)
