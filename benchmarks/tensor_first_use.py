"""What a first use waits for: the import, the first steps of training, and the longest later step.

Each run is a fresh Python process that imports the library, then trains a small network (the step
of tensor_mlp.py) for some seconds and notes the time of every step. A step that takes longer than
its neighbours is a stall: of a compiler, of the garbage collector, or of the machine, which
PyTorch's column shows as well.

    python benchmarks/tensor_first_use.py [--rounds 5] [--seconds 3] [--network 2-16-16-2]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import measure
import tensor_mlp

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
while ends[-1] < ends[0] + {seconds}:
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
    "99.9 % of the steps are below": sorted(steps)[int(len(steps) * 0.999)],
}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--network", choices=tensor_mlp.NETWORKS, default="2-16-16-2")
    arguments = parser.parse_args()
    measure.describe_machine()
    folder = str(Path(__file__).parent.resolve())
    libraries = [name for name in ("torch", "twingrad") if measure.installed(name)]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in libraries}
    for _ in range(arguments.rounds):
        for library in libraries:
            code = CODE.format(
                library=library,
                folder=folder,
                network=arguments.network,
                seconds=arguments.seconds,
            )
            ran = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            runs[library].append(json.loads(ran.stdout.splitlines()[-1]))
    print(f"ms, {arguments.network}" + "".join(f"{library:>40}" for library in libraries))
    for what in runs[libraries[0]][0]:
        cells = []
        for library in libraries:
            low, middle, high = statistics.quantiles((run[what] for run in runs[library]), n=4)
            cells.append(f"{middle * 1e3:10.3f} ({low * 1e3:.3f} .. {high * 1e3:.3f})")
        print(f"{what:30}" + "".join(f"{cell:>34}" for cell in cells))


if __name__ == "__main__":
    main()
