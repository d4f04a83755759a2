"""Activations with thresholds: the oldest units, and what shrinks small numbers to 0."""

from __future__ import annotations

from typing import Any, final

from ...engine.operation import real_number
from .. import functional
from ..functional.activations import checked_lambd
from .base import Activation


@final
class Heaviside(Activation):
    """The step: 0 below 0, 1 above it, and ``values`` at 0.

    It is the unit of Rosenblatt's perceptron. Its slope is 0 everywhere, so that no gradient
    passes: a perceptron is trained by its own rule, on the sums below the step.

    Parameters
    ----------
    values : float
        What a sum of exactly 0 gives.

    References
    ----------
    Rosenblatt, "The perceptron: a probabilistic model for information storage and
    organization in the brain", 1958.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.Heaviside()([-0.5, 0.0, 0.5]).tolist()
    [0.0, 0.0, 1.0]
    """

    options = ("values",)

    def __init__(self, values: float = 0.0) -> None:
        super().__init__()
        self.values = real_number(values, "Heaviside: values")

    def forward(self, input: Any) -> Any:
        """0 and 1 in the shape of ``input``, which may be any."""
        return functional.heaviside(input, self.values)


@final
class Threshold(Activation):
    """``x if x > threshold else value``.

    The unit of McCulloch and Pitts fires if enough of its inputs do: it is a Linear with weights
    1 and a threshold behind it. With the bias ``1 - n`` it takes all n inputs to fire: AND.

    Parameters
    ----------
    threshold : float
        What x must exceed to pass.
    value : float
        What stands for x elsewhere; the slope is 0 there.

    References
    ----------
    McCulloch and Pitts, "A logical calculus of the ideas immanent in nervous
    activity", 1943.

    Examples
    --------
    >>> from twingrad import Tensor, nn
    >>> both = nn.Sequential(nn.Linear(2, 1), nn.Threshold(0.5, 0.0))
    >>> weights = {"0.weight": Tensor([[1.0, 1.0]]), "0.bias": Tensor([-1.0])}
    >>> _ = both.load_state_dict(weights)
    >>> both([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).flatten().tolist()
    [0.0, 0.0, 0.0, 1.0]
    """

    options = ("threshold", "value")

    def __init__(self, threshold: float, value: float) -> None:
        super().__init__()
        self.threshold = real_number(threshold, "Threshold: threshold")
        self.value = real_number(value, "Threshold: value")

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, where it is above the threshold."""
        return functional.threshold(input, self.threshold, self.value)


@final
class Hardshrink(Activation):
    """``0 if |x| <= lambd else x``: what is small is taken for noise.

    Parameters
    ----------
    lambd : float
        Up to where x is small.

    References
    ----------
    Donoho and Johnstone, "Ideal spatial adaptation by wavelet shrinkage", 1994.
    """

    options = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = real_number(lambd, "Hardshrink: lambd")

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, with 0 for what is small."""
        return functional.hardshrink(input, self.lambd)


@final
class Softshrink(Activation):
    """``sign(x) * max(|x| - lambd, 0)``: x moved towards 0, and no further.

    It is the step of proximal gradient descent with an L1 penalty.

    Parameters
    ----------
    lambd : float
        How far x is moved; at least 0.

    Raises
    ------
    ValueError
        If ``lambd`` is negative.

    References
    ----------
    Donoho, "De-noising by soft-thresholding", 1995.
    """

    options = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = checked_lambd(lambd, "Softshrink")

    def forward(self, input: Any) -> Any:
        """``input``, of any shape, moved towards 0."""
        return functional.softshrink(input, self.lambd)


@final
class Tanhshrink(Activation):
    """``x - tanh(x)``: near 0 it is ``x**3 / 3``, and far from it x less 1 or plus 1."""

    def forward(self, input: Any) -> Any:
        """The function of ``input``, of any shape."""
        return functional.tanhshrink(input)
