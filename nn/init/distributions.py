"""Parameters drawn from a distribution, or all set to one number."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import number_within, ordered
from ...engine.operation import real_number
from ..backend import Generator
from .draws import deviation, normals, shape_to_draw, twin_to_fill, uniforms, uniforms64

_SMALLEST = 2.0**-54
"""What is taken for 0 where a quantile is wanted: half the smallest number that is drawn."""


def uniform_(
    tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Any:
    """Draw from the uniform distribution U(a, b): ``a + (b - a) * u`` with u from [0, 1).

    Parameters
    ----------
    tensor : Tensor or Array
        What is filled in place, of any shape.
    a, b : float
        The ends of the interval; finite.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``a`` is above ``b``, or an end is not finite.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = nn.init.uniform_(twingrad.zeros(3, 5), -0.1, 0.1)
    >>> bool((abs(w) <= 0.1).all())
    True
    """
    low, high = ordered("uniform_", a=a, b=b)
    if not isfinite(high - low):
        raise ValueError(f"uniform_: a and b must be finite, got {a} and {b}: give smaller ones")
    drawn = uniforms(tensor, generator, "uniform_")
    return _filled(tensor, low + (high - low) * drawn, "uniform_")


def normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Any:
    """Draw from the normal distribution N(mean, std**2).

    Parameters
    ----------
    tensor : Tensor or Array
        What is filled in place, of any shape.
    mean, std : float
        The mean, and the standard deviation, at least 0.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``std`` is below 0.
    """
    center, spread = real_number(mean, "normal_: mean"), deviation(std, "normal_")
    drawn = normals(tensor, generator, "normal_")
    return _filled(tensor, center + spread * drawn, "normal_")


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Any:
    """Draw from the normal distribution N(mean, std**2) cut off outside [a, b].

    The quantile at u from U(0, 1): ``x = mean + std * Q(F(l) + u * (F(h) - F(l)))`` with
    ``l = (a - mean) / std`` and ``h = (b - mean) / std``, the distribution function F of N(0, 1)
    and its inverse Q. It holds anywhere, also where [a, b] lies far from the mean.

    Parameters
    ----------
    tensor : Tensor or Array
        What is filled in place, of any shape.
    mean, std : float
        The mean before the cut, and the standard deviation, above 0.
    a, b : float
        The ends; they are not counted in standard deviations. Infinite ends cut nothing off.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``a`` is above ``b``, or ``std`` is not above 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = nn.init.trunc_normal_(twingrad.zeros(3, 5), std=0.02, a=-0.04, b=0.04)
    >>> bool((abs(w) <= 0.04).all())
    True
    """
    low, high = ordered("trunc_normal_", a=a, b=b)
    center = real_number(mean, "trunc_normal_: mean")
    cure = "set all numbers to the mean with constant_"
    spread = number_within(std, "trunc_normal_: std", cure, above=0, below=inf)
    drawn = uniforms64(shape_to_draw(tensor, "trunc_normal_"), generator)
    standard = _truncated((low - center) / spread, (high - center) / spread, drawn)
    return _filled(tensor, np.clip(center + spread * standard, low, high), "trunc_normal_")


def constant_(tensor: Any, val: float) -> Any:
    """Set every number to ``val``.

    Raises ``TypeError`` if ``tensor`` is neither a Tensor nor an Array, or ``val`` no number.
    """
    return _filled(tensor, np.float64(real_number(val, "constant_: val")), "constant_")


def ones_(tensor: Any) -> Any:
    """Set every number to 1."""
    return _filled(tensor, 1.0, "ones_")


def zeros_(tensor: Any) -> Any:
    """Set every number to 0."""
    return _filled(tensor, 0.0, "zeros_")


def _filled(tensor: Any, numbers: Any, what: str) -> Any:
    twin_to_fill(tensor, what).write(tensor, numbers)
    return tensor


def _truncated(low: float, high: float, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of N(0, 1) between two ends, at uniform numbers."""
    if low > 0:  # the logarithms below are exact in the lower tail: draw there, and mirror it
        return -_truncated(-high, -low, drawn)
    from scipy.special import log_ndtr, ndtri_exp  # half of the time that importing nn takes

    share = np.maximum(drawn, _SMALLEST)
    logarithms = np.logaddexp(log_ndtr(low) + np.log1p(-share), log_ndtr(high) + np.log(share))
    quantiles: NDArray[np.float64] = ndtri_exp(np.minimum(logarithms, 0.0))
    return quantiles
