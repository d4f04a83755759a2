"""Memory that was freed is kept for the next array, not given back to the system each time."""

import numpy as np

_LARGEST_THRESHOLD = 32 * 2**20
"""The size up to which the GNU C library adapts; see its manual on M_MMAP_THRESHOLD."""


def keep_freed_memory() -> None:
    """Have the C library hold on to up to 64 MB of freed memory.

    Out of the box the GNU C library gives the memory of larger arrays back as soon as they are
    freed, and the pages of the next one are faulted in anew: a backward pass over arrays of a
    few hundred kilobytes then takes five times as long. It learns better by itself when a large
    block is freed, so one is allocated here and freed. No page of it is touched. Other C
    libraries are not affected.
    """
    block = np.empty(_LARGEST_THRESHOLD - 2**16, np.uint8)
    del block
