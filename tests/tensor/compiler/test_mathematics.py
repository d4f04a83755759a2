"""Elementary functions of generated code: their accuracy, and what they do at the edges."""

import os
import subprocess
import sys
from pathlib import Path

import mpmath
import numba
import numpy as np
import pytest
from scipy import special

from support.generated import elementwise
from twingrad.engine.formulas import table
from twingrad.tensor.compiler.mathematics import functions
from twingrad.tensor.kernels.program import EXACT, gradient_program, value_program

BOUNDS = {
    "exp": 1.05,
    "exp2": 1.05,
    "expm1": 1.7,
    "log": 0.85,
    "log2": 0.8,
    "log10": 0.75,
    "log1p": 0.85,
    "sinh": 2.1,
    "cosh": 1.6,
    "tanh": 2.4,
    "erf": 0.95,
    "erfc": 2.3,
}
"""How far results may be off, in units of the last place; those of the C library may be by 3."""

IN_NUMPY = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "pow": np.power,
    "erf": special.erf,
    "erfc": special.erfc,
}
OF_TWO = {"atan2", "pow", "hypot"}
OF_ONE = sorted(set(functions) - OF_TWO)
DTYPES = ["float32", "float64"]

EDGES = [0.0, 1.0, 0.5, 2.0, 3.0, 1e-30, 1e-320, 1e-45, 1e-310, 1e30, 1e300, np.inf, np.nan]
EDGES += [88.7, 88.8, 89.4, 89.5, 103.9, 104.5, 709.7, 709.8, 710.4, 710.5, 745.1, 745.2, 1024.0]
EDGES += [128.0, 149.0, 150.0, 1074.0, 1075.0, 1e-8, 1e-5, 1 - 2.0**-24, 1 - 2.0**-53]
EDGES += [2.0**-126, 2.0**-1022, 1.5 * 2.0**-127, 3.4e38, 1.7e308, 40.0, 0.34657, 0.34658]


def numpy_function(name):
    return IN_NUMPY.get(name) or getattr(np, name)


def results(name, dtype, *arrays):
    arrays = [np.ascontiguousarray(each, dtype) for each in arrays]
    out = np.empty_like(arrays[0])
    elementwise("mathematics", name, dtype, len(arrays))(*arrays, out)
    return out


def exactly(name, x):
    """The function at a number, to about 40 digits; None where it has no value."""
    alone = {"log2": lambda z: mpmath.log(z, 2), "exp2": lambda z: mpmath.power(2, z)}
    try:
        with mpmath.workdps(45):
            found = alone.get(name, getattr(mpmath, name, None))(mpmath.mpf(float(x)))
    except (ValueError, ZeroDivisionError):
        return None
    return found if isinstance(found, mpmath.mpf) and mpmath.isfinite(found) else None


def distance(found, exact, dtype):
    """The distance from the exact number in units of the last place of the rounded one."""
    with np.errstate(over="ignore"):
        rounded = np.dtype(dtype).type(float(exact))
    if not np.isfinite(rounded):
        return 0.0 if found == rounded else np.inf
    if not np.isfinite(found):
        return np.inf
    return float(
        abs(mpmath.mpf(float(found)) - exact) / mpmath.mpf(float(np.spacing(abs(rounded))))
    )


def test_every_step_of_a_program_has_a_function_or_is_exact():
    programs = [value_program(row.arguments, row.value) for row in table.values()]
    programs += [gradient_program(row.arguments, row.partials) for row in table.values()]
    steps = {step.function for program in programs for step in program.steps}
    assert steps - EXACT == set(functions)


@pytest.mark.parametrize("name", OF_ONE)
def test_float32_is_accurate_over_all_its_numbers(name):
    x = np.arange(0, 2**32, 9973, dtype=np.uint64).astype(np.uint32).view(np.float32)
    found = results(name, "float32", x)
    with np.errstate(all="ignore"):
        exact = numpy_function(name)(x.astype(np.float64))
        rounded = exact.astype(np.float32)
        error = np.abs(found - exact) / np.spacing(np.abs(rounded))
    is_finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~is_finite], rounded[~is_finite])
    assert error[is_finite].max() <= BOUNDS.get(name, 3)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_results_are_accurate(name, dtype, generator):
    x = [generator.uniform(-width, width, 60) for width in (0.1, 1, 4, 100, 800)]
    x += [10 ** generator.uniform(-20, 20, 60), 1 + generator.uniform(-0.5, 0.5, 60)]
    x = np.concatenate(x).astype(dtype)
    for place, value in zip(x, results(name, dtype, x)):
        exact = exactly(name, place)
        if exact is not None:
            assert distance(value, exact, dtype) <= BOUNDS.get(name, 3), (place, value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_the_edges_are_those_of_numpy(name, dtype):
    with np.errstate(all="ignore"):
        x = np.array(EDGES + [-each for each in EDGES]).astype(dtype)
        expected = numpy_function(name)(x)
    found = results(name, dtype, x)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    kept = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[kept]), np.signbit(expected[kept]))
    # what is smaller than the normal numbers has fewer digits, which NumPy does not always get
    np.testing.assert_allclose(
        found, expected, rtol=4 * np.finfo(dtype).eps, atol=2 * np.finfo(dtype).smallest_subnormal
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(OF_TWO))
def test_functions_of_two_numbers_are_those_of_numpy(name, dtype, generator):
    edges = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.0, -3.0, 0.5, 1e-30, 1e30])
    x, y = (each.reshape(-1) for each in np.meshgrid(edges, edges))
    drawn = generator.normal(size=(2, 300)) * 3
    x, y = np.append(x, drawn[0]).astype(dtype), np.append(y, drawn[1]).astype(dtype)
    found = results(name, dtype, x, y)
    with np.errstate(all="ignore"):
        expected = numpy_function(name)(x, y)
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=0)
    kept = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[kept]), np.signbit(expected[kept]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_loops_are_vectorized(name, dtype):
    source = elementwise("mathematics", name, dtype).py_func
    loop = numba.njit(f"void({dtype}[::1], {dtype}[::1])", error_model="numpy")(source)
    (text,) = loop.inspect_llvm().values()
    assert f" x {'float' if dtype == 'float32' else 'double'}>" in text


PLAIN_PROCESSOR = """
import numpy as np, mpmath
from support.generated import elementwise
x = np.concatenate([np.linspace(-5, 5, 401), np.geomspace(1e-6, 80, 201)])
for dtype in ("float32", "float64"):
    for name in ("exp", "expm1", "log1p", "tanh", "erfc"):
        given = x.astype(dtype)
        out = np.empty_like(given)
        elementwise("mathematics", name, dtype)(given, out)
        for place, value in zip(given.tolist(), out.tolist()):
            if name == "log1p" and place <= -1 or name == "erfc" and place > 8:
                continue
            exact = getattr(mpmath, name)(mpmath.mpf(place))
            unit = float(np.spacing(np.dtype(dtype).type(abs(float(exact)))))
            assert abs(mpmath.mpf(value) - exact) / unit < 2.5, (name, dtype, place, value)
print("accurate")
"""


def test_a_processor_without_fused_multiplication_is_as_accurate(tmp_path):
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    output = subprocess.run(
        [sys.executable, "-c", PLAIN_PROCESSOR], capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip
    assert output.stdout.strip() == "accurate", output.stderr
