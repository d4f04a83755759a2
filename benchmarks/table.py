"""Results as a table of text."""

from __future__ import annotations

from collections.abc import Sequence

from twingrad.nn.tables import aligned

from .conductor import counted
from .measure import quartiles
from .results import Result, measured, times_in_words, verdicts
from .works import Work

_HEADS = (*("", "median", "quartiles", "twingrad is", "first, cold", "first, warm", "peak"),)


def table(work: Work, threads: int, results: Sequence[Result]) -> str:
    """The results of a work, the fastest first; then who is missing, and the aims."""
    ours = next((each for each in results if each.peer == "twingrad" and each.seconds), None)
    rows = [_row(each, ours) for each in measured(results)]
    per_step = " (a step)" if work.kind in ("epoch", "step") else ""
    lines = [f"{work.title}, {counted(threads)}{per_step}"]
    lines += aligned([_HEADS, *rows], "<>>>>>>") if rows else []
    lines += [f"{each.peer}: {each.note}" for each in results if each.note]
    lines += [str(each) for each in verdicts(work, results)]
    return "\n".join(lines)


def _row(result: Result, ours: Result | None) -> tuple[str, ...]:
    low, middle, high = quartiles(result.seconds)
    name = f"{result.peer} {result.version}" if result.version else result.peer
    return (
        name,
        duration(middle),
        f"{duration(low)} .. {duration(high)}",
        "" if ours is None else f"{times_in_words(ours.ratio(result))}x as fast",
        duration(result.cold),
        duration(result.warm),
        "-" if result.peak is None else f"{result.peak:.0f} MB",
    )


def duration(seconds: float | None) -> str:
    """Seconds in a unit that suits them; a dash for None, which stands for "not measured".

    >>> duration(1.7e-5), duration(0.0123), duration(2.5), duration(None)
    ('17.0 µs', '12.3 ms', '2.50 s', '-')
    """
    if seconds is None:
        return "-"
    for unit, symbol in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{_three_digits(seconds / unit)} {symbol}"
    return f"{_three_digits(seconds * 1e6)} µs"


def _three_digits(number: float) -> str:
    return f"{number:#.3g}".removesuffix(".")
