"""The arithmetic of shapes and dimensions, with PyTorch's rules and one sentence per error."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from operator import index
from typing import Any, SupportsIndex

Shape = tuple[int, ...]


def broadcast_shape(shapes: Sequence[Shape], what: str) -> Shape:
    """The shape that ``shapes`` broadcast to: aligned at the end, a length of 1 fits any other.

    Raises ``ValueError`` with all shapes where they do not fit.

    >>> broadcast_shape([(3, 1), (4,)], "add")
    (3, 4)
    """
    result = []
    for lengths in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        wanted = {length for length in lengths if length != 1}
        if len(wanted) > 1:
            raise ValueError(
                f"{what}: shapes {' and '.join(map(str, shapes))} do not broadcast: "
                "aligned at the end, each pair of lengths must be equal or hold a 1"
            )
        result.append(wanted.pop() if wanted else 1)
    return tuple(result[::-1])


def check_linear(input: Shape, weight: Shape, bias: Shape | None) -> None:
    """Raise ``ValueError`` unless the shapes are ``(..., in)``, ``(out, in)`` and ``(out,)``."""
    if len(weight) != 2:
        raise ValueError(
            f"linear: weight must be a matrix, of shape (out, in), got {weight}: reshape it"
        )
    if input[-1:] != weight[1:]:
        raise ValueError(
            f"linear: the last length of input must be in_features, {weight[1]}, got shape {input}:"
            f" reshape input, or build the layer for it, as weight is (out, in), here {weight}"
        )
    if bias is not None and bias != weight[:1]:
        raise ValueError(
            f"linear: bias must have shape {weight[:1]} for a weight of shape {weight}, got "
            f"{bias}: give one number for each output"
        )


def normalized_dims(dims: Iterable[int], ndim: int, what: str, repeats: bool = False) -> Shape:
    """Dimensions counted from the front; negative ones count from the end.

    An array without dimensions lets 0 and -1 through, as PyTorch does. Raises ``IndexError`` for a
    dimension that is not there, and ``ValueError`` for one named twice unless ``repeats``.
    """
    given = whole_numbers(dims, f"{what}: dim")
    limit = max(ndim, 1)
    for dim in given:
        if not -limit <= dim < limit:
            raise IndexError(
                f"{what}: dim must lie between {-limit} and {limit - 1} for {ndim} dimensions, "
                f"got {dim}: count dimensions from 0, or from the end with negative numbers"
            )
    found = tuple(dim % limit for dim in given)
    if len(set(found)) < len(found) and not repeats:
        raise ValueError(f"{what}: dim must name each dimension once, got {given}: drop the copy")
    return found if ndim else ()


def reduced_dims(dim: Any, ndim: int, what: str) -> Shape:
    """The dimensions that a reduction by ``dim`` is along: one, several, or all for None."""
    given = range(ndim) if dim is None else dim if isinstance(dim, list | tuple) else (dim,)
    return normalized_dims(given, ndim, what)


def unpacked(numbers: Sequence[Any]) -> tuple[Any, ...]:
    """The numbers of a call, given one by one or as one sequence: ``(2, 3)`` or ``((2, 3),)``."""
    if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
        return tuple(numbers[0])
    return tuple(numbers)


def whole_numbers(numbers: Iterable[Any], what: str) -> Shape:
    """The numbers as ints, NumPy's whole numbers among them; ``TypeError`` for others."""
    found = []
    for number in numbers:
        if type(number) is int:  # the protocol below takes microseconds to check
            found.append(number)
            continue
        if isinstance(number, bool) or not isinstance(number, SupportsIndex):
            raise TypeError(
                f"{what} must be a whole number, got {type(number).__name__} {number!r}: "
                "give an int"
            )
        found.append(index(number))
    return tuple(found)


def reshaped(array: Any, shape: Sequence[Any]) -> Any:
    """A NumPy array in another shape, given as ``(2, -1)`` or ``((2, -1),)``.

    Raises ``ValueError`` where the number of elements does not fit.
    """
    lengths = whole_numbers(unpacked(shape), "reshape: length")
    try:
        return array.reshape(lengths)
    except ValueError:
        raise ValueError(
            f"reshape: shape must hold the {array.size} elements of {array.shape}, "
            f"got {tuple(lengths)}: make the product of the lengths {array.size}, or leave one "
            "length to be found with -1"
        ) from None
