"""The arithmetic of shapes and dimensions, with PyTorch's rules and one sentence per error."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

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


def normalized_dims(dims: Iterable[int], ndim: int, what: str, repeats: bool = False) -> Shape:
    """Dimensions counted from the front; negative ones count from the end.

    An array without dimensions lets 0 and -1 through, as PyTorch does. Raises ``IndexError`` for a
    dimension that is not there, and ``ValueError`` for one named twice unless ``repeats``.
    """
    given = tuple(dims)
    limit = max(ndim, 1)
    for dim in given:
        if not isinstance(dim, int) or isinstance(dim, bool):
            raise TypeError(
                f"{what}: dim must be a whole number, got {type(dim).__name__} {dim!r}: "
                "count dimensions from 0"
            )
        if not -limit <= dim < limit:
            raise IndexError(
                f"{what}: dim must lie between {-limit} and {limit - 1} for {ndim} dimensions, "
                f"got {dim}: count dimensions from 0, or from the end with negative numbers"
            )
    found = tuple(dim % limit for dim in given)
    if len(set(found)) < len(found) and not repeats:
        raise ValueError(f"{what}: dim must name each dimension once, got {given}: drop the copy")
    return found if ndim else ()


def reshaped(array: Any, shape: Sequence[Any]) -> Any:
    """A NumPy array in another shape, given as ``(2, -1)`` or ``((2, -1),)``.

    Raises ``ValueError`` where the number of elements does not fit.
    """
    lengths = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    try:
        return array.reshape(lengths)
    except ValueError:
        raise ValueError(
            f"reshape: shape must hold the {array.size} elements of {array.shape}, "
            f"got {tuple(lengths)}: make the product of the lengths {array.size}, or leave one "
            "length to be found with -1"
        ) from None
