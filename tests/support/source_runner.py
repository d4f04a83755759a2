"""Generated code run as plain Python on NumPy arrays: slow, but without a compiler."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy import special

from twingrad.tensor.compiler.source_writer import SourceWriter
from twingrad.tensor.random import blocks
from twingrad.tensor.random.blocks import Span

from .graph_interpreter import Evaluation


class Memory:
    """Elements in a row, from a place on."""

    def __init__(self, array: Any, start: int = 0) -> None:
        self.array = array
        self.start = start

    def __getitem__(self, place: int) -> Any:
        assert 0 <= self.start + place < self.array.size, place
        return self.array[self.start + place]

    def __setitem__(self, place: int, value: Any) -> None:
        assert 0 <= self.start + place < self.array.size, place
        self.array[self.start + place] = value


class Raw:
    """Memory whose dtype is still open."""

    def __init__(self, array: Any) -> None:
        self.bytes = array

    def __add__(self, offset: int) -> Raw:
        return Raw(self.bytes[offset:])


def _gemm(kind, ta, tb, n, m, k, alpha, a, lda, b, ldb, beta, c, ldc):  # type: ignore[no-untyped-def]
    def read(memory: Memory, rows: int, columns: int, row: int, turned: bool) -> Any:
        if turned:
            return read(memory, columns, rows, row, False).T
        return np.array([[memory[i * row + j] for j in range(columns)] for i in range(rows)])

    product = read(a, n, k, lda, ta) @ read(b, k, m, ldb, tb)
    for i in range(n):
        for j in range(m):
            before = beta * c[i * ldc + j] if beta else 0  # what is there may be anything
            c[i * ldc + j] = before + alpha * product[i, j]


def _pointer(dtype: str) -> Any:
    def at(address: Any) -> Any:
        if isinstance(address, list):
            return address
        if isinstance(address, Raw):
            length = address.bytes.size // np.dtype(dtype).itemsize * np.dtype(dtype).itemsize
            return Memory(address.bytes[:length].view(dtype))
        assert address.dtype == dtype, (address.dtype, dtype)
        return Memory(address)

    return at


def run(case: Any) -> Evaluation | None:
    """What the code written for a graph computes; None where a decision came out otherwise."""
    graph = case.graph
    captured = [np.array(each) for each in case.captured]
    source = SourceWriter(graph, "a graph").source()
    names = dict(_NAMES)
    text = re.sub(r"^from .*$", "", source.text, flags=re.M)
    flat = [each.reshape(-1) for each in captured]
    outs = [np.empty(v.size, v.dtype) for v in graph.results]
    gradients = {k: np.empty(v.size, v.dtype) for k, v in graph.gradients.items()}
    space = np.full(source.temporary, 255, np.uint8)
    arguments = [np.array(x).reshape(-1) for x in case.arguments]
    addresses: list[Any] = [
        0,
        0,
        Raw(space),
        0,
        0,
        0,
        0,
        *arguments,
        *flat,
        *outs,
        *gradients.values(),
    ]
    for value in source.hosts:
        addresses.append(_host(source, value, addresses, space, case))
    floats = [float(x) for x, v in zip(case.numbers, graph.numbers) if v.dtype != "uint64"]
    words = [int(x) for x, v in zip(case.numbers, graph.numbers) if v.dtype == "uint64"]
    exec(compile(text, "<generated>", "exec"), names)
    with np.errstate(all="ignore"):
        code = names["kernel"](addresses, floats, words, 0, 0, 0, 0, 0)
    if code:
        for each, before in zip(captured, case.captured):
            np.testing.assert_array_equal(each, before)
        return None
    return Evaluation(
        [x.reshape(v.shape) for x, v in zip(outs, graph.results)],
        {k: x.reshape(graph.gradients[k].shape) for k, x in gradients.items()},
        captured,
    )


def _host(source: Any, value: Any, addresses: Any, space: Any, case: Any) -> Any:
    """What calls a Python function on memory."""

    def array(each: Any) -> Any:
        buffer = source.buffers.of[each]
        if buffer.kind == "temporary":
            part = space[buffer.position : buffer.position + buffer.bytes]
            return part.view(buffer.dtype).reshape(buffer.shape)
        return addresses[source.address(buffer)].reshape(buffer.shape)

    def action() -> int:
        function, *_ = value.attributes
        array(value)[...] = function(*[array(each) for each in value.operands])
        return 0

    return action


def _drawn(what: str, dtype: str) -> Any:
    fill = {"uniform": blocks.uniform, "normal": blocks.normal, "exponential": blocks.exponential}

    def draw(first: int, second: int, start: int, k: int) -> Any:
        row = np.empty(k + 1, dtype)
        fill[what](Span(first, second, start), row)
        return row[k]

    return draw


_FUNCTIONS = [
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh",
    "cosh", "tanh", "hypot", "sqrt", "floor", "ceil", "trunc", "rint", "isnan", "isinf",
    "isfinite",
]  # fmt: skip

_INVERTED = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")

_DTYPES = ("float32", "float64", "int64", "int32", "int16", "int8", "uint8", "uint64", "bool")

_NAMES: dict[str, Any] = {
    **{f"{d}_at": _pointer(d) for d in _DTYPES},
    **{d: getattr(np, d) for d in _DTYPES},
    **{name: getattr(np, name) for name in _FUNCTIONS},
    **{
        f"a{n}": getattr(np, f"arc{n}")
        for n in ["sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2"]
    },
    **{
        f"{what}_{dtype[-2:]}": _drawn(what, dtype)
        for what in ("uniform", "normal", "exponential")
        for dtype in ("float32", "float64")
    },
    "bool_": np.bool_,
    "uint64": np.uint64,
    "gemm": _gemm,
    "moved": lambda memory, count: Memory(memory.array, memory.start + count),
    "any_order_add": lambda a, b: a + b,
    "any_order_mul": lambda a, b: a * b,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "called": lambda action: action(),
    "opaque": lambda length: length,
    "erf": lambda x: type(x)(special.erf(x)),
    "erfc": lambda x: type(x)(special.erfc(x)),
    "pow": np.power,
}
