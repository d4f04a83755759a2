"""Arguments of a function as a person writes them: ``x=3,4`` is a shape, ``y=0,2,1`` numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.typed import number

_WORDS = {"True": True, "False": False, "None": None}
_NUMBERS = ("inf", "nan", "pi")
"""Words that are numbers."""


def shapes(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of arguments by name; ``ValueError``, one sentence, for what is none.

    >>> shapes(["x=3,4", "bias=4", "scale="])
    {'x': (3, 4), 'bias': (4,), 'scale': ()}
    """
    return _by_name(words, "--shape", "x=3,4", _shape)


def values(words: Iterable[str]) -> dict[str, Any]:
    """The values of arguments by name: arrays, or one number, a truth value, None or a word.

    >>> values(["y=0,2,1", "dim=1", "p=0.5", "reduction=sum"])
    {'y': array([0, 2, 1]), 'dim': 1, 'p': 0.5, 'reduction': 'sum'}
    """
    return _by_name(words, "--values", "y=0.5,-1", _value)


def reshaped(name: str, given: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """The values of an argument in the shape that ``--shape`` says."""
    array = np.asarray(given)
    if array.dtype.kind not in "fi" or array.size != np.prod(shape, dtype=int):
        count = f"{array.size} value{'' if array.size == 1 else 's'}"
        raise ValueError(
            f"--values {name} must fill the shape {shape} of --shape, got {count}: leave one "
            "of the options out, or give as many numbers"
        )
    return array.reshape(shape)


def _by_name(
    words: Iterable[str], option: str, example: str, read: Callable[[str, str], Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not name.isidentifier():
            raise ValueError(
                f"{option} must begin with the name of an argument, got {word!r:.60}: write for "
                f"example {option} {example}"
            )
        if name in found:
            raise ValueError(f"{option} must be given once for each argument, got {name!r} twice")
        found[name] = read(text, f"{option} {name}")
    return found


def _shape(text: str, what: str) -> tuple[int, ...]:
    sizes = _parts(text)
    if not all(re.fullmatch("[0-9]{1,9}", size) for size in sizes):
        raise ValueError(
            f"{what} must be sizes with commas between them, got {text!r:.60}: write for example "
            f"{what}=3,4, or {what}= for a single number"
        )
    return tuple(map(int, sizes))


def _value(text: str, what: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text.isidentifier() and text not in _NUMBERS:
        return text
    parts = _parts(text) or [""]
    are_whole = all(re.fullmatch("[+-]?[0-9]+", part) for part in parts)
    numbers = [int(part) if are_whole else number(part, what) for part in parts]
    return np.array(numbers) if "," in text else numbers[0]


def _parts(text: str) -> list[str]:
    """What is between commas; one behind the last, as Python writes it, does no harm."""
    return [part.strip() for part in text.removesuffix(",").split(",")] if text else []
