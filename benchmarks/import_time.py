"""The start-up that ``from twingrad import Value`` adds to a process that has NumPy.

python benchmarks/import_time.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from twingrad.benchmarks import measure

CODE = """
import time, sys, numpy
start = time.perf_counter()
{statement}
print(time.perf_counter() - start, *[m for m in ("numba", "scipy") if m in sys.modules])
"""

STATEMENTS = {
    "from twingrad import Value": "from twingrad import Value",
    "import micrograd.engine": "import micrograd.engine",
    "import numba": "import numba",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    measure.describe_machine()
    seconds: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    loaded: dict[str, str] = {}
    for _ in range(arguments.rounds):
        for name, statement in STATEMENTS.items():
            ran = subprocess.run(
                [sys.executable, "-c", CODE.format(statement=statement)],
                capture_output=True,
                text=True,
            )
            if ran.returncode:
                continue
            took, *modules = ran.stdout.split()
            seconds[name].append(float(took))
            loaded[name] = ", ".join(modules) or "neither"
    for name, runs in seconds.items():
        if runs:
            print(
                f"{name:28} {statistics.median(runs) * 1e3:8.1f} ms on top of NumPy "
                f"(loads numba, scipy: {loaded[name]})"
            )
        else:
            print(f"{name:28} is not installed")


if __name__ == "__main__":
    main()
