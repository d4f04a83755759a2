"""Parameters as people pass them to an optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..nn.backend import backend_of


def grouped(params: Any, what: str) -> list[Mapping[str, Any]]:
    """The groups that were passed, or one group of all parameters."""
    if backend_of(params) is not None or isinstance(params, str | Mapping):
        raise TypeError(
            f"{what}: params must be an iterable of parameters, got {type(params).__name__}: "
            "write [...] around it"
        )
    given = _listed(params, what)
    if not given:
        raise ValueError(
            f"{what}: params must hold at least one parameter, got none: pass "
            "model.parameters(), anew for every optimizer, as an iterator can be used once"
        )
    are_groups = [isinstance(each, Mapping) for each in given]
    if any(are_groups) and not all(are_groups):
        raise TypeError(
            f"{what}: params must be parameters or dictionaries of them, got both: write "
            "{'params': [...]} around the parameters too"
        )
    return given if are_groups[0] else [{"params": given}]


def checked_parameters(group: Mapping[str, Any], what: str) -> tuple[list[str] | None, list[Any]]:
    """The names, if they were given, and the parameters of a group."""
    if not isinstance(group, Mapping) or "params" not in group:
        raise TypeError(
            f"{what}: a group must be a dictionary with the key 'params', got {group!r:.60}: "
            "write {'params': [...], 'lr': ...}"
        )
    params = group["params"]
    given = [params] if backend_of(params) is not None else _listed(params, what)
    are_pairs = [isinstance(each, tuple) and len(each) == 2 for each in given]
    if any(are_pairs) and not all(are_pairs):
        raise TypeError(
            f"{what}: params must be all with names or all without, got both: pass "
            "model.named_parameters() or model.parameters()"
        )
    names = [name for name, _ in given] if given and are_pairs[0] else None
    parameters = [parameter for _, parameter in given] if names is not None else given
    seen: set[int] = set()
    for position, parameter in enumerate(parameters):
        _check(parameter, position, what)
        if id(parameter) in seen:
            raise ValueError(
                f"{what}: params must hold each parameter once, got number {position} again: "
                "take it out"
            )
        seen.add(id(parameter))
    return names, parameters


def _listed(params: Any, what: str) -> list[Any]:
    if not isinstance(params, Iterable):
        raise TypeError(
            f"{what}: params must be an iterable of parameters, got {type(params).__name__}: "
            "pass model.parameters()"
        )
    return [*params]


def _check(parameter: Any, position: int, what: str) -> None:
    twin = backend_of(parameter)
    if twin is None:
        raise TypeError(
            f"{what}: params must hold tensors, Arrays or Values, got "
            f"{type(parameter).__name__} as number {position}: pass model.parameters()"
        )
    if not twin.is_leaf(parameter):
        raise ValueError(
            f"{what}: params must be leaves, got number {position}, which was computed: "
            "pass what it was computed from"
        )
    if twin.numbers(parameter).dtype.kind != "f":
        raise TypeError(
            f"{what}: params must be floating point numbers, got dtype "
            f"{twin.numbers(parameter).dtype} as number {position}: convert it with float()"
        )
