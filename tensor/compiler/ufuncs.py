"""NumPy's universal functions in a graph, where the library computes with the arrays of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np

from ..broadcasting import NDArray
from ..dtypes import DType
from .graph import Graph, Value
from .lowerings.rounding import ceiling, nearest, truncated
from .traced import Traced
from .values import (
    all_true,
    cast,
    combined,
    empty,
    integral,
    product,
    reduced,
    truth,
)

Lowering = Callable[..., Value]

_STEPS = MappingProxyType(
    {
        "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg",
        "absolute": "abs", "maximum": "maximum", "minimum": "minimum", "sqrt": "sqrt",
        "square": "square", "sign": "sign", "floor": "floor", "power": "pow", "exp": "exp",
        "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10",
        "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin",
        "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "sinh": "sinh", "cosh": "cosh",
        "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
        "hypot": "hypot",
    }
)  # fmt: skip
"""Functions that are steps of programs: their operands are of the dtype of the result."""

_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})

_LOGIC = MappingProxyType(
    {
        "logical_and": "logical_and",
        "logical_or": "logical_or",
        "logical_not": "logical_not",
        "bitwise_and": "logical_and",
        "bitwise_or": "logical_or",
        "invert": "logical_not",
    }
)

_OF_BOOLS = MappingProxyType(
    {
        "add": "logical_or",
        "multiply": "logical_and",
        "maximum": "logical_or",
        "minimum": "logical_and",
    }
)

_REDUCED = MappingProxyType(
    {"add": "add", "multiply": "mul", "maximum": "maximum", "minimum": "minimum"}
)


def plain(thing: Any) -> Any:
    """What is given to NumPy: arrays without their record, also in lists and tuples."""
    if isinstance(thing, Traced):
        return thing.plain()
    if isinstance(thing, list | tuple):
        return type(thing)([plain(each) for each in thing])
    return thing


def computed(
    recorder: Any, ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]
) -> Any:
    """A universal function on arrays of which some are traced."""
    arrays = [plain(each) for each in inputs]
    out = options.pop("out", None)
    where = options.pop("where", True)
    if method == "at" or (method not in ("__call__", "reduce") and out is not None):
        raise RuntimeError(
            f"compile: numpy.{ufunc.__name__}.{method} with the numbers of a tensor cannot be "
            "recorded: use operations on tensors"
        )
    with np.errstate(all="ignore"):
        found = np.asarray(getattr(ufunc, method)(*arrays, **options))
    if method == "__call__":
        value = _called(recorder, ufunc, arrays, found)
    elif method == "reduce" and where is True:
        value = _reduced(recorder, ufunc, arrays[0], options, found)
    else:
        value = from_host(recorder, getattr(ufunc, method), arrays, options, found)
    if out is None:
        return Traced.on(recorder.array(found, value), recorder)
    return _written(recorder, plain(out[0]), found, value, plain(where))


def _written(recorder: Any, target: NDArray, found: NDArray, value: Value, where: Any) -> Any:
    """Let an array take a result, everywhere or at some places."""
    graph = recorder.graph
    recorder.constant(target)
    value = cast(graph, value, target.dtype)
    if where is not True:
        chosen = operand(recorder, where, np.dtype(bool))
        old = recorder.value_of(target)
        value = combined(graph, "where", truth(graph, chosen), value, old)
        found = np.where(where, found, target)
    recorder.written(target, value)
    target[...] = found
    return Traced.on(target, recorder)


def operand(recorder: Any, thing: Any, dtype: DType) -> Value:
    """The value of an operand, a number being of the dtype."""
    if isinstance(thing, np.ndarray):
        recorder.constant(thing)
        value: Value = recorder.value_of(thing)
        return cast(recorder.graph, value, dtype)
    return integral(recorder.graph, thing, str(dtype))


def _called(recorder: Any, ufunc: Any, arrays: Sequence[Any], found: NDArray) -> Value:
    graph, name = recorder.graph, ufunc.__name__
    common = np.result_type(*arrays)

    def given(dtype: DType) -> list[Value]:
        return [operand(recorder, each, dtype) for each in arrays]

    if name in _COMPARISONS:
        return combined(graph, name, *given(common))
    if name in _OF_BOOLS and found.dtype == bool:
        return combined(graph, _OF_BOOLS[name], *given(found.dtype))
    if name in _LOGIC and (found.dtype == bool):
        truths = [truth(graph, each) for each in given(common)]
        return combined(graph, _LOGIC[name], *truths)
    if name in ("logical_xor", "bitwise_xor") and found.dtype == bool:
        return combined(graph, "not_equal", *[truth(graph, each) for each in given(common)])
    if name in _STEPS and not (name in ("floor", "sign") and found.dtype.kind != "f"):
        return combined(graph, _STEPS[name], *given(found.dtype))
    if name in _SPECIAL:
        return _SPECIAL[name](graph, *given(common if name in _QUESTIONS else found.dtype))
    return from_host(recorder, ufunc, arrays, {}, found)


def _clipped(graph: Graph, x: Value, low: Value, high: Value) -> Value:
    return combined(graph, "minimum", combined(graph, "maximum", x, low), high)


def is_nan(graph: Graph, x: Value) -> Value:
    """Which elements are nan."""
    if not x.dtype.startswith("float"):
        return empty(graph, x.shape, "bool", False)
    return combined(graph, "not_equal", x, x)


def _is_finite(graph: Graph, x: Value) -> Value:
    if not x.dtype.startswith("float"):
        return empty(graph, x.shape, "bool", True)
    return combined(graph, "less", combined(graph, "abs", x), graph.constant(inf, x.dtype))


def _is_infinite(graph: Graph, x: Value) -> Value:
    if not x.dtype.startswith("float"):
        return empty(graph, x.shape, "bool", False)
    return combined(graph, "equal", combined(graph, "abs", x), graph.constant(inf, x.dtype))


def _reciprocal(graph: Graph, x: Value) -> Value:
    return combined(graph, "div", graph.constant(1.0, x.dtype), x)


def _matrix_product(graph: Graph, a: Value, b: Value) -> Value:
    return product(graph, a, b)


_QUESTIONS = frozenset({"isnan", "isfinite", "isinf"})

_SPECIAL: Mapping[str, Lowering] = MappingProxyType(
    {
        "clip": _clipped,
        "isnan": is_nan,
        "isfinite": _is_finite,
        "isinf": _is_infinite,
        "reciprocal": _reciprocal,
        "ceil": ceiling,
        "trunc": truncated,
        "rint": nearest,
        "positive": lambda graph, x: x,
        "conjugate": lambda graph, x: x,
    }
)


def _reduced(
    recorder: Any, ufunc: Any, array: NDArray, options: Mapping[str, Any], found: NDArray
) -> Value:
    graph, name = recorder.graph, ufunc.__name__
    axis, keepdims = options.get("axis", 0), options.get("keepdims", False)
    dims = axis if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    x = operand(recorder, array, array.dtype)
    if name in ("logical_and", "logical_or"):
        if not array.size:
            return empty(graph, found.shape, "bool", name == "logical_and")
        if name == "logical_and":
            return all_true(graph, x, dims, keepdims)
        whole = cast(graph, truth(graph, x), "int64")
        return truth(graph, reduced(graph, "maximum", whole, dims, keepdims))
    if name not in _REDUCED or (found.dtype == bool):
        return from_host(recorder, ufunc.reduce, [array], options, found)
    function = _REDUCED[name]
    total = reduced(graph, function, cast(graph, x, found.dtype), dims, keepdims)
    initial = options.get("initial")
    if initial is None or initial is np._NoValue or _is_neutral(function, initial, found.dtype):
        return total
    return combined(graph, function, total, integral(graph, initial, str(found.dtype)))


def _is_neutral(function: str, initial: Any, dtype: DType) -> bool:
    """Whether a reduction that begins with this number gives the same as without."""
    if function == "maximum":
        return bool(initial == (-inf if dtype.kind == "f" else np.iinfo(dtype).min))
    if function == "minimum":
        return bool(initial == (inf if dtype.kind == "f" else np.iinfo(dtype).max))
    return bool(initial == (function == "mul"))


def from_host(
    recorder: Any,
    function: Callable[..., Any],
    arrays: Sequence[Any],
    options: Mapping[str, Any],
    found: NDArray,
) -> Value:
    """What NumPy will compute in every step."""
    places = [k for k, each in enumerate(arrays) if isinstance(each, np.ndarray)]
    kept = dict(options)

    def run(*given: Any) -> Any:
        operands = list(arrays)
        for place, each in zip(places, given, strict=True):
            operands[place] = each
        with np.errstate(all="ignore"):
            return np.asarray(function(*operands, **kept))

    values = [operand(recorder, arrays[k], arrays[k].dtype) for k in places]
    name = getattr(function, "__name__", "numpy")
    host: Value = recorder.graph.host(run, values, found.shape, str(found.dtype), name)
    return host
