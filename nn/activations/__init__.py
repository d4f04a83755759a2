"""Activations as modules: the functions of ``functional`` with their options kept."""

from .base import Activation
from .names import ACTIVATIONS, activation
from .rectifiers import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, RReLU
from .shares import GLU, LogSoftmax, Softmax, Softmin
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
from .steps import Hardshrink, Heaviside, Softshrink, Tanhshrink, Threshold

__all__ = [
    "ACTIVATIONS",
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Activation",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Heaviside",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "activation",
]
