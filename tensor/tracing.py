"""What operations that look at the numbers of tensors themselves tell a recording of them.

The compiler records what is done with operations on tensors. Code of the library that computes on
arrays gets them from here: while a step is recorded, they take note of what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..engine.modes import special_mode

A = TypeVar("A")
"""A NumPy array."""


def recorder() -> Any:
    """What notes everything that is done on tensors, if a step is being recorded; else None."""
    mode = special_mode()
    return None if mode is None else mode.recorder


def numbers(tensor: Any) -> Any:
    """The numbers of a tensor as an array to compute with, not to be changed."""
    mode = special_mode()
    if mode is None or mode.recorder is None:
        return tensor._data
    mode.recorder.value_of(tensor)  # memory that nothing is known of yet belongs to this tensor
    return mode.recorder.traced(tensor._data)


def traced(array: Any) -> Any:
    """An array of a tensor's numbers as one to compute with, not to be changed."""
    mode = special_mode()
    if mode is None or mode.recorder is None:
        return array
    return mode.recorder.traced(array)


def made(array: A) -> A:
    """An array whose numbers are the same in every step."""
    mode = special_mode()
    if mode is not None and mode.recorder is not None:
        mode.recorder.constant(array)
    return array


def copied(array: A, source: Any) -> A:
    """A new array with the numbers of another array, or with numbers that are always the same."""
    mode = special_mode()
    if mode is not None and mode.recorder is not None:
        mode.recorder.copied(array, source)
    return array


def duplicated(tensor: Any) -> Any:
    """A copy of the array of a tensor."""
    mode = special_mode()
    if mode is None or mode.recorder is None:
        return tensor._data.copy()
    return mode.recorder.converted(tensor._data, tensor._data.dtype)


def sourced(data: Any) -> Any:
    """The array whose numbers data will take, where a recording must know; else None."""
    mode = special_mode()
    return None if mode is None or mode.recorder is None else mode.recorder.sourced(data)


def known(given: Any) -> Any:
    """What positions or truth values are given as, in a form that a recording knows."""
    mode = special_mode()
    return given if mode is None or mode.recorder is None else mode.recorder.known(given)


def unwrapped(array: Any) -> Any:
    """An array without the record that a recording made it carry."""
    mode = special_mode()
    return array if mode is None or mode.recorder is None else mode.recorder.unwrapped(array)


def by_host(function: Callable[..., Any], arrays: Sequence[Any], *parameters: Any) -> Any:
    """What a function gives for arrays and parameters; a compiled step calls it each time."""
    mode = special_mode()
    if mode is None or mode.recorder is None:
        return function(arrays, *parameters)
    return mode.recorder.by_host(function, arrays, parameters)


def check_fixed(array: Any, what: str, cure: str) -> None:
    """Refuse numbers that a shape is to depend on, where they may differ from step to step."""
    mode = special_mode()
    if mode is not None and mode.recorder is not None:
        mode.recorder.check_fixed(array, what, cure)


def check_readable(tensor: Any, what: str) -> None:
    """Refuse to hand out numbers of a tensor that will differ from step to step."""
    mode = special_mode()
    if mode is not None and mode.recorder is not None:
        mode.recorder.check_readable(tensor, what)
