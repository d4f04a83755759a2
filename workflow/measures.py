"""What a network gives for rows, as people read it, and how good it is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, isfinite, nan, sqrt
from types import MappingProxyType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, Preparation
from ..engine.optional import needed
from ..nn import Module
from ..nn.losses.names import loss_named
from ..optim.training.evaluation import evaluate, predict
from ..optim.training.outcomes import classes_of, probabilities_of

Figures = dict[str, float]

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "macro_f1": "macro F1",
        "roc_auc": "area under the ROC curve",
        "log_loss": "log loss",
        "r2": "R²",
        "mae": "mean absolute error",
        "rmse": "root mean square error",
        "loss": "loss",
    }
)
"""What figures are called in sentences, in their order."""

_BRIEF = ("accuracy", "roc_auc", "r2", "mae", "rmse", "loss")
"""Those that a sentence has room for; but the loss where none is in the unit of the target."""


@final
@dataclass(frozen=True, slots=True)
class Answers:
    """What a network says of rows.

    Attributes
    ----------
    outputs : array of shape (N, outputs)
        The numbers that it gives.
    predicted : array
        Codes of classes, of shape (N,), or numbers in the unit of the target, of shape (N,) or
        (N, k).
    probabilities : array of shape (N, K) or None
        Those of the classes; None for numbers, and where the loss knows none.
    """

    outputs: NDArray[Any]
    predicted: NDArray[Any]
    probabilities: NDArray[np.float64] | None


def answers(model: Module, x: Any, preparation: Preparation, loss: str) -> Answers:
    """What a network that was trained with this loss says of prepared inputs."""
    outputs = predict(model, x)
    if preparation.classes is None:
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = preparation.inverse_target(outputs)
        return Answers(outputs, numbers[:, 0] if numbers.shape[1] == 1 else numbers, None)
    made = loss_named(loss, "loss")
    return Answers(outputs, classes_of(made, outputs), probabilities_of(made, outputs))


def figures(
    model: Module, data: Dataset, found: Answers, preparation: Preparation, loss: str
) -> Figures:
    """How good answers are.

    Parameters
    ----------
    model : Module
    data : Dataset
        Prepared rows with their targets.
    found : Answers
        Those to its inputs.
    preparation : Preparation
    loss : str
        The name of the loss.

    Returns
    -------
    dict of float
        The loss; for classes accuracy, balanced accuracy, macro F1, the log loss where there are
        probabilities, and for two classes the area under the ROC curve; for numbers R², mean
        absolute error and root mean square error in the unit of the target. What is not defined,
        such as R² of a single row, is nan.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.
    """
    metrics = needed("sklearn.metrics", "twingrad train")
    own = {"loss": evaluate(model, data, loss)["loss"]}
    truth = np.asarray(data.y)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of classes that do not occur, and rows that are too few
        if preparation.classes is None:
            numbers = preparation.inverse_target(truth)
            return own | _of_numbers(metrics, numbers.reshape(found.predicted.shape), found)
        return own | _of_classes(metrics, truth, found)


def _of_numbers(metrics: Any, truth: NDArray[Any], found: Answers) -> Figures:
    if not np.isfinite(found.predicted).all():
        return dict.fromkeys(("r2", "mae", "rmse"), nan)
    return {
        "r2": float(metrics.r2_score(truth, found.predicted)),
        "mae": float(metrics.mean_absolute_error(truth, found.predicted)),
        "rmse": sqrt(metrics.mean_squared_error(truth, found.predicted)),
    }


def _of_classes(metrics: Any, truth: NDArray[Any], found: Answers) -> Figures:
    figures = {
        "accuracy": float((found.predicted == truth).mean()),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, found.predicted)),
        "macro_f1": float(metrics.f1_score(truth, found.predicted, average="macro")),
    }
    chances = found.probabilities
    if chances is None:
        return figures
    is_known = bool(np.isfinite(chances).all())
    codes = [*range(chances.shape[1])]
    figures["log_loss"] = metrics.log_loss(truth, chances, labels=codes) if is_known else nan
    if len(codes) == 2:
        both = is_known and len(np.unique(truth)) == 2
        figures["roc_auc"] = metrics.roc_auc_score(truth, chances[:, 1]) if both else nan
    return {name: float(figure) for name, figure in figures.items()}


def names_shown(metrics: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    """The names of figures that are worth showing, of several parts, in their order.

    The loss is left out where it is the log loss.

    >>> names_shown({"test": {"loss": 0.25, "accuracy": 0.9, "log_loss": 0.25}})
    ['accuracy', 'log_loss']
    """
    names = dict.fromkeys(name for figures in metrics.values() for name in figures)
    if all(_has_log_loss(figures) for figures in metrics.values()):
        names.pop("loss", None)
    return [name for name in NAMES if name in names] + [name for name in names if name not in NAMES]


def _has_log_loss(figures: Mapping[str, float | None]) -> bool:
    """Whether the loss is the log loss, but for its last digits."""
    loss, other = figures.get("loss"), figures.get("log_loss")
    return loss is not None and other is not None and isclose(loss, other, rel_tol=1e-3)


def in_brief(figures: Mapping[str, float | None]) -> str:
    """The figures that count most, in a sentence, without those that are not defined.

    >>> in_brief({"loss": 0.125, "accuracy": 0.9722, "roc_auc": None})
    'accuracy 97.2%, loss 0.125'
    """
    known = [
        (name, figures.get(name)) for name in _BRIEF if name != "loss" or "rmse" not in figures
    ]
    return ", ".join(
        f"{NAMES[name]} {shown(name, each)}"
        for name, each in known
        if each is not None and isfinite(each)
    )


def shown(name: str, figure: float | None) -> str:
    """A figure as text: an accuracy in percent, others in four digits.

    >>> shown("accuracy", 0.97222), shown("rmse", 54.123456), shown("r2", None)
    ('97.2%', '54.12', 'not defined')
    """
    if figure is None or not isfinite(figure):
        return "not defined"
    return f"{figure:.1%}" if name in ("accuracy", "balanced_accuracy") else f"{figure:.4g}"
