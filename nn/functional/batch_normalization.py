"""Normalization over the examples of a batch."""

from __future__ import annotations

from math import prod
from typing import Any

from ...engine.modes import no_grad
from ..backend import operands, twin_of
from .normalization import affine, check_channels, checked_eps


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
    input, running_mean, running_var, weight, bias = operands(
        "batch_norm",
        "running_mean",
        "running_var",
        "weight",
        "bias",
        input=input,
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    check_channels(
        "batch_norm",
        input,
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    eps = checked_eps(eps, "batch_norm")
    channels_last = input.transpose(1, -1) if input.ndim > 2 else input
    if training:
        _check_several(input)
        centered, variance = _centered(channels_last, running_mean, running_var, momentum)
    else:
        _check_given(running_mean, running_var)
        centered, variance = channels_last - running_mean, running_var
    scale = (variance + eps).rsqrt()
    result = affine(centered, scale if weight is None else scale * weight, bias)
    return result.transpose(1, -1) if input.ndim > 2 else result


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
    if running is not None:
        twin_of(running).write(running, running * (1 - momentum) + own * (momentum * correction))


def _check_several(input: Any) -> None:
    if prod(input.shape[:1] + input.shape[2:]) == 1:
        raise ValueError(
            f"batch_norm: input must have several numbers for each channel while training, got "
            f"shape {input.shape}: use larger batches, or eval()"
        )


def _check_given(running_mean: Any, running_var: Any) -> None:
    if running_mean is None or running_var is None:
        raise ValueError(
            "batch_norm: running_mean and running_var must be given where training is False, got "
            "None: pass both, or training=True to use those of the batch"
        )
