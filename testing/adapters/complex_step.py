"""Functions at complex numbers, where they are defined there."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def complex_or_none(compute: Callable[[], Iterable[Any]]) -> list[Any] | None:
    """The results as arrays; None where there are none, or where they are real.

    Whatever is raised means that the function is not defined at complex numbers, and so do
    warnings, which say that imaginary parts are dropped.
    """
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            results = [np.asarray(each) for each in compute()]
    except Exception:
        return None
    return results if all(each.dtype.kind == "c" for each in results) else None
