"""Pictures of what came out on the test part: confusion, predictions, errors."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .canvas import Picture, drawn, finished
from .choosing import errors_of
from .confusion import MOST_CLASSES, counted_pairs, shares_of_rows, strength
from .contents import Contents, Floats
from .labels import cut
from .numerals import drawable, short, whole_percent
from .palette import LIGHT

_ROOM_FOR_SHARES = 12
"""The cells of more classes than this hold a count only."""
_EITHER = "#3d7fbf"
"""The colour of points that are an image, seen on either paper."""
MANY = 1500
"""More points than this are an image in an SVG, not a shape each."""


def confusion_picture(contents: Contents) -> Picture | None:
    """The matrix of classes, true by predicted, for few enough of them."""
    labels = [cut(label, 16) for label in contents.labels]
    if not len(contents.truth) or len(labels) > MOST_CLASSES:
        return None
    counts = counted_pairs(contents.truth, contents.predicted, len(labels))
    shares = shares_of_rows(counts)
    side = min(max(2.2, 0.55 * len(labels)), 7.5)
    longest = max(map(len, labels))
    figure, axes = drawn(side + 0.8 + 0.08 * longest, side + 0.7 + 0.08 * longest)
    colours = np.array(
        [
            [to_rgba(LIGHT["first" if i == j else "second"], strength(share)) for j, share in row]
            for i, row in enumerate(map(enumerate, shares))
        ]
    )
    axes.imshow(colours, interpolation="nearest")
    _write_cells(axes, counts, shares)
    _label_matrix(figure, labels)
    caption = "Each row is a true class, each column what was predicted; shares are of the row."
    return finished(figure, "confusion", "Confusion matrix", caption, in_page=False)


def _write_cells(axes: Axes, counts: NDArray[np.int64], shares: Floats) -> None:
    """The counts that are not 0, with their shares where there is room."""
    roomy = len(counts) <= _ROOM_FOR_SHARES
    for i, j in np.argwhere(counts > 0):
        text = f"{counts[i, j]}\n{whole_percent(shares[i, j])}" if roomy else str(counts[i, j])
        written = axes.text(j, i, text, ha="center", va="center", fontsize=9 if roomy else 7)
        written.set_in_layout(False)  # inside the axes: measuring each of them takes long


def _label_matrix(figure: Figure, labels: list[str]) -> None:
    axes = figure.axes[0]
    places = range(len(labels))
    turned = 90 if max(map(len, labels)) > (4 if len(labels) > _ROOM_FOR_SHARES else 7) else 0
    axes.set_xticks(places, labels, rotation=turned, color=LIGHT["ink"])
    axes.set_yticks(places, labels, color=LIGHT["ink"])
    axes.set_xticks(np.arange(0.5, len(labels) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(labels) - 1), minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, which="minor")
    axes.spines[:].set_visible(True)
    axes.set(title="Confusion", xlabel="predicted", ylabel="true")


def predicted_picture(contents: Contents) -> Picture | None:
    """Predictions against what is true."""
    if not len(contents.truth):
        return None
    truth, predicted = drawable(contents.truth), drawable(contents.predicted)
    figure, axes = drawn(height=3.4)
    both = np.concatenate([truth, predicted])
    limits = ends(both)
    axes.plot(limits, limits, color=LIGHT["quiet"], linewidth=1, label="a perfect prediction")
    _points(figure, truth, predicted)
    axes.set(xlim=limits, ylim=limits, xlabel="true", ylabel="predicted", title="Predictions")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1.03))
    caption = f"Each point is a test row; on the line, “{contents.target}” is predicted exactly."
    return finished(figure, "predicted", "Predictions against true numbers", caption)


def residuals_picture(contents: Contents) -> Picture | None:
    """Errors against predictions."""
    if not len(contents.truth):
        return None
    errors, predicted = drawable(errors_of(contents)), drawable(contents.predicted)
    figure, axes = drawn(height=3.4)
    axes.axhline(0, color=LIGHT["quiet"], linewidth=1)
    _points(figure, predicted, errors)
    axes.set(xlabel="predicted", ylabel="predicted less true", xlim=ends(predicted))
    axes.set_title("Errors")
    axes.set_ylim(ends(np.append(errors, 0.0)))
    finite = errors[np.isfinite(errors)]
    middle = short(float(np.median(finite))) if len(finite) else "unknown"
    caption = (
        f"The errors over the predictions; half of them are above {middle}. A pattern here is "
        "something that the model has not learned."
    )
    return finished(figure, "residuals", "Errors against predictions", caption)


def _points(figure: Figure, x: Floats, y: Floats) -> None:
    figure.axes[0].scatter(
        x,
        y,
        s=16 if len(x) <= MANY else 5,
        alpha=0.6 if len(x) <= MANY else 0.3,
        color=LIGHT["first"] if len(x) <= MANY else _EITHER,
        linewidths=0,
        rasterized=len(x) > MANY,
    )


def ends(values: Floats) -> tuple[float, float]:
    """Ends of an axis that leave some room around the numbers, even around a single one."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room
