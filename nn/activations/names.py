"""Activations by name, as configurations and :class:`~twingrad.nn.MLP` give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from types import MappingProxyType

from ...engine.wording import suggestion
from ..linear import Identity
from ..module import Module
from .rectifiers import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, RReLU
from .shares import LogSoftmax, Softmax, Softmin
from .sigmoids import (
    GELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LogSigmoid,
    Mish,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from .steps import Hardshrink, Heaviside, Softshrink, Tanhshrink

Factory = Callable[[], Module]

ACTIVATIONS: Mapping[str, Factory] = MappingProxyType(
    {
        "celu": CELU,
        "elu": ELU,
        "gelu": GELU,
        "gelu_tanh": partial(GELU, approximate="tanh"),
        "hardshrink": Hardshrink,
        "hardsigmoid": Hardsigmoid,
        "hardswish": Hardswish,
        "hardtanh": Hardtanh,
        "heaviside": Heaviside,
        "identity": Identity,
        "leaky_relu": LeakyReLU,
        "log_softmax": partial(LogSoftmax, dim=-1),
        "logsigmoid": LogSigmoid,
        "mish": Mish,
        "prelu": PReLU,
        "relu": ReLU,
        "relu6": ReLU6,
        "rrelu": RReLU,
        "selu": SELU,
        "sigmoid": Sigmoid,
        "silu": SiLU,
        "softmax": partial(Softmax, dim=-1),
        "softmin": partial(Softmin, dim=-1),
        "softplus": Softplus,
        "softshrink": Softshrink,
        "softsign": Softsign,
        "tanh": Tanh,
        "tanhshrink": Tanhshrink,
    }
)
"""What makes each activation, with its defaults, by the name that it has in ``functional``."""


def activation(name_or_module: str | type[Module] | Module) -> Factory:
    """What makes new modules of an activation: one for each layer.

    Parameters
    ----------
    name_or_module : str, class or Module
        A name of :data:`ACTIVATIONS`, such as ``"relu"``; a class of modules that is called
        without arguments; or a module, which is copied, its parameters included.

    Returns
    -------
    callable
        It gives a new module with every call.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For a name that is not in the table.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.activations.activation("leaky_relu")()
    LeakyReLU(negative_slope=0.01)
    """
    if isinstance(name_or_module, str):
        return _named(name_or_module)
    if isinstance(name_or_module, type) and issubclass(name_or_module, Module):
        return name_or_module
    if isinstance(name_or_module, Module):
        return partial(deepcopy, name_or_module)
    raise TypeError(
        "activation must be a name such as 'relu', a class of modules or a module, got "
        f"{type(name_or_module).__name__} {name_or_module!r:.60}: write for example nn.ReLU"
    )


def _named(name: str) -> Factory:
    found = ACTIVATIONS.get(name)
    if found is None:
        raise ValueError(
            f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}: "
            + suggestion(name, ACTIVATIONS, "or pass a module of your own")
        )
    return found
