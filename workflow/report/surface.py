"""The picture of what a model with two inputs answers over the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_rgb
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from ...engine.drawing.words import shortened
from .canvas import Picture, drawn, finished
from .contents import Boundary, Contents
from .numerals import drawable, tick
from .outcomes import MANY, ends
from .palette import CATEGORIES, LIGHT

_MARKERS = "os^DvPX*<>ph"
"""With eight colours, 24 classes look different."""
_WEAKEST, _STRONGEST = 0.1, 0.45
"""How much colour an answer has that is a guess, and one that is certain."""
_RIM = "#fefefe"
"""The rim of a point, which stands out on either paper."""
_STEPS = 8
_LISTED = 12
"""So many classes have room beside the picture."""


def boundary_picture(contents: Contents) -> Picture | None:
    """The answers over the plane with the training rows on it, if there are two inputs."""
    boundary = contents.boundary
    if boundary is None:
        return None
    figure, axes = drawn(6.2, 4.4)
    if contents.task == "regression":
        _numbers(axes, boundary)
        caption = f"The colour is the “{contents.target}” that the model predicts"
    else:
        _classes(axes, boundary, contents.labels)
        caption = "The colour is the class that the model says, paler where it is less certain"
    names = contents.features if len(contents.features) == 2 else ("x1", "x2")
    axes.set(
        xlabel=shortened(names[0], 60),
        ylabel=shortened(names[1], 40),
        title="Decision boundary",
        xlim=_limits(boundary.across),
        ylim=_limits(boundary.up),
    )
    axes.grid(visible=False)
    caption += "; the points are training rows, coloured by what is true."
    return finished(figure, "boundary", "Decision boundary", caption)


def _classes(axes: Axes, boundary: Boundary, labels: tuple[str, ...]) -> None:
    answers = boundary.answers.astype(np.int64)
    colours = np.array([to_rgb(each) for each in CATEGORIES])[answers % len(CATEGORIES)]
    _image(axes, np.dstack([colours, _strengths(boundary)]), boundary)
    _borders(axes, answers, boundary)
    targets = boundary.targets.astype(np.int64)
    for code in np.unique(targets):
        x, y = drawable(boundary.points[targets == code]).T
        axes.scatter(
            x,
            y,
            s=_size(targets),
            color=CATEGORIES[code % len(CATEGORIES)],
            edgecolors=_RIM,
            label=f" {shortened(labels[code], 18)}",
            linewidths=0.6,
            marker=_MARKERS[(code // len(CATEGORIES) + code) % len(_MARKERS)],
            rasterized=len(targets) > MANY,
        )
    if len(targets) and len(labels) <= _LISTED:
        larger = 4 if len(targets) > MANY else 1
        axes.legend(
            loc="center left", bbox_to_anchor=(1.02, 0.5), labelspacing=0.8, markerscale=larger
        )


def _strengths(boundary: Boundary) -> NDArray[np.float64]:
    """How much colour each place has: the more, the more certain its answer is, in a few steps."""
    if boundary.probabilities is None:
        return np.full(boundary.answers.shape, _STRONGEST)
    guess = 1 / max(boundary.probabilities.shape[2], 2)
    certainty = np.nan_to_num(boundary.probabilities.max(axis=2))
    steps = np.round(_STEPS * np.clip((certainty - guess) / (1 - guess), 0, 1)) / _STEPS
    return np.asarray(_WEAKEST + (_STRONGEST - _WEAKEST) * steps)


def _borders(axes: Axes, answers: NDArray[np.int64], boundary: Boundary) -> None:
    """A line around each class that is answered somewhere, where another becomes likelier."""
    for code in np.unique(answers) if answers.min() < answers.max() else []:
        axes.contour(
            boundary.across,
            boundary.up,
            _advantage(boundary, answers, int(code)),
            levels=[0.0],
            colors=LIGHT["quiet"],
            linewidths=0.8,
        )


def _advantage(boundary: Boundary, answers: NDArray[np.int64], code: int) -> NDArray[np.float64]:
    """How much likelier a class is than the likeliest other; above 0 where it is the answer."""
    if boundary.probabilities is None:
        return np.where(answers == code, 0.5, -0.5)
    others = np.delete(boundary.probabilities, code, axis=2).max(axis=2)
    return np.asarray(np.nan_to_num(boundary.probabilities[:, :, code] - others))


def _numbers(axes: Axes, boundary: Boundary) -> None:
    answers, targets = drawable(boundary.answers), drawable(boundary.targets)
    scale = Normalize(*ends(np.append(answers, targets)))
    image = _image(axes, answers, boundary, cmap="cividis", norm=scale)
    x, y = drawable(boundary.points).T
    axes.scatter(
        x,
        y,
        s=_size(targets),
        c=targets,
        cmap="cividis",
        norm=scale,
        edgecolors=_RIM,
        linewidths=0.6,
        rasterized=len(targets) > MANY,
    )
    bar = axes.figure.colorbar(image, ax=axes, format=tick, aspect=30, pad=0.03)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set_rasterized(True)


def _image(
    axes: Axes, pixels: NDArray[np.float64], boundary: Boundary, **options: Any
) -> AxesImage:
    return axes.imshow(
        pixels,
        aspect="auto",
        extent=(*_edges(boundary.across), *_edges(boundary.up)),
        interpolation="bilinear",
        origin="lower",
        **options,
    )


def _limits(places: NDArray[Any]) -> tuple[float, float]:
    return float(places[0]), float(places[-1])


def _edges(places: NDArray[Any]) -> tuple[float, float]:
    """The outer edges of the pixels whose middles are the places."""
    first, last = _limits(places)
    half = (last - first) / (len(places) - 1) / 2
    return first - half, last + half


def _size(targets: NDArray[Any]) -> int:
    return 22 if len(targets) <= 500 else 12 if len(targets) <= MANY else 5
