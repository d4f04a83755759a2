"""A chain of up to two million nodes: time and memory per node, there and back and freed.

Linear means that the columns do not grow downwards. micrograd is run beside it as far as its
recursion reaches.

    python benchmarks/chain.py [--longest 2000000]
"""

from __future__ import annotations

import argparse
import gc
import time
from typing import Any

from twingrad import Value
from twingrad.benchmarks import measure


def chain(value: Any, length: int) -> tuple[float, float, float]:
    """Seconds to build a chain of additions, to differentiate it, and to free it."""
    x, one = value(1.0), value(1.0)
    gc.collect()
    start = time.perf_counter()
    node = x
    for _ in range(length):
        node = node + one
    built = time.perf_counter()
    node.backward()
    differentiated = time.perf_counter()
    assert x.grad == 1.0
    del node
    return built - start, differentiated - built, time.perf_counter() - differentiated


def print_row(name: str, length: int, seconds: tuple[float, float, float], extra: str) -> None:
    columns = " ".join(f"{each / length * 1e9:10.0f}" for each in seconds)
    print(f"{name:10} {length:>10,} {columns} {extra:>14}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--longest", type=int, default=2_000_000)
    parser.add_argument("--memory", type=int, help="build a chain of this length, for its memory")
    arguments = parser.parse_args()
    if arguments.memory is not None:
        chain(Value, arguments.memory)
        measure.print_own_peak()
        return
    measure.describe_machine()
    header = f"{'build':>10} {'backward':>10} {'free':>10} {'bytes at peak':>14}"
    print(f"{'ns a node':10} {'nodes':>10} {header}")
    idle = measure.peak_megabytes(["--memory", "1"])
    length = 1000
    while length <= arguments.longest:
        peak = measure.peak_megabytes(["--memory", str(length)]) - idle
        bytes_each = f"{peak * 2**20 / length:.0f}" if length >= 100_000 else ""
        print_row("twingrad", length, chain(Value, length), bytes_each)
        length *= 10 if length * 10 <= arguments.longest or length == arguments.longest else 2
    try:
        from micrograd.engine import Value as Micro
    except ImportError:
        print("micrograd is not installed: pip install micrograd to compare with it")
        return
    for length in (500, 1000):
        try:
            print_row("micrograd", length, chain(Micro, length), "")
        except RecursionError:
            print(f"{'micrograd':10} {length:>10,}  ends in RecursionError")


if __name__ == "__main__":
    main()
