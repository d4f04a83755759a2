"""Normalizations: numbers moved to mean 0 and scaled to variance 1, in different directions.

``y = (x - mean) / sqrt(variance + eps) * weight + bias``. They differ in what mean and variance
are taken over. The variance is the biased one, the mean of ``(x - mean)**2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...engine.checks import number_within
from ...engine.shapes import Shape, whole_numbers
from ..backend import numbers_of, operands


def layer_norm(
    input: Any,
    normalized_shape: int | Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """Each example normalized over its last dimensions: Ba et al., 2016.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(..., *normalized_shape)``.
    normalized_shape : sequence of int, or int
        The lengths of the dimensions that are normalized over.
    weight, bias : operand of shape normalized_shape, optional
        The scale and the shift of each element.
    eps : float
        What is added to the variance; above 0.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> from twingrad.nn import functional as F
    >>> F.layer_norm([[1.0, 3.0], [10.0, 30.0]], (2,)).numpy().round(3)
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """
    what = "layer_norm"
    input, weight, bias = operands(what, "weight", "bias", input=input, weight=weight, bias=bias)
    eps = checked_eps(eps, what)
    dims = _last_dims(what, input, normalized_shape, weight=weight, bias=bias)
    return affine(_standardized(input, dims, eps), weight, bias)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Groups of channels of each example normalized together: Wu and He, 2018.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(N, C)`` or ``(N, C, ...)``.
    num_groups : int
        Into how many groups of equal size the channels are divided; a divisor of C.
    weight, bias : operand of shape (C,), optional
        The scale and the shift of each channel.
    eps : float
        What is added to the variance; above 0.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If the shapes do not fit, if ``num_groups`` does not divide the channels, or if the input
        is one example of one number for each group.

    Examples
    --------
    >>> from twingrad.nn import functional as F
    >>> F.group_norm([[1.0, 3.0, 10.0, 30.0]], 2).numpy().round(3)
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """
    what = "group_norm"
    input, weight, bias = operands(what, "weight", "bias", input=input, weight=weight, bias=bias)
    eps = checked_eps(eps, what)
    check_channels(what, input, weight=weight, bias=bias)
    examples, channels, *rest = input.shape
    check_groups(what, num_groups, channels)
    if input.numel() == num_groups and examples == 1:
        raise ValueError(
            f"group_norm: input must have several numbers for a group, got shape {input.shape} for "
            f"{num_groups} groups: use fewer groups"
        )
    grouped = input.reshape(examples, num_groups, channels // num_groups * prod(rest))
    standardized = _standardized(grouped, (-1,), eps).reshape(input.shape)
    behind = (1,) * len(rest)
    return affine(
        standardized,
        weight if weight is None or not rest else weight.reshape(channels, *behind),
        bias if bias is None or not rest else bias.reshape(channels, *behind),
    )


def rms_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    """Each example divided by the root of the mean of its squares: Zhang and Sennrich, 2019.

    ``y = x / sqrt(mean(x**2) + eps) * weight``, with the mean over the last dimensions.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(..., *normalized_shape)``.
    normalized_shape : sequence of int, or int
        The lengths of the dimensions that the mean is over.
    weight : operand of shape normalized_shape, optional
        The scale of each element.
    eps : float, optional
        What is added to the mean of the squares; above 0. If None, the distance from 1 to the next
        number of the dtype.

    Returns
    -------
    operand
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> from twingrad.nn import functional as F
    >>> F.rms_norm([3.0, 4.0, 5.0, 0.0], (4,)).numpy().round(3)
    array([0.849, 1.131, 1.414, 0.   ], dtype=float32)
    """
    input, weight = operands("rms_norm", "weight", input=input, weight=weight)
    if eps is None:
        eps = float(np.finfo(numbers_of(input).dtype).eps)
    eps = checked_eps(eps, "rms_norm")
    dims = _last_dims("rms_norm", input, normalized_shape, weight=weight)
    return affine(input * (input.square().mean(dims, True) + eps).rsqrt(), weight, None)


def check_groups(what: str, num_groups: int, channels: int) -> None:
    """Raise ``ValueError``, beginning with ``what``, for groups of channels of unequal sizes."""
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"{what}: num_groups must divide the {channels} channels, got {num_groups}: choose a "
            "divisor"
        )


def _standardized(input: Any, dims: Shape, eps: float) -> Any:
    """``(x - mean) / sqrt(variance + eps)``, with mean and variance along ``dims``."""
    centered = input - input.mean(dims, True)
    return centered * (centered.square().mean(dims, True) + eps).rsqrt()


def affine(input: Any, weight: Any, bias: Any) -> Any:
    """``input * weight + bias``, where they are given."""
    scaled = input if weight is None else input * weight
    return scaled if bias is None else scaled + bias


def checked_eps(eps: Any, what: str) -> float:
    """A number above 0; ``ValueError``, beginning with ``what``, for another one."""
    return number_within(eps, f"{what}: eps", "it keeps a root from being 0", above=0)


def check_channels(what: str, input: Any, **given: Any) -> None:
    """Check that what is given has a number for each channel, which are along dim 1."""
    if input.ndim < 2:
        raise ValueError(
            f"{what}: input must have shape (N, C) or (N, C, ...), got {input.shape}: examples are "
            "along the first dimension, channels along the second"
        )
    for name, each in given.items():
        if each is not None and each.shape != input.shape[1:2]:
            raise ValueError(
                f"{what}: input must have a channel along dim 1 for each number in {name}, of "
                f"shape {each.shape}, got shape {input.shape}: reshape it, or build the layer for "
                f"{input.shape[1]} channels"
            )


def _last_dims(what: str, input: Any, normalized_shape: int | Sequence[int], **given: Any) -> Shape:
    """The dimensions of ``normalized_shape``, counted from the end."""
    shape = lengths(normalized_shape, f"{what}: normalized_shape")
    if input.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{what}: input must have a shape that ends with normalized_shape, {shape}, got "
            f"{input.shape}: reshape it, or build the layer for this shape"
        )
    for name, each in given.items():
        if each is not None and each.shape != shape:
            raise ValueError(
                f"{what}: {name} must have the shape normalized_shape, {shape}, got {each.shape}: "
                "give a number for each element"
            )
    return tuple(range(-len(shape), 0))


def lengths(shape: Any, what: str) -> Shape:
    """A shape of at least one dimension, given as lengths or as one; an error for what is none."""
    found = whole_numbers(shape if isinstance(shape, list | tuple) else (shape,), what)
    if not found or min(found) < 0:
        raise ValueError(
            f"{what} must list one or more lengths of at least 0, got {shape!r}: they are those of "
            "the last dimensions of an input"
        )
    return found
