"""The state of modules: what is saved of them, and how it is put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .backend import numbers_of, twin_of
from .members import Members


class Mismatch(NamedTuple):
    """What ``load_state_dict`` gives: the names that did not fit, empty if all did."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def entries(module: Members, prefix: str = "") -> dict[str, Any]:
    """The parameters and persistent buffers of a module and of those in it, by path.

    ``prefix`` is put before every path as it is.
    """
    found = {}
    for path, owner in module.named_modules(remove_duplicate=False):
        start = f"{prefix}{path}." if path else prefix
        for name, parameter in owner._own_parameters():
            if parameter is not None:
                found[start + name] = parameter
        for name, buffer in owner._own_buffers():
            if buffer is not None and owner._buffer_names[name]:
                found[start + name] = buffer
    return found


def load(module: Members, state_dict: Mapping[str, Any], strict: bool) -> Mismatch:
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
    problems: list[str] = []
    new = {
        name: _fitting(name, state_dict[name], operand, problems)
        for name, operand in own.items()
        if name in state_dict
    }
    helps = strict and not problems
    if strict:
        if mismatch.missing_keys:
            problems.append(f"missing: {', '.join(mismatch.missing_keys)}")
        if mismatch.unexpected_keys:
            problems.append(f"unexpected: {', '.join(map(str, mismatch.unexpected_keys))}")
    if problems:
        raise RuntimeError(
            f"load_state_dict: state_dict must have the names and shapes of "
            f"{type(module).__name__}, got {'; '.join(problems)}: build the same architecture"
            + (", or pass strict=False to load what fits by name" if helps else "")
        )
    for name, numbers in new.items():
        twin_of(own[name]).write(own[name], numbers)
    return mismatch


def _fitting(name: str, entry: Any, operand: Any, problems: list[str]) -> NDArray[Any] | None:
    """The numbers of an entry as its operand can take them; what is wrong joins the problems."""
    own = numbers_of(operand)
    try:
        numbers = numbers_of(entry)
    except (TypeError, ValueError, RuntimeError) as error:  # other libraries say why in a sentence
        problems.append(f"{name}, which cannot be read as numbers ({error})")
        return None
    if numbers.dtype.kind not in "biuf":
        problems.append(f"{name} of dtype {numbers.dtype} where real numbers belong")
    elif numbers.shape != own.shape:
        problems.append(f"{name} of shape {numbers.shape} where {own.shape} belongs")
    else:
        with np.errstate(all="ignore"):
            return numbers.astype(own.dtype, copy=False)
    return None
