"""What a first use waits for: the import, the first steps of training, and the longest later step.

Each run is a fresh Python process that imports the library, then trains a small network (the step
of tensor_mlp.py) for some seconds and notes the time of every step. A step that takes longer than
its neighbours is a stall: of a compiler, of the garbage collector, or of the machine, which
PyTorch's column shows as well. twingrad runs twice: first with nothing compiled on disk, then
with what the first run has left there.

    python benchmarks/tensor_first_use.py [--rounds 5] [--seconds 3] [--networks 2-16-16-2]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from twingrad.benchmarks import measure, tensor_mlp

CODE = """
import time
start = time.perf_counter()
import {library} as library
imported = time.perf_counter()

import itertools, json, statistics, sys
sys.path.insert(0, {folder!r})
import tensor_mlp
problem = tensor_mlp.Problem({network!r})

ends = [time.perf_counter()]
step = tensor_mlp.eager(library, problem)
while len(ends) < 4 or ends[-1] < ends[0] + {seconds}:
    step()
    ends.append(time.perf_counter())
steps = [end - begin for begin, end in itertools.pairwise(ends)]
longest = max(steps[1:])
print(json.dumps({{
    "import": imported - start,
    "first step, with the tensors": steps[0],
    "second step": steps[1],
    "third step": steps[2],
    "median step": statistics.median(steps),
    "longest step after the first": longest,
    "... which ended after": ends[steps.index(longest, 1) + 1] - ends[0],
    "99.9 % are shorter than": sorted(steps)[int(len(steps) * 0.999)],
}}))
"""


def run_alone(library: str, network: str, seconds: float, cache: str) -> dict[str, float]:
    """The seconds of one fresh process; what it compiles is kept in the folder ``cache``."""
    folder = str(Path(__file__).parent.resolve())
    code = CODE.format(library=library, folder=folder, network=network, seconds=seconds)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    numbers: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument(
        "--networks",
        nargs="+",
        choices=tensor_mlp.NETWORKS,
        default=["2-16-16-2", "784-256-128-10"],
    )
    arguments = parser.parse_args()
    measure.describe_machine()
    for network in arguments.networks:
        runs: dict[str, list[dict[str, float]]] = {}
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as cache:
                for name, library in (
                    ("PyTorch", "torch"),
                    ("twingrad", "twingrad"),
                    ("twingrad, again", "twingrad"),
                ):
                    if measure.installed(library):
                        numbers = run_alone(library, network, arguments.seconds, cache)
                        runs.setdefault(name, []).append(numbers)
        print(f"{'ms, ' + network:30}" + "".join(f"{name:>30}" for name in runs))
        for what in runs["twingrad"][0]:
            cells = []
            for row in runs.values():
                times = [run[what] * 1e3 for run in row]
                low, middle, high = (f"{each:.2f}" for each in measure.quartiles(times))
                cells.append(f"{middle} ({low} .. {high})")
            print(f"{what:30}" + "".join(f"{cell:>30}" for cell in cells))
        print(flush=True)


if __name__ == "__main__":
    main()
