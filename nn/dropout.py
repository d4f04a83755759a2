"""Layers that add noise while training, and do nothing in evaluation."""

from __future__ import annotations

from typing import Any, final

from .functional.dropout import (
    alpha_dropout,
    checked_deviation,
    checked_probability,
    dropout,
    gaussian_noise,
)
from .module import Module


@final
class Dropout(Module):
    """While training, each element is made 0 with probability p; the others are divided by 1 - p.

    Their mean is kept that way, so nothing has to be done in evaluation. Numbers are drawn from the
    default generator, the same on both twins after ``twingrad.manual_seed``.

    Parameters
    ----------
    p : float
        From 0 to 1.

    Raises
    ------
    ValueError
        For a ``p`` outside [0, 1].

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> layer = nn.Dropout(0.5)
    >>> sorted(set(layer(twingrad.ones(100)).tolist()))
    [0.0, 2.0]
    >>> set(layer.eval()(twingrad.ones(100)).tolist())
    {1.0}
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = checked_probability(p, "Dropout")

    def forward(self, input: Any) -> Any:
        """Elements of the input, and zeros, of the same shape."""
        return dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


@final
class AlphaDropout(Module):
    """Dropout for networks of :class:`~twingrad.nn.SELU`, which keeps mean 0 and variance 1.

    While training, an element is set to -1.7581, which is what selu gives far to the left, with
    probability p; then all are scaled and shifted so that mean and variance are kept.

    Parameters
    ----------
    p : float
        From 0 to 1.

    Raises
    ------
    ValueError
        For a ``p`` outside [0, 1].

    References
    ----------
    Klambauer et al., "Self-Normalizing Neural Networks", 2017.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = checked_probability(p, "AlphaDropout")

    def forward(self, input: Any) -> Any:
        """Elements of the input scaled and shifted, and one number in the place of the others."""
        return alpha_dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


@final
class GaussianNoise(Module):
    """While training, ``y = x + std * e``, with an e drawn from N(0, 1) for each element.

    Parameters
    ----------
    std : float
        The standard deviation of the noise; at least 0.

    Raises
    ------
    ValueError
        For a negative ``std``.

    References
    ----------
    Bishop, "Training with Noise is Equivalent to Tikhonov Regularization", 1995.
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = checked_deviation(std, "GaussianNoise")

    def forward(self, input: Any) -> Any:
        """The input with noise, of the same shape."""
        return gaussian_noise(input, self.std, self.training)

    def extra_repr(self) -> str:
        return f"std={self.std}"
