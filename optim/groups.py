"""Parameters as people pass them to an optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from ..engine import Array, Value
from ..nn.backend import backend_of, numbers_of
from ..tensor import Tensor


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
            "model.parameters(), anew for every optimizer, as an iterator can be used once, and "
            "keep layers in nn.ModuleList, as those in a plain list are not found"
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
    for position, parameter in enumerate(parameters):
        _check(parameter, position, what)
    return names, parameters


def check_apart(parameters: Sequence[Any], what: str) -> None:
    """Raise ``ValueError``, beginning with ``what``, where a number would be updated twice.

    That is so for a parameter that is given twice, a Value that is an element of two Arrays, and
    tensors that overlap in memory.
    """
    seen: set[int] = set()
    for position, parameter in enumerate(parameters):
        if id(parameter) in seen:
            raise ValueError(
                f"{what}: params must hold each parameter once, got number {position} again: "
                "take it out"
            )
        seen.add(id(parameter))
    position = next(chain(_with_values_again(parameters), _with_memory_again(parameters)), -1)
    if position >= 0:
        raise ValueError(
            f"{what}: params must hold each number once, got number {position}, which shares some "
            "with another: take it out, or pass a clone"
        )


def _with_values_again(parameters: Sequence[Any]) -> Iterator[int]:
    """Which of them have Values of earlier ones; an Array may hold a Value more than once."""
    seen: set[int] = set()
    for position, parameter in enumerate(parameters):
        if isinstance(parameter, Array | Value):
            own = {id(value) for value in Array(parameter).flatten()}
            if not seen.isdisjoint(own):
                yield position
            seen |= own


def _with_memory_again(parameters: Sequence[Any]) -> Iterator[int]:
    """Which tensors overlap others that begin at the same place in memory or before."""
    spans = []
    for position, parameter in enumerate(parameters):
        if isinstance(parameter, Tensor) and parameter.numel():
            numbers = numbers_of(parameter)
            spans.append((*byte_bounds(numbers), position, numbers))
    near: list[tuple[int, NDArray[Any]]] = []
    for start, stop, position, numbers in sorted(spans, key=itemgetter(0)):
        near = [(end, other) for end, other in near if end > start]
        if any(np.shares_memory(numbers, other) for _, other in near):
            yield position
        near.append((stop, numbers))


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
    numbers = twin.numbers(parameter)
    if numbers.dtype.kind != "f":
        raise TypeError(
            f"{what}: params must be floating point numbers, got dtype {numbers.dtype} as number "
            f"{position}: convert it with float()"
        )
    if not numbers.flags.writeable:
        raise ValueError(
            f"{what}: params must be in memory that can be written to, got number {position} in "
            "memory that cannot, as that of expand() and of read-only arrays: pass a clone"
        )
