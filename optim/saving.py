"""The state of optimizers as plain data, in the form of PyTorch's ``state_dict``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..nn.backend import numbers_of
from .packing import Slot
from .rule import Rule


def entries(rule: Rule, slot: Slot) -> dict[str, Any]:
    """What is remembered of a parameter: on the tensor twin in tensors that share its memory."""
    found: dict[str, Any] = {"step": slot.updates}
    for name, state in rule.state.items():
        if name in slot.kept:
            found[state.key] = slot.kept[name]
        elif name in slot.state:
            found[state.key] = slot.twin.leaf(slot.state[name].reshape(slot.shape), False)
    return found


def state_dict(
    rule: Rule, groups: Sequence[Mapping[str, Any]], slots: Sequence[Sequence[Slot]]
) -> dict[str, Any]:
    """The options of the groups, and the state of each parameter by its number."""
    members = enumerate(slot for group in slots for slot in group)
    state = {
        position: {
            key: slot.twin.exported(each).clone() if hasattr(each, "shape") else each
            for key, each in entries(rule, slot).items()
        }
        for position, slot in members
        if slot.updates
    }
    return {"state": state, "param_groups": saved_groups(groups)}


def saved_groups(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The options of the groups; their parameters are numbered through."""
    saved = []
    position = 0
    for group in groups:
        options = {key: value for key, value in group.items() if key != "params"}
        count = len(group["params"])
        saved.append(options | {"params": [*range(position, position + count)]})
        position += count
    return saved


def loaded(
    rule: Rule,
    saved: Mapping[str, Any],
    groups: Sequence[Mapping[str, Any]],
    slots: Sequence[Sequence[Slot]],
    what: str,
) -> list[dict[str, Any]]:
    """Give the slots the saved state; gives the options of the groups, without ``params``."""
    options = loaded_options(saved, groups, what)
    members = [slot for group in slots for slot in group]
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    news = [
        _read(rule, slot, saved["state"].get(number, {}), f"{what}: state_dict")
        for slot, number in zip(members, numbers, strict=True)
    ]
    for slot, (updates, state, kept) in zip(members, news, strict=True):
        slot.updates, slot.state, slot.kept = updates, state, kept
    return options


def loaded_options(
    saved: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], what: str
) -> list[dict[str, Any]]:
    """The saved options of the groups, without ``params``.

    Raises ``ValueError``, beginning with ``what``, where groups differ.
    """
    if not isinstance(saved, Mapping) or not {"state", "param_groups"} <= {*saved}:
        raise ValueError(
            f"{what}: state_dict must hold 'state' and 'param_groups', got "
            f"{[*saved] if isinstance(saved, Mapping) else type(saved).__name__}: pass what "
            "state_dict() of an optimizer gave"
        )
    sizes = [len(group["params"]) for group in groups]
    given = [len(group["params"]) for group in saved["param_groups"]]
    if sizes != given:
        raise ValueError(
            f"{what}: state_dict must have groups of {sizes} parameters, got {given}: build the "
            "optimizer for the same model and groups"
        )
    return [
        {key: _copied(value) for key, value in group.items() if key != "params"}
        for group in saved["param_groups"]
    ]


def _read(
    rule: Rule, slot: Slot, saved: Mapping[str, Any], what: str
) -> tuple[int, dict[str, Any], dict[str, float]]:
    """The updates so far, the elementwise state and the scalar state of one parameter."""
    dtype = slot.numbers.dtype
    state: dict[str, Any] = {}
    kept: dict[str, float] = {}
    for name, remembered in rule.state.items():
        given = saved.get(remembered.key)
        if given is None:
            continue
        found = np.asarray(numbers_of(given))
        if name not in rule.elementwise:
            kept[name] = float(found)
        elif found.shape != slot.shape:
            raise ValueError(
                f"{what} must have the shapes of the parameters, got {remembered.key} of shape "
                f"{found.shape} for a parameter of shape {slot.shape}: build the same model"
            )
        else:
            state[name] = found.astype(dtype).reshape(-1)
    # PyTorch's SGD does not count its updates; that it remembers something tells of the first
    updates = int(numbers_of(saved["step"])) if "step" in saved else int(bool(state))
    return updates, state, kept


def _copied(value: Any) -> Any:
    return [*value] if isinstance(value, list) else value
