"""What a report says first: how good the model is on rows that it has never seen."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, final

import numpy as np

from ...data.wording import counted
from .choosing import errors_of
from .contents import Contents
from .labels import cut
from .numerals import ABSENT, percent, short

_QUANTILE = 1.959963984540054
"""Of the normal distribution: 95% lie within so many standard deviations."""


@final
class Verdict(NamedTuple):
    """The figure that counts.

    Attributes
    ----------
    figure : str
        A number such as ``97.2%``.
    sentence : str
        What it is a number of.
    remark : str
        How much it is worth; may be empty.
    """

    figure: str
    sentence: str
    remark: str


def verdict(contents: Contents) -> Verdict:
    """The figure of the test part; that of the validation part if nothing was tested.

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad.workflow.report import Contents
    >>> codes = np.array([0, 1, 1, 0])
    >>> contents = Contents(
    ...     title="", task="binary", target="y", classes=("no", "yes"), truth=codes,
    ...     predicted=np.array([0, 1, 1, 1]), inputs=codes[:, None], rows=codes,
    ... )
    >>> verdict(contents)[:2]
    ('75.0%', 'of 4 test rows are classified correctly')
    """
    if not len(contents.truth):
        return _untested(contents)
    return _of_numbers(contents) if contents.task == "regression" else _of_classes(contents)


def wilson(right: int, count: int) -> tuple[float, float]:
    """The interval that covers the true share of right answers in 95 of 100 tests.

    With p = right / count and z = 1.96, it is
    ``(p + z**2 / 2n +- z * sqrt(p * (1 - p) / n + z**2 / 4n**2)) / (1 + z**2 / n)``.

    References
    ----------
    Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson(9, 10)]
    [0.596, 0.982]
    """
    share, square = right / count, _QUANTILE**2 / count
    middle = share + square / 2
    half = sqrt(share * (1 - share) * square + square**2 / 4)
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def _of_classes(contents: Contents) -> Verdict:
    count = len(contents.truth)
    right = int((contents.truth == contents.predicted).sum())
    low, high = wilson(right, count)
    codes, frequencies = np.unique(contents.truth, return_counts=True)
    most = int(frequencies.argmax())
    always = cut(contents.labels[int(codes[most])], 40)
    return Verdict(
        percent(right / count),
        f"of {counted(count, 'test row')} are classified correctly",
        f"The 95% interval is {percent(low)} to {percent(high)}. Always answering “{always}” would "
        f"be right for {percent(frequencies[most] / count)}.",
    )


def _of_numbers(contents: Contents) -> Verdict:
    count = len(contents.truth)
    errors = errors_of(contents)
    broken = int((~np.isfinite(errors)).sum())
    if broken:
        return Verdict(
            f"{broken} of {count}", "predictions are not finite numbers", "Training has failed."
        )
    with np.errstate(all="ignore"):
        off = _size(errors)
        spread = _size(contents.truth - contents.truth.astype(np.float64).mean())
        explained = float(1 - np.square(off / spread)) if spread > 0 else np.nan
    rows = counted(count, "test row")
    if not np.isfinite(explained):
        return Verdict(short(off), f"is the typical error of “{contents.target}” on {rows}", "")
    share = percent(explained) if explained > 0 else "nothing"
    return Verdict(
        f"{explained:.3f}",
        f"is R² on {rows}",
        f"The model explains {share} of how “{contents.target}” varies: it is off by {short(off)} "
        f"(root mean square), where always answering the mean would be off by {short(spread)}.",
    )


def _size(errors: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """The root of the mean square, of numbers of any size."""
    largest = float(np.abs(errors).max())
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.mean((errors / largest) ** 2)))


def _untested(contents: Contents) -> Verdict:
    figures = contents.metrics.get("validation", {})
    rows = counted(contents.parts.get("validation", 0), "validation row")
    remark = (
        "No rows were kept apart for a test. Training was steered by these, so expect a little "
        "less of new ones."
    )
    if "accuracy" in figures:
        return Verdict(percent(figures["accuracy"]), f"of {rows} are classified correctly", remark)
    if "loss" in figures:
        return Verdict(short(figures["loss"]), f"is the loss of {rows}", remark)
    return Verdict(
        ABSENT,
        "no rows were kept apart for a test",
        "How good the model is on new rows is not known.",
    )
