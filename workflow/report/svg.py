"""Pictures of matplotlib inside a page."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from .palette import LIGHT

_NAMES = {colour: name for name, colour in LIGHT.items()}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"


def for_page(text: str, name: str, kind: str) -> str:
    """An SVG of matplotlib as an element of HTML: small, accessible, in the page's colours.

    Parameters
    ----------
    text : str
        The file that matplotlib wrote.
    name : str
        What its names begin with, so that no two pictures of a page have the same.
    kind : str
        What it is, for those who cannot see it.
    """
    root = ElementTree.fromstring(text)
    for element in [*root]:
        if element.tag == f"{_SVG}metadata" or element.find(f"{_SVG}style") is not None:
            root.remove(element)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', text))
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.attrib = _attributes(element.attrib, used, f"{name}-")
        if element.tag not in ("text", "tspan"):
            element.text = element.tail = None
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": kind}
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(given: dict[str, Any], used: set[str], prefix: str) -> dict[str, str]:
    """Attributes without names that nothing refers to, and colours as those of the page."""
    kept = {}
    for key, value in given.items():
        if key == "id":
            if value in used:
                kept["id"] = prefix + value
        elif key == _LINK:
            kept["href"] = f"#{prefix}{value[1:]}" if value.startswith("#") else value
        elif key == "clip-path":
            kept[key] = value.replace("#", f"#{prefix}")
        elif key == "style":
            kept[key] = _style(value)
        elif key != "transform" or not value.startswith("rotate(-0 "):
            kept[key] = value
    return kept


def _style(text: str) -> str:
    """A style with the letters left to the page, and its colours by their names."""
    text = re.sub(r"font-family: [^;]*;? ?", "", text)
    return re.sub(r"#[0-9a-f]{6}", _variable, text)


def _variable(found: re.Match[str]) -> str:
    name = _NAMES.get(found[0])
    return f"var(--{name})" if name else found[0]
