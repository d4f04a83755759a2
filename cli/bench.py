"""``twingrad bench``: how fast it is beside its peers, on this machine."""

from __future__ import annotations

import json as notation
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..engine.wording import suggestion
from .mistakes import answering_mistakes
from .output import Failure, answer, note, telling_failures, write, write_bytes

if TYPE_CHECKING:
    from ..benchmarks.results import Result

BENCH_HELP = """\
Measure training beside PyTorch, JAX, scikit-learn, micrograd and NumPy, on this machine.

Peers take turns in one run, each in a process of its own, all with as many threads; one that is \
not installed is said to be missing: the extra "bench" has them all. Notes go to stderr.

\b
twingrad bench --quick
twingrad bench tiny-epoch middle --threads 1
twingrad bench --json figures.json --plot figures.png
"""

PICTURES = ("pdf", "png", "svg")
"""The endings of pictures."""


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAMES",
            show_default=False,
            help="What to measure: tiny-epoch, small-epoch, tiny-step, small-step, middle, large, "
            "middle-regularized, large-regularized, scalar, start. Default: all of it.",
        ),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTS",
            show_default=False,
            help="With how many threads, from 1 to the number of cores; several with commas "
            "between them. Default: 1 and all cores; with --quick, 1.",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", metavar="", help="Within a minute: fewer works, peers and rounds."),
    ] = False,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write all figures as JSON.")
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw them: a .png, .svg or .pdf file.")
    ] = None,
) -> None:
    """Measure training beside its peers, on this machine."""
    with telling_failures("bench"), answering_mistakes():
        for option, target in (("--json", json), ("--plot", plot)):
            _check_folder(option, target)
        kind = _kind_of_picture(plot)
        _check_names(names or ())
        counts = _counts(threads, quick)
        results = _measured(names or (), counts, quick)
        _write(results, json, plot, kind)


def _measured(names: Sequence[str], counts: Sequence[int], quick: bool) -> list[Result]:
    from ..benchmarks.measure import machine
    from ..benchmarks.processes import tuned
    from ..benchmarks.suite import measure_work, selected
    from ..benchmarks.table import table

    answer(f"{machine()}\n")
    if variables := tuned():
        note(f"these variables are not passed on to anybody: {', '.join(variables)}")
    results: list[Result] = []
    for work in selected(names, quick=quick):
        for count in counts:
            found = measure_work(work, count, quick=quick, say=note)
            answer(f"{table(work, count, found)}\n\n")
            results += found
    return results


def _write(results: Sequence[Result], json: str | None, plot: str | None, kind: str) -> None:
    from ..benchmarks.measure import machine
    from ..benchmarks.plot import picture
    from ..benchmarks.results import as_data

    if json is not None:
        write("--json", json, notation.dumps(as_data(machine(), results), indent=1) + "\n")
    if plot is not None:
        write_bytes("--plot", plot, picture(results, machine(), kind))


def _check_folder(option: str, target: str | None) -> None:
    """Refuse a file in a folder that is not there, before anything is measured."""
    if target is not None and not Path(target).parent.is_dir():
        raise Failure(
            f"{option}: {target!r} cannot be written: there is no directory "
            f"{str(Path(target).parent)!r}: create it first"
        )


def _check_names(names: Sequence[str]) -> None:
    from ..benchmarks.works import WORKS

    for name in names:
        if name not in WORKS:
            cure = suggestion(name, WORKS, f"choose from {', '.join(WORKS)}")
            raise Failure(f"there is nothing to measure called {name!r}: {cure}")


def _counts(threads: str | None, quick: bool) -> list[int]:
    """The numbers of threads, each once."""
    from ..benchmarks.process import cores

    if threads is None:
        return [1] if quick else sorted({1, cores()})
    words = [word.strip() for word in threads.split(",")]
    if not all(word.isdecimal() and 1 <= int(word) <= cores() for word in words):
        raise Failure(
            f"--threads must be whole numbers from 1 to {cores()}, the cores, with commas between "
            f"them, got {threads!r:.60}: write for example --threads 1"
        )
    return [*dict.fromkeys(map(int, words))]


def _kind_of_picture(plot: str | None) -> str:
    """What kind of picture a file is to be."""
    if plot is None:
        return ""
    kind = Path(plot).suffix.lower().removeprefix(".")
    if kind not in PICTURES:
        raise Failure(
            f"--plot must be a file that ends in .png, .svg or .pdf, got {plot!r:.60}: give it "
            "such a name"
        )
    return kind
