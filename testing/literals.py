"""Numbers and arrays as code that makes the same bits again."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

WRITTEN = 64
"""Elements up to which an array is written out."""

_WIDTH = 96
_HUGE = 1e307


def float_code(number: float) -> str:
    """A Python float.

    >>> float_code(0.1), float_code(-0.0), float_code(float("-inf"))
    ('0.1', '-0.0', 'float("-inf")')
    """
    return repr(float(number)) if isfinite(number) else f'float("{number}")'


def array_code(array: np.ndarray[Any, Any]) -> str:
    """An array, with its dtype, written out in full.

    >>> print(array_code(np.array([[1.0, -0.0], [np.nan, 0.1]], dtype=np.float32)))
    np.array([[1.0, -0.0], [np.nan, 0.1]], dtype=np.float32)
    """
    if not array.size:
        return f"np.zeros({array.shape}, dtype={_dtype(array)})"
    is_default = array.dtype in (np.float64, np.int64, bool)  # which the numbers themselves tell
    dtype = "" if is_default else f", dtype={_dtype(array)}"
    code = f"np.array({_nested(array)}{dtype})"
    return code if len(code) <= _WIDTH else f"np.array({_broken(array)}{dtype})"


def full_code(array: np.ndarray[Any, Any]) -> str | None:
    """An array of one number throughout; None for others.

    >>> full_code(np.zeros((100, 2)))
    'np.full((100, 2), 0.0, dtype=np.float64)'
    """
    first = array[(0,) * array.ndim]
    if array.tobytes() != np.full_like(array, first).tobytes():
        return None
    return f"np.full({array.shape}, {_element(first)}, dtype={_dtype(array)})"


def alike(array: np.ndarray[Any, Any]) -> tuple[str, np.ndarray[Any, Any]]:
    """Code for random numbers of the same range, shape and dtype, and what it gives.

    >>> alike(np.arange(100.0))[0]
    'np.random.default_rng(0).uniform(0, 99, (100,)).astype(np.float64)'
    """
    generator = np.random.default_rng(0)
    code = "np.random.default_rng(0)"
    if array.dtype.kind == "f":
        low, high = _range(array)
        numbers = generator.uniform(low, high, array.shape).astype(array.dtype)
        return f"{code}.uniform({low:g}, {high:g}, {array.shape}).astype({_dtype(array)})", numbers
    bounds = int(array.min()), int(array.max()) + 1
    numbers = generator.integers(*bounds, array.shape).astype(array.dtype)
    return f"{code}.integers{(*bounds, array.shape)}.astype({_dtype(array)})", numbers


def _range(array: np.ndarray[Any, Any]) -> tuple[float, float]:
    """The least and the greatest finite number, in three digits."""
    known = array[np.isfinite(array)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.clip([known.min(), known.max()], -_HUGE, _HUGE, dtype=np.float64)
    return float(f"{low:.3g}"), float(f"{high:.3g}")


def _dtype(array: np.ndarray[Any, Any]) -> str:
    return "bool" if array.dtype == bool else f"np.{array.dtype.name}"


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return _element(array[()])
    return f"[{', '.join(map(_nested, array))}]"


def _broken(array: np.ndarray[Any, Any]) -> str:
    """Nested lists over several lines: one for each row, if these are short."""
    rows = [_nested(row) for row in array]
    if max(map(len, rows)) > _WIDTH - 4 or array.ndim == 1:
        rows = _filled(" ".join(f"{row}," for row in rows).removesuffix(",").split(" "))
        return "\n    ".join(["[", *rows]) + "\n]"
    return "\n    ".join(["[", *[f"{row}," for row in rows]]) + "\n]"


def _filled(words: list[str]) -> list[str]:
    """Words in lines that are as long as they may be."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > _WIDTH - 5:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _element(number: Any) -> str:
    """One number of an array: the shortest text that gives the same bits in its dtype."""
    if number.dtype.kind != "f":
        return str(number)
    if not np.isfinite(number):
        return "np.nan" if np.isnan(number) else "np.inf" if number > 0 else "-np.inf"
    short = str(number)
    return short if number.dtype.type(float(short)) == number else repr(float(number))
