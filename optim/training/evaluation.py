"""What a model gives for data, and how good it is, without training on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data import DataLoader
from ...data.mapped import is_mapped
from ...engine.checks import checked_count
from ...engine.modes import no_grad
from ...engine.operation import real_number
from ...nn import Module
from ...nn.backend import numbers_of
from ...nn.modes import modes_kept
from ..arguments import checked_module
from .batches import MEASURED_AT_ONCE, Batches, Form, as_dtype, measured
from .objective import Objective
from .outcomes import rows_right

Metric = Callable[[NDArray[Any], NDArray[Any]], Any]


class _Outputs(NamedTuple):
    """What a model gives for all rows, their targets, and the mean loss."""

    outputs: NDArray[Any]
    targets: NDArray[Any]
    loss: float


def evaluate(
    model: Module,
    data: Any,
    loss: Any = "auto",
    *,
    batch_size: int = MEASURED_AT_ONCE,
    metrics: Mapping[str, Metric] | None = None,
) -> dict[str, float]:
    """How good a model is on data: its loss, its accuracy where there are classes, and more.

    The model is in evaluation mode meanwhile, and nothing is recorded.

    Parameters
    ----------
    model : Module
    data : Dataset, pair (x, y), DataLoader or list of batches
    loss
        As for :func:`twingrad.fit`.
    batch_size : int
        How many rows are computed at once.
    metrics : dict of functions, optional
        Each is given all outputs and all targets as NumPy arrays, and gives a number.

    Returns
    -------
    dict of float
        ``"loss"``, the mean over all rows; ``"accuracy"``, the share of rows whose class is right;
        the metrics by their names.

    Raises
    ------
    TypeError, ValueError
        For arguments of other kinds.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> model = nn.Sequential(nn.Linear(1, 1, bias=False))
    >>> model.load_state_dict({"0.weight": [[2.0]]})
    Mismatch(missing_keys=[], unexpected_keys=[])
    >>> x = twingrad.tensor([[1.0], [2.0]])
    >>> optim.evaluate(model, (x, twingrad.tensor([2.0, 5.0])))
    {'loss': 0.5}
    """
    checked_module(model, "evaluate")
    size = checked_count(batch_size, "evaluate: batch_size", at_least=1)
    batches = measured(data, Form(model), "evaluate: data", size)
    objective = Objective(loss, batches.kind, "evaluate", batches.has_accuracy)
    return measures(model, batches, objective, checked_metrics(metrics, "evaluate"))


def predict(model: Module, x: Any, *, batch_size: int = MEASURED_AT_ONCE) -> NDArray[Any]:
    """What a model gives for inputs: its raw outputs, such as logits.

    The model is in evaluation mode meanwhile, and nothing is recorded.

    Parameters
    ----------
    model : Module
    x : array or tensor of shape (N, ...)
        A memory map is read batch by batch.
    batch_size : int
        How many rows are computed at once.

    Returns
    -------
    array of shape (N, ...)

    Raises
    ------
    TypeError, ValueError
        For arguments of other kinds, and inputs without rows.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> optim.predict(nn.MLP(2, [8], 3), twingrad.zeros(5, 2)).shape
    (5, 3)
    """
    checked_module(model, "predict")
    form = Form(model)
    inputs = x if is_mapped(x) else as_dtype(_numbers(x), form.dtype)
    size = checked_count(batch_size, "predict: batch_size", at_least=1)
    with evaluating(model):
        found = [numbers_of(model(form.operand(rows))) for (rows,) in DataLoader((inputs,), size)]
    return np.concatenate(found)


def _numbers(x: Any) -> NDArray[Any]:
    """Inputs as an array; ``TypeError`` for what is none, such as a data set with its targets."""
    try:
        found = numbers_of(x)
    except (TypeError, ValueError):
        found = np.array(None)
    if found.dtype.kind not in "biuf" or not found.ndim:
        raise TypeError(
            f"predict: x must be an array of numbers, with a row for each prediction, got "
            f"{type(x).__name__}: pass the inputs alone, such as data.x"
        )
    return found


def measures(
    model: Module, batches: Batches, objective: Objective, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    """The loss, the accuracy where there are classes, and the metrics."""
    found = _outputs_of(model, batches, objective)
    loss = objective.chosen(found.outputs)
    own = {"loss": found.loss}
    right = rows_right(loss, found.outputs, found.targets)
    if right is not None:
        own["accuracy"] = float(right.mean())
    for name, metric in metrics.items():
        what = f"{objective.what}: metrics: {name}"
        own[name] = real_number(metric(found.outputs, found.targets), what)
    return own


def _outputs_of(model: Module, batches: Batches, objective: Objective) -> _Outputs:
    """The outputs of a model for all rows, their targets, and the mean loss."""
    outputs, targets = [], []
    total, rows = 0.0, 0
    with evaluating(model):
        for batch in batches:
            output = model(batch.x)
            total += objective(output, batch.y).item() * batch.rows
            rows += batch.rows
            outputs.append(numbers_of(output))
            targets.append(numbers_of(batch.y))
    return _Outputs(np.concatenate(outputs), np.concatenate(targets), total / rows)


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Compute with a model as it is used, not trained; all its modules are put back behind it."""
    with modes_kept(model), no_grad():
        model.eval()
        yield


def checked_metrics(given: Any, what: str) -> Mapping[str, Metric]:
    """The metrics by name; ``TypeError``, beginning with ``what``, for no dictionary of functions.

    ``ValueError`` for the names of measures that there are already.
    """
    found = {} if given is None else given
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and callable(metric) for name, metric in found.items()
    ):
        raise TypeError(
            f"{what}: metrics must be a dictionary of functions by name, got {given!r:.60}: write "
            "for example metrics={'mae': lambda outputs, targets: abs(outputs[:, 0] - targets)"
            ".mean()}"
        )
    for name in ("loss", "accuracy"):
        if name in found:
            raise ValueError(
                f"{what}: metrics must have names of their own, got {name!r}, which is measured "
                "already: choose another"
            )
    return found
