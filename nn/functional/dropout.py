"""Noise while training: numbers left out, or moved a little."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...engine.checks import number_within
from ..backend import Generator, operands, twin_of

_FLOOR = -1.7580993408473766
"""What selu gives far to the left, -scale * alpha."""


def dropout(
    input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Any:
    """Each element made 0 with probability p, the others divided by 1 - p: Srivastava et al., 2014.

    The mean is kept that way. Where ``training`` is False, the input is given as it is.

    Parameters
    ----------
    input : operand or numbers
        Of any shape.
    p : float
        From 0 to 1.
    training : bool
        Whether anything is left out.
    generator : Generator, optional
        Where the random numbers are drawn from; the default one, if not given.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        For a ``p`` outside [0, 1].

    Examples
    --------
    >>> from twingrad.nn import functional as F
    >>> F.dropout([1.0, 2.0], p=0.0).tolist(), F.dropout([1.0, 2.0], p=1.0).tolist()
    ([1.0, 2.0], [0.0, 0.0])
    """
    p = checked_probability(p, "dropout")
    (input,) = operands("dropout", input=input)
    if not training or p == 0:
        return input
    scale = 1 / (1 - p) if p < 1 else 0.0
    return input * _kept(input, p, generator, scale)


def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, *, generator: Generator | None = None
) -> Any:
    """Dropout for networks of selu, which keeps mean 0 and variance 1: Klambauer et al., 2017.

    With probability p an element is set to -1.7581, which is what selu gives far to the left;
    then ``a * x + b`` gives the elements back their mean and variance:
    ``a = ((1 - p) * (1 + p * 1.7581**2)) ** -0.5`` and ``b = a * p * 1.7581``.

    Parameters
    ----------
    input : operand or numbers
        Of any shape.
    p : float
        From 0 to 1; 1 gives zeros.
    training : bool
        Whether anything is left out.
    generator : Generator, optional
        Where the random numbers are drawn from; the default one, if not given.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        For a ``p`` outside [0, 1].
    """
    p = checked_probability(p, "alpha_dropout")
    (input,) = operands("alpha_dropout", input=input)
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0.0
    scale = 1 / sqrt((1 - p) * (1 + p * _FLOOR**2))
    factor = _kept(input, p, generator, scale)
    return input * factor + ((scale - factor) * _FLOOR - scale * p * _FLOOR)


def gaussian_noise(
    input: Any, std: float = 0.1, training: bool = True, *, generator: Generator | None = None
) -> Any:
    """``x + std * e``, with an e drawn from N(0, 1) for each element.

    Where ``training`` is False, the input is given as it is.

    Parameters
    ----------
    input : operand or numbers
        Of any shape.
    std : float
        The standard deviation of the noise; at least 0.
    training : bool
        Whether there is noise.
    generator : Generator, optional
        Where the random numbers are drawn from; the default one, if not given.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        For a negative ``std``.
    """
    std = checked_deviation(std, "gaussian_noise")
    (input,) = operands("gaussian_noise", input=input)
    if not training or std == 0:
        return input
    return input + twin_of(input).randn(input.shape, input, generator) * std


def checked_probability(p: Any, what: str) -> float:
    """A number from 0 to 1; ``ValueError`` for another one."""
    why = "it is the share of the elements that are left out"
    return number_within(p, f"{what}: p", why, at_least=0, at_most=1)


def checked_deviation(std: Any, what: str) -> float:
    """A number of at least 0; ``ValueError`` for another one."""
    return number_within(std, f"{what}: std", "it is a standard deviation", at_least=0)


def _kept(input: Any, p: float, generator: Generator | None, scale: float) -> Any:
    """``scale`` for the elements that are kept, 0 for those that are left out."""
    twin = twin_of(input)
    kept = twin.rand(input.shape, input, generator) >= p
    return kept * twin.operand(scale, input)
