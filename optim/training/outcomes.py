"""What the outputs of a model say of classes: probabilities, the chosen one, if it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nn import losses
from ...nn.backend import named

_OF_NUMBERS = (
    losses.HuberLoss,
    losses.L1Loss,
    losses.LogCoshLoss,
    losses.MSELoss,
    losses.PoissonNLLLoss,
    losses.SmoothL1Loss,
)
"""Losses whose targets are numbers, of which 0 and 1 may stand for two classes."""


def probabilities_of(loss: Any, output: NDArray[Any]) -> NDArray[np.float64] | None:
    """The probabilities of the classes, of shape (N, K), that outputs (N, K), (N, 1) or (N,) mean.

    One output is the logit of the second of two classes, or with ``BCELoss`` its probability. For
    losses without probabilities, such as hinges and functions, None.
    """
    outputs = named("tensor").operand(output.astype(np.float64))
    if isinstance(loss, losses.CrossEntropyLoss) and output.ndim == 2:
        return np.asarray(outputs.softmax(1).numpy())
    if isinstance(loss, losses.NLLLoss) and output.ndim == 2:
        return np.asarray(outputs.exp().numpy())
    if isinstance(loss, losses.BCEWithLogitsLoss | losses.FocalLoss):
        outputs = outputs.sigmoid()
    elif not isinstance(loss, losses.BCELoss):
        return None
    chances = outputs.reshape(-1).numpy()
    return np.stack([1 - chances, chances], axis=1)


def classes_of(loss: Any, output: NDArray[Any]) -> NDArray[np.int64]:
    """The class that each row of outputs, (N, K), (N, 1) or (N,), speaks for, of shape (N,)."""
    if output.ndim > 1 and output.shape[1] > 1:
        found: NDArray[np.int64] = output.argmax(axis=1)
        return found
    threshold = 0.5 if isinstance(loss, (losses.BCELoss, *_OF_NUMBERS)) else 0.0
    return (output.reshape(len(output)) > threshold).astype(np.int64)


def rows_right(loss: Any, output: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Whether each row of outputs speaks for its class, of shape (N,).

    Two classes that one output tells apart are 0 and 1, or -1 and 1. None where there is no such
    question: targets of other shapes than (N,), floats, and other whole numbers than those of two
    classes where the loss compares numbers.
    """
    if targets.dtype.kind not in "iu" or targets.ndim != 1:
        return None
    classes = classes_of(loss, output)
    if isinstance(loss, _OF_NUMBERS) and not ((targets == 0) | (targets == 1)).all():
        return None
    many = output.ndim > 1 and output.shape[1] > 1
    right: NDArray[np.bool_] = classes == (targets if many else targets > 0)
    return right
