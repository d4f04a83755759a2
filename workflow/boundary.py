"""The answers of a network over the plane of two inputs, for the report of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, Table
from .material import Material, Source
from .measures import Answers
from .report import Boundary

_GRID = 120
"""How many places of the plane are asked for along each input."""
_MARGIN = 0.08
"""How far the plane reaches beyond the outermost points, as a share of their span."""
_POINTS = 5000
"""How many of the training rows are drawn at most."""

Array = NDArray[Any]


def boundary_of(
    material: Material, train: Dataset, answer: Callable[[Array], Answers]
) -> Boundary | None:
    """The answers over the plane of two inputs, in their own units; None for other data.

    Parameters
    ----------
    material : Material
    train : Dataset
        The training part, prepared.
    answer : callable
        What the network says of prepared inputs.
    """
    points = _points(material)
    if points is None or train.y.ndim > 1:
        return None
    chosen = np.linspace(0, len(points) - 1, min(len(points), _POINTS)).astype(np.intp)
    with np.errstate(over="ignore", invalid="ignore"):
        across, up = (_axis(column) for column in points.T)
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        return None
    places = np.stack([each.ravel() for each in np.meshgrid(across, up)], axis=1)
    found = answer(material.preparation.inputs(_like(material, places)))
    shape = (len(up), len(across))
    targets = np.asarray(train.y)[chosen]
    if material.preparation.classes is None:
        targets = material.preparation.inverse_target(targets)
    chances = found.probabilities
    return Boundary(
        across=across,
        up=up,
        answers=found.predicted.reshape(shape),
        probabilities=None if chances is None else chances.reshape(*shape, -1),
        points=points[chosen],
        targets=targets,
    )


def _points(material: Material) -> Array | None:
    """The training rows as points of a plane, shape (N, 2), if they are any."""
    train, names = material.parts.train, material.preparation.features
    if len(names) != 2 or material.shape != (2,):
        return None
    if isinstance(train, Table):
        if not set(names) <= set(train.names):  # of a column of text, they are its categories
            return None
        return np.stack([train.column(name).astype(np.float64) for name in names], axis=1)
    return np.asarray(train.x)


def _like(material: Material, places: Array) -> Source:
    """Places of the plane as rows of the kind that was trained on."""
    names = material.preparation.features
    if isinstance(material.source, Table):
        return Table(dict(zip(names, places.T, strict=True)))
    # Answers are needed to make a data set, and are not looked at.
    return Dataset(places, np.zeros(len(places)), features=names)


def _axis(column: Array) -> Array:
    low, high = float(column.min()), float(column.max())
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, _GRID)
