"""How parameters begin: numbers drawn or set in place, as in ``torch.nn.init``.

Each function fills a Tensor or an Array in place, without history, and gives it back. What is
drawn comes from ``generator``, or from the default one, which :func:`twingrad.manual_seed` seeds;
the same seed gives the same float64 numbers on both twins.

Examples
--------
>>> import twingrad
>>> from twingrad import nn
>>> generator = twingrad.manual_seed(0)
>>> layer = nn.Linear(3, 2)
>>> weight = nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
>>> weight is layer.weight
True
"""

from .distributions import constant_, normal_, ones_, trunc_normal_, uniform_, zeros_
from .fans import (
    calculate_gain,
    kaiming_normal_,
    kaiming_uniform_,
    xavier_normal_,
    xavier_uniform_,
)
from .matrices import dirac_, eye_, orthogonal_, sparse_

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]
