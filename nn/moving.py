"""Modules that move: to the other twin, or to another dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.changes import changes
from .backend import Backend, backend_of, named, twin_of
from .members import Members
from .parameter import is_parameter, move_place, place_of

Conversion = Callable[[Any], Any]
"""From an operand to what stands for it after a move: itself, if nothing is to be done."""

_TWINS = ("scalar", "tensor")


def move(module: Members, target: Any, dtype: Any = None) -> None:
    """Replace the parameters and buffers of a module, and of all in it, by moved ones.

    What is shared stays shared. All are converted before the first is replaced, so that an error
    leaves the module as it was.
    """
    conversions = _conversions(target, dtype)
    members = [*_operands(module)]
    moved = {id(operand): operand for _, _, operand in members}
    for key, operand in moved.items():
        moved[key] = _moved(operand, conversions)
    for owner, name, operand in members:
        _check_place(owner, name, moved[id(operand)] is operand, target)
    for owner, name, operand in members:
        new = moved[id(operand)]
        if new is not operand:
            changes.count += 1
            owner.__dict__[name] = new
            if is_parameter(operand):
                move_place(operand, new)
                twin_of(new).label(new, place_of(new).label, "")


def _check_place(owner: Members, name: str, stays: bool, target: Any) -> None:
    """Raise ``TypeError`` where a parameter is to be replaced that is part of a list."""
    if not stays and name not in owner.__dict__:
        raise TypeError(
            f"to: a {type(owner).__name__} must stay on the scalar twin, as its parameters are "
            f"single Values, got {target!r}: build a network of layers that move, for example "
            "nn.MLP(2, [16, 16], 1)"
        )


def _operands(module: Members) -> Iterator[tuple[Members, str, Any]]:
    """Every parameter and buffer with the module that it belongs to, and its name there."""
    for owner in module.modules():
        for name, operand in [*owner._own_parameters(), *owner._own_buffers()]:
            if operand is not None:
                yield owner, name, operand


def _conversions(target: Any, dtype: Any) -> list[Conversion]:
    """What is to be done with each operand, one behind the other."""
    if target is None and dtype is None:
        raise TypeError(
            "to: target must be 'scalar', 'tensor' or a floating point dtype, got nothing: name "
            "the twin or the dtype"
        )
    found: list[Conversion] = []
    if isinstance(target, str) and target in _TWINS:
        twin = named(target)
        found.append(lambda operand: _on_twin(operand, twin))
    elif target is not None and not (isinstance(target, str) and target == "cpu"):
        if dtype is not None:
            raise TypeError(
                f"to: target must be 'scalar' or 'tensor' beside a dtype, got {target!r} and "
                f"{dtype!r}: name one dtype"
            )
        dtype = target
    if dtype is not None:
        wanted = _checked(dtype)
        found.append(lambda operand: _of_dtype(operand, wanted))
    return found


def _checked(dtype: Any) -> np.dtype[Any]:
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise ValueError(
            f"to: target must be 'scalar', 'tensor' or a floating point dtype, got {dtype!r:.40}: "
            "name the twin or the dtype; everything is computed on the CPU"
        ) from None
    if wanted.kind != "f":
        raise TypeError(
            f"to: a module can be converted to floating point dtypes only, got {wanted}: there "
            "are no derivatives by integers"
        )
    return wanted


def _moved(operand: Any, conversions: list[Conversion]) -> Any:
    """The operand after the move, with its gradient, and whether it wants one."""
    new = operand
    for convert in conversions:
        new = convert(new)
    if new is operand or not is_parameter(operand):
        return new
    grad = operand.grad
    if grad is not None:
        for convert in conversions:
            grad = convert(grad)
        new.grad = grad
    new.requires_grad = operand.requires_grad
    return new


def _on_twin(operand: Any, target: Backend) -> Any:
    own = twin_of(operand)
    if own.name == target.name:
        return operand
    return target.moved(own.numbers(operand))


def _of_dtype(operand: Any, dtype: np.dtype[Any]) -> Any:
    own = twin_of(operand)
    numbers = own.numbers(operand)
    if numbers.dtype == dtype or numbers.dtype.kind != "f":
        return operand
    return own.cast(operand, dtype)


def backend_name(module: Members) -> str:
    """The twin of the first parameter or buffer; the selected one where there is none."""
    for operand in [*module.parameters(), *module.buffers()]:
        twin = backend_of(operand)
        if twin is not None:
            return twin.name
    return named().name
