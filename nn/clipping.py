"""Clipping: gradients shortened between ``backward()`` and ``optimizer.step()``.

Parameters are Tensors, Arrays or single Values: one, or an iterable of them, such as
``model.parameters()``. Those whose gradient is not computed are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine import formulas
from ..engine.checks import number_within
from ..engine.operation import real_number
from .backend import (
    Backend,
    backend_of,
    holds,
    named,
    numbers_of,
    present,
    recorder_in_force,
    twin_of,
)
from .norms import unit_norms, vector_norm
from .selection import selected


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Any:
    """Shorten all gradients by one factor, so that their norm is at most ``max_norm``.

    ``grad *= min(1, max_norm / (norm + 1e-6))``, where the norm is that of all gradients taken as
    one vector. Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
    networks", 2013.

    Parameters
    ----------
    parameters : parameter, or iterable of parameters
        Their gradients are changed in place.
    max_norm : float
        The greatest norm, at least 0; ``inf`` shortens nothing.
    norm_type : float
        The p of the norm, as for :func:`get_total_norm`.
    error_if_nonfinite : bool
        Whether an infinite norm, or one that is nan, is an error. If not, an infinite gradient
        makes the finite ones 0 and itself nan, and a nan makes all nan.

    Returns
    -------
    operand without dimensions
        The norm before.

    Raises
    ------
    RuntimeError
        If the norm is not finite and ``error_if_nonfinite``. Then nothing has been changed.
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If ``max_norm`` is below 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([3.0, 4.0], requires_grad=True)
    >>> w.square().sum().backward()
    >>> nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(10.)
    >>> [round(each, 4) for each in w.grad.tolist()]
    [0.6, 0.8]
    """
    twin, chosen = _with_gradients(parameters, "clip_grad_norm_")
    longest = _at_least_0(max_norm, "clip_grad_norm_: max_norm")
    p = _power(norm_type, "clip_grad_norm_")
    gradients = [gradient for _, gradient in chosen]
    numbers = [twin.numbers(gradient) for gradient in gradients]
    total = _total_norm(twin, gradients, numbers, p)
    if error_if_nonfinite:
        _check_finite(total, "clip_grad_norm_")
    _shorten(twin, chosen, longest, total)
    return _number(twin, total, numbers)


def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Any:
    """The norm of operands, such as gradients, taken as one vector: ``sum(|x|**p) ** (1/p)``.

    Parameters
    ----------
    tensors : operand, or iterable of operands
        Plain numbers and NumPy arrays, the gradients of Values and Arrays, are taken too.
    norm_type : float
        The p: 2, 1 and ``inf``, which is the greatest absolute value, are usual.
    error_if_nonfinite : bool
        Whether an infinite norm, or one that is nan, is an error.

    Returns
    -------
    operand without dimensions
        0 if there are none.

    Raises
    ------
    RuntimeError
        If the norm is not finite and ``error_if_nonfinite``.
    TypeError
        For what is no operand.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.utils.get_total_norm([twingrad.tensor([3.0]), twingrad.tensor([[-4.0]])])
    tensor(5.)
    """
    p = _power(norm_type, "get_total_norm")
    given = _listed(tensors)
    twin = twin_of(given[0]) if given else named()
    numbers = [numbers_of(each) for each in given]
    total = _total_norm(twin, given, numbers, p)
    if error_if_nonfinite:
        _check_finite(total, "get_total_norm")
    return _number(twin, total, numbers)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any) -> None:
    """Shorten all gradients by one factor: ``grad *= min(1, max_norm / (total_norm + 1e-6))``.

    It is the second half of :func:`clip_grad_norm_`, for a norm that is known.

    Parameters
    ----------
    parameters : parameter, or iterable of parameters
        Their gradients are changed in place.
    max_norm : float
        The greatest norm, at least 0.
    total_norm : float or operand of one element
        The norm of the gradients; not below 0.

    Raises
    ------
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If a norm is below 0.
    """
    twin, chosen = _with_gradients(parameters, "clip_grads_with_norm_")
    longest = _at_least_0(max_norm, "clip_grads_with_norm_: max_norm")
    total = total_norm
    if recorder_in_force() is None or backend_of(total_norm) is None:
        total = real_number(numbers_of(total_norm).item(), "clip_grads_with_norm_: total_norm")
    if holds(total < 0):
        raise ValueError(
            f"clip_grads_with_norm_: total_norm must not be below 0, got {present(total)}: it is a "
            "length"
        )
    _shorten(twin, chosen, longest, total)


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Hold every number of the gradients between ``-clip_value`` and ``clip_value``.

    Parameters
    ----------
    parameters : parameter, or iterable of parameters
        Their gradients are changed in place.
    clip_value : float
        The greatest size, at least 0.

    Raises
    ------
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If ``clip_value`` is below 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([3.0, -0.2], requires_grad=True)
    >>> w.square().sum().backward()
    >>> nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.4000])
    """
    twin, chosen = _with_gradients(parameters, "clip_grad_value_")
    size = _at_least_0(clip_value, "clip_grad_value_: clip_value")
    with np.errstate(all="ignore"):
        for parameter, gradient in chosen:
            _change(twin, parameter, gradient, _HOLD, -size, size)


