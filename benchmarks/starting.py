"""From the start of a process to a trained model: scripts that are run turn about."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .conductor import Effort, Say, counted
from .peers import PEERS
from .processes import command, environment
from .results import Result
from .scalar_problem import moons
from .works import Work

_GOOD = 0.97
"""The share of points that a trained model gets right."""


@dataclass(frozen=True, slots=True)
class Starter:
    """A script: its file in ``moons/``, and the peer whose packages it needs.

    A cold one finds an empty folder for compiled code each time; a slow one is left out in a hurry.
    """

    script: str
    peer: str
    cold: bool = False
    slow: bool = False


STARTERS = {
    "twingrad": Starter("with_twingrad.py", "twingrad"),
    "twingrad, cold cache": Starter("with_twingrad.py", "twingrad", cold=True),
    "PyTorch": Starter("with_pytorch.py", "PyTorch"),
    "JAX, lax.scan": Starter("with_jax.py", "JAX, lax.scan", slow=True),
    "scikit-learn": Starter("with_sklearn.py", "scikit-learn", slow=True),
}
"""The scripts, by the name in the table."""


def compare_starts(
    work: Work, names: Sequence[str], threads: int, effort: Effort, say: Say
) -> list[Result]:
    """Measure some of :data:`STARTERS`; a first run of each, but of cold ones, is not counted."""
    results = {
        name: Result(work.name, name, threads, PEERS[STARTERS[name].peer].version())
        for name in names
    }
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "moons.npz")
        x, y = moons(work.rows // 2)
        np.savez(data, x=x.astype(np.float32), y=(y + 1) // 2)
        for turn in range(1 + max(1, effort.rounds // 3)):
            for place, (name, result) in enumerate(results.items()):
                say(f"{work.name}, {counted(threads)}: {name}")
                caches = os.path.join(
                    folder, f"{place}-{turn}" if STARTERS[name].cold else f"{place}"
                )
                if not result.note and not (STARTERS[name].cold and turn == 0):
                    _run(STARTERS[name], result, data, caches, counts=turn > 0)
    return [*results.values()]


def _run(starter: Starter, result: Result, data: str, caches: str, counts: bool) -> None:
    result.note = PEERS[starter.peer].absence()
    if result.note:
        return
    script = str(Path(__file__).parent / "moons" / starter.script)
    words = command("process.run_script", str(result.threads), script, data)
    began = time.perf_counter()
    ran = subprocess.run(
        words, capture_output=True, text=True, env=environment(result.threads, caches)
    )
    seconds = time.perf_counter() - began
    if ran.returncode:
        result.note = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        result.seconds = []
        return
    right, peak = map(float, ran.stdout.split()[-2:])
    if right < _GOOD:
        result.note, result.seconds = f"left out: it gets only {right:.1%} right", []
    elif counts:
        result.seconds.append(seconds)
        result.peak = max(peak, result.peak or 0.0)
