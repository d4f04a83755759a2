"""Layers that normalize: what passes through has mean 0 and variance 1, scaled and shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from ..engine.checks import checked_count
from . import init
from .functional.normalization import (
    check_groups,
    checked_eps,
    group_norm,
    layer_norm,
    lengths,
    rms_norm,
)
from .module import Module
from .parameter import empty_parameter


@final
class LayerNorm(Module):
    """``y = (x - mean) / sqrt(variance + eps) * weight + bias``, for each example on its own.

    Mean and (biased) variance are taken over the last dimensions.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of these last dimensions.
    eps : float
        What is added to the variance; above 0.
    elementwise_affine : bool
        Whether there are a weight and a bias.
    bias : bool
        False leaves out the bias alone.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight, bias : operand of shape normalized_shape or None
        Ones and zeros, to begin with.

    Raises
    ------
    ValueError
        If ``eps`` is not above 0, or when called with an input whose shape does not end with
        ``normalized_shape``.

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization", 2016.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.LayerNorm(2)(twingrad.tensor([[1.0, 3.0], [10.0, 30.0]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]], grad_fn=<add>)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        backend: str | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = lengths(normalized_shape, "LayerNorm: normalized_shape")
        self.eps = checked_eps(eps, "LayerNorm")
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.weight = empty_parameter(shape, backend) if elementwise_affine else None
        self.bias = empty_parameter(shape, backend) if elementwise_affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """The normalized numbers, of the shape of the input, ``(..., *normalized_shape)``."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


@final
class GroupNorm(Module):
    """``y = (x - mean) / sqrt(variance + eps) * weight + bias``, for groups of channels.

    Mean and (biased) variance are those of all channels of a group of one example; weight and
    bias belong to the single channels.

    Parameters
    ----------
    num_groups : int
        Into how many groups of neighbours the channels are divided.
    num_channels : int
        The number C of channels, a multiple of ``num_groups``.
    eps : float
        What is added to the variance; above 0.
    affine : bool
        Whether there are a weight and a bias.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.
    bias : bool
        False leaves out the bias alone.

    Attributes
    ----------
    weight, bias : operand of shape (C,) or None
        Ones and zeros, to begin with.

    Raises
    ------
    ValueError
        If ``num_groups`` does not divide the channels, if ``eps`` is not above 0, or when called
        with another shape than ``(N, C, ...)``.

    References
    ----------
    Wu and He, "Group Normalization", 2018.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.GroupNorm(2, 4, affine=False)(twingrad.tensor([[1.0, 3.0, 10.0, 30.0]]))
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        backend: str | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_groups = checked_count(num_groups, "GroupNorm: num_groups", at_least=1)
        self.num_channels = checked_count(num_channels, "GroupNorm: num_channels")
        check_groups("GroupNorm", self.num_groups, self.num_channels)
        self.eps = checked_eps(eps, "GroupNorm")
        self.affine = affine
        shape = (self.num_channels,)
        self.weight = empty_parameter(shape, backend) if affine else None
        self.bias = empty_parameter(shape, backend) if affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """The normalized numbers, of the shape of the input, ``(N, C, ...)``."""
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


@final
class RMSNorm(Module):
    """``y = x / sqrt(mean(x**2) + eps) * weight``, with the mean over the last dimensions.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of these last dimensions.
    eps : float, optional
        What is added to the mean of the squares; above 0. If None, the distance from 1 to the next
        number of the dtype.
    elementwise_affine : bool
        Whether there is a weight.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight : operand of shape normalized_shape or None
        Ones, to begin with.

    Raises
    ------
    ValueError
        If ``eps`` is not above 0, or when called with an input whose shape does not end with
        ``normalized_shape``.

    References
    ----------
    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.RMSNorm(2, elementwise_affine=False)(twingrad.tensor([1.0, -7.0]))
    tensor([ 0.2000, -1.4000])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        backend: str | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = lengths(normalized_shape, "RMSNorm: normalized_shape")
        self.eps = None if eps is None else checked_eps(eps, "RMSNorm")
        self.elementwise_affine = elementwise_affine
        is_affine = elementwise_affine
        self.weight = empty_parameter(self.normalized_shape, backend) if is_affine else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        reset_affine(self.weight, None)

    def forward(self, input: Any) -> Any:
        """The normalized numbers, of the shape of the input, ``(..., *normalized_shape)``."""
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


def reset_affine(weight: Any, bias: Any) -> None:
    """Set a weight to 1 and a bias to 0, those that there are."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)
