"""Parameters drawn so that signals keep their size from layer to layer: Xavier, Kaiming.

``fan_in`` is the number of inputs of a unit, ``fan_out`` the number of units that an input goes
to: for a weight of shape ``(out, in, ...)`` they are ``in`` and ``out``, times the lengths that
follow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod, sqrt
from types import MappingProxyType
from typing import Any

from ...engine.checks import number_within
from ...engine.operation import real_number
from ...engine.wording import suggestion
from ..backend import Generator
from .distributions import normal_, uniform_
from .draws import shape_to_draw

_GAINS: Mapping[str, float] = MappingProxyType(
    {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "conv3d": 1.0,
        "conv_transpose1d": 1.0,
        "conv_transpose2d": 1.0,
        "conv_transpose3d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": sqrt(2),
        "leaky_relu": sqrt(2 / (1 + 0.01**2)),
        "selu": 0.75,
    }
)
_LIKE_RELU = frozenset({"celu", "elu", "gelu", "hardswish", "mish", "relu6", "silu", "softplus"})
_MODES = ("fan_in", "fan_out")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before a nonlinear function are to be greater.

    1 for ``linear``, ``sigmoid`` and the names of convolutions, 5/3 for ``tanh``, sqrt(2) for
    ``relu``, ``sqrt(2 / (1 + slope**2))`` for ``leaky_relu``, 3/4 for ``selu``.

    Parameters
    ----------
    nonlinearity : str
        The name of the function in ``nn.functional``.
    param : float, optional
        The slope of ``leaky_relu`` below 0, 0.01 if not given; other functions have none.

    Raises
    ------
    ValueError
        If there is no gain for this name.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    _check_choice(nonlinearity, _GAINS, "calculate_gain: nonlinearity")
    if nonlinearity == "leaky_relu" and param is not None:
        return sqrt(2 / (1 + real_number(param, "calculate_gain: param") ** 2))
    return _GAINS[nonlinearity]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Draw from U(-a, a) with ``a = gain * sqrt(6 / (fan_in + fan_out))``.

    The variance of signals is then kept forward and of gradients backward, as far as both can be:
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.

    Parameters
    ----------
    tensor : Tensor or Array of shape (out, in, ...)
        What is filled in place. Without elements it is left as it is.
    gain : float
        The factor of :func:`calculate_gain`; at least 0.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``tensor`` has fewer than two dimensions, or ``gain`` is below 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = nn.init.xavier_uniform_(twingrad.zeros(3, 5), nn.init.calculate_gain("tanh"))
    >>> bool((abs(w) < 5 / 3 * (6 / 8) ** 0.5).all())
    True
    """
    fans = _fans(tensor, "xavier_uniform_")
    return _uniform(tensor, _gain(gain, "xavier_uniform_"), sum(fans) / 2, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Draw from N(0, std**2) with ``std = gain * sqrt(2 / (fan_in + fan_out))``.

    Arguments, errors and paper are those of :func:`xavier_uniform_`.
    """
    fans = _fans(tensor, "xavier_normal_")
    return _normal(tensor, _gain(gain, "xavier_normal_"), sum(fans) / 2, generator)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Draw from U(-bound, bound) with ``bound = gain * sqrt(3 / fan)``.

    The variance of signals (``fan_in``) or of gradients (``fan_out``) is then kept behind
    rectifiers: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.

    Parameters
    ----------
    tensor : Tensor or Array of shape (out, in, ...)
        What is filled in place. Without elements it is left as it is.
    a : float
        The slope below 0 of the ``leaky_relu`` behind the layer; 0 makes it a relu.
    mode : str
        ``"fan_in"`` or ``"fan_out"``.
    nonlinearity : str
        The function behind the layer, of which :func:`calculate_gain` gives the gain.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``tensor`` has fewer than two dimensions, or for another ``mode`` or ``nonlinearity``.
    """
    fan = _fan(tensor, mode, "kaiming_uniform_")
    return _uniform(tensor, calculate_gain(nonlinearity, a), fan, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Draw from N(0, std**2) with ``std = gain / sqrt(fan)``.

    Arguments, errors and paper are those of :func:`kaiming_uniform_`.
    """
    fan = _fan(tensor, mode, "kaiming_normal_")
    return _normal(tensor, calculate_gain(nonlinearity, a), fan, generator)


def _uniform(tensor: Any, gain: float, fan: float, generator: Generator | None) -> Any:
    bound = gain * sqrt(3 / fan) if fan else 0.0
    return uniform_(tensor, -bound, bound, generator)


def _normal(tensor: Any, gain: float, fan: float, generator: Generator | None) -> Any:
    return normal_(tensor, 0.0, gain / sqrt(fan) if fan else 0.0, generator)


def _fans(tensor: Any, what: str) -> tuple[int, int]:
    """``fan_in`` and ``fan_out``."""
    shape = shape_to_draw(tensor, what)
    if len(shape) < 2:
        raise ValueError(
            f"{what}: tensor must have two or more dimensions, got shape {shape}: fan_in and "
            "fan_out are those of a weight; draw a bias with uniform_ or set it with zeros_"
        )
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _fan(tensor: Any, mode: str, what: str) -> int:
    """One of both."""
    chosen = str(mode).lower()
    _check_choice(chosen, _MODES, f"{what}: mode")
    return _fans(tensor, what)[_MODES.index(chosen)]


def _gain(gain: Any, what: str) -> float:
    return number_within(gain, f"{what}: gain", "take one from calculate_gain", at_least=0)


def _check_choice(given: Any, choices: Collection[str], what: str) -> None:
    if given not in choices:
        cure = suggestion(given, choices, "write one of these")
        if given in _LIKE_RELU and choices is _GAINS:
            cure = f"write 'relu', which {given} is like"
        raise ValueError(f"{what} must be one of {', '.join(choices)}, got {given!r}: {cure}")
