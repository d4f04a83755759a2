"""Derivatives of plain functions: ``grad``, ``value_and_grad`` and ``hessian``.

They take a function of Values (or Arrays) and give a function of numbers, of Values, or of
nested lists of them. They can be nested: each call differentiates by variables of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from . import formulas
from .array import Array
from .backward import differentiable_edges, evaluation_order, propagate
from .functions import stack
from .modes import current_mode, enable_grad
from .operation import Operand
from .value import Value, constant

Argnums = int | Sequence[int]

_inside: ContextVar[bool] = ContextVar("twingrad_inside_derivative", default=False)
"""Whether a function that is being differentiated is running."""


def grad(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The derivative of ``function`` as a function of the same arguments.

    Parameters
    ----------
    function : callable
        Takes Values, or Arrays, or (nested) lists and tuples of Values, and gives one Value, or
        an Array of one element.
    argnums : int or sequence of int
        Which positional argument to differentiate by; with several, a tuple is given.

    Returns
    -------
    callable
        Called with numbers, it gives numbers; called with Values, as inside another ``grad``,
        it gives Values that can be differentiated again. An argument that is a list, a tuple,
        a NumPy array or an Array gives its derivative in the same form.

    Raises
    ------
    TypeError
        If ``argnums`` is not a position, or if the function does not give one number.

    Examples
    --------
    >>> import twingrad
    >>> def cube(x):
    ...     return x**3
    >>> twingrad.grad(cube)(2.0)
    12.0
    >>> twingrad.grad(twingrad.grad(cube))(2.0)
    12.0
    >>> twingrad.grad(lambda w, x: w[0] * x + w[1])([3.0, 1.0], 5.0)
    [5.0, 1.0]
    """
    both = value_and_grad(function, argnums)  # which checks its arguments

    @wraps(function)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return derivative


