"""A compiler's graph run by the code that is written for it, compiled by Numba."""

import ctypes

import numpy as np

from twingrad.engine.machine_code import machine_code
from twingrad.tensor.compiler import blas
from twingrad.tensor.compiler.source_writer import ARGUMENTS, FIRST_ADDRESSES, SourceWriter
from twingrad.tensor.compiler.sources import SOURCES

from .graph_interpreter import Evaluation

FIRST = len(FIRST_ADDRESSES)


def run(case):
    """What the code gives; None where a decision came out otherwise, which must change nothing."""
    graph = case.graph
    source = SourceWriter(graph, "a graph").source()
    kernel = machine_code(source.text, len(ARGUMENTS), SOURCES)
    captured = [np.array(each, order="C") for each in case.captured]
    outs = [np.empty(v.shape, v.dtype) for v in graph.results]
    gradients = {k: np.empty(v.shape, v.dtype) for k, v in graph.gradients.items()}
    space = np.full(source.temporary + 64, 255, np.uint8)
    arguments = [np.array(x, order="C").reshape(np.shape(x) or 1) for x in case.arguments]
    lasting = [*arguments, *captured, *outs, *gradients.values()]
    hosts = [_host(source, value, lasting, space) for value in source.hosts]
    floats = [float(x) for x, v in zip(case.numbers, graph.numbers) if v.dtype != "uint64"]
    words = [int(x) for x, v in zip(case.numbers, graph.numbers) if v.dtype == "uint64"]
    addresses = [
        *[blas.address(dtype) for dtype in ("float32", "float64")],
        space.ctypes.data,
        *(0, 0, 0, 0),
        *[each.ctypes.data for each in lasting],
        *[ctypes.cast(each, ctypes.c_void_p).value for each in hosts],
    ]
    tables = np.array(addresses, np.int64), np.array(floats), np.array(words, np.uint64)
    code = kernel(*[each.ctypes.data for each in tables], *[0] * (len(ARGUMENTS) - 3))
    if code:
        for each, before in zip(captured, case.captured):
            np.testing.assert_array_equal(each, before)
        return None
    return Evaluation(outs, gradients, captured)


def _host(source, value, lasting, space):
    """A C function that calls a Python function on memory."""

    def array(each):
        buffer = source.buffers.of[each]
        if buffer.kind == "temporary":
            part = space[buffer.position : buffer.position + buffer.bytes]
            return part.view(buffer.dtype).reshape(buffer.shape)
        return lasting[source.address(buffer) - FIRST].reshape(buffer.shape)

    def call():
        array(value)[...] = value.attributes[0](*[array(each) for each in value.operands])
        return 0

    return ctypes.CFUNCTYPE(ctypes.c_int32)(call)
