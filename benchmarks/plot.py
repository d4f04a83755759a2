"""Results as a picture: a bar for each peer, a panel for each work."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from .conductor import counted
from .measure import quartiles
from .results import LIMIT, Result, grouped, measured
from .table import duration

_OURS, _LIMIT, _OTHERS = "#c2410c", "#16a34a", "#64748b"


def picture(results: Sequence[Result], machine: str, kind: str) -> bytes:
    """The picture as a file of a kind such as ``"png"`` or ``"svg"``."""
    import matplotlib
    from matplotlib.figure import Figure

    groups = [
        (f"{work.title}, {counted(threads)}", measured(group))
        for (work, threads), group in grouped(results).items()
        if measured(group)
    ]
    heights = [len(group) + 2.2 for _, group in groups] or [1.0]
    with matplotlib.rc_context({"svg.hashsalt": "twingrad", "font.size": 9}):
        figure = Figure(figsize=(8.5, 0.24 * sum(heights) + 0.5), layout="constrained")
        axes = figure.subplots(
            max(1, len(groups)), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for axis, (title, group) in zip(axes[:, 0], groups):
            _draw(axis, title, group)
        figure.supxlabel(machine, fontsize=8, color=_OTHERS)
        file = BytesIO()
        figure.savefig(file, format=kind, dpi=150)
    return file.getvalue()


def _draw(axis: Any, title: str, results: list[Result]) -> None:
    from matplotlib.ticker import EngFormatter, NullFormatter

    names = [each.peer for each in results]
    medians = [each.median for each in results]
    spreads = [quartiles(each.seconds) for each in results]
    bars = axis.barh(
        names,
        medians,
        color=[_colour(name) for name in names],
        xerr=[
            [m - low for m, (low, _, _) in zip(medians, spreads)],
            [high - m for m, (_, _, high) in zip(medians, spreads)],
        ],
        error_kw={"elinewidth": 0.8, "ecolor": "black"},
    )
    axis.bar_label(bars, [duration(m) for m in medians], padding=6)
    axis.set_xscale("log")
    axis.set_xlim(min(medians) / 2, max(medians) * 4)
    axis.invert_yaxis()
    axis.set_title(title, loc="left", fontsize=10)
    axis.xaxis.set_major_formatter(EngFormatter("s"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _colour(name: str) -> str:
    if name == LIMIT:
        return _LIMIT
    return _OURS if name.startswith("twingrad") else _OTHERS
