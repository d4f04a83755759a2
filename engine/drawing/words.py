"""Names and numbers as the views write them: on one line, of a known width, never raw markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unicodedata import category, combining, east_asian_width
from xml.sax.saxutils import escape

from ..notation import number

NOT_COMPUTED = "not computed"
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """``text`` without what breaks a line, a terminal or an XML file.

    Every kind of white space becomes a space. Control characters, half surrogates, characters
    that turn the direction of writing and code points that are no characters become U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " "
        if character.isspace()
        else "\ufffd"
        if category(character) in ("Cc", "Cs")
        or character in _DIRECTIONS
        or ord(character) & 0xFFFE == 0xFFFE
        else character
        for character in text
    )


def cells(text: str) -> int:
    """How many columns of a fixed-width font ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def padded(text: str, columns: int) -> str:
    """``text`` with spaces behind it, up to so many columns."""
    return text + " " * (columns - cells(text))


def shortened(text: str, columns: int) -> str:
    """``text`` on one line, cut with an ellipsis where it takes more than ``columns``."""
    text = one_line(text)
    if cells(text) <= columns:
        return text
    kept, width = [], 1
    for character in text:
        width += cells(character)
        if width > columns:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def markup(text: str) -> str:
    """``text`` as XML or HTML, in an element or in a quoted attribute."""
    return escape(one_line(text), {'"': "&quot;", "'": "&#39;"})


def written(value: float | str | None) -> str:
    """A number of a trace: ``6.0``, ``inf``, ``not computed``."""
    return NOT_COMPUTED if value is None else number(float(value))


def is_plain(node: Mapping[str, Any]) -> bool:
    """Whether a node of a trace is a number without a name."""
    return bool(node["kind"] == "constant" and node["name"] == written(node["value"]))


def described(node: Mapping[str, Any]) -> str:
    """What a node is: ``c = a * b``, or its name."""
    return f"{node['name']} = {node['formula']}" if "formula" in node else str(node["name"])
