"""The state of optimizers as plain data, in the form of PyTorch's ``state_dict``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.shapes import Shape
from ..nn.backend import backend_of, numbers_of
from .packing import Slot
from .rule import Rule

if TYPE_CHECKING:
    from .optimizer import Optimizer


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
            key: slot.twin.exported(each).clone() if backend_of(each) is not None else each
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
        count = len(group["params"])
        saved.append(_options(group) | {"params": [*range(position, position + count)]})
        position += count
    return saved


def checked_state(given: Any, names: Collection[str], what: str) -> Mapping[str, Any]:
    """What was given; ``ValueError``, beginning with ``what``, if it lacks one of these names."""
    if not isinstance(given, Mapping) or not {*names} <= {*given}:
        found = [*given] if isinstance(given, Mapping) else type(given).__name__
        raise ValueError(
            f"{what} must hold {', '.join(names)}, got {found}: pass what state_dict() of the same "
            "class gave"
        )
    return given


def loaded(
    rule: Rule, saved: Mapping[str, Any], optimizer: Optimizer, slots: Sequence[Sequence[Slot]]
) -> list[dict[str, Any]]:
    """Give the slots the saved state; gives the options of the groups, without ``params``."""
    options = loaded_options(saved, optimizer)
    members = [slot for group in slots for slot in group]
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    entries = [saved["state"].get(number, {}) for number in numbers]
    wrong = [
        f"{key} of shape {shape} for a parameter of shape {slot.shape}"
        for slot, remembered in zip(members, entries, strict=True)
        for key, shape in _shapes(rule, remembered)
        if shape != slot.shape
    ]
    if wrong:
        raise ValueError(
            f"{type(optimizer).__name__}: state_dict must have the shapes of the parameters, got "
            f"{', '.join(wrong)}: build the same model"
        )
    news = [
        _read(rule, slot.numbers.dtype, remembered)
        for slot, remembered in zip(members, entries, strict=True)
    ]
    for slot, (updates, state, kept) in zip(members, news, strict=True):
        slot.updates, slot.state, slot.kept = updates, state, kept
    return options


def loaded_options(saved: Mapping[str, Any], optimizer: Optimizer) -> list[dict[str, Any]]:
    """The saved options of the groups, without ``params``.

    Raises ``ValueError`` where groups differ, and for those of another kind of optimizer. Flags
    may be missing: PyTorch has added some over the years.
    """
    what = type(optimizer).__name__
    checked_state(saved, ("state", "param_groups"), f"{what}: state_dict")
    flags = {key for key, value in optimizer.defaults.items() if isinstance(value, bool)}
    needed = ["params", *[key for key in optimizer.defaults if key not in flags]]
    for position, group in enumerate(saved["param_groups"]):
        checked_state(group, needed, f"{what}: param_groups[{position}] of state_dict")
    sizes = [len(group["params"]) for group in optimizer.param_groups]
    given = [len(group["params"]) for group in saved["param_groups"]]
    if sizes != given:
        raise ValueError(
            f"{what}: state_dict must have groups of {sizes} parameters, got {given}: build the "
            "optimizer for the same model and groups"
        )
    return [_options(group) for group in saved["param_groups"]]


def _shapes(rule: Rule, entries: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    """The shapes of the elementwise state that was saved, by key."""
    for name, remembered in rule.state.items():
        if name in rule.elementwise and entries.get(remembered.key) is not None:
            yield remembered.key, numbers_of(entries[remembered.key]).shape


def _read(
    rule: Rule, dtype: Any, entries: Mapping[str, Any]
) -> tuple[int, dict[str, Any], dict[str, float]]:
    """The updates so far, the elementwise state and the scalar state of one parameter."""
    state: dict[str, Any] = {}
    kept: dict[str, float] = {}
    for name, remembered in rule.state.items():
        given = entries.get(remembered.key)
        if given is None:
            continue
        if name in rule.elementwise:
            state[name] = numbers_of(given).astype(dtype).reshape(-1)
        else:
            kept[name] = float(numbers_of(given))
    # PyTorch's SGD does not count its updates; that it remembers something tells of the first
    updates = int(numbers_of(entries["step"])) if "step" in entries else int(bool(state))
    return updates, state, kept


def _options(group: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a group, of which the lists are copies."""
    return {
        key: [*value] if isinstance(value, list) else value
        for key, value in group.items()
        if key != "params"
    }
