"""Activations with a bend like an S, exact or made of straight pieces."""

from __future__ import annotations

from typing import Any, final

from ...engine.checks import ordered
from ...engine.operation import real_number
from .. import functional
from .base import Activation


@final
class Tanh(Activation):
    """The hyperbolic tangent: from -1 to 1, with slope 1 at 0.

    References
    ----------
    LeCun et al., "Efficient BackProp", 1998, on why it trains better than a sigmoid.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.tanh(input)


@final
class Sigmoid(Activation):
    """The logistic function ``1 / (1 + exp(-x))``: from 0 to 1, a probability for log-odds x.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating
    errors", 1986.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.Sigmoid()([-1e4, 0.0, 1e4]).tolist()
    [0.0, 0.5, 1.0]
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.sigmoid(input)


@final
class LogSigmoid(Activation):
    """``log(1 / (1 + exp(-x)))``, computed so that it is about x far to the left, not -inf."""

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.logsigmoid(input)


@final
class Softsign(Activation):
    """``x / (1 + |x|)``: from -1 to 1, more slowly than tanh.

    References
    ----------
    Turian, Bergstra and Bengio, "Quadratic features and deep architectures for
    chunking", 2009.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.softsign(input)


@final
class Hardtanh(Activation):
    """``min(max(x, min_val), max_val)``, with slope 0 at the bounds and beyond.

    Parameters
    ----------
    min_val, max_val : float
        The bounds.

    Raises
    ------
    ValueError
        If ``min_val`` is above ``max_val``.

    References
    ----------
    Collobert, "Large scale machine learning", 2004.
    """

    options = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__()
        self.min_val, self.max_val = ordered("Hardtanh", min_val=min_val, max_val=max_val)

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, held between the bounds."""
        return functional.hardtanh(input, self.min_val, self.max_val)


@final
class Hardsigmoid(Activation):
    """``(x + 3) / 6`` held between 0 and 1.

    References
    ----------
    Courbariaux, Bengio and David, "BinaryConnect", 2015.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.hardsigmoid(input)


@final
class Softplus(Activation):
    """``log(1 + exp(beta * x)) / beta``: a smooth ReLU, positive everywhere.

    Parameters
    ----------
    beta : float
        How sharp its bend is; for large numbers it is a ReLU.
    threshold : float
        Where ``beta * x`` is above it, x itself is given, as in PyTorch.

    References
    ----------
    Dugas et al., "Incorporating second-order functional knowledge for better option
    pricing", 2001.
    """

    options = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = real_number(beta, "Softplus: beta")
        self.threshold = real_number(threshold, "Softplus: threshold")

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.softplus(input, self.beta, self.threshold)


@final
class SiLU(Activation):
    """``x * sigmoid(x)``, also called swish: a ReLU with a smooth dip below 0.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", 2018; Ramachandran, Zoph and Le, 2017.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.silu(input)


@final
class Mish(Activation):
    """``x * tanh(softplus(x))``.

    References
    ----------
    Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.mish(input)


@final
class GELU(Activation):
    """``x * P(N <= x)`` for a standard normal N: x weighted by how great it is among others.

    Parameters
    ----------
    approximate : str
        ``"none"`` for the exact function ``x * erfc(-x / sqrt(2)) / 2``, ``"tanh"`` for
        ``x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``.

    Raises
    ------
    ValueError
        For another ``approximate``, when it is called.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    options = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.gelu(input, self.approximate)


@final
class Hardswish(Activation):
    """``x * hardsigmoid(x)``: a SiLU made of straight and square pieces.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019.
    """

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.hardswish(input)
