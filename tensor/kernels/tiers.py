"""Two ways to compute a program on large arrays: NumPy from the first call, a compiled loop later.

A kernel with which NumPy has lost as much time as compiling takes is compiled by a thread in the
background, and taken into use once that is done: nobody waits for the compiler, and who computes
little never loads it. Both ways give the same bits, so that it does not show in the results when
it happens.
"""

from __future__ import annotations

import atexit
import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..dtypes import DType, bool_
from .loops import loop_source, split
from .numpy_code import Kernel, program_kernel
from .program import CONDITIONS, Program

if TYPE_CHECKING:
    from ...engine.code_cache import Compiled

PATIENCE = 500_000_000
"""How much work NumPy may lose to a loop before the loop is compiled.

It is counted in passes over an element, at about a nanosecond each. Loading the compiler takes
half a second: whoever would not get that back never pays it, and nobody pays more than twice.
"""

_CHOICE = 10
"""Passes that a choice between branches counts for: NumPy's is that much slower."""


class Compilable(Protocol):
    """A program with loops that can be compiled."""

    def compile(self, numbers: frozenset[str]) -> None:
        """Compile the loop for this set of arguments that are single numbers, and use it."""


class TieredProgram:
    """A program on large arrays.

    There is one loop for each set of arguments that are single numbers, such as the slope of a
    leaky ReLU or the gradient of a sum.

    Attributes
    ----------
    loops : dict
        The compiled loops that there are, by those sets.
    """

    __slots__ = ("_before", "_dtype", "_lost", "_passes", "_program", "_split", "loops")

    def __init__(self, program: Program, dtype: DType, what: str) -> None:
        self._program = program
        self._dtype = dtype
        self._split = split(program)
        self._before: Kernel = program_kernel(self._split.before, dtype, what)
        self._passes = sum(_CHOICE if s.function == "where" else 1 for s in self._split.loop.steps)
        self._lost: dict[frozenset[str], int] = {}
        self.loops: dict[frozenset[str], Compiled] = {}

    def __call__(self, arrays: Sequence[Any]) -> tuple[Any, ...] | None:
        """The results, or None if NumPy is to compute them.

        ``arrays`` are the program's arguments, None for those that it does not use.
        """
        named = {
            name: array
            for name, array in zip(self._program.arguments, arrays, strict=True)
            if array is not None
        }
        shapes = {array.shape for array in named.values() if array.ndim}
        if len(shapes) != 1:
            return None
        (shape,) = shapes
        numbers = frozenset([name for name, array in named.items() if not array.ndim])
        loop = self.loops.get(numbers)
        if loop is None:
            self._count(numbers, prod(shape))
            return None
        before = self._split.before
        if not all([array.flags.c_contiguous for array in named.values()]):
            return None
        if before.results:
            named |= dict(zip(map(str, before.results), self._before(*arrays), strict=True))
        operands = [named[name] for name in self._split.loop.arguments]
        dtypes = self._dtypes
        for operand, dtype in zip(operands, dtypes, strict=True):
            if operand.dtype != dtype or not operand.flags.c_contiguous:
                return None
        results = [np.empty(shape, self._dtype) for _ in self._program.results]
        flat = [each.reshape(-1) if each.ndim else each[()] for each in (*operands, *results)]
        loop(*flat)
        return tuple(results)

    @property
    def _dtypes(self) -> list[DType]:
        """The dtypes of the loop's arguments."""
        names = self._split.loop.arguments
        return [bool_ if name in self._truths else self._dtype for name in names]

    @property
    def _truths(self) -> set[str]:
        return {step.target for step in self._program.steps if step.function in CONDITIONS}

    def _count(self, numbers: frozenset[str], elements: int) -> None:
        """Note the work that a loop would have saved, and ask for it when it is enough."""
        before = self._lost.get(numbers, 0)
        after = before + elements * self._passes
        self._lost[numbers] = after
        if before < PATIENCE <= after:
            compile_later(self, numbers)

    def compile(self, numbers: frozenset[str]) -> None:
        """Compile a loop, or load it from the cache, and take it into use."""
        from ...engine.code_cache import compiled  # here: hardly any process needs it

        loop = self._split.loop
        scalars = self._scalars(numbers)
        kinds = [
            _NUMBA_NAMES.get(str(dtype), str(dtype)) + ("" if name in scalars else "[::1]")
            for name, dtype in zip(loop.arguments, self._dtypes, strict=True)
        ]
        kinds += [f"{self._dtype}[::1]"] * len(loop.results)
        source = loop_source(loop, self._dtype, scalars)
        self.loops[numbers] = compiled(source, f"void({', '.join(kinds)})")

    def _scalars(self, numbers: frozenset[str]) -> set[str]:
        """The arguments of the loop that are single numbers, where ``numbers`` are."""
        scalars = {*numbers}
        for step in self._split.before.steps:
            names = {operand for operand in step.operands if isinstance(operand, str)}
            if names <= scalars:
                scalars.add(step.target)
        return scalars


_NUMBA_NAMES = {"bool": "boolean"}
_log = logging.getLogger("twingrad")
_waiting: queue.SimpleQueue[tuple[Compilable, frozenset[str]] | None] = queue.SimpleQueue()
_lock = threading.Lock()
_thread: threading.Thread | None = None


def compile_later(program: Compilable, numbers: frozenset[str]) -> None:
    """Have a loop compiled in the background."""
    global _thread
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_work, name="twingrad compiler", daemon=True)
            _thread.start()
            atexit.register(_finish)
    _waiting.put((program, numbers))


def _work() -> None:
    while (wanted := _waiting.get()) is not None:
        program, numbers = wanted
        try:
            program.compile(numbers)
        except Exception:  # without a compiler that works, NumPy goes on
            _log.warning("a kernel could not be compiled", exc_info=True)


def _finish() -> None:
    """Let the kernel that is being compiled be finished, and drop those that wait."""
    with suppress(queue.Empty):
        while True:
            _waiting.get_nowait()
    _waiting.put(None)
    if _thread is not None:
        _thread.join()
