"""The process of one peer: it makes itself ready, and takes turns when it is told to.

It is asked in lines of JSON on its standard input, and answers in such lines. What libraries print
goes to the standard error instead.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from importlib import import_module
from typing import Any, TextIO

from . import measure
from .peers import PEERS
from .peers.base import Runner, Settings
from .problem import Problem
from .process import own_memory, use_cores
from .works import Recipe, Work


def main() -> None:
    """Answer one request after the other, until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    use_cores(first["threads"])
    try:
        _serve(first, answers)
    except Exception as error:
        _answer(answers, failed=f"{type(error).__name__}: {error}")


def _serve(first: dict[str, Any], answers: TextIO) -> None:
    peer = PEERS[first["peer"]]
    work = work_of(first["work"])
    problem = Problem(work)
    began = time.perf_counter()
    for module in peer.modules:
        import_module(module)
    imported = time.perf_counter()
    runner = peer.make(work, problem, Settings(first["threads"], first["shuffled"]))
    losses = runner.run(1)
    ended = time.perf_counter()
    _answer(answers, imported=imported - began, first=ended - imported, losses=losses)
    for line in sys.stdin:
        _answer(answers, **_reply(runner, json.loads(line)))


def _reply(runner: Runner, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request: ``run``, ``fill``, ``turn`` or ``peak``."""
    match asked:
        case {"run": passes}:
            return {"losses": runner.run(passes)}
        case {"fill": seconds}:
            runs = measure.runs_to_fill(runner.run, seconds)
            gc.collect()
            gc.freeze()  # what the imports left behind is not searched in every collection
            return {"runs": runs}
        case {"turn": runs, "pause": pause}:
            return {"seconds": measure.turn(runner.run, runs, warm=runs > 1, pause=pause)}
    return {"peak": own_memory("VmHWM")}


def work_of(fields: dict[str, Any]) -> Work:
    """A work that was written as JSON, without its aims."""
    recipe = fields["recipe"]
    return Work(
        name=fields["name"],
        kind=fields["kind"],
        sizes=tuple(fields["sizes"]),
        batch=fields["batch"],
        batches=fields["batches"],
        recipe=None if recipe is None else Recipe(**recipe),
    )


def _answer(answers: TextIO, **fields: Any) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()
