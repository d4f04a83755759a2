"""Programs that change arrays in place: what an optimizer's update rule becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import DType
from ..quiet import quiet
from .loops import loop_source
from .numpy_code import update_kernel
from .program import Program, argument_name
from .tiers import PATIENCE, compile_later

OVERHEAD = 1000
"""Elements whose work takes as long as calling NumPy for a step."""


class Update:
    """A program over equally long arrays and single numbers that overwrites some of the arrays.

    As with other programs, NumPy computes it from the first call, and a compiled loop from when
    the time lost without it is what compiling takes. Both give the same bits.

    Parameters
    ----------
    program : Program
        Its first ``arrays`` arguments are arrays, the others numbers. Its steps are exact.
    dtype : dtype
        Of all of them.
    what : str
        For tracebacks.
    arrays : int
        How many of the arguments are arrays.
    overwritten : sequence of int
        The arguments that the results are written to, result by result.
    """

    def __init__(
        self, program: Program, dtype: DType, what: str, arrays: int, overwritten: Sequence[int]
    ) -> None:
        self._program = program
        self._dtype = dtype
        self._arrays = arrays
        self._overwritten = tuple(overwritten)
        self._plain = update_kernel(program, dtype, what, arrays, self._overwritten)
        self._lost = 0
        self.loop: Any = None
        """The compiled loop, once there is one."""

    def __call__(self, arrays: Sequence[Any], numbers: Sequence[float]) -> None:
        """Overwrite one-dimensional contiguous arrays."""
        kind = self._dtype.type
        if self.loop is not None:
            self.loop(*arrays, *[kind(number) for number in numbers])
            return
        quiet().run(self._plain, *arrays, *[np.array(number, self._dtype) for number in numbers])
        before = self._lost
        self._lost += (arrays[0].size + OVERHEAD) * len(self._program.steps)
        if before < PATIENCE <= self._lost and self._program.is_exact:
            compile_later(self, frozenset())

    def compile(self, numbers: frozenset[str]) -> None:
        """Compile the loop, or load it from the cache, and take it into use."""
        from ...engine.code_cache import compiled  # here: hardly any process needs it

        scalars = {*self._program.arguments[self._arrays :]}
        kinds = [
            f"{self._dtype}" if name in scalars else f"{self._dtype}[::1]"
            for name in self._program.arguments
        ]
        overwritten = [argument_name(k) for k in self._overwritten]
        source = loop_source(self._program, self._dtype, scalars, overwritten)
        self.loop = compiled(source, f"void({', '.join(kinds)})")
