"""Which BLAS library is called, what is said of it, and how many threads it uses."""

import os
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest

from support.generated import kernel
from twingrad.tensor.compiler import blas

DTYPES = ["float32", "float64"]


def has_mkl():
    try:
        metadata.version("mkl")
    except metadata.PackageNotFoundError:
        return False
    return True


def product_by(function, dtype):
    """The product of two small matrices by the function at an address, and what it should be."""
    multiply = kernel(
        {"intrinsics": "gemm, pointer_to"},
        "function, a, b, c",
        f"void(int64, {dtype}[:, ::1], {dtype}[:, ::1], {dtype}[:, ::1])",
        f"one, zero = {dtype}(1), {dtype}(0)\n"
        "gemm(function, False, False, 2, 3, 2, one, pointer_to(a), 2, pointer_to(b), 3, zero, "
        "pointer_to(c), 3)",
    )
    a = np.array([[1, 2], [3, 4]], dtype)
    b = np.array([[1, 0, 2], [0, 1, -1]], dtype)
    c = np.empty((2, 3), dtype)
    multiply(function, a, b, c)
    return c.tolist(), (a @ b).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_address_is_that_of_a_matrix_product(dtype):
    found, expected = product_by(blas.address(np.dtype(dtype)), dtype)
    assert found == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_scipy_leads_to_computes_products_too(dtype):
    library = blas._of_scipy()
    found, expected = product_by(library.gemm[dtype], dtype)
    assert found == expected
    assert library.source == "SciPy"


def test_the_description_names_the_library_and_its_threads():
    text = blas.description()
    assert text.startswith(blas.library().name)
    assert "\n" not in text
    count = blas.threads()
    assert count is None or f"{count} thread" in text


@pytest.mark.skipif(not has_mkl(), reason="the mkl package is not installed")
def test_mkl_is_used_where_it_is_installed():
    assert blas.description().startswith("Intel MKL")


@pytest.mark.skipif(blas.threads() is None, reason="this library does not tell of its threads")
def test_threads_are_limited_for_a_while():
    before = blas.threads()
    with blas.limited_threads(1):
        assert blas.threads() == 1
        with blas.limited_threads(5):
            assert blas.threads() == 1
    assert blas.threads() == before
    with pytest.raises(ZeroDivisionError), blas.limited_threads(1):
        raise ZeroDivisionError
    assert blas.threads() == before


def installed(folder, content, size):
    """A package called mkl, with one file."""
    information = folder / "mkl-2099.1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: mkl\nVersion: 2099.1\n")
    name = "libmkl_rt.so.3" if content is not None else "readme.txt"
    (folder / name).write_bytes(content or b"")
    (information / "RECORD").write_text(f"{name},,{size}\n")


@pytest.mark.parametrize(
    ("content", "size", "message"),
    [
        (b"half of it", 1000, "libmkl_rt.so.3 is damaged"),
        (b"no library", 10, "libmkl_rt.so.3"),
        (None, 0, "mkl_rt"),
    ],
    ids=["cut short", "not to be loaded", "not there"],
)
def test_an_mkl_that_cannot_be_used_is_told_of(tmp_path, content, size, message):
    installed(tmp_path, content, size)
    script = "from twingrad.tensor.compiler import blas; print(blas.description())"
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    ).stdout  # fmt: skip
    assert not output.startswith("Intel MKL")
    assert "the installed mkl cannot be used: " in output
    assert message in output


def test_nothing_is_imported_before_it_is_needed():
    script = (
        "import sys, numpy as np; from twingrad.tensor.compiler import blas; "
        "before = {'numba', 'scipy'} & {*sys.modules}; blas.address(np.dtype('float32')); "
        "print(before)"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "set()"
