"""Small made-up data sets: two inputs that can be drawn as a picture, or weights that are known.

Numbers come from streams of their own: the default generator stays where it is, and a seed gives
the same set on any machine. Arrays are float64, classes int64.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.checks import FINITE, FROM_ZERO, POSITIVE, UNIT, checked_count, checked_number
from ..tensor.coercion import array_from
from ..tensor.dtypes import float64
from ..tensor.random import draws
from ..tensor.random.generator import Generator
from .dataset import Dataset
from .seeds import Purpose, generator_for

Array = NDArray[Any]

_WIDTH = 10.0
"""Centers of blobs are drawn from -10 to 10 along each input."""


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles that reach into each other.

    ``(cos t, sin t)`` for class 0 and ``(1 - cos t, 1/2 - sin t)`` for class 1, with t evenly
    spaced from 0 to pi, plus ``noise * e`` with an e drawn from N(0, 1) for each number.

    Parameters
    ----------
    n : int
        The number of points, half of them in each class; at least 2.
    noise : float
        The standard deviation of the noise; at least 0.
    seed : int
        The same seed gives the same set.

    Returns
    -------
    Dataset
        ``x`` of shape (n, 2), ``y`` of shape (n,), in random order.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    Examples
    --------
    >>> from twingrad.data import toys
    >>> data = toys.moons(100, noise=0.0)
    >>> data.x.shape, data.y.sum()
    ((100, 2), np.int64(50))
    """
    labels = _alternating(n, 2, "moons")
    t = pi * _progress(labels, 2)
    x = np.where(labels == 0, (np.cos(t), np.sin(t)), (1 - np.cos(t), 0.5 - np.sin(t))).T
    return _noisy_classes(x, labels, noise, seed, ("upper", "lower"), "moons")


