"""Activations that are x itself where x is large, and little or nothing where it is negative."""

from __future__ import annotations

from typing import Any, final

from ...engine.checks import checked_count, ordered
from ...engine.operation import real_number
from .. import functional
from ..backend import twin_of
from ..functional.activations import checked_alpha
from ..parameter import empty_parameter
from .base import Activation


@final
class ReLU(Activation):
    """The rectified linear unit: ``max(0, x)``, with slope 0 at 0.

    References
    ----------
    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines",
    2010; before them Fukushima 1969.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.ReLU()([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Any) -> Any:
        """The positive part of ``input``, of any shape."""
        return functional.relu(input)


@final
class ReLU6(Activation):
    """``min(max(0, x), 6)``, with slope 0 at 0 and at 6.

    References
    ----------
    Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
    """

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, held between 0 and 6."""
        return functional.relu6(input)


@final
class LeakyReLU(Activation):
    """``x if x > 0 else negative_slope * x``: a unit that never stops learning altogether.

    Parameters
    ----------
    negative_slope : float
        The slope at and below 0.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.
    """

    options = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = real_number(negative_slope, "LeakyReLU: negative_slope")

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, with its negative part made small."""
        return functional.leaky_relu(input, self.negative_slope)


@final
class PReLU(Activation):
    """``x if x > 0 else weight * x``, with slopes that are learned.

    Parameters
    ----------
    num_parameters : int
        1 for one slope for all, or the number of channels in dim 1 of the inputs.
    init : float
        Where the slopes begin.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight : operand of shape (num_parameters,)
        The slopes. Do not decay them: that would make plain rectifiers of them.

    Raises
    ------
    ValueError
        If ``num_parameters`` is below 1, or an input does not have as many channels.

    References
    ----------
    He et al., "Delving deep into rectifiers", 2015.
    """

    options = ("num_parameters",)

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, backend: str | None = None
    ) -> None:
        super().__init__()
        self.num_parameters = checked_count(num_parameters, "PReLU: num_parameters", at_least=1)
        self.init = real_number(init, "PReLU: init")
        self.weight = empty_parameter((self.num_parameters,), backend)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to ``init`` again."""
        twin_of(self.weight).write(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """``input``, of shape ``(N, num_parameters, ...)``, with its negative part scaled."""
        return functional.prelu(input, self.weight)


@final
class RReLU(Activation):
    """``x if x > 0 else a * x``, with slopes that are drawn anew for each element in training.

    The slopes a are from U(lower, upper); in evaluation they are all ``(lower + upper) / 2``.

    Parameters
    ----------
    lower, upper : float
        The bounds of the slopes.

    Raises
    ------
    ValueError
        If ``lower`` is above ``upper``.

    References
    ----------
    Xu et al., "Empirical evaluation of rectified activations in convolutional network",
    2015.
    """

    options = ("lower", "upper")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        super().__init__()
        self.lower, self.upper = ordered("RReLU", lower=lower, upper=upper)

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, with its negative part made small."""
        return functional.rrelu(input, self.lower, self.upper, self.training)


@final
class ELU(Activation):
    """``x if x > 0 else alpha * (exp(x) - 1)``: negative means, down to ``-alpha``.

    Parameters
    ----------
    alpha : float
        Where it saturates; for 1 the slope has no jump at 0.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units", 2016.
    """

    options = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = real_number(alpha, "ELU: alpha")

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.elu(input, self.alpha)


@final
class SELU(Activation):
    """``scale * elu(x, alpha)``, with scale 1.0507 and alpha 1.6733.

    Layers of it keep mean 0 and variance 1 by themselves, if their weights begin with mean 0 and
    variance ``1 / in_features`` and what drops out is :class:`~twingrad.nn.AlphaDropout`.

    References
    ----------
    Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.selu(input)


@final
class CELU(Activation):
    """``x if x > 0 else alpha * (exp(x / alpha) - 1)``: an ELU without a jump in its slope.

    Parameters
    ----------
    alpha : float
        Where it saturates, other than 0.

    Raises
    ------
    ValueError
        If ``alpha`` is 0.

    References
    ----------
    Barron, "Continuously differentiable exponential linear units", 2017.
    """

    options = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = checked_alpha(alpha, "CELU")

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.celu(input, self.alpha)
