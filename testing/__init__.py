"""Gradient checking for everybody: functions of ours, of PyTorch, JAX, autograd, and plain NumPy.

>>> import twingrad
>>> from twingrad import testing
>>> print(testing.gradcheck(twingrad.tanh, 0.5))
gradcheck of tanh: the derivative is right
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..engine.absent import sentence as _sentence
from .adapters import from_autograd, from_jax, from_numpy, from_torch
from .findings import Finding, Judgement, Verdict, Violation
from .gradcheck import gradcheck
from .report import GradientError, GradientWarning, Report

if TYPE_CHECKING:
    from . import strategies
    from .properties import gradcheck_property

_LATER = {
    "gradcheck_property": (".properties", "gradcheck_property"),
    "strategies": (".strategies", None),
}
"""What needs Hypothesis, loaded when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(_sentence(__name__, name))
    path, member = _LATER[name]
    room = import_module(path, __name__)
    found = globals()[name] = room if member is None else vars(room)[member]
    return found


__all__ = [
    "Finding",
    "GradientError",
    "GradientWarning",
    "Judgement",
    "Report",
    "Verdict",
    "Violation",
    "from_autograd",
    "from_jax",
    "from_numpy",
    "from_torch",
    "gradcheck",
    "gradcheck_property",
    "strategies",
]