def circles(n: int = 200, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Dataset:
    """A circle around another one.

    ``r * (cos t, sin t)`` with r = 1 for class 0 and r = ``factor`` for class 1, t evenly spaced
    from 0 to 2 pi, plus ``noise * e`` with an e drawn from N(0, 1) for each number.

    Parameters
    ----------
    n, noise, seed
        See :func:`moons`.
    factor : float
        The radius of the inner circle; between 0 and 1.

    Returns
    -------
    Dataset
        ``x`` of shape (n, 2), ``y`` of shape (n,), in random order.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad.data import toys
    >>> data = toys.circles(100, noise=0.0, factor=0.5)
    >>> np.unique(np.hypot(*data.x.T).round(9)).tolist()
    [0.5, 1.0]
    """
    inner = checked_number(factor, "circles: factor", UNIT)
    labels = _alternating(n, 2, "circles")
    t = 2 * pi * _progress(labels, 2, closed=True)
    x = np.where(labels == 0, 1.0, inner) * (np.cos(t), np.sin(t))
    return _noisy_classes(x.T, labels, noise, seed, ("outer", "inner"), "circles")


def spirals(
    n: int = 200, noise: float = 0.02, classes: int = 2, turns: float = 1.0, seed: int = 0
) -> Dataset:
    """Arms that wind around the origin, one for each class.

    ``r * (cos a, sin a)`` with ``a = 2 pi * (turns * r + k / classes)`` for class k and r evenly
    spaced above 0 and up to 1, plus ``noise * e`` with an e drawn from N(0, 1) for each number.

    Parameters
    ----------
    n, noise, seed
        See :func:`moons`; at least one point for each class.
    classes : int
        The number of arms, at least 2.
    turns : float
        How often an arm winds around the origin; greater than 0.

    Returns
    -------
    Dataset
        ``x`` of shape (n, 2), ``y`` of shape (n,), in random order.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    Lang and Witbrock 1988, "Learning to Tell Two Spirals Apart".

    Examples
    --------
    >>> from twingrad.data import toys
    >>> toys.spirals(300, classes=3).classes
    ('0', '1', '2')
    """
    arms = checked_count(classes, "spirals: classes", at_least=2)
    labels = _alternating(n, arms, "spirals")
    r = 1 - _progress(labels, arms, closed=True)
    angle = 2 * pi * (checked_number(turns, "spirals: turns", POSITIVE) * r + labels / arms)
    x = (r * (np.cos(angle), np.sin(angle))).T
    return _noisy_classes(x, labels, noise, seed, _numbered(arms), "spirals")


def blobs(
    n: int = 200, centers: Any = 3, features: int = 2, std: float = 1.0, seed: int = 0
) -> Dataset:
    """Round clouds, one for each class: ``center + std * e``, with an e from N(0, 1) per number.

    Parameters
    ----------
    n, seed
        See :func:`moons`; at least one point for each class.
    centers : int or array of shape (K, features)
        How many centers to draw, evenly from -10 to 10 along each input, or the centers
        themselves, which decide about ``features``; at least two.
    features : int
        The number of inputs.
    std : float
        The standard deviation of a cloud; at least 0.

    Returns
    -------
    Dataset
        ``x`` of shape (n, features), ``y`` of shape (n,), in random order.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    Examples
    --------
    >>> from twingrad.data import toys
    >>> toys.blobs(4, centers=[[0.0, 0.0], [5.0, 5.0]], std=0.0).x.sum(0).tolist()
    [10.0, 10.0]
    """
    generator = generator_for(seed, Purpose.TOY, 1)
    places = _centers(centers, checked_count(features, "blobs: features", at_least=1), generator)
    labels = _alternating(n, len(places), "blobs")
    return _noisy_classes(places[labels], labels, std, seed, _numbered(len(places)), "blobs", "std")


def xor(n: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Four squares: class 1 where exactly one of the two inputs is positive.

    ``(±u, ±v)`` with u and v drawn evenly from (0, 1] and the four pairs of signs in turn, plus
    ``noise * e`` with an e drawn from N(0, 1) for each number. No straight line divides them.

    Parameters
    ----------
    n, noise, seed
        See :func:`moons`.

    Returns
    -------
    Dataset
        ``x`` of shape (n, 2), ``y`` of shape (n,), in random order.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    Minsky and Papert 1969, "Perceptrons".

    Examples
    --------
    >>> from twingrad.data import toys
    >>> data = toys.xor(100, noise=0.0)
    >>> bool(((data.x[:, 0] * data.x[:, 1] < 0) == (data.y == 1)).all())
    True
    """
    labels = _alternating(n, 2, "xor")
    generator = generator_for(seed, Purpose.TOY, 1)
    sizes = 1.0 - draws.uniform((len(labels), 2), float64, generator, "xor")
    is_left = np.arange(len(labels)) // 2 % 2 == 1
    signs = np.where((is_left, is_left ^ (labels == 1)), -1.0, 1.0).T
    return _noisy_classes(signs * sizes, labels, noise, seed, ("same", "different"), "xor")


def linear(
    n: int = 200,
    features: int = 3,
    noise: float = 0.1,
    weights: Sequence[float] | None = None,
    bias: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """A regression whose answer is known: ``y = x @ weights + bias + noise * e``.

    All numbers of x, and an e for each row, are drawn from N(0, 1).

    Parameters
    ----------
    n, noise, seed
        See :func:`moons`; at least one row.
    features : int
        The number of inputs.
    weights : sequence of float, optional
        One for each input; 1, 2, 3 and so on, if not given.
    bias : float
        The answer where all inputs are 0.

    Returns
    -------
    Dataset
        ``x`` of shape (n, features), ``y`` of shape (n,).

    Raises
    ------
    TypeError, ValueError
        For arguments out of range, or another number of weights.

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad.data import toys
    >>> data = toys.linear(50, noise=0.0)
    >>> np.linalg.lstsq(data.x, data.y)[0].round(6).tolist()
    [1.0, 2.0, 3.0]
    """
    rows, columns = (
        checked_count(n, "linear: n", at_least=1),
        checked_count(features, "linear: features", at_least=1),
    )
    w = np.array(_weights(weights, columns))
    spread = checked_number(noise, "linear: noise", FROM_ZERO)
    generator = generator_for(seed, Purpose.TOY)
    x = draws.normal((rows, columns), float64, generator, "linear")
    y = x @ w + checked_number(bias, "linear: bias", FINITE)
    y += spread * draws.normal((rows,), float64, generator, "linear")
    return Dataset(x, y, features=_inputs(columns), target="y", name="linear")


def _alternating(n: Any, classes: int, what: str) -> NDArray[np.int64]:
    """The classes 0, 1 and so on in turn, for ``n`` points."""
    return np.arange(checked_count(n, f"{what}: n", at_least=classes), dtype=np.int64) % classes


def _progress(labels: Array, classes: int, closed: bool = False) -> Array:
    """How far each point is along the curve of its class, from 0 to 1.

    A closed curve has no point at 1, where it is back at its beginning.
    """
    counts = np.bincount(labels, minlength=classes)
    steps = np.maximum(counts if closed else counts - 1, 1)
    return np.arange(len(labels)) // classes / steps[labels]


def _centers(centers: Any, features: int, generator: Generator) -> Array:
    """The centers as an array, drawn if only their number is given."""
    if np.isscalar(centers):
        count = checked_count(centers, "blobs: centers", at_least=2)
        return _WIDTH * (2 * draws.uniform((count, features), float64, generator, "blobs") - 1)
    given = array_from(centers, float64, "blobs: centers")
    if given.ndim != 2 or len(given) < 2 or not np.isfinite(given).all():
        raise ValueError(
            "blobs: centers must be a number of centers, or two or more rows of finite numbers, "
            f"got shape {given.shape}: write a list such as [[0, 0], [5, 5]]"
        )
    return given


def _weights(weights: Sequence[float] | None, features: int) -> list[float]:
    """One weight for each input."""
    if weights is None:
        return [float(k) for k in range(1, features + 1)]
    found = [checked_number(weight, "linear: weights", FINITE) for weight in weights]
    if len(found) != features:
        raise ValueError(
            f"linear: weights must be one for each of {features} features, got {len(found)}: "
            f"give features={len(found)} too"
        )
    return found


def _noisy_classes(
    x: Array,
    labels: NDArray[np.int64],
    noise: Any,
    seed: int,
    classes: tuple[str, ...],
    name: str,
    argument: str = "noise",
) -> Dataset:
    """Points with noise, in random order, as a data set."""
    spread = checked_number(noise, f"{name}: {argument}", FROM_ZERO)
    generator = generator_for(seed, Purpose.TOY)
    order = draws.permutation(len(x), generator, name)
    points = x[order] + spread * draws.normal(x.shape, float64, generator, name)
    names = _inputs(x.shape[1])
    return Dataset(
        points, labels[order], features=names, target="class", classes=classes, name=name
    )


def _inputs(count: int) -> tuple[str, ...]:
    return tuple(f"x{k}" for k in range(1, count + 1))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
