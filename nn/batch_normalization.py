"""``BatchNorm1d``: normalization over the examples of a batch, with running averages of it."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from ..engine.checks import checked_count
from ..engine.operation import real_number
from .backend import named, twin_of
from .functional.batch_normalization import batch_norm
from .functional.normalization import checked_eps
from .module import Module
from .normalization import reset_affine
from .parameter import empty_parameter


@final
class BatchNorm1d(Module):
    """``y = (x - mean) / sqrt(variance + eps) * weight + bias``, for each channel of a batch.

    While training, mean and (biased) variance are those of the batch, and running averages of
    them are kept, of the unbiased variance; in evaluation the running ones are used.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float
        What is added to the variance; above 0.
    momentum : float or None
        The weight of the newest batch in the running averages,
        ``r = (1 - momentum) * r + momentum * own``. None averages all batches equally.
    affine : bool
        Whether there are a weight and a bias.
    track_running_stats : bool
        Whether running averages are kept; without them a batch's own are always used.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.
    bias : bool
        False leaves out the bias alone.

    Attributes
    ----------
    weight, bias : operand of shape (C,) or None
        Ones and zeros, to begin with.
    running_mean, running_var : operand of shape (C,) or None
        Zeros and ones, to begin with.
    num_batches_tracked : whole number or None
        How many batches the running averages have seen.

    Raises
    ------
    ValueError
        If ``eps`` is not above 0, or when called with another shape than ``(N, C)`` or
        ``(N, C, L)``, or while training with a single number for each channel.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", 2015.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> norm = nn.BatchNorm1d(1, eps=0.5)
    >>> norm(twingrad.tensor([[1.0], [3.0]]))
    tensor([[-0.8165],
            [ 0.8165]], grad_fn=<add>)
    >>> norm.running_mean
    tensor([0.2000])
    """

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        backend: str | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = checked_count(num_features, "BatchNorm1d: num_features")
        self.eps = checked_eps(eps, "BatchNorm1d")
        self.momentum = momentum
        if momentum is not None:
            self.momentum = real_number(momentum, "BatchNorm1d: momentum")
        self.affine = affine
        self.track_running_stats = track_running_stats
        shape = (self.num_features,)
        self.weight = empty_parameter(shape, backend) if affine else None
        self.bias = empty_parameter(shape, backend) if affine and bias else None
        twin = named(backend)
        for name in ("running_mean", "running_var"):
            zeros = twin.leaf(np.zeros(shape, np.float32), requires_grad=False)
            self.register_buffer(name, zeros if track_running_stats else None)
        count = twin.moved(np.array(0, np.int64)) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the running averages."""
        if self.track_running_stats:
            for buffer, number in (
                (self.running_mean, 0),
                (self.running_var, 1),
                (self.num_batches_tracked, 0),
            ):
                twin_of(buffer).write(buffer, number)

    def reset_parameters(self) -> None:
        """Forget the running averages, and set the weight to 1 and the bias to 0."""
        self.reset_running_stats()
        reset_affine(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """The normalized numbers, of the shape of the input, ``(N, C)`` or ``(N, C, L)``."""
        if np.ndim(input) not in (2, 3):
            raise ValueError(
                f"BatchNorm1d: input must have shape (N, C) or (N, C, L), got {np.shape(input)}: "
                "examples are along the first dimension, channels along the second"
            )
        is_tracking = self.training and self.track_running_stats
        running_mean, running_var = self.running_mean, self.running_var
        if self.training and not is_tracking:
            running_mean = running_var = None
        return batch_norm(
            input,
            running_mean,
            running_var,
            self.weight,
            self.bias,
            self.training or running_mean is None,
            self._counted_momentum() if is_tracking else 0.0,
            self.eps,
        )

    def _counted_momentum(self) -> Any:
        """The weight of this batch in the running averages, after counting it."""
        count = self.num_batches_tracked
        twin_of(count).write(count, count + 1)
        if self.momentum is not None:
            return self.momentum
        one = twin_of(self.running_mean).operand(1.0, self.running_mean)
        return one / count

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )
