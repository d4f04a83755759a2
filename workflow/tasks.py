"""What follows from the target: the loss, the number of outputs, and what to say about both."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..data.dataset import Task
from ..data.wording import counted


class Aim(NamedTuple):
    """What a network is trained for.

    Attributes
    ----------
    loss : str
        The name of the loss, one of :data:`twingrad.nn.losses.names.LOSSES`.
    outputs : int
        How many numbers the network gives for a row.
    sentence : str
        What follows from what.
    """

    loss: str
    outputs: int
    sentence: str


_MANY = {
    "cross_entropy": "cross-entropy",
    "multi_margin": "a margin between classes",
}
"""Losses with an output for each class."""

_ONE = {
    "bce_with_logits": "cross-entropy",
    "focal": "the focal loss",
    "hinge": "the hinge loss",
    "perceptron": "the loss of the perceptron",
    "soft_margin": "a soft margin",
    "squared_hinge": "the squared hinge loss",
}
"""Losses with a single output, which is positive for the second of two classes."""

_NUMBERS = {
    "mse": "the mean squared error",
    "huber": "Huber's loss",
    "l1": "the mean absolute error",
    "log_cosh": "the logarithm of cosh",
    "smooth_l1": "the smooth absolute error",
}
"""Losses of numbers."""

LOSS_NAMES = (*_MANY, *_ONE, *_NUMBERS)

_USUAL: Mapping[Task, str] = MappingProxyType(
    {"regression": "mse", "binary": "bce_with_logits", "multiclass": "cross_entropy"}
)


def aim_of(task: Task, count: int, loss: str) -> Aim:
    """What to train for.

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
        What the target is.
    count : int
        How many classes it has, or how many numbers in a row.
    loss : str
        The name of a loss, or ``"auto"`` for the one that is usual for the task.

    Raises
    ------
    ValueError
        For a loss of another task.

    Examples
    --------
    >>> aim_of("binary", 2, "auto")[:2]
    ('bce_with_logits', 1)
    >>> aim_of("regression", 1, "hinge")
    Traceback (most recent call last):
    ValueError: loss must suit numbers as targets, got 'hinge': choose one of mse, huber, l1,
    log_cosh, smooth_l1
    """
    name = _USUAL[task] if loss == "auto" else loss
    known = _known(task)
    if name not in known:
        kinds = {"regression": "numbers", "binary": "two classes", "multiclass": f"{count} classes"}
        raise ValueError(
            f"loss must suit {kinds[task]} as targets, got {name!r}: choose one of "
            f"{', '.join(known)}"
        )
    outputs = 1 if name in _ONE else count
    width = counted(outputs, "number" if task == "regression" else "output")
    unit = " of the standardized target" if task == "regression" else ""
    return Aim(name, outputs, f"loss: {known[name]}{unit}, on {width} of the network")


def _known(task: Task) -> Mapping[str, str]:
    if task == "regression":
        return _NUMBERS
    return {**_ONE, **_MANY} if task == "binary" else _MANY
