"""How threads share work, in compiled code.

The memory of a crew is a row of 64-bit words, each at a fixed place. A thread that has work to
share writes down what is to be called and how often, and wakes the others up; each tile is taken by
whoever counts :data:`NEXT` up to its number. Importing this module imports Numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.typing import templates
from numba.extending import intrinsic

from .crew_memory import (
    BUSY,
    COUNT,
    DONE,
    FUNCTION,
    HELPERS,
    JOB,
    MEMORY,
    NEXT,
    NUMBERS,
    POST,
    SEMAPHORE,
    TRY,
    WAIT,
    WORDS,
    YIELD,
)
from .intrinsics import int64_at

NONE = 1 << 40

PATIENCE = 4000
"""How often a thread looks for more work before it sleeps, some tens of microseconds together: the
next loop of a step comes sooner than a thread that sleeps is awake."""

_signature: Any = templates.signature
_place: Any = cgutils.alloca_once


def _atomic(operation: str) -> Any:
    """The intrinsic that changes a word so that no other thread comes in between; gives the old."""

    def change(typing: Any, memory: Any, place: Any, value: Any) -> Any:
        def write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
            pointer = builder.gep(arguments[0], [arguments[1]])
            return builder.atomic_rmw(operation, pointer, arguments[2], "seq_cst")

        return _signature(types.int64, memory, types.int64, types.int64), write

    return intrinsic(change)


added = _atomic("add")
exchanged = _atomic("xchg")


def _called_with(typing: Any, function: Any, argument: Any) -> Any:
    """Call the C function ``int f(void *)`` at an address."""

    def write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(64)])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])

    return _signature(types.int32, types.int64, types.int64), write


def _called(
    typing: Any, function: Any, memory: Any, numbers: Any, words: Any, job: Any, tile: Any
) -> Any:
    """Call the code of a step, or that of one tile of a job in it.

    It is at an address; see :mod:`twingrad.engine.machine_code`.
    """
    whole = types.int64

    def write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        place, *given = arguments
        word = ir.IntType(64)
        result, exception = _place(builder, word), _place(builder, word)
        kind = ir.FunctionType(ir.IntType(32), [result.type, exception.type, *[word] * 8])
        nothing = ir.Constant(word, 0)
        memory, numbers, words, job, tile = given
        passed = [memory, numbers, words, nothing, nothing, nothing, job, tile]
        builder.call(builder.inttoptr(place, kind.as_pointer()), [result, exception, *passed])
        return builder.load(result)

    return _signature(whole, *[whole] * 6), write


called_with: Any = intrinsic(_called_with)
called: Any = intrinsic(_called)


@njit(error_model="numpy")
def take_tiles(crew: Any) -> None:
    """Take tiles until there are none left."""
    while True:
        tile = added(crew, NEXT, 1)
        if tile >= crew[COUNT]:
            return
        called(crew[FUNCTION], crew[MEMORY], crew[NUMBERS], crew[WORDS], crew[JOB], tile)
        added(crew, DONE, 1)


@njit(error_model="numpy")
def work(place: int) -> int:
    """Wait for work, share it, and wait again, as long as there is a crew."""
    crew = int64_at(place)
    while crew[HELPERS] > 0:
        looks = 0
        while looks < PATIENCE and called_with(crew[TRY], crew[SEMAPHORE]) != 0:
            looks += 1
        if looks == PATIENCE:
            called_with(crew[WAIT], crew[SEMAPHORE])
        take_tiles(crew)
    return 0


@njit("void(int64, int64, int64, int64, int64, int64, int64)", error_model="numpy")
def shared(
    place: int, function: int, memory: int, numbers: int, words: int, job: int, tiles: int
) -> None:
    """Have all tiles of a job done, by this thread and those of the crew that are free."""
    crew = int64_at(place)
    if place == 0 or exchanged(crew, BUSY, 1) == 1:
        for tile in range(tiles):
            called(function, memory, numbers, words, job, tile)
        return
    exchanged(crew, NEXT, NONE)  # whoever wakes up late finds nothing, whatever is written here
    crew[FUNCTION] = function
    crew[MEMORY] = memory
    crew[NUMBERS] = numbers
    crew[WORDS] = words
    crew[JOB] = job
    crew[COUNT] = tiles
    exchanged(crew, DONE, 0)
    exchanged(crew, NEXT, 0)
    for _ in range(min(crew[HELPERS], tiles - 1)):
        called_with(crew[POST], crew[SEMAPHORE])
    take_tiles(crew)
    while added(crew, DONE, 0) < tiles:
        called_with(crew[YIELD], 0)  # whoever has the last tile may be waiting for a processor
    exchanged(crew, BUSY, 0)
