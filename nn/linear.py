"""Layers of neurons: weighted sums of their inputs."""

from __future__ import annotations

from math import sqrt
from typing import Any, final

from ..engine.checks import checked_count
from . import init
from .functional.linear import bilinear, linear
from .module import Module
from .parameter import empty_parameter


@final
class Identity(Module):
    """Gives what it gets; any arguments of the constructor are ignored, as in PyTorch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input


@final
class Linear(Module):
    """A layer of neurons: ``y = x @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
        The lengths of an input and of an output; at least 0.
    bias : bool
        Whether there is a bias.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight : operand of shape (out_features, in_features)
        Drawn from U(-1/sqrt(in_features), 1/sqrt(in_features)).
    bias : operand of shape (out_features,) or None
        Drawn from the same distribution.

    Raises
    ------
    ValueError
        If a length is negative, or an input does not fit.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(twingrad.zeros(5, 3)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        backend: str | None = None,
    ) -> None:
        super().__init__()
        self.in_features = checked_count(in_features, "Linear: in_features")
        self.out_features = checked_count(out_features, "Linear: out_features")
        self.weight = empty_parameter((self.out_features, self.in_features), backend)
        self.bias = empty_parameter((self.out_features,), backend) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _draw(self.weight, self.bias, self.in_features)

    def forward(self, input: Any) -> Any:
        """The outputs, of shape ``(..., out_features)``, of inputs ``(..., in_features)``."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


@final
class Bilinear(Module):
    """``y[k] = x1 @ weight[k] @ x2 + bias[k]``, for two inputs side by side.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The lengths of the inputs and of the output.
    bias : bool
        Whether there is a bias.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight : operand of shape (out_features, in1_features, in2_features)
        Drawn from U(-1/sqrt(in1_features), 1/sqrt(in1_features)).
    bias : operand of shape (out_features,) or None
        Drawn from the same distribution.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        backend: str | None = None,
    ) -> None:
        super().__init__()
        self.in1_features = checked_count(in1_features, "Bilinear: in1_features")
        self.in2_features = checked_count(in2_features, "Bilinear: in2_features")
        self.out_features = checked_count(out_features, "Bilinear: out_features")
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = empty_parameter(shape, backend)
        self.bias = empty_parameter((self.out_features,), backend) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _draw(self.weight, self.bias, self.in1_features)

    def forward(self, input1: Any, input2: Any) -> Any:
        """The outputs, of shape ``(..., out_features)``."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


def _draw(weight: Any, bias: Any, fan_in: int) -> None:
    bound = 1 / sqrt(fan_in) if fan_in else 0.0
    init.uniform_(weight, -bound, bound)
    if bias is not None:
        init.uniform_(bias, -bound, bound)
