"""Options as a person writes them: numbers, lists, and words that stand for none."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

NONE = "none"
"""What is written for an option that a configuration file sets, and that is to be left out."""

AUTO = "auto"
"""What is written for a learning rate that is to be measured."""

ALL = "all"
"""What is written for a batch that has all rows."""


def _listed(text: str, option: str) -> tuple[str, ...]:
    """Names with commas between them, in quotes if there is a comma within; ``none`` has none."""
    if text.strip() in ("", NONE):
        return ()
    try:
        names = tuple(next(csv.reader([text], skipinitialspace=True)))
    except csv.Error as error:
        raise ValueError(
            f"{option} must be names with commas between them, got {text!r:.60} ({error}): put "
            "names with other characters in quotes"
        ) from None
    if not all(names):
        raise ValueError(
            f"{option} must be names with commas between them, got {text!r:.60} with an empty name "
            "between two commas, or at an end: leave out a comma"
        )
    return names


def _widths(text: str, option: str) -> tuple[int, ...]:
    try:
        return () if text.strip() in ("", NONE) else tuple(map(int, text.split(",")))
    except ValueError:
        raise ValueError(
            f"{option} must be whole numbers with commas between them, got {text!r:.60}: write for "
            f"example {option} 64,32, or {option} none"
        ) from None


def _name_or_none(text: str, option: str) -> str | None:
    return None if text == NONE else text


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"{option} must be a number, got {text!r:.60}: write for example {option} 0.01"
        ) from None


def _whole_number(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"{option} must be a whole number, got {text!r:.60}: write for example {option} 20"
        ) from None


def _batch_size(text: str, option: str) -> int | str:
    return text if text == ALL else _whole_number(text, option)


def _rate(text: str, option: str) -> float | str:
    return text if text == AUTO else _number(text, option)


def _number_or_none(text: str, option: str) -> float | None:
    return None if text == NONE else _number(text, option)


def _share(text: str, option: str) -> int | float:
    """A number of rows if it is whole, else a share of them."""
    try:
        return int(text)
    except ValueError:
        return _number(text, option)


_READERS: Mapping[str, Callable[[str, str], Any]] = MappingProxyType(
    {
        "augment": _listed,
        "batch_size": _batch_size,
        "class_weight": _name_or_none,
        "clip": _number_or_none,
        "dropout": _number,
        "epochs": _whole_number,
        "hidden": _widths,
        "ignore": _listed,
        "l1": _number,
        "l2": _number,
        "lr": _rate,
        "norm": _name_or_none,
        "patience": _whole_number,
        "seed": _whole_number,
        "test": _share,
        "validation": _share,
        "weight_decay": _number,
    }
)
"""What reads an option that is not plain text."""


def flag(name: str) -> str:
    """An option of a configuration as it is written on the command line.

    >>> flag("batch_size")
    '--batch-size'
    """
    return f"--{name.replace('_', '-')}"


def understood(name: str, text: Any) -> Any:
    """An option of the command line as a configuration has it.

    Raises ``ValueError`` for text that cannot be read.

    >>> understood("hidden", "64,32"), understood("lr", "auto"), understood("test", "0.1")
    ((64, 32), 'auto', 0.1)
    """
    return _READERS[name](text, flag(name)) if name in _READERS else text
