"""Normalizations: numbers moved to mean 0 and scaled to variance 1, in different directions.

``y = (x - mean) / sqrt(variance + eps) * weight + bias``. They differ in what mean and variance
are taken over. The variance is the biased one, the mean of ``(x - mean)**2``.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...engine.modes import no_grad
from ...engine.operation import real_number
from ...engine.shapes import Shape, whole_numbers
from ..backend import backend_of, common_backend, operands


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel normalized over the examples of a batch: Ioffe and Szegedy, 2015.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(N, C)`` or ``(N, C, ...)``.
    running_mean, running_var : operand of shape (C,), or None
        What is used where ``training`` is False. While training, the batch's own mean and variance
        are used, and these are written to: ``r = (1 - momentum) * r + momentum * own``, where the
        own variance is the unbiased one.
    weight, bias : operand of shape (C,), optional
        The scale and the shift of each channel.
    training : bool
        Whether mean and variance are those of the batch.
    momentum : float or operand without dimensions
        The weight of the batch in the running mean and variance.
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
        If the shapes do not fit, if a batch to train with has one number for each channel, or if
        there is nothing to normalize with.

    Examples
    --------
    >>> from twingrad.nn import functional as F
    >>> F.batch_norm([[1.0], [3.0]], None, None, training=True, eps=0.5).numpy().round(3)
    array([[-0.816],
           [ 0.816]], dtype=float32)
    """
    given = {"running_mean": running_mean, "running_var": running_var}
    given |= {"weight": weight, "bias": bias}
    input, *others = operands("batch_norm", input=input, **given)
    _check_eps("batch_norm", eps)
    _check_channels("batch_norm", input, **dict(zip(given, others)))
    running_mean, running_var, weight, bias = others
    channels_last = input.transpose(1, -1) if input.ndim > 2 else input
    if training:
        _check_several(input)
        centered, variance = _centered(channels_last, running_mean, running_var, momentum)
    else:
        _check_given(running_mean, running_var)
        centered, variance = channels_last - running_mean, running_var
    scale = (variance + eps).rsqrt()
    result = _affine(centered, scale if weight is None else scale * weight, bias)
    return result.transpose(1, -1) if input.ndim > 2 else result


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
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
    input, weight, bias = operands("layer_norm", input=input, weight=weight, bias=bias)
    _check_eps("layer_norm", eps)
    dims = _last_dims("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return _affine(_standardized(input, dims, eps), weight, bias)


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
    input, weight, bias = operands("group_norm", input=input, weight=weight, bias=bias)
    _check_eps("group_norm", eps)
    _check_channels("group_norm", input, weight=weight, bias=bias)
    examples, channels, *rest = input.shape
    check_groups("group_norm", num_groups, channels)
    if input.numel() == num_groups and examples == 1:
        raise ValueError(
            f"group_norm: input must have several numbers for a group, got shape {input.shape} for "
            f"{num_groups} groups: use fewer groups"
        )
    grouped = input.reshape(examples, num_groups, channels // num_groups * prod(rest))
    standardized = _standardized(grouped, (-1,), eps).reshape(input.shape)
    behind = (1,) * len(rest)
    return _affine(
        standardized,
        weight if weight is None or not rest else weight.reshape(channels, *behind),
        bias if bias is None or not rest else bias.reshape(channels, *behind),
    )


def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
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
    input, weight = operands("rms_norm", input=input, weight=weight)
    if eps is None:
        twin = common_backend("rms_norm", input=input)
        eps = float(np.finfo(twin.numbers(input).dtype).eps)
    _check_eps("rms_norm", eps)
    dims = _last_dims("rms_norm", input, normalized_shape, weight=weight)
    return _affine(input * (input.square().mean(dims, True) + eps).rsqrt(), weight, None)


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


def _affine(input: Any, weight: Any, bias: Any) -> Any:
    """``input * weight + bias``, where they are given."""
    scaled = input if weight is None else input * weight
    return scaled if bias is None else scaled + bias


def _centered(
    channels_last: Any, running_mean: Any, running_var: Any, momentum: Any
) -> tuple[Any, Any]:
    """The distances from the mean of a batch, and its variance, which move the running ones."""
    dims = tuple(range(channels_last.ndim - 1))
    count = prod(channels_last.shape[:-1])
    if not count:
        return channels_last, channels_last.sum(dims)  # zeros, where a mean would be nan
    mean = channels_last.mean(dims)
    centered = channels_last - mean
    variance = centered.square().mean(dims)
    with no_grad():
        _move_towards(running_mean, mean, momentum)
        _move_towards(running_var, variance, momentum, count / (count - 1))
    return centered, variance


def _move_towards(running: Any, own: Any, momentum: Any, correction: float = 1.0) -> None:
    """Write ``(1 - momentum) * running + momentum * correction * own`` to running statistics."""
    twin = backend_of(running)
    if twin is not None:
        twin.write(running, running * (1 - momentum) + own * (momentum * correction))


def _check_several(input: Any) -> None:
    if prod(input.shape[:1] + input.shape[2:]) == 1:
        raise ValueError(
            f"batch_norm: input must have several numbers for each channel while training, got "
            f"shape {input.shape}: use larger batches, or eval()"
        )


def _check_eps(what: str, eps: float) -> None:
    if not real_number(eps, f"{what}: eps") > 0:
        raise ValueError(f"{what}: eps must be above 0, got {eps!r}: it keeps a root from being 0")


def _check_given(running_mean: Any, running_var: Any) -> None:
    if running_mean is None or running_var is None:
        raise ValueError(
            "batch_norm: running_mean and running_var must be given where training is False, got "
            "None: pass both, or training=True to use those of the batch"
        )


def _check_channels(what: str, input: Any, **given: Any) -> None:
    """Check that what is given has a number for each channel, which are along dim 1."""
    if input.ndim < 2:
        raise ValueError(
            f"{what}: input must have shape (N, C) or (N, C, ...), got {input.shape}: examples are "
            "along the first dimension, channels along the second"
        )
    for name, each in given.items():
        if each is not None and each.shape != input.shape[1:2]:
            raise ValueError(
                f"{what}: {name} must have one number for each of the {input.shape[1]} channels of "
                f"an input of shape {input.shape}, got shape {each.shape}: channels are along dim 1"
            )


def _last_dims(what: str, input: Any, normalized_shape: Any, **given: Any) -> Shape:
    """The dimensions of ``normalized_shape``, counted from the end."""
    shape = lengths(normalized_shape, f"{what}: normalized_shape")
    if input.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{what}: input must have a shape that ends with normalized_shape, {shape}, got "
            f"{input.shape}: reshape it"
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
