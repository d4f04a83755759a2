"""NumPy's other functions in a graph, where the library computes with the arrays of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np

from ..broadcasting import NDArray
from .graph import Value
from .slices import joined
from .traced import NOT_OF_DATA, Traced
from .ufuncs import from_host, is_nan, operand, plain
from .values import broadcast, cast, combined, reduced, reshaped, truth

Lowering = Callable[..., Value]

COMPOSED = frozenset(
    {
        np.all, np.allclose, np.amax, np.amin, np.any, np.atleast_1d, np.atleast_2d, np.clip,
        np.expand_dims, np.flip, np.hstack, np.max, np.mean, np.min, np.moveaxis, np.prod,
        np.ravel, np.reshape, np.squeeze, np.stack, np.std, np.sum, np.swapaxes, np.transpose,
        np.var, np.vstack,
    }
)  # fmt: skip
"""Functions of NumPy that are made of others, which are recorded."""

_OF_KINDS = frozenset(
    {
        np.can_cast, np.empty_like, np.iscomplexobj, np.may_share_memory, np.min_scalar_type,
        np.ndim, np.ones_like, np.result_type, np.shape, np.shares_memory, np.size, np.zeros_like,
    }
)  # fmt: skip
"""Functions that do not look at numbers."""

_OF_DATA = frozenset(
    {
        np.argwhere, np.bincount, np.compress, np.delete, np.extract, np.flatnonzero,
        np.histogram, np.nonzero, np.repeat, np.unique,
    }
)  # fmt: skip
"""Functions whose result has a shape that depends on numbers."""


def called(recorder: Any, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function of NumPy on arguments of which some are traced."""
    if function in _OF_DATA:
        raise RuntimeError(f"numpy.{function.__name__}: {NOT_OF_DATA}: use where(mask, x, 0)")
    if function is np.isclose:
        return _are_close(*args, **kwargs)
    arguments, named = plain(tuple(args)), {name: plain(each) for name, each in kwargs.items()}
    with np.errstate(all="ignore"):
        found = function(*arguments, **named)
    if function in _OF_KINDS:
        return found
    if function in _VIEWS:
        return Traced.on(found, recorder)
    if function is np.array_equal:
        first, second = args[:2]
        return np.shape(first) == np.shape(second) and bool(np.all(np.equal(first, second)))
    if function in _FUNCTIONS:
        given = {name: each for name, each in kwargs.items() if each is not None}
        given.pop("casting", None)  # which says what is refused, and nothing has been
        value = _FUNCTIONS[function](recorder, np.asarray(found), *args, **given)
    elif _is_followed(found, arguments, named):
        value = from_host(recorder, function, arguments, named, np.asarray(found))
    else:
        raise RuntimeError(
            f"compile: numpy.{function.__name__} with the numbers of a tensor cannot be recorded: "
            "use operations on tensors"
        )
    return Traced.on(recorder.array(np.asarray(found), value), recorder)


def _is_followed(found: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Whether the arrays that a function is given, and what it gives, are all told."""
    inner = [each for part in (*arguments, *named.values()) for each in _parts(part)]
    arrays = [each for each in (*inner, *named.values()) if isinstance(each, np.ndarray)]
    return isinstance(found, np.ndarray | np.generic) and not arrays


def _parts(thing: Any) -> Sequence[Any]:
    """What stands in lists and tuples, at any depth."""
    if not isinstance(thing, list | tuple):
        return ()
    return [part for each in thing for part in (each, *_parts(each))]


def _are_close(
    x: Any, y: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """What ``numpy.isclose`` gives, made of functions that are recorded."""
    are_near = np.less_equal(np.abs(np.subtract(x, y)), atol + rtol * np.abs(y))
    are_close = are_near & np.isfinite(y) | np.equal(x, y)
    return are_close | np.isnan(x) & np.isnan(y) if equal_nan else are_close


def _where(recorder: Any, found: NDArray, test: Any, *branches: Any) -> Value:
    if len(branches) != 2:
        recorder.check_fixed(plain(test), "where", "write where(mask, x, 0)")
    chosen = operand(recorder, plain(test), np.asarray(plain(test)).dtype)
    values = [operand(recorder, plain(each), found.dtype) for each in branches]
    value = combined(recorder.graph, "where", truth(recorder.graph, chosen), *values)
    return broadcast(recorder.graph, value, found.shape)


def _concatenate(recorder: Any, found: NDArray, arrays: Any, axis: int | None = 0) -> Value:
    values = [operand(recorder, plain(each), found.dtype) for each in arrays]
    if axis is None:
        values = [reshaped(recorder.graph, each, (each.size,)) for each in values]
    return joined(recorder.graph, values, (axis or 0) % max(found.ndim, 1))


def _copied(recorder: Any, found: NDArray, array: Any, *options: Any, **more: Any) -> Value:
    return operand(recorder, plain(array), found.dtype)


def _counted(
    recorder: Any, found: NDArray, array: Any, axis: Any = None, *, keepdims: bool = False
) -> Value:
    x = plain(array)
    dims = axis if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    is_true = truth(recorder.graph, operand(recorder, x, x.dtype))
    ones = cast(recorder.graph, is_true, "int64")
    return cast(recorder.graph, reduced(recorder.graph, "add", ones, dims, keepdims), found.dtype)


def _place_of(extreme: str) -> Lowering:
    def found_place(
        recorder: Any, found: NDArray, array: Any, axis: Any = None, *, keepdims: bool = False
    ) -> Value:
        x = operand(recorder, plain(array), plain(array).dtype)
        if axis is None:
            x, dims = reshaped(recorder.graph, x, (x.size,)), (0,)
        else:
            dims = (axis,)
        place = reduced(recorder.graph, extreme, x, dims, False)
        return reshaped(recorder.graph, place, found.shape)

    return found_place


def _repaired(
    recorder: Any,
    found: NDArray,
    array: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Value:
    graph = recorder.graph
    x = operand(recorder, plain(array), found.dtype)
    limits = np.finfo(found.dtype)
    top, bottom = (
        limits.max if posinf is None else posinf,
        limits.min if neginf is None else neginf,
    )
    for place, number in ((inf, top), (-inf, bottom)):
        is_there = combined(graph, "equal", x, graph.constant(place, x.dtype))
        x = combined(graph, "where", is_there, graph.constant(float(number), x.dtype), x)
    return combined(graph, "where", is_nan(graph, x), graph.constant(float(nan), x.dtype), x)


_VIEWS = frozenset({np.broadcast_to, np.diagonal})

_FUNCTIONS: Mapping[Any, Lowering] = MappingProxyType(
    {
        np.where: _where,
        np.concatenate: _concatenate,
        np.copy: _copied,
        np.count_nonzero: _counted,
        np.argmax: _place_of("argmax"),
        np.argmin: _place_of("argmin"),
        np.nan_to_num: _repaired,
    }
)
