"""A process that is measured from outside: its cores, its memory, and a script that it runs."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def use_cores(threads: int) -> None:
    """Stay on as many cores as there are to be threads, where the system lets a process choose."""
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def own_memory(field: str) -> float:
    """This process's memory in megabytes: ``VmHWM`` at its peak, ``VmRSS`` now."""
    try:  # the resource usage of a child counts its parent's memory until it is replaced
        with open("/proc/self/status") as status:
            kilobytes = next(int(line.split()[1]) for line in status if field in line)
    except (OSError, StopIteration):
        import resource

        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024


def run_script() -> None:
    """Run a script on its arguments, behind the number of threads, and print the peak memory."""
    import runpy

    use_cores(int(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_path(sys.argv[0], run_name="__main__")
    print(own_memory("VmHWM"))
