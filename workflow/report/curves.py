"""Pictures of the course of training: loss, accuracy, learning rate, gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from ...engine.drawing.words import shortened
from .canvas import Picture, drawn, finished
from .captions import curve_caption, flow_caption, rate_caption
from .contents import Contents, Floats
from .numerals import drawable, tick
from .palette import LIGHT

_SPAN = 20.0
"""A curve whose greatest number is so many times its least is drawn on a logarithmic scale."""
_FEW = 25
"""So many epochs are drawn as points on a line."""
_MOST_POINTS = 2000
"""So many steps are enough for a curve."""
_NAMED = 8
"""So many layers have their names beside a picture; of more, only some."""
_DEPTH = LinearSegmentedColormap.from_list(
    "depth", [LIGHT["first"], "#4f8fc0", "#8d93a0", "#cf8a52", LIGHT["second"]]
)
"""From the layer at the input to that at the output."""


def loss_picture(contents: Contents) -> Picture | None:
    """The loss of training and validation by epoch, if the history has it."""
    return _by_epoch(contents, "loss")


def accuracy_picture(contents: Contents) -> Picture | None:
    """The share of right answers by epoch, if the history has it."""
    return _by_epoch(contents, "accuracy")


def rate_picture(contents: Contents) -> Picture | None:
    """The learning rate by step, if it was noted."""
    rates = np.array(contents.rates, dtype=np.float64)
    if not len(rates):
        return None
    chosen = np.unique(np.linspace(0, len(rates) - 1, _MOST_POINTS).astype(int))
    figure, axes = drawn()
    _line(axes, chosen + 1.0, drawable(rates[chosen]), LIGHT["first"], "_")
    axes.set(xlabel="step", title="Learning rate")
    _ordinary(axes, [drawable(rates)])
    return finished(figure, "rate", "Learning rate by step", rate_caption(rates))


def flow_picture(contents: Contents) -> Picture | None:
    """The norm of each layer's gradient by epoch, if it was measured."""
    layers = {
        layer: np.where(drawable(norms) > 0, drawable(norms), np.nan)
        for layer, norms in layer_norms(contents.flow).items()
    }
    if not layers:
        return None
    epochs = np.array([epoch for epoch, _ in contents.flow], dtype=np.float64)
    figure, axes = drawn()
    named = set(np.linspace(0, len(layers) - 1, min(len(layers), _NAMED)).astype(int))
    for place, (layer, norms) in enumerate(layers.items()):
        colour = to_hex(_DEPTH(place / max(len(layers) - 1, 1)))
        label = f" {shortened(layer, 14)}" if place in named else "_"
        _line(axes, epochs, norms, colour, label)
    axes.set(xlabel="epoch", title="Norm of the gradient")
    _logarithmic(axes, [*layers.values()])
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    kind = "Norm of the gradient of each layer by epoch"
    return finished(figure, "gradients", kind, flow_caption(layers))


def layer_norms(flow: Sequence[tuple[int, Mapping[str, float]]]) -> dict[str, Floats]:
    """The norm of each layer's gradient, shape (epochs,), of the norms of its parameters.

    A layer is what parameters have in common up to the last dot of their names.

    >>> layer_norms([(1, {"0.weight": 3.0, "0.bias": 4.0, "2.weight": 1.0})])
    {'0': array([5.]), '2': array([1.])}
    """
    names = list(dict.fromkeys(name for _, norms in flow for name in norms))
    layers: dict[str, Floats] = {}
    for name in names:
        layer = name.rpartition(".")[0] or name
        norms = np.array([each.get(name, np.nan) for _, each in flow], dtype=np.float64)
        with np.errstate(over="ignore"):
            layers[layer] = np.hypot(layers.get(layer, 0.0), norms)
    return layers