def adaptive_clip_grad_(parameters: Any, clip_factor: float = 0.01, eps: float = 1e-3) -> None:
    """Shorten the gradient of every unit that is long beside the unit's weights.

    ``g *= min(1, clip_factor * max(||w||, eps) / ||g||)`` for the weights w of each unit, the rows
    of a matrix, and their gradient g. What has one dimension or none is one unit. Brock, De, Smith
    and Simonyan, "High-performance large-scale image recognition without normalization", 2021; they
    leave the last layer out.

    Parameters
    ----------
    parameters : parameter, or iterable of parameters
        Their gradients are changed in place.
    clip_factor : float
        The greatest length of a gradient in lengths of the weights; at least 0.
    eps : float
        The length that weights are taken to have at least, so that zeros can be left; at least 0.

    Raises
    ------
    TypeError
        For what is no parameter, and for parameters of both twins.
    ValueError
        If ``clip_factor`` or ``eps`` is below 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([[3.0, 4.0], [0.0, 2.0]], requires_grad=True)
    >>> (w * twingrad.tensor([[0.0, 10.0], [0.0, 0.5]])).sum().backward()
    >>> nn.utils.adaptive_clip_grad_(w, clip_factor=0.5)
    >>> w.grad.tolist()
    [[0.0, 2.5], [0.0, 0.5]]
    """
    twin, chosen = _with_gradients(parameters, "adaptive_clip_grad_")
    factor = _at_least_0(clip_factor, "adaptive_clip_grad_: clip_factor")
    least = _at_least_0(eps, "adaptive_clip_grad_: eps")
    with np.errstate(all="ignore"):
        for parameter, gradient in chosen:
            shares = _shares(twin, parameter, gradient, factor, least)
            if shares is not None:
                _change(twin, parameter, gradient, _SCALE, shares)


def _shares(twin: Backend, parameter: Any, gradient: Any, factor: float, least: float) -> Any:
    """What the gradients of units are shortened to, or None where none is too long."""
    if recorder_in_force() is not None:
        longest = factor * formulas.maximum(unit_norms(parameter.detach()), least)
        lengths = unit_norms(gradient.detach())
        return formulas.where(lengths > longest, longest / lengths, 1.0)
    longest = factor * np.maximum(unit_norms(twin.numbers(parameter)), least)
    lengths = unit_norms(twin.numbers(gradient))
    is_long = np.asarray(lengths > longest)
    if not is_long.any():
        return None
    return np.divide(longest, lengths, out=np.ones_like(lengths), where=is_long)


def _listed(tensors: Any) -> list[Any]:
    """One operand, or an iterable of them; ``TypeError`` for what is none."""
    is_one = _is_numeric(tensors)
    if not is_one and not isinstance(tensors, Iterable):
        raise TypeError(
            f"get_total_norm: tensors must be an operand or an iterable of them, got "
            f"{type(tensors).__name__}: pass [p.grad for p in model.parameters()]"
        )
    given = [tensors] if is_one else [*tensors]
    for position, each in enumerate(given):
        if not _is_numeric(each):
            raise TypeError(
                f"get_total_norm: tensors must be operands or NumPy arrays, got "
                f"{type(each).__name__} as number {position}: leave out gradients that are None"
            )
    return given


