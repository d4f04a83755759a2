"""Random numbers to check a function at, where Hypothesis is not there to draw them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from .subject import FloatArray

Shape = tuple[int, ...]

_SIZES = (1, 2, 3)
_LONGEST = 3


def examples(
    shapes: Mapping[str, Shape | None], count: int, seed: int, dtype: str
) -> Iterator[dict[str, FloatArray]]:
    """Draw ``count`` times an array for each name.

    They are normally distributed numbers in turn, numbers between -3 and 3 of which many are
    equal, zero or where functions have kinks, numbers of very different sizes, and all ones.

    Parameters
    ----------
    shapes : mapping of str to tuple of int, or None
        The shape of each; those without are drawn so that they can be broadcast together, with
        those given too if these can.
    count, seed : int
        The same seed draws the same numbers.
    dtype : str
        ``"float32"`` or ``"float64"``.

    Examples
    --------
    >>> [example] = examples({"x": (2, 3), "y": None}, 1, 0, "float64")
    >>> example["x"].shape
    (2, 3)
    """
    generator = np.random.default_rng(seed)
    given = common_shape(shape for shape in shapes.values() if shape is not None)
    for k in range(count):
        drawn = tuple(generator.choice(_SIZES, size=generator.integers(_LONGEST)).tolist())
        whole = drawn if given is None else given
        yield {
            name: _numbers(
                generator, k, _part(generator, whole) if shape is None else shape
            ).astype(dtype)
            for name, shape in shapes.items()
        }


def common_shape(shapes: Iterable[Shape]) -> Shape | None:
    """What shapes broadcast to; None if there are none, or they do not."""
    known = [*shapes]
    try:
        return np.broadcast_shapes(*known) if known else None
    except ValueError:
        return None


def _part(generator: np.random.Generator, common: Shape) -> Shape:
    """A shape that is broadcast to another one: sizes are 1, or left out in front."""
    start = int(generator.integers(len(common) + 1)) if generator.random() < 0.3 else 0
    return tuple(1 if generator.random() < 0.2 else size for size in common[start:])


def _numbers(generator: np.random.Generator, k: int, shape: Shape) -> FloatArray:
    normal = np.asarray(generator.standard_normal(shape))
    match k % 4:
        case 1:
            return np.asarray(generator.integers(-6, 7, shape) / 2)
        case 2:
            return normal * 10.0 ** generator.uniform(-3, 3, shape)
        case 3:
            return np.ones(shape)
    return normal
