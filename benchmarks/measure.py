"""Timing turn about, peak memory in a process of its own, checks and tables of the results."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .process import own_memory


@functools.cache
def installed(module: str) -> Any:
    """The module of a peer, or None and a line that says that it is not there."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.split(".")[0]
        print(f"{package} is not installed: pip install {package} to compare with it")
        return None


def first_calls(contenders: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the first call of each, which pays for what is compiled or built at first use."""
    return {name: seconds_of(_repeating(function), 1) for name, function in contenders.items()}


def turn_about(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    fill: float = 0.0,
    pause: float = 0.0,
) -> dict[str, list[float]]:
    """Seconds of each contender, one turn of each per round, so that all share the same noise.

    A turn is one run, or as many runs as fill ``fill`` seconds; then half as many go before it
    untimed, for they wake the threads up and fill the caches. ``pause`` seconds of sleep before
    a turn let the threads of the contender before it fall asleep, too: those of OpenBLAS and of
    OpenMP keep a core busy for tens of milliseconds after their work is done.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    repeating = {name: _repeating(function) for name, function in contenders.items()}
    runs: dict[str, int] = {}
    for name, run in repeating.items():
        run(1)  # the first run pays for compilation and caches; it is not counted
        runs[name] = runs_to_fill(run, fill)
    gc.collect()
    gc.freeze()  # what the imports left behind is not searched in every collection
    for _ in range(rounds):
        for name, run in repeating.items():
            seconds[name].append(turn(run, runs[name], warm=fill > 0, pause=pause))
    gc.unfreeze()
    return seconds


def turn(run: Callable[[int], object], runs: int, *, warm: bool, pause: float) -> float:
    """Seconds of one of ``runs`` runs, behind a pause, and half as many runs if ``warm``."""
    gc.collect()
    time.sleep(pause)
    if warm:
        run((runs + 1) // 2)
    return seconds_of(run, runs) / runs


def runs_to_fill(run: Callable[[int], object], fill: float) -> int:
    """How many runs take ``fill`` seconds."""
    runs = 1
    while (took := seconds_of(run, runs)) < fill / 4:
        runs *= 2
    return max(1, round(runs * fill / took))


def seconds_of(run: Callable[[int], object], runs: int) -> float:
    """Seconds of a function that is told how often to run."""
    start = time.perf_counter()
    run(runs)
    return time.perf_counter() - start


def _repeating(function: Callable[[], object]) -> Callable[[int], None]:
    def run(runs: int) -> None:
        for _ in range(runs):
            function()

    return run


def quartiles(seconds: list[float]) -> list[float]:
    """The lower quartile, the median and the upper quartile; of a single one, that one."""
    if len(seconds) == 1:
        return seconds * 3
    return statistics.quantiles(seconds, n=4, method="inclusive")


def print_table(
    seconds: Mapping[str, list[float]],
    reference: str,
    unit: float = 1e-3,
    first: Mapping[str, float] | None = None,
) -> None:
    """Medians with quartiles, how many times faster each is than the reference, the first call."""
    symbol = {1.0: "s", 1e-3: "ms", 1e-6: "us"}[unit]
    base = statistics.median(seconds[reference])
    width = max(map(len, seconds))
    last = f"  {'first call':>12}" if first else ""
    print(f"{'':{width}}  {'median':>10} {'quartiles':>21}  {'times faster':>12}{last}")
    for name, runs in seconds.items():
        low, middle, high = (each / unit for each in quartiles(runs))
        last = f"  {first[name] * 1e3:9.1f} ms" if first else ""
        print(
            f"{name:{width}}  {middle:8.2f} {symbol} {f'{low:.2f} .. {high:.2f}':>21}  "
            f"{base / unit / middle:11.2f}x{last}"
        )


def check_agreement(values: Mapping[str, Any], tolerance: float) -> None:
    """Stop when a contender's value is not the first one's, up to a relative ``tolerance``."""
    if said := disagreement(values, tolerance):
        raise SystemExit(said)


def disagreement(values: Mapping[str, Any], tolerance: float) -> str:
    """What :func:`check_agreement` has to say, or nothing."""
    (reference, expected), *others = ((name, np.asarray(each)) for name, each in values.items())
    for name, value in others:
        if value.shape != expected.shape or not (
            np.abs(value - expected).max() <= tolerance * np.abs(expected).max()
        ):
            return f"{name} and {reference} differ: {value} is not {expected}"
    return ""


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
    print(own_memory("VmHWM"))


def print_own_growth(function: Callable[[], object]) -> None:
    """Print by how many megabytes this process grows, at its peak, while it runs ``function``."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")  # Linux starts the peak again from what is in use now
    before = own_memory("VmRSS")
    function()
    print(own_memory("VmHWM") - before)


def describe_machine() -> None:
    """Print what the figures were measured on."""
    print(f"{machine()}\n")


def machine() -> str:
    """What the figures are measured on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            model = next(line.split(":")[1].strip() for line in info if "model name" in line)
    except (OSError, StopIteration):
        pass
    return f"Python {platform.python_version()}, {platform.system()}, {model}"


def describe_threads() -> None:
    """Print how many threads the libraries in use take, each at its default."""
    counts = {"cores": os.cpu_count()}
    if "torch" in sys.modules:
        counts["PyTorch"] = sys.modules["torch"].get_num_threads()
    if "numba" in sys.modules:
        counts["Numba"] = sys.modules["numba"].get_num_threads()
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        print("threadpoolctl is not installed: pip install threadpoolctl to see BLAS's threads")
    else:
        for pool in threadpool_info():
            counts[f"{pool['internal_api']} in {Path(pool['filepath']).name}"] = pool["num_threads"]
    print("threads:", ", ".join(f"{name} {count}" for name, count in counts.items()), "\n")
