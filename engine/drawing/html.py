"""A trace as a page to step through it: one file that asks the network for nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from .pieces import MARGIN
from .svg import draw_svg, place
from .words import markup

LOWEST, HIGHEST = 560, 860
"""The least and the greatest height of the frame in a notebook, in pixels."""
AROUND = 340
"""How much of its height the page needs for what is above and below the graph."""


def draw_html(trace: Mapping[str, Any]) -> str:
    """A whole HTML page that shows the steps of a trace, forward and back.

    The page holds its style, its script and the trace, as JSON in the element ``#trace``. Its
    content security policy forbids every request and every script but its own.
    """
    script = _file("page.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    root = trace["nodes"][trace["root"]]["name"]
    return Template(_file("page.html")).substitute(
        policy=(
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'"
        ),
        title=f"Backpropagation through {markup(root)}",
        style=_file("page.css"),
        graph=draw_svg(trace),
        trace=_embedded(trace),
        script=script,
    )


def draw_frame(trace: Mapping[str, Any]) -> str:
    """The page of :func:`draw_html` in an ``<iframe>``, for notebooks."""
    wanted = place(trace).height + 2 * MARGIN + AROUND
    height = round(min(max(wanted, LOWEST), HIGHEST))
    root = markup(trace["nodes"][trace["root"]]["name"])
    return (
        f'<iframe title="Backpropagation through {root}" sandbox="allow-scripts" '
        f'style="width: 100%; height: {height}px; border: 0; border-radius: 12px" '
        f'srcdoc="{escape(draw_html(trace))}"></iframe>'
    )


def _embedded(trace: Mapping[str, Any]) -> str:
    """JSON that no text in it can end: pure ASCII, without ``<``, ``>`` and ``&``."""
    text = json.dumps(trace, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
