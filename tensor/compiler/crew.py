"""``Crew``: threads that share the large loops and products of compiled steps.

A large product is cut into tiles, and a large loop into ranges, by their sizes alone; whoever is
free takes the next one. The results are therefore the same for any number of threads, and where
another process has the other core, the thread that runs the step does all of the work itself and
waits for nobody. BLAS itself works in one thread.

The threads wait in compiled code, on a semaphore of the C library, without the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from functools import cache
from typing import Any, final

import numpy as np

from ...engine.installation import cores
from ...engine.machine_code import machine_code
from . import crew_memory
from .sources import SOURCES

SOURCE = '''"""What a thread of the crew does."""

from twingrad.tensor.compiler.teamwork import work


def kernel(crew):
    return work(crew)
'''

SEMAPHORE = 12
"""Words of 64 bits that are kept for a semaphore; the C libraries take no more than 32 bytes."""

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@final
class Crew:
    """The threads of this process, which are started when they are first needed.

    Attributes
    ----------
    memory : array of int64
        What they share: see :mod:`.crew_memory`.
    """

    def __init__(self) -> None:
        whole = np.zeros(crew_memory.LENGTH + 8, np.int64)
        start = -whole.ctypes.data % 64 // 8
        self.memory = whole[start : start + crew_memory.LENGTH]
        self._whole = whole
        self._semaphore = ctypes.create_string_buffer(8 * SEMAPHORE)
        library: Any = ctypes.CDLL(None)
        self._begin = library.sem_init
        if self._begin(self._semaphore, 0, 0):
            raise OSError("no semaphores")
        self.memory[crew_memory.SEMAPHORE] = ctypes.addressof(self._semaphore)
        for place, function in (
            (crew_memory.WAIT, library.sem_wait),
            (crew_memory.TRY, library.sem_trywait),
            (crew_memory.POST, library.sem_post),
            (crew_memory.YIELD, library.sched_yield),
        ):
            self.memory[place] = ctypes.cast(function, ctypes.c_void_p).value or 0
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> int:
        """The address of what they share."""
        found: int = self.memory.ctypes.data
        return found

    def hire(self, count: int) -> None:
        """Have so many threads besides the one that runs a step."""
        self.memory[crew_memory.HELPERS] = count
        while len(self._threads) < count:
            work = machine_code(SOURCE, 1, SOURCES)
            name = f"twingrad crew {len(self._threads) + 1}"
            thread = threading.Thread(target=work, args=(self.address,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def forget(self) -> None:
        """Have no threads, as after a fork: what steps know of the crew stays where it is."""
        self._threads = []
        self._begin(self._semaphore, 0, 0)
        for place in (crew_memory.HELPERS, crew_memory.BUSY):
            self.memory[place] = 0


@cache
def _crew() -> Crew | None:
    """The one crew; None on systems without what it needs."""
    if sys.platform != "linux":
        return None
    try:
        return Crew()
    except (OSError, AttributeError):
        return None


def crew_address() -> int:
    """The address of the crew, with its threads at work; 0 if there is to be one thread only."""
    helpers = threads() - 1
    found = _crew() if helpers else None
    if found is None:
        return 0
    found.hire(helpers)
    return found.address


def threads() -> int:
    """How many threads a step may use: as many as there are processors, or fewer if so asked.

    The variables of the environment that BLAS libraries look at are obeyed too.
    """
    asked = [os.environ.get(name, "") for name in _VARIABLES]
    limits = [int(each) for each in asked if each.isdigit() and int(each) > 0]
    return min([cores(), *limits[:1]])


def _forget() -> None:
    """Let a forked process, which has inherited no threads, hire some of its own."""
    crew = _crew() if _crew.cache_info().currsize else None
    if crew is not None:
        crew.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget)
