"""Which rows of the test part a report shows: those that the model got most wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .contents import Contents
from .numerals import short


def confident_mistakes(contents: Contents, most: int) -> list[int]:
    """The places of wrong answers, the most certain first; in the order of rows without any."""
    wrong = np.flatnonzero(contents.truth != contents.predicted)
    if contents.probabilities is not None:
        wrong = wrong[np.argsort(-confidence(contents)[wrong], kind="stable")]
    return [int(place) for place in wrong[:most]]


def least_certain(contents: Contents, most: int) -> list[int]:
    """The places where the two likeliest classes are nearest to each other; none without any."""
    if contents.probabilities is None or contents.probabilities.shape[1] < 2:
        return []
    likeliest = np.sort(contents.probabilities, axis=1)[:, -2:]
    margins = likeliest[:, 1] - likeliest[:, 0]
    order = np.argsort(margins, kind="stable")
    return [int(place) for place in order[: min(most, np.isfinite(margins).sum())]]


def largest_errors(contents: Contents, most: int) -> list[int]:
    """The places of the largest errors; what is not finite comes first."""
    errors = np.abs(errors_of(contents))
    errors[np.isnan(errors)] = np.inf
    return [int(place) for place in np.argsort(-errors, kind="stable")[:most]]


def confidence(contents: Contents) -> NDArray[np.float64]:
    """The probability of each answer, shape (N,); nan without probabilities."""
    count = len(contents.predicted)
    if contents.probabilities is None:
        return np.full(count, np.nan)
    answers = contents.predicted.astype(np.int64)
    return np.asarray(contents.probabilities[np.arange(count), answers], dtype=np.float64)


def errors_of(contents: Contents) -> NDArray[np.float64]:
    """What was predicted less what is true, shape (N,)."""
    with np.errstate(all="ignore"):  # what is too large for a difference is infinite
        return np.subtract(contents.predicted, contents.truth, dtype=np.float64)


def worst(contents: Contents, most: int) -> list[int]:
    """The places of what went most wrong: confident mistakes, or the largest errors."""
    if contents.task == "regression":
        return largest_errors(contents, most)
    return confident_mistakes(contents, most)


def said_and_true(contents: Contents, place: int) -> tuple[str, str]:
    """What the model says of a row, and what is true, as text."""
    pair = contents.predicted[place], contents.truth[place]
    if contents.task == "regression":
        return short(pair[0]), short(pair[1])
    return contents.labels[int(pair[0])], contents.labels[int(pair[1])]
