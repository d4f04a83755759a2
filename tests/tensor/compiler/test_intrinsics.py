"""Memory at addresses, matrix products and free sums in generated code."""

import ctypes
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.generated import kernel
from twingrad.tensor.compiler import blas

DTYPES = ["float32", "float64"]
ALL = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("dtype", ALL)
def test_elements_at_an_address_are_read_and_written(dtype):
    name = f"{dtype}_at"
    turn = kernel(
        {"intrinsics": name},
        "addresses, count",
        "void(int64[::1], int64)",
        f"x = {name}(addresses[0])\ny = {name}(addresses[1])\n"
        "for i in range(count):\n    y[i] = x[count - 1 - i]",
    )
    x = np.array([0, 1, 3, 100, 0, 1, 1]).astype(dtype)
    y = np.ones(9, dtype)
    turn(np.array([x.ctypes.data, y[1:].ctypes.data]), 7)
    assert y.tolist() == [1, *x[::-1].tolist(), 1]


def test_an_index_below_zero_does_not_count_from_the_end():
    read = kernel(
        {"intrinsics": "float64_at, moved"},
        "address",
        "float64(int64)",
        "x = float64_at(address)\nreturn moved(x, 2)[-1]",
    )
    assert read(np.array([1.0, 2.0, 3.0]).ctypes.data) == 2.0


def test_memory_of_several_dtypes_is_converted_as_numpy_does():
    mix = kernel(
        {"intrinsics": "float32_at, int64_at, bool_at"},
        "a, b, c",
        "void(int64, int64, int64)",
        "x = float32_at(a)\nk = int64_at(b)\nt = bool_at(c)\n"
        "for i in range(3):\n"
        "    x[i] = k[i] if t[i] else float32(0.1)\n    t[i] = x[i] > float32(1)",
    )
    x, k, t = np.empty(3, np.float32), np.array([2**40, 5, 7]), np.array([True, False, True])
    mix(x.ctypes.data, k.ctypes.data, t.ctypes.data)
    assert x.tolist() == [2.0**40, float(np.float32(0.1)), 7.0]
    assert t.tolist() == [True, False, True]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_pointer_of_an_array_leads_to_its_elements(dtype):
    double = kernel(
        {"intrinsics": "pointer_to"},
        "x",
        f"void({dtype}[:, ::1])",
        "p = pointer_to(x)\nfor i in range(x.size):\n    p[i] *= 2",
    )
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    double(x)
    assert x.tolist() == [[0, 2, 4], [6, 8, 10]]


def test_an_opaque_number_is_the_number():
    same = kernel({"intrinsics": "opaque"}, "n", "int64(int64)", "return opaque(n) + opaque(3)")
    assert [same(n) for n in (0, -1, 2**62)] == [3, 2, 2**62 + 3]


def test_a_function_of_python_is_called():
    calls = []

    @ctypes.CFUNCTYPE(ctypes.c_int)
    def callback():
        calls.append(1)
        return 7 * len(calls)

    call = kernel({"intrinsics": "called"}, "f", "int64(int64)", "return called(f) + called(f)")
    assert call(ctypes.cast(callback, ctypes.c_void_p).value) == 21
    assert calls == [1, 1]