def _is_numeric(data: Any) -> bool:
    """Whether this is an operand or what the gradients of Values and Arrays are."""
    return backend_of(data) is not None or isinstance(data, float | np.generic | np.ndarray)


class _Gradients(NamedTuple):
    twin: Backend
    pairs: list[tuple[Any, Any]]
    """Parameters, and the gradients of those that have one."""


def _with_gradients(parameters: Any, what: str) -> _Gradients:
    twin, chosen = selected(parameters, what)
    pairs = [(each, gradient) for each in chosen if (gradient := each.grad) is not None]
    return _Gradients(twin, pairs)


def _total_norm(
    twin: Backend, operands: Sequence[Any], arrays: Sequence[NDArray[Any]], p: float
) -> Any:
    """The norm of the norms of operands, whose numbers are in arrays; 0 if there are none.

    It is the norm of all. It is a number, or an operand where a step is recorded.
    """
    if not operands:
        return 0.0
    if recorder_in_force() is not None:
        dtype = np.result_type(*arrays)
        constants = [twin.operand(each).detach().to(dtype) for each in operands]
        if p == 2:  # without the roots of the parts: fewer passes
            first, *others = [each.square().sum() for each in constants]
            return sum(others, start=first).sqrt()
        return twin.cat([each.norm(p).reshape(1) for each in constants], 0).norm(p)
    with np.errstate(all="ignore"):
        return float(vector_norm(np.array([vector_norm(each, p) for each in arrays]), p))


def _shorten(twin: Backend, chosen: list[tuple[Any, Any]], longest: float, total: Any) -> None:
    """Multiply all gradients by ``longest / (total + 1e-6)``, unless it is 1 or more."""
    factor = longest / (total + 1e-6)
    if backend_of(factor) is not None:
        factor = formulas.where(factor >= 1, 1.0, factor)
    elif factor >= 1:
        return
    with np.errstate(all="ignore"):
        for parameter, gradient in chosen:
            _change(twin, parameter, gradient, _SCALE, factor)


class _Change(NamedTuple):
    """What is done to gradients: as a row of the table, and by NumPy in their own memory."""

    row: Any
    function: Callable[..., Any]


_SCALE = _Change(formulas.mul, np.multiply)
_HOLD = _Change(formulas.clamp, np.clip)


def _change(twin: Backend, parameter: Any, gradient: Any, how: _Change, *arguments: Any) -> None:
    """Let the gradient be ``row(gradient, *arguments)``: in its own memory, if it has one."""
    row, function = how
    if recorder_in_force() is not None:
        twin.write(gradient, row(gradient.detach(), *arguments))
        return
    memory = twin.memory(gradient)
    if memory is not None:
        function(memory, *arguments, out=memory)
        twin.changed(gradient)
        return
    changed = function(twin.numbers(gradient), *arguments)
    if backend_of(gradient) is None:  # plain numbers, which are a copy
        parameter.grad = changed
    else:
        twin.write(gradient, changed)


def _number(twin: Backend, number: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    """A number as an operand without dimensions, of the dtype of these arrays."""
    if backend_of(number) is not None:
        return number
    dtype = np.result_type(*arrays) if arrays else np.float32
    with np.errstate(over="ignore"):
        return twin.operand(np.array(number, dtype))


def _power(norm_type: Any, what: str) -> float:
    return np.inf if norm_type == "inf" else real_number(norm_type, f"{what}: norm_type")


def _at_least_0(number: Any, what: str) -> float:
    return number_within(number, what, "it is a length", at_least=0)


def _check_finite(total: Any, what: str) -> None:
    if not holds(abs(total) < inf):
        raise RuntimeError(
            f"{what}: the norm must be finite, got {present(total)}: look for the gradient that is "
            "not, or pass error_if_nonfinite=False"
        )
