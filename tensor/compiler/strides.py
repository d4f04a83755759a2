"""Views as steps and starts in a row of elements, and views of views."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine.shapes import Shape


def tight_strides(shape: Shape) -> tuple[int, ...]:
    """The strides, in elements, of an array in one piece; 0 along dimensions of length 1."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(0 if length == 1 else step)
        step *= length
    return tuple(reversed(strides))


def composed(
    inner_shape: Shape,
    inner_strides: Sequence[int],
    shape: Shape,
    strides: Sequence[int],
    offset: int,
) -> tuple[tuple[int, ...], int] | None:
    """The strides and the start of a view of a view, in the inmost operand's elements.

    None where some step of the outer view is not the same at every place: a walk along it would
    leave one dimension of the inner view and go on in another.
    """
    lengths, steps = _merged(inner_shape, inner_strides)
    places = _running_strides(lengths)
    start, rest = 0, offset
    least, greatest = [], []
    for place, step in zip(places, steps):
        at, rest = divmod(rest, place)
        start += at * step
        least.append(at)
        greatest.append(at)
    found = []
    for length, stride in zip(shape, strides):
        if length == 1 or stride == 0:
            found.append(0)
            continue
        d = next((d for d, place in enumerate(places) if stride % place == 0), None)
        if d is None:
            return None
        count = stride // places[d]
        found.append(count * steps[d])
        ends = (least, greatest) if count > 0 else (greatest, least)
        ends[1][d] += count * (length - 1)
    within = all(low >= 0 and high < length for low, high, length in zip(least, greatest, lengths))
    return (tuple(found), start) if within else None


def _merged(shape: Shape, strides: Sequence[int]) -> tuple[Shape, tuple[int, ...]]:
    """A view with as few dimensions as there can be: neighbours joined that run through."""
    lengths: list[int] = []
    steps: list[int] = []
    for length, step in zip(shape, strides):
        if length == 1:
            continue
        if lengths and steps[-1] == step * length:
            lengths[-1] *= length
            steps[-1] = step
        else:
            lengths.append(length)
            steps.append(step)
    return tuple(lengths), tuple(steps)


def _running_strides(shape: Shape) -> tuple[int, ...]:
    """The strides of an array in one piece, those along dimensions of length 1 included."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))
