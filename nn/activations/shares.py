"""Activations that look at several elements at once: shares of a whole, and gates."""

from __future__ import annotations

from typing import Any, final

from ...engine.shapes import whole_numbers
from .. import functional
from .base import Activation


@final
class Softmax(Activation):
    """``exp(x) / sum(exp(x))``, with the sum along ``dim``: probabilities for log-odds.

    Losses such as :class:`~twingrad.nn.CrossEntropyLoss` take the logits themselves: leave it out
    before them.

    Parameters
    ----------
    dim : int
        The dimension along which the results add up to 1.

    Raises
    ------
    IndexError
        For a dimension that an input does not have.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.Softmax(dim=1)([[0.0, 0.0], [1e4, -1e4]]).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """

    options = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        (self.dim,) = whole_numbers([dim], "Softmax: dim")

    def forward(self, input: Any) -> Any:
        """Shares, in the shape of ``input``."""
        return functional.softmax(input, self.dim)


@final
class LogSoftmax(Activation):
    """``x - log(sum(exp(x)))``, with the sum along ``dim``: the logarithm of a softmax.

    Parameters
    ----------
    dim : int
        The dimension along which the exponentials of the results add up to 1.

    Raises
    ------
    IndexError
        For a dimension that an input does not have.
    """

    options = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        (self.dim,) = whole_numbers([dim], "LogSoftmax: dim")

    def forward(self, input: Any) -> Any:
        """Logarithms of shares, in the shape of ``input``."""
        return functional.log_softmax(input, self.dim)


@final
class Softmin(Activation):
    """``exp(-x) / sum(exp(-x))``, with the sum along ``dim``: the smallest has the most.

    Parameters
    ----------
    dim : int
        The dimension along which the results add up to 1.

    Raises
    ------
    IndexError
        For a dimension that an input does not have.
    """

    options = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        (self.dim,) = whole_numbers([dim], "Softmin: dim")

    def forward(self, input: Any) -> Any:
        """Shares, in the shape of ``input``."""
        return functional.softmin(input, self.dim)


@final
class GLU(Activation):
    """The gated linear unit: ``a * sigmoid(b)``, for the halves a and b of x along ``dim``.

    Parameters
    ----------
    dim : int
        The dimension to halve, of even length.

    Raises
    ------
    IndexError
        For a dimension that an input does not have.
    ValueError
        For an input of odd length along it.

    References
    ----------
    Dauphin et al., "Language modeling with gated convolutional networks", 2017.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.GLU()([[4.0, 6.0, 0.0, 100.0]]).tolist()
    [[2.0, 6.0]]
    """

    options = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        (self.dim,) = whole_numbers([dim], "GLU: dim")

    def forward(self, input: Any) -> Any:
        """An operand half as long along ``dim``."""
        return functional.glu(input, self.dim)
