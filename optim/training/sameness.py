"""What must be the same where a training is resumed: else it would be neither of two trainings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from numbers import Real
from typing import Any

import numpy as np

from ...data import DataLoader, Dataset
from ...data.mapped import is_mapped
from ...nn import Module
from ...nn.backend import numbers_of
from .plan import Plan

_LENGTHS = ("T_max", "milestones", "total_iters", "total_steps", "warmup_steps")
"""The settings of schedulers that say how long they are for: some depend on the epochs."""

_ROWS = 1000
"""How many rows tell whether data are the same."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def texts_of(plan: Plan) -> dict[str, str]:
    """What makes a training what it is, as texts by the names of the arguments of ``fit``.

    Functions are known by their names only. What is only measured may change, and so may the
    number of epochs where no schedule is made for it.
    """
    named = {
        **dict(_of_model(plan)),
        **dict(_of_data(plan)),
        **dict(_of_optimizer(plan)),
        "accumulate": plan.accumulate,
        **dict(_of_schedule(plan)),
        **plan.given,
        "early_stopping": plan.stopping is not None,
    }
    return {name: " ".join(_text(value).split()) for name, value in named.items()}


def check_same(saved: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Raise ``ValueError`` for the first difference between two trainings."""
    for name in [*own, *saved]:
        if saved.get(name) != own.get(name):
            raise ValueError(
                f"fit: {name} must be {saved.get(name, 'left out')}, as in the checkpoint, got "
                f"{own.get(name, 'none')}: pass the arguments that it was made with, or choose "
                "another folder"
            )


def _of_model(plan: Plan) -> Iterator[tuple[str, Any]]:
    for name, module in plan.model.named_modules():
        yield f"model: {name}" if name else "model", module
    form = plan.batches.form
    yield "model: numbers", f"{np.dtype(form.dtype)} on the {form.twin.name} twin"


def _of_optimizer(plan: Plan) -> Iterator[tuple[str, Any]]:
    yield "optimizer", repr(plan.optimizer).partition(" (\n")[0]
    for name, value in plan.optimizer.defaults.items():
        yield f"optimizer: {name}", value


def _of_schedule(plan: Plan) -> Iterator[tuple[str, Any]]:
    scheduler, interval = plan.schedule
    if scheduler is None:
        yield "schedule", None
        return
    yield "schedule", f"{type(scheduler).__name__} by {interval}s"
    state = scheduler.state_dict()
    yield from ((f"schedule: {name}", state[name]) for name in _LENGTHS if name in state)


def _of_data(plan: Plan) -> Iterator[tuple[str, Any]]:
    loader = plan.batches.own_loader
    if loader is None:
        yield "data", plan.batches.loader
        return
    yield "data", "rows, not batches"
    for name, value in loader.state_dict().items():
        if name not in ("seed", "epoch", "position"):  # which are gone on with
            yield f"data: {name}", value
    yield "data: checksum of some rows", _checksum(loader)
    yield "augment", loader.augment


def _checksum(loader: DataLoader) -> str:
    """A digest of rows at equal distances, of all that the loader takes them from."""
    places = np.linspace(0, loader.rows - 1, min(loader.rows, _ROWS)).astype(np.int64)
    arrays = (loader.data.x, loader.data.y) if isinstance(loader.data, Dataset) else loader.data
    digest = blake2b(digest_size=8)
    for array in arrays:
        numbers = array if is_mapped(array) else numbers_of(array)
        digest.update(np.ascontiguousarray(numbers[places]).tobytes())
    return digest.hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, Module):
        return f"{type(value).__name__}({value.extra_repr()})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, Real):
        return str(value).removesuffix(".0")
    if isinstance(value, str):
        return value
    return _ADDRESS.sub("", str(getattr(value, "__name__", None) or repr(value)))
