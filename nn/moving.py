"""Modules that move: to the other twin, or to another dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .backend import Backend, backend_of, named
from .parameter import is_parameter, move_place
from .state import twin_of

TWINS = ("scalar", "tensor")


def move(module: Any, target: Any) -> None:
    """Replace the parameters and buffers of a module, and of all in it, by moved ones.

    What is shared stays shared.
    """
    convert = _conversion(target)
    moved: dict[int, Any] = {}
    olds = []  # they are kept until the end, so that no new operand gets the id of one
    for owner in module.modules():
        for name, operand in [*owner._own_parameters(), *owner._own_buffers()]:
            if operand is None:
                continue
            if id(operand) not in moved:
                olds.append(operand)
                moved[id(operand)] = _moved(operand, convert)
    for owner in module.modules():
        for name, operand in [*owner._own_parameters(), *owner._own_buffers()]:
            if operand is not None:
                object.__setattr__(owner, name, moved[id(operand)])


def _conversion(target: Any) -> Callable[[Any], Any]:
    """What is done with the numbers of one operand to move it."""
    if isinstance(target, str) and target in TWINS:
        return lambda operand: _on_twin(operand, named(target))
    try:
        dtype = np.dtype(target)
    except TypeError:
        raise ValueError(
            f"to: target must be 'scalar', 'tensor' or a floating point dtype, got {target!r}: "
            "name the twin or the dtype"
        ) from None
    if dtype.kind != "f":
        raise TypeError(
            f"to: a module can be converted to floating point dtypes only, got {dtype}: there are "
            "no derivatives by integers"
        )
    return lambda operand: _of_dtype(operand, dtype)


def _moved(operand: Any, convert: Callable[[Any], Any]) -> Any:
    """The operand after the move, with its gradient and whatever else belongs to it."""
    new = convert(operand)
    if new is operand:
        return operand
    if is_parameter(operand):
        if operand.grad is not None:
            new.grad = convert(operand.grad)
        new.requires_grad = operand.requires_grad
        move_place(operand, new)
    return new


def _on_twin(operand: Any, target: Backend) -> Any:
    own = twin_of(operand)
    if own.name == target.name:
        return operand
    return target.moved(own.numbers(operand))


def _of_dtype(operand: Any, dtype: Any) -> Any:
    own = twin_of(operand)
    numbers = own.numbers(operand)
    if numbers.dtype == dtype or numbers.dtype.kind != "f":
        return operand
    return own.cast(operand, dtype)


def backend_name(module: Any) -> str:
    """The twin of the first parameter or buffer; the selected one where there is none."""
    for operand in [*module.parameters(), *module.buffers()]:
        twin = backend_of(operand)
        if twin is not None:
            return twin.name
    return named().name
