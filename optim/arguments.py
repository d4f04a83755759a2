"""The arguments of what accompanies training, checked: models, measures, saved states."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..engine.operation import real_number
from ..nn import Module
from ..nn.backend import backend_of, numbers_of


def checked_module(model: Any, what: str) -> Module:
    """The model; ``TypeError``, beginning with ``what``, for what is no Module."""
    if not isinstance(model, Module):
        raise TypeError(
            f"{what}: model must be a Module, got {type(model).__name__}: pass the model itself"
        )
    return model


def single_number(given: Any, what: str) -> float:
    """A number, or what holds one, as a float; an error beginning with ``what`` for others."""
    if backend_of(given) is None:
        return real_number(given, what)
    numbers = numbers_of(given)
    if numbers.size != 1:
        raise ValueError(
            f"{what} must be one number, got shape {numbers.shape}: take its mean first"
        )
    return float(numbers.reshape(()))


def checked_state(state_dict: Any, names: Collection[str], what: str) -> Mapping[str, Any]:
    """The state; ``ValueError``, beginning with ``what``, for one without these names."""
    if not isinstance(state_dict, Mapping) or not {*names} <= {*state_dict}:
        found = [*state_dict] if isinstance(state_dict, Mapping) else type(state_dict).__name__
        raise ValueError(
            f"{what}: state_dict must hold {', '.join(names)}, got {found}: pass what state_dict() "
            f"of a {what} gave"
        )
    return state_dict
