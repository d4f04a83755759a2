"""The elementary functions of generated code, for float32 and float64.

``exp(x)`` of a float32 is a float32. Exponentials, logarithms, hyperbolic and error functions are
plain arithmetic without branches, so that a loop over them is vectorized; the others come from the
C library. All follow C99 at the infinities, at zeros of either sign, and at nan, and are right
where results overflow or lose digits near 0. The plain ones are off by at most 2.4 units of the
last place, most by less than 1.1. They use fused multiplications where the processor has them,
with the same accuracy where it has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, hypot, pow, sin, tan
from types import MappingProxyType
from typing import Any

from . import error_functions, exponentials, logarithms
from .staging import staged

exp = staged(exponentials.exp)
exp2 = staged(exponentials.exp2)
expm1 = staged(exponentials.expm1)
sinh = staged(exponentials.sinh)
cosh = staged(exponentials.cosh)
tanh = staged(exponentials.tanh)
log = staged(logarithms.log)
log2 = staged(logarithms.log2)
log10 = staged(logarithms.log10)
log1p = staged(logarithms.log1p)
erf = staged(error_functions.erf)
erfc = staged(error_functions.erfc)

functions: Mapping[str, Any] = MappingProxyType(
    {
        "exp": exp,
        "exp2": exp2,
        "expm1": expm1,
        "log": log,
        "log2": log2,
        "log10": log10,
        "log1p": log1p,
        "sin": sin,
        "cos": cos,
        "tan": tan,
        "asin": asin,
        "acos": acos,
        "atan": atan,
        "atan2": atan2,
        "sinh": sinh,
        "cosh": cosh,
        "tanh": tanh,
        "asinh": asinh,
        "acosh": acosh,
        "atanh": atanh,
        "erf": erf,
        "erfc": erfc,
        "pow": pow,
        "hypot": hypot,
    }
)
"""By the names of steps of a program; generated code imports them by these names."""