lengths = st.sampled_from([1, 2, 3, 5, 8, 17, 40])


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=60)
@given(
    sizes=st.tuples(lengths, lengths, lengths),
    transposed=st.tuples(st.booleans(), st.booleans()),
    more=st.tuples(*[st.sampled_from([0, 0, 1, 5])] * 3),
    alpha=st.sampled_from([1.0, 0.5, -2.0]),
    beta=st.sampled_from([0.0, 1.0, -0.5]),
)
def test_a_product_is_that_of_numpy(dtype, sizes, transposed, more, alpha, beta):
    """For any transposes, longer rows than the matrix has, factors, and what was there before."""
    product = kernel(
        {"intrinsics": f"{dtype}_at, gemm"},
        "function, flags, sizes, rows, alpha, beta, addresses",
        f"void(int64, boolean[::1], int64[::1], int64[::1], {dtype}, {dtype}, int64[::1])",
        f"a = {dtype}_at(addresses[0])\nb = {dtype}_at(addresses[1])\n"
        f"c = {dtype}_at(addresses[2])\n"
        "gemm(function, flags[0], flags[1], sizes[0], sizes[1], sizes[2], alpha, a, rows[0], "
        "b, rows[1], beta, c, rows[2])",
    )
    n, m, k = sizes
    generator = np.random.default_rng(0)
    shapes = [(k, n) if transposed[0] else (n, k), (m, k) if transposed[1] else (k, m), (n, m)]
    memory = [
        generator.standard_normal((rows, columns + extra)).astype(dtype)
        for (rows, columns), extra in zip(shapes, more, strict=True)
    ]
    if beta == 0:
        memory[2][:] = np.nan
    a, b, c = [
        each[:, : columns] for each, (_, columns) in zip(memory, shapes, strict=True)
    ]  # fmt: skip
    expected = alpha * (a.T if transposed[0] else a) @ (b.T if transposed[1] else b)
    expected = expected + (beta * c if beta else 0)
    untouched = memory[2][:, m:].copy()
    product(
        blas.address(np.dtype(dtype)),
        np.array(transposed),
        np.array(sizes),
        np.array([each.shape[1] for each in memory]),
        alpha,
        beta,
        np.array([each.ctypes.data for each in memory]),
    )
    tolerance = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(c, expected, rtol=tolerance, atol=tolerance * 10)
    np.testing.assert_array_equal(memory[2][:, m:], untouched)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_in_any_order_is_nearer_to_the_truth_than_one_in_order(dtype, generator):
    """Because it is several partial sums, of which none gets as large."""
    reduced = kernel(
        {"intrinsics": "any_order_add, any_order_mul"},
        "x, out",
        f"void({dtype}[::1], {dtype}[::1])",
        f"total = {dtype}(0)\nfor i in range(x.size):\n    total = any_order_add(total, x[i])\n"
        f"ordered = {dtype}(0)\nfor i in range(x.size):\n    ordered = ordered + x[i]\n"
        f"product = {dtype}(1)\nfor i in range(x.size):\n"
        f"    product = any_order_mul(product, {dtype}(1) + x[i] / {dtype}(10000))\n"
        "out[0] = total\nout[1] = ordered\nout[2] = product",
    )
    x = generator.uniform(0, 1, 100_003).astype(dtype)
    out, again = np.empty(3, dtype), np.empty(3, dtype)
    reduced(x, out)
    reduced(x.copy(), again)
    exact = math.fsum(x.tolist())
    assert abs(float(out[0]) - exact) < abs(float(out[1]) - exact)
    np.testing.assert_allclose(np.log(out[2]), np.log1p(x / 10000).sum(), rtol=1e-3)
    assert out.tolist() == again.tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes_are_those_of_numpy(name, dtype, generator):
    extremes = kernel(
        {"intrinsics": name},
        "x, y, out",
        f"{dtype}({dtype}[::1], {dtype}[::1], {dtype}[::1])",
        f"best = x[0]\nfor i in range(x.size):\n"
        f"    out[i] = {name}(x[i], y[i])\n    best = {name}(best, x[i])\nreturn best",
    )
    edges = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan])
    x, y = (each.reshape(-1) for each in np.meshgrid(edges, edges))
    x, y = x.astype(dtype), y.astype(dtype)
    out = np.empty_like(x)
    function = getattr(np, name)
    assert np.isnan(extremes(x, y, out))
    np.testing.assert_array_equal(out, function(x, y))
    for count in (1, 2, 31, 100):
        drawn = generator.standard_normal(count).astype(dtype)
        assert extremes(drawn, drawn, np.empty_like(drawn)) == function.reduce(drawn)
        drawn[count // 2] = np.nan
        assert np.isnan(extremes(drawn, drawn, np.empty_like(drawn)))


SCRIPT = """
import numpy as np
from twingrad.engine.code_cache import compiled
from twingrad.tensor.compiler import blas
from twingrad.tensor.compiler.sources import SOURCES
source = '''
from twingrad.tensor.compiler.intrinsics import any_order_add, float32_at, gemm, opaque
from twingrad.tensor.compiler.mathematics import exp, sin
from twingrad.tensor.compiler.randomness import uniform_32
from numpy import float32

def kernel(function, address):
    x = float32_at(address)
    gemm(function, False, True, 2, 2, 2, float32(1), x, 2, x, 2, float32(0), x, 2)
    total = float32(0)
    for i in range(opaque(4)):
        total = any_order_add(total, exp(x[i]) + sin(x[i]) + uniform_32(1, 2, 3, i))
    return total
'''
f = compiled(source, "float32(int64, int64)", SOURCES)
x = np.array([1, 2, 3, 4], np.float32) / 8
y = np.empty(8, np.float32); y[:4] = x
print(f(blas.address(np.dtype("float32")), y.ctypes.data), sum(f.stats.cache_hits.values()))
"""


def test_compiled_code_is_found_again_by_another_process(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env=environment,
        ).stdout.split()
        for _ in range(2)
    ]  # fmt: skip
    assert first[1] == "0"
    assert second == [first[0], "1"]
