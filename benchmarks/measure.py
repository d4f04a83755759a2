"""Timing turn about, peak memory in a process of its own, and tables of the results."""

from __future__ import annotations

import gc
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping


def turn_about(
    contenders: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each contender, one run of each per round, so that all share the same noise."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for function in contenders.values():
        function()  # the first run pays for compilation and caches; it is not counted
    for _ in range(rounds):
        for name, function in contenders.items():
            gc.collect()
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def print_table(seconds: Mapping[str, list[float]], reference: str, unit: float = 1e-3) -> None:
    """Medians with quartiles, and how many times faster each is than the reference."""
    symbol = {1.0: "s", 1e-3: "ms", 1e-6: "us"}[unit]
    base = statistics.median(seconds[reference])
    width = max(map(len, seconds))
    print(f"{'':{width}}  {'median':>10} {'quartiles':>21}  {'times faster':>12}")
    for name, runs in seconds.items():
        low, middle, high = statistics.quantiles(runs, n=4)
        quartiles = f"{low / unit:.2f} .. {high / unit:.2f}"
        print(
            f"{name:{width}}  {middle / unit:8.2f} {symbol} {quartiles:>21}  {base / middle:11.2f}x"
        )


def peak_megabytes(arguments: list[str]) -> float:
    """The peak memory of this script run again, alone, with ``arguments``.

    That run must end by calling :func:`print_own_peak`.
    """
    ran = subprocess.run(
        [sys.executable, sys.argv[0], *arguments], capture_output=True, text=True, check=True
    )
    return float(ran.stdout.split()[-1])


def print_own_peak() -> None:
    """Print this process's peak memory in megabytes, for :func:`peak_megabytes` to read."""
    try:  # the resource usage of a child counts its parent's memory until it is replaced
        with open("/proc/self/status") as status:
            kilobytes = next(int(line.split()[1]) for line in status if "VmHWM" in line)
    except (OSError, StopIteration):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(kilobytes / 1024)


def describe_machine() -> None:
    """Print what the figures were measured on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            model = next(line.split(":")[1].strip() for line in info if "model name" in line)
    except (OSError, StopIteration):
        pass
    print(f"Python {platform.python_version()}, {platform.system()}, {model}\n")
