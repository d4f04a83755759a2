"""The colours of a report, for its page and for its pictures, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#fbfaf7",
        "card": "#ffffff",
        "ink": "#22262e",
        "quiet": "#5f6672",
        "line": "#e2dfd8",
        "mark": "#f1efe9",
        "first": "#1b5e9e",
        "second": "#a5401a",
        "best": "#3d6b21",
    }
)
"""The colours of light paper by their names: blue is training, terracotta is validation."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#15181d",
        "card": "#1b1f25",
        "ink": "#e8e6e1",
        "quiet": "#a2a9b5",
        "line": "#2d323a",
        "mark": "#262b33",
        "first": "#84bcff",
        "second": "#ff9e73",
        "best": "#a3d47e",
    }
)
"""The same names on dark paper."""

CATEGORIES = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8a6d3b",
    "#8d93a0",
)
"""Colours of classes, for every kind of colour vision and either paper.

The first six are those of Okabe and Ito 2008, "Color Universal Design"; their yellow and black,
which one of the papers would swallow, are a brown and a grey here.
"""


def variables() -> str:
    """The colours as custom properties of CSS, with the dark ones behind their media query."""
    return (
        f":root {{ {_declared(LIGHT)} color-scheme: light dark; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_declared(DARK)} }} }}"
    )


def _declared(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
