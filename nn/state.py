"""The state of modules: what is saved of them, and how it is put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .backend import Backend, backend_of, named


class Mismatch(NamedTuple):
    """What ``load_state_dict`` gives: the names that did not fit, empty if all did."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def entries(module: Any, prefix: str = "") -> dict[str, Any]:
    """The parameters and persistent buffers of a module and of those in it, by path."""
    found = {}
    for path, owner in module.named_modules(prefix=prefix, remove_duplicate=False):
        start = f"{path}." if path else ""
        for name, parameter in owner._own_parameters():
            if parameter is not None:
                found[start + name] = parameter
        for name, buffer in owner._own_buffers():
            if buffer is not None and owner._buffer_names[name]:
                found[start + name] = buffer
    return found


def load(module: Any, state_dict: Mapping[str, Any], strict: bool) -> Mismatch:
    """Write the numbers of a state dict into a module, all or nothing."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"load_state_dict: state_dict must be a dictionary of names and numbers, got "
            f"{type(state_dict).__name__}: pass what state_dict() or nn.load_file(path) gives"
        )
    own = entries(module)
    mismatch = Mismatch(
        [name for name in own if name not in state_dict],
        [name for name in state_dict if name not in own],
    )
    shared = [name for name in own if name in state_dict]
    problems = _wrong_shapes(own, state_dict, shared)
    if strict:
        if mismatch.missing_keys:
            problems.append(f"missing: {', '.join(mismatch.missing_keys)}")
        if mismatch.unexpected_keys:
            problems.append(f"unexpected: {', '.join(mismatch.unexpected_keys)}")
    if problems:
        raise RuntimeError(
            f"load_state_dict: state_dict must have the names and shapes of "
            f"{type(module).__name__}, got {'; '.join(problems)}: build the same architecture"
            + (", or pass strict=False to load what fits" if strict else "")
        )
    for name in shared:
        twin_of(own[name]).write(own[name], plain(state_dict[name]))
    return mismatch


def _wrong_shapes(own: Mapping[str, Any], given: Mapping[str, Any], names: list[str]) -> list[str]:
    """What is wrong with the shape of each entry, in words."""
    problems = []
    for name in names:
        shape, wanted = np.shape(plain(given[name])), tuple(np.shape(plain(own[name])))
        if shape != wanted:
            problems.append(f"{name} of shape {shape} where {wanted} belongs")
    return problems


def plain(entry: Any) -> Any:
    """The numbers of an entry of either twin, or of another library."""
    twin = backend_of(entry)
    return np.asarray(entry) if twin is None else twin.numbers(entry)


def twin_of(operand: Any) -> Backend:
    """The twin of a parameter or buffer; NumPy arrays belong to the scalar one."""
    return backend_of(operand) or named("scalar")