def _by_epoch(contents: Contents, name: str) -> Picture | None:
    """A column of the history for training and validation; None if it has neither."""
    epochs, best = _epochs(contents), contents.best_place()
    curves = {
        part: contents.column(column)
        for part, column in (("training", name), ("validation", f"validation_{name}"))
        if contents.has_column(column)
    }
    if not curves:
        return None
    figure, axes = drawn()
    for (part, values), colour in zip(curves.items(), ("first", "second")):
        _line(axes, epochs, drawable(values), LIGHT[colour], part)
    if best is not None and len(epochs) > 1:
        _mark(axes, epochs[best], drawable([*curves.values()][-1])[best])
    axes.set(xlabel="epoch", title=name.capitalize())
    if name == "accuracy":
        axes.yaxis.set_major_formatter(lambda value, _: f"{tick(100 * value)}%")
        _ordinary(axes, [drawable(values) for values in curves.values()])
        axes.set_ylim(top=1.02)
    else:
        _scale(axes, [drawable(values) for values in curves.values()])
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1.03), ncols=3)
    caption = curve_caption(name, curves, epochs, best)
    return finished(figure, name, f"{name.capitalize()} by epoch", caption)


def _epochs(contents: Contents) -> Floats:
    """The numbers of the epochs; their places from 1 where the history has none."""
    counted = np.arange(1.0, len(contents.history) + 1)
    epochs = contents.column("epoch")
    return np.where(np.isfinite(epochs), epochs, counted)


def _line(axes: Axes, x: Floats, y: Floats, colour: str, label: str) -> None:
    finite = np.isfinite(y)
    beside = np.append(False, finite[:-1]) | np.append(finite[1:], False)
    needs_points = finite.sum() <= _FEW or bool((finite & ~beside).any())
    marker = "o" if needs_points else None
    axes.plot(x, y, color=colour, label=label, marker=marker, markersize=3.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7, steps=[1, 2, 5, 10]))
    room = 0.04 * (x[-1] - x[0]) or 1.0
    axes.set_xlim(x[0] - room, x[-1] + room)


def _mark(axes: Axes, epoch: float, value: float) -> None:
    axes.plot(
        [epoch],
        [value],
        color=LIGHT["best"],
        label=f"best: epoch {tick(epoch)}",
        linestyle="none",
        marker="o",
        markeredgewidth=1.6,
        markerfacecolor="none",
        markersize=8,
        zorder=5,
    )


def _scale(axes: Axes, curves: Sequence[Floats]) -> None:
    """A logarithmic axis where the curves span powers of ten, otherwise an ordinary one."""
    values = _finite(curves)
    if len(values) and values.min() > 0 and values.max() / values.min() > _SPAN:
        _logarithmic(axes, curves)
    else:
        _ordinary(axes, curves)


def _ordinary(axes: Axes, curves: Sequence[Floats]) -> None:
    """An axis that begins at 0 where this leaves the curves half of the picture."""
    values = _finite(curves)
    if not len(values):
        _empty(axes)
    elif values.min() == values.max() or 0 <= values.min() < values.max() / 2:
        low, high = min(0.0, 1.1 * values.min()), max(0.0, 1.1 * values.max())
        axes.set_ylim(low, high if high > low else 1.0)


def _logarithmic(axes: Axes, curves: Sequence[Floats]) -> None:
    """A logarithmic axis for numbers above 0, of more than a power of ten."""
    values = _finite(curves)
    if not len(values):
        _empty(axes)
        return
    axes.set_yscale("log")
    low, high = np.log10(values.min()), np.log10(values.max())
    if high - low < 1:
        axes.set_ylim(10 ** ((low + high) / 2 - 0.6), 10 ** ((low + high) / 2 + 0.6))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high - low < 2 else (1.0,)))
    axes.yaxis.set_major_formatter(tick)
    axes.yaxis.set_minor_locator(NullLocator())


def _empty(axes: Axes) -> None:
    axes.set(yticks=[])
    axes.text(0.5, 0.5, "no finite numbers", transform=axes.transAxes, ha="center")


def _finite(curves: Sequence[Floats]) -> Floats:
    values: Floats = np.concatenate([*curves, np.empty(0)])
    return np.asarray(values[np.isfinite(values)])
