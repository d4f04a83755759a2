"""Nested lists, tuples, named tuples and dictionaries, and the leaves that they hold.

Whatever is none of these is a leaf; None is nothing, neither a leaf nor a container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any


def leaves_of(structure: Any) -> list[Any]:
    """The leaves from left to right, those of dictionaries in the order of insertion.

    >>> leaves_of({"w": [1.0, (2.0, None)], "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    match structure:
        case None:
            return []
        case list() | tuple():
            return [leaf for each in structure for leaf in leaves_of(each)]
        case dict():
            return [leaf for each in structure.values() for leaf in leaves_of(each)]
    return [structure]


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """The same structure with ``function(leaf)`` in the place of every leaf.

    >>> mapped(abs, {"w": [-1.0, (2.0, None)]})
    {'w': [1.0, (2.0, None)]}
    """
    match structure:
        case None:
            return None
        case list() | tuple():
            kind = type(structure)
            make = getattr(kind, "_make", kind)  # which named tuples have
            return make([mapped(function, each) for each in structure])
        case dict():
            changed = copy(structure)
            for key, each in structure.items():
                changed[key] = mapped(function, each)
            return changed
    return function(structure)


def rebuilt(structure: Any, leaves: Iterable[Any]) -> Any:
    """The same structure with the next of ``leaves`` in the place of every leaf.

    >>> rebuilt(("a", {"k": "b"}), [1, 2])
    (1, {'k': 2})
    """
    following = iter(leaves)
    return mapped(lambda _: next(following), structure)


def leaves_like(given: Any, structure: Any, what: str) -> list[Any]:
    """What ``given`` holds in the place of every leaf of ``structure``, in its order.

    Lists and tuples stand for each other. Raises ``TypeError``, beginning with ``what``, where
    the two are nested differently.

    >>> leaves_like({"b": 2, "a": 1}, {"a": 0.0, "b": 0.0}, "tangents")
    [1, 2]
    """
    match structure:
        case None:
            fits, pairs = given is None, []
        case list() | tuple():
            fits = isinstance(given, list | tuple) and len(given) == len(structure)
            pairs = list(zip(given, structure, strict=True)) if fits else []
        case dict():
            fits = isinstance(given, dict) and given.keys() == structure.keys()
            pairs = [(given[key], each) for key, each in structure.items()] if fits else []
        case _:
            return [given]
    if not fits:
        raise TypeError(
            f"{what} must be nested like what it belongs to: a {_outline(structure)} was "
            f"expected, got a {_outline(given)}: build it with the same keys and lengths"
        )
    return [leaf for each, like in pairs for leaf in leaves_like(each, like, what)]


def _outline(structure: Any) -> str:
    match structure:
        case list() | tuple():
            return f"{type(structure).__name__} of {len(structure)}"
        case dict():
            return f"dict with keys {list(structure)!r:.60}"
    return type(structure).__name__
