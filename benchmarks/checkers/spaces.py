"""The functions that mutants are written with, in the words of each library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

Function = Callable[..., Any]


@final
@dataclass(frozen=True, kw_only=True)
class Space:
    """Functions of one library's arrays, under NumPy's names.

    Operators, ``.T``, ``.shape``, ``.reshape`` and indexing all libraries share. ``constant``
    makes an array of the library from one of NumPy, ``detach`` is the array without its history,
    and ``custom(rule)`` a function that is differentiated as a :class:`Rule` says.
    """

    exp2: Function
    log10: Function
    atan: Function
    exp: Function
    expm1: Function
    log: Function
    log1p: Function
    sin: Function
    cos: Function
    tan: Function
    sinh: Function
    cosh: Function
    tanh: Function
    sqrt: Function
    square: Function
    erf: Function
    erfc: Function
    sigmoid: Function
    softplus: Function
    abs: Function
    sign: Function
    hypot: Function
    atan2: Function
    maximum: Function
    minimum: Function
    where: Function
    """``where(condition, a, b)``, of arrays or numbers."""
    sum: Function
    """``sum(x, axis=None, keepdims=False)``; ``amax`` takes the same."""
    amax: Function
    cumsum: Function
    """``cumsum(x, axis)``; ``flip`` takes the same."""
    flip: Function
    concat: Function
    """``concat(arrays, axis)``; ``stack`` takes the same."""
    stack: Function
    constant: Function
    detach: Function
    custom: Function


def sigmoid(x: Any) -> Any:
    """The logistic function of a NumPy array, which overflows nowhere."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)) of a NumPy array, which overflows nowhere."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