def value_and_grad(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The pair (value, derivative) of ``function``, as a function of the same arguments.

    Takes and raises what :func:`grad` does.

    >>> import twingrad
    >>> twingrad.value_and_grad(lambda x: x.tanh())(0.0)
    (0.0, 1.0)
    """
    positions = _positions(function, argnums)

    @wraps(function)
    def value_and_derivative(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        nested = _is_nested(args, kwargs)
        with enable_grad():
            own = _with_variables(function, args, positions)
            root = _evaluated(function, own, kwargs)
            wanted = [leaf for position in positions for leaf in _leaves(own[position])]
            slopes = _gradients(root, wanted, nested)
        if nested and not current_mode().record:  # what no_grad() surrounds is constant
            root, slopes = root.detach(), [slope.detach() for slope in slopes]
        found = iter(slopes)
        derivatives = [_rebuilt(args[position], found) for position in positions]
        value = root if nested else root.data
        return value, derivatives[0] if isinstance(argnums, int) else tuple(derivatives)

    return value_and_derivative


def hessian(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The second derivatives of ``function``, as a function of the same arguments.

    For a number they are one number. For a list of n numbers they are n lists of n: entry i, j
    is the derivative by element i, then by element j. For several ``argnums`` they are a tuple
    of tuples of such. Takes and raises what :func:`grad` does.

    >>> import twingrad
    >>> twingrad.hessian(lambda v: v[0] ** 2 * v[1])([3.0, 2.0])
    [[4.0, 6.0], [6.0, 0.0]]
    """
    positions = _positions(function, argnums)

    @wraps(function)
    def second_derivative(*args: Any, **kwargs: Any) -> Any:
        nested = _is_nested(args, kwargs)
        with enable_grad():
            own = _with_variables(function, args, positions)
            root = _evaluated(function, own, kwargs)
            leaves = {position: _leaves(own[position]) for position in positions}
            wanted = [leaf for position in positions for leaf in leaves[position]]
            first = _gradients(root, wanted, nested=True)
            rows = [_gradients(slope, wanted, nested) for slope in first]
        blocks = []
        offset = 0
        for position in positions:
            count = len(leaves[position])
            mine = rows[offset : offset + count]
            offset += count
            parts = [iter(row) for row in mine]  # each block takes its share from every row
            blocks.append(
                tuple(
                    _rebuilt_rows(args[position], [_rebuilt(args[other], row) for row in parts])
                    for other in positions
                )
            )
        return blocks[0][0] if isinstance(argnums, int) else tuple(blocks)

    return second_derivative


def _positions(function: Callable[..., Any], argnums: Argnums) -> tuple[int, ...]:
    if not callable(function):
        raise TypeError(
            f"function must be callable, got {type(function).__name__} {function!r:.60}: "
            "pass the function itself, and its arguments to what comes back"
        )
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not positions or not all(type(position) is int for position in positions):
        raise TypeError(
            f"argnums must be the position of an argument, or several, got {argnums!r}: "
            "count positions from 0"
        )
    return positions


def _with_variables(
    function: Callable[..., Any], args: Sequence[Any], positions: Sequence[int]
) -> list[Any]:
    """The arguments, with those to differentiate by turned into variables of this call."""
    own = list(args)
    for position in positions:
        if not -len(args) <= position < len(args):
            raise TypeError(
                f"argnums {position} needs {position + 1} positional arguments, got {len(args)} "
                f"for {getattr(function, '__name__', 'the function')}: pass it by position"
            )
        own[position] = _variable(args[position])
    return own


def _variable(argument: Any) -> Any:
    """A fresh variable in place of every number or Value of an argument.

    A Value of an outer derivative becomes a node of its own, so that differentiating by it does
    not reach what the function uses of the outer variable.
    """
    match argument:
        case Value():
            return formulas.pos(argument) if argument.requires_grad else Value(argument.data)
        case list() | tuple():
            return type(argument)(map(_variable, argument))
        case Array():
            return Array([_variable(each) for each in argument.flatten()]).reshape(argument.shape)
        case np.ndarray():
            return Array(argument)
    return Value(argument)


def _leaves(argument: Any) -> list[Value]:
    match argument:
        case Value():
            return [argument]
        case list() | tuple():
            return [leaf for each in argument for leaf in _leaves(each)]
        case Array():
            return list(argument.flatten())
    return []


def _has_values(argument: Any) -> bool:
    """Whether a Value stands anywhere in the arguments: then the results are Values too."""
    match argument:
        case Operand():
            return True
        case list() | tuple():
            return any(map(_has_values, argument))
        case dict():
            return any(map(_has_values, argument.values()))
    return False


def _is_nested(args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether the results must be Values, for an outer derivative to go on from them.

    The function may use the variable of an outer derivative without being passed it.
    """
    return _inside.get() or _has_values((args, kwargs))


def _evaluated(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Value:
    token = _inside.set(True)
    try:
        result = function(*args, **kwargs)
    finally:
        _inside.reset(token)
    if isinstance(result, Array) and result.numel() == 1:
        return result.reshape(1)[0]  # type: ignore[no-any-return]
    if not isinstance(result, Value):
        raise TypeError(
            f"{getattr(function, '__name__', 'the function')} must give one Value to be "
            f"differentiated, got {type(result).__name__} {result!r:.60}: return a Value, "
            "computed from the arguments"
        )
    return result


def _gradients(root: Value, wanted: Sequence[Value], nested: bool) -> list[Any]:
    """The derivative of ``root`` by each wanted node: Values if ``nested``, else floats."""
    if nested:
        order = evaluation_order(root)
        found = propagate(order, root, constant(1.0), differentiable_edges)
        return [found.get(node, constant(0.0)) for node in wanted]
    found = propagate(evaluation_order(root), root, 1.0)
    return [found.get(node, 0.0) for node in wanted]


def _rebuilt(argument: Any, found: Any) -> Any:
    """The next derivatives of ``found``, in the form of the argument they belong to."""
    match argument:
        case list() | tuple():
            return type(argument)(_rebuilt(each, found) for each in argument)
        case Array():
            return Array([next(found) for _ in range(argument.numel())]).reshape(argument.shape)
        case np.ndarray():
            values = [next(found) for _ in range(argument.size)]
            if any(isinstance(value, Value) for value in values):
                return Array(values).reshape(argument.shape)
            return np.array(values, dtype=np.float64).reshape(argument.shape)
    return next(found)


def _rebuilt_rows(argument: Any, rows: Sequence[Any]) -> Any:
    """One row of second derivatives per element, in the form of the argument."""
    match argument:
        case Array() | np.ndarray() if rows:
            joined = stack(rows)
            shaped = joined.reshape(*argument.shape, *joined.shape[1:])
            return shaped if isinstance(rows[0], Operand) else shaped.data
    return _rebuilt(argument, iter(rows))
