"""All parameters of a model as one vector, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import numbers_of
from .selection import selected


def parameters_to_vector(parameters: Any) -> Any:
    """The numbers of all parameters one behind the other, with a gradient that is passed on.

    Parameters
    ----------
    parameters : parameter, or iterable of parameters
        Of any shapes, at least one.

    Returns
    -------
    operand of shape (N,)
        The elements of each parameter in order, rows first.

    Raises
    ------
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If there are none.

    Examples
    --------
    >>> from twingrad import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    twin, chosen = selected(parameters, "parameters_to_vector")
    if not chosen:
        raise ValueError(
            "parameters_to_vector: parameters must hold at least one, got none: pass "
            "model.parameters()"
        )
    return twin.cat([twin.operand(each).reshape(-1) for each in chosen], 0)


def vector_to_parameters(vec: Any, parameters: Any) -> None:
    """Write the numbers of a vector into parameters, one behind the other, without history.

    Parameters
    ----------
    vec : operand or NumPy array of shape (N,)
        What :func:`parameters_to_vector` gave, of either twin. Its numbers are copied.
    parameters : parameter, or iterable of parameters
        Of N elements altogether.

    Raises
    ------
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If the vector has another shape. Then nothing has been written.
    """
    twin, chosen = selected(parameters, "vector_to_parameters")
    numbers = numbers_of(vec)
    own = [twin.numbers(each) for each in chosen]
    ends = np.cumsum([each.size for each in own], dtype=np.int64)
    count = int(ends[-1]) if chosen else 0
    if numbers.shape != (count,):
        raise ValueError(
            f"vector_to_parameters: vec must have the shape ({count},) for these parameters, got "
            f"{numbers.shape}: make it with parameters_to_vector of the same ones"
        )
    for parameter, end, old in zip(chosen, ends, own, strict=True):
        twin.write(parameter, numbers[end - old.size : end].reshape(old.shape))
