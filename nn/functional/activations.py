"""Activations: nonlinear functions of the sums that neurons compute.

Those that are rows of :mod:`twingrad.engine.formulas` are called from there: the page of formulas
says what their derivatives are, and what is chosen at their kinks. All but the last few work
element by element, on operands of any shape. Plain numbers, lists and NumPy arrays become
constants of the selected twin.
"""

from __future__ import annotations

from typing import Any

from ...engine import formulas
from ...engine.checks import number_within, ordered
from ...engine.operation import real_number
from ...engine.shapes import normalized_dims
from ..backend import backend_of, operands, twin_of


def relu(input: Any) -> Any:
    """The rectified linear unit, ``max(0, x)``: see :class:`~twingrad.nn.ReLU`."""
    return _operand(input, "relu").relu()


def relu6(input: Any) -> Any:
    """``min(max(0, x), 6)``: see :class:`~twingrad.nn.ReLU6`."""
    return _operand(input, "relu6").relu6()


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """``x if x > 0 else negative_slope * x``: see :class:`~twingrad.nn.LeakyReLU`."""
    return _operand(input, "leaky_relu").leaky_relu(negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """``x if x > 0 else weight * x``, with one slope for all or one for each channel.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(N, C)`` or ``(N, C, ...)``; one of fewer dimensions has one channel.
    weight : operand or numbers
        Of shape ``()``, ``(1,)`` or ``(C,)``.

    Raises
    ------
    TypeError
        If the two are not of one twin.
    ValueError
        If the weight has several dimensions, or does not fit the channels.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.prelu([[-1.0, -2.0]], Array([0.5, 0.25])).tolist()
    [[-0.5, -0.5]]
    """
    input, weight = operands("prelu", input=input, weight=weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ValueError(
            f"prelu: weight must have shape (1,) or ({channels},) for an input of shape "
            f"{input.shape}, got {weight.shape}: give one slope, or one for each channel in dim 1"
        )
    behind = (1,) * (input.ndim - 2)
    return input.leaky_relu(weight.reshape((-1, *behind) if input.ndim > 1 else (1,) * input.ndim))


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
    """``x if x > 0 else a * x``, with a slope ``a`` drawn from U(lower, upper) for each element.

    Where ``training`` is False, a is ``(lower + upper) / 2``: see :class:`~twingrad.nn.RReLU`.
    Raises ``ValueError`` for a ``lower`` above ``upper``.
    """
    lower, upper = ordered("rrelu", lower=lower, upper=upper)
    input = _operand(input, "rrelu")
    if not training:
        return input.leaky_relu((lower + upper) / 2)
    drawn = twin_of(input).rand(input.shape, input)
    return input.leaky_relu(lower + (upper - lower) * drawn)


def elu(input: Any, alpha: float = 1.0) -> Any:
    """``x if x > 0 else alpha * (exp(x) - 1)``: see :class:`~twingrad.nn.ELU`."""
    return _operand(input, "elu").elu(alpha)


def selu(input: Any) -> Any:
    """``1.0507 * elu(x, 1.6733)``: see :class:`~twingrad.nn.SELU`."""
    return _operand(input, "selu").selu()


def celu(input: Any, alpha: float = 1.0) -> Any:
    """``x if x > 0 else alpha * (exp(x / alpha) - 1)``: see :class:`~twingrad.nn.CELU`.

    Raises ``ValueError`` for an ``alpha`` of 0.
    """
    return _operand(input, "celu").celu(checked_alpha(alpha, "celu"))


def gelu(input: Any, approximate: str = "none") -> Any:
    """``x * P(N(0, 1) <= x)``: see :class:`~twingrad.nn.GELU`.

    Raises ``ValueError`` for an ``approximate`` other than ``"none"`` and ``"tanh"``.
    """
    return _operand(input, "gelu").gelu(approximate)


def silu(input: Any) -> Any:
    """``x * sigmoid(x)``, also called swish: see :class:`~twingrad.nn.SiLU`."""
    return _operand(input, "silu").silu()


def mish(input: Any) -> Any:
    """``x * tanh(softplus(x))``: see :class:`~twingrad.nn.Mish`."""
    return _operand(input, "mish").mish()


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta * x)) / beta``, and x itself where ``beta * x > threshold``.

    See :class:`~twingrad.nn.Softplus`.
    """
    input = _operand(input, "softplus")
    scaled = input if beta == 1 else input * beta
    curve = scaled.softplus()
    return formulas.where(scaled > threshold, input, curve if beta == 1 else curve / beta)


def softsign(input: Any) -> Any:
    """``x / (1 + |x|)``: see :class:`~twingrad.nn.Softsign`."""
    return _operand(input, "softsign").softsign()


def tanh(input: Any) -> Any:
    """The hyperbolic tangent, from -1 to 1: see :class:`~twingrad.nn.Tanh`."""
    return _operand(input, "tanh").tanh()


def sigmoid(input: Any) -> Any:
    """The logistic function ``1 / (1 + exp(-x))``: see :class:`~twingrad.nn.Sigmoid`."""
    return _operand(input, "sigmoid").sigmoid()


def logsigmoid(input: Any) -> Any:
    """``log(sigmoid(x))``, finite far to the left: see :class:`~twingrad.nn.LogSigmoid`."""
    return _operand(input, "logsigmoid").logsigmoid()


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """``min(max(x, min_val), max_val)``: see :class:`~twingrad.nn.Hardtanh`.

    Raises ``ValueError`` for a ``min_val`` above ``max_val``.
    """
    low, high = ordered("hardtanh", min_val=min_val, max_val=max_val)
    return _operand(input, "hardtanh").hardtanh(low, high)


def hardsigmoid(input: Any) -> Any:
    """``(x + 3) / 6`` held between 0 and 1: see :class:`~twingrad.nn.Hardsigmoid`."""
    return _operand(input, "hardsigmoid").hardsigmoid()


def hardswish(input: Any) -> Any:
    """``x * hardsigmoid(x)``: see :class:`~twingrad.nn.Hardswish`."""
    return _operand(input, "hardswish").hardswish()


def tanhshrink(input: Any) -> Any:
    """``x - tanh(x)``: see :class:`~twingrad.nn.Tanhshrink`."""
    input = _operand(input, "tanhshrink")
    return input - input.tanh()


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """``0 if |x| <= lambd else x``: see :class:`~twingrad.nn.Hardshrink`."""
    input = _operand(input, "hardshrink")
    return formulas.where(input.detach().abs() <= lambd, 0.0, input)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """``sign(x) * max(|x| - lambd, 0)``: see :class:`~twingrad.nn.Softshrink`.

    Raises ``ValueError`` for a negative ``lambd``.
    """
    lambd = checked_lambd(lambd, "softshrink")
    input = _operand(input, "softshrink")
    return input - input.clamp(-lambd, lambd)


def heaviside(input: Any, values: float = 0.0) -> Any:
    """0 below 0, 1 above it, and ``values`` at 0: see :class:`~twingrad.nn.Heaviside`."""
    return _operand(input, "heaviside").heaviside(values)


def threshold(input: Any, threshold: float, value: float) -> Any:
    """``x if x > threshold else value``: see :class:`~twingrad.nn.Threshold`."""
    input = _operand(input, "threshold")
    return formulas.where(input <= threshold, value, input)


def softmax(input: Any, dim: int) -> Any:
    """``exp(x) / sum(exp(x))`` along ``dim``: see :class:`~twingrad.nn.Softmax`.

    Raises ``IndexError`` for a dimension that is not there.
    """
    (input,) = operands("softmax", input=input)
    return input.softmax(dim)


def log_softmax(input: Any, dim: int) -> Any:
    """``x - log(sum(exp(x)))`` along ``dim``: see :class:`~twingrad.nn.LogSoftmax`.

    Raises ``IndexError`` for a dimension that is not there.
    """
    (input,) = operands("log_softmax", input=input)
    return input.log_softmax(dim)


def softmin(input: Any, dim: int) -> Any:
    """``softmax(-x)`` along ``dim``: see :class:`~twingrad.nn.Softmin`.

    Raises ``IndexError`` for a dimension that is not there.
    """
    (input,) = operands("softmin", input=input)
    return (-input).softmax(dim)


def glu(input: Any, dim: int = -1) -> Any:
    """``a * sigmoid(b)``, for the first half a and the second half b along ``dim``.

    See :class:`~twingrad.nn.GLU`. Raises ``IndexError`` for a dimension that is not there, and
    ``ValueError`` for one of odd length.
    """
    (input,) = operands("glu", input=input)
    (axis,) = normalized_dims((dim,), input.ndim, "glu") or (0,)
    length = input.shape[axis] if input.ndim else 1
    if length % 2:
        raise ValueError(
            f"glu: input must have an even length along dim {dim}, got shape {input.shape}: one "
            "half of it is the gate of the other"
        )
    before = (slice(None),) * axis
    values, gates = input[(*before, slice(length // 2))], input[(*before, slice(length // 2, None))]
    return values * gates.sigmoid()


def _operand(input: Any, what: str) -> Any:
    """An operand as it is, also a single Value, and plain numbers as one of the selected twin."""
    return operands(what, input=input)[0] if backend_of(input) is None else input


def checked_alpha(alpha: Any, what: str) -> float:
    """A number that x can be divided by; ``ValueError``, beginning with ``what``, for 0."""
    number = real_number(alpha, f"{what}: alpha")
    if number == 0:
        raise ValueError(
            f"{what}: alpha must not be 0, got {alpha!r}: use relu, which is the limit there"
        )
    return number


def checked_lambd(lambd: Any, what: str) -> float:
    """A number of at least 0; ``ValueError``, beginning with ``what``, for another one."""
    return number_within(lambd, f"{what}: lambd", "it is how far x is moved towards 0", at_least=0)
