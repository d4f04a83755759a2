"""Dimensions and lengths as a call gives them, checked: quickly where they are right."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...engine.shapes import Shape, normalized_dims, unpacked, whole_numbers


def one_dim(dim: Any, ndim: int, what: str) -> int:
    """A dimension counted from the front; where there are none, 0 and -1 are let through as 0.

    Raises ``IndexError`` for a dimension that is not there.
    """
    if type(dim) is int and -ndim <= dim < ndim:
        return dim + ndim if dim < 0 else dim
    return (*normalized_dims((dim,), ndim, what), 0)[0]


def present_dim(dim: Any, ndim: int, what: str) -> int:
    """As :func:`one_dim`, with ``IndexError`` where there are no dimensions."""
    if not ndim:
        raise IndexError(
            f"{what}: the tensor must have a dimension, got a tensor without any: give it one "
            "with reshape(1)"
        )
    return one_dim(dim, ndim, what)


def as_lengths(given: Sequence[Any], what: str) -> Shape:
    """The whole numbers of a call, given one by one or as one sequence."""
    numbers = unpacked(given)
    for number in numbers:
        if type(number) is not int:
            return whole_numbers(numbers, f"{what}: length")
    return numbers


def one_number(number: Any, what: str) -> int:
    """A whole number as an int; ``TypeError`` for others."""
    return number if type(number) is int else whole_numbers((number,), what)[0]


def resolved(lengths: Shape, shape: Shape, what: str) -> Shape:
    """The lengths that the elements of ``shape`` are to take, with the one given as -1 found.

    Raises ``ValueError`` where the elements do not fit.
    """
    size = prod(shape)
    product = prod(lengths)
    if product == size and (not lengths or min(lengths) >= 0):
        return lengths
    if product < 0 and min(lengths) == -1 and lengths.count(-1) == 1 and size % product == 0:
        return tuple([size // -product if length == -1 else length for length in lengths])
    raise ValueError(
        f"{what} must hold the {size} elements of {shape}, got {lengths}: make the product of the "
        f"lengths {size}, or leave one length to be found with -1"
    )
