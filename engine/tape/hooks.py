"""What a Value does under a special mode: where a function is being recorded, its tape notes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formula import Formula
from ..modes import current_mode
from ..operation import real_number
from .traced import TracedNumber, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..value import Value

_FINITE = Formula("finite_or_zero", "x", "x if x - x == 0 else 0", "1 if x - x == 0 else 0")


def number(data: object) -> float:
    """What is given as the number of a Value, as a float."""
    return real_number(data, "Value: data")


def made(value: Value, data: Any) -> float:
    """The number of a new Value."""
    tape = current_mode().tape
    return number(data) if tape is None else tape.made(value, data)


def assigned(value: Value, data: Any) -> float:
    """What is assigned to the number of a Value."""
    tape = current_mode().tape
    return number(data) if tape is None else tape.assigned(value, data)


def data_of(value: Value) -> Any:
    """The number of a Value; a tape gives one that it can follow."""
    tape = current_mode().tape
    return value._data if tape is None else tape.data_of(value)


def gradient_assigned(value: Value, gradient: Any) -> Any:
    """What is assigned to the gradient of a Value."""
    tape = current_mode().tape
    return gradient if tape is None else tape.gradient_assigned(value, gradient)


def gradient_of(value: Value) -> Any:
    """The gradient of a Value; a tape gives one that it can follow."""
    tape = current_mode().tape
    return value._grad if tape is None else tape.gradient_of(value)


def compared(compare: np.ufunc, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """``compare(a, b)``; where a tape follows the numbers, ones and zeros that it follows."""
    is_traced = a.dtype == object or b.dtype == object
    found: NDArray[Any] = compare(a, b, dtype=object) if is_traced else compare(a, b)
    return found


def known(value: Value, what: str) -> float:
    """The number of a Value, for ``what``, which needs to know it; a tape refuses most."""
    tape = current_mode().tape
    if tape is not None and not tape.is_known(value):
        refuse(what)
    return value._data


def array_of_numbers(numbers: list[Any]) -> NDArray[Any]:
    """Numbers as an array of floats, or of objects where a tape follows them."""
    is_traced = current_mode().tape is not None and any(
        [type(number) is TracedNumber for number in numbers]
    )
    return np.array(numbers, dtype=object if is_traced else np.float64)


def finite_or_zero(numbers: NDArray[Any]) -> NDArray[Any]:
    """Numbers that a tape follows, with 0 in the place of infinities and nan."""
    found = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(numbers.shape):
        found[index] = _FINITE(numbers[index])
    return found


def outside(action: Callable[[], object]) -> None:
    """Have Python do something to Values itself, such as the step of an optimizer.

    Where a function is being recorded, its compiled code will stop here at every call, write what
    it has computed, and go on behind the action with the numbers that there are then.
    """
    tape = current_mode().tape
    if tape is None:
        action()
    else:
        tape.interrupt(action)


def drawn(draw: Callable[[], NDArray[np.float64]]) -> NDArray[Any]:
    """Numbers that are drawn anew at every call of a function that is being recorded."""
    tape = current_mode().tape
    return draw() if tape is None else tape.draw(draw)


def watch(is_same: Callable[[], bool]) -> None:
    """Have a function that is being recorded be recorded anew once ``is_same()`` is False."""
    tape = current_mode().tape
    if tape is not None:
        tape.watches.append(is_same)
