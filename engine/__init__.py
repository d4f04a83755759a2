"""The scalar twin: formulas, Values, and everything to look into them with."""

from .array import Array
from .declaration import formula
from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .formula import Formula
from .functions import cat, matmul, stack
from .modes import detect_anomaly, enable_grad, no_grad
from .paths import Path
from .stepper import Stepper
from .value import Value

__all__ = [
    "Array",
    "Formula",
    "Path",
    "Stepper",
    "Value",
    "cat",
    "detect_anomaly",
    "enable_grad",
    "formula",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "matmul",
    "no_grad",
    "stack",
    "value_and_grad",
    "vjp",
]
