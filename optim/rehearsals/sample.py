"""The rows that a dry run looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ...data import Dataset
from ...data.mapped import is_mapped
from ...nn.backend import numbers_of
from ..training.batches import Batch, Batches, Form
from ..training.objective import Kind

ROWS = 512
"""How many rows go through the network at once, to see which units never answer."""
ROWS_OF_VALUES = 128
"""As many on the scalar twin, which takes longer."""


@final
@dataclass(frozen=True)
class Sample:
    """The data, or what was looked at of them.

    Attributes
    ----------
    x, y : array of shape (N, ...)
        All rows if they are in memory.
    batch : Batch
        The first training batch.
    probe : Batch
        Some hundred rows, the batch among them.
    kind : {"classes", "numbers"}
        What the targets are.
    features, labels : tuple
        What columns and classes are called; empty where that is not known.
    target : str
        What is predicted, in words.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    batch: Batch
    probe: Batch
    kind: Kind
    features: tuple[str, ...]
    labels: tuple[Any, ...]
    target: str

    def feature(self, place: tuple[int, ...]) -> str:
        """What a column, or another place in a row, is called."""
        if self.features:
            return self.features[place[0]]
        return f"x{[*place]}" if place else "x"


def sampled(batches: Batches) -> Sample:
    """A sample of training data, in batches of the form of a model."""
    given = _enough(batches)
    probe = _joined(given, batches.form)
    own = batches.own_loader
    whole = None if own is None else own.data
    x, y = (whole.x, whole.y) if isinstance(whole, Dataset) else (whole or (None, None))
    names = whole if isinstance(whole, Dataset) else None
    return Sample(
        x=_in_memory(x, probe.x),
        y=_in_memory(y, probe.y),
        batch=given[0],
        probe=probe,
        kind=batches.kind,
        features=() if names is None else names.features,
        labels=tuple(batches.labels or ()),
        target="the target" if names is None else repr(names.target),
    )


def _enough(batches: Batches) -> list[Batch]:
    """Batches with as many rows as are wanted in all, or those of an epoch."""
    wanted = ROWS if batches.form.twin.name == "tensor" else ROWS_OF_VALUES
    found: list[Batch] = []
    for batch in batches:
        found.append(batch)
        if sum(each.rows for each in found) >= wanted:
            break
    return found


def _joined(batches: Sequence[Batch], form: Form) -> Batch:
    """Batches as one."""
    x, y = (
        form.operand(np.concatenate([numbers_of(part) for part in parts]))
        for parts in zip(*[(batch.x, batch.y) for batch in batches], strict=True)
    )
    weights = [each.weights for each in batches if each.weights is not None]
    return Batch(x, y, np.concatenate(weights) if weights else None)


def _in_memory(given: Any, otherwise: Any) -> NDArray[Any]:
    """All rows, or others instead where these would have to be read from a file."""
    numbers = numbers_of(otherwise if given is None or is_mapped(given) else given)
    return numbers.astype(np.int64, copy=False) if numbers.dtype.kind in "biu" else numbers
