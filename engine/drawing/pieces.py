"""What pictures of graphs are put together from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .layout import Layout, Run
from .palette import STYLE
from .words import markup

MARGIN = 20.0


def picture(
    title: str,
    description: str,
    layout: Layout,
    edges: Sequence[str],
    cards: Sequence[str],
    style: str = "",
) -> str:
    """A whole SVG picture of edges and cards in SVG, with ``style`` besides the usual one."""
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    start = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="twingrad-graph" role="img" '
        f'width="{width:.9g}" height="{height:.9g}" viewBox="0 0 {width:.9g} {height:.9g}">',
        f"<title>{markup(title)}</title>",
        f"<desc>{markup(description)}</desc>",
        f"<style>{STYLE}{style}</style>",
        '<rect class="paper" width="100%" height="100%" rx="12"/>',
        f'<g transform="translate({MARGIN:.9g} {MARGIN:.9g})">',
    ]
    return "\n".join([*start, '<g class="edges">', *edges, "</g>", *cards, "</g>", "</svg>", ""])


def path(runs: Sequence[Run]) -> str:
    """Level runs joined by curves that leave and arrive level."""
    drawn, y = f"M{runs[0].left:.9g} {runs[0].y:.9g}", runs[0].y
    for before, run in pairwise(runs):
        if run.y != y:
            half = (before.right + run.left) / 2
            drawn += f"H{before.right:.9g}C{half:.9g} {y:.9g} {half:.9g} {run.y:.9g} "
            drawn += f"{run.left:.9g} {run.y:.9g}"
            y = run.y
    return f"{drawn}H{runs[-1].right:.9g}"


def text_at(classes: str, x: float, y: float, text: str) -> str:
    """A line of text that begins, or ends or has its middle by its classes, at a place."""
    return f'<text class="{classes}" x="{x:.9g}" y="{y:.9g}">{markup(text)}</text>'
