"""The BLAS library that generated code calls for matrix products.

Intel MKL if the ``mkl`` package is installed; else the OpenBLAS that NumPy has brought and loaded,
so that eager and compiled products come from the same code; else whatever SciPy has been built
with. Nothing is looked for before it is needed.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, final

import numpy as np

from ..dtypes import DType

_NAMES = {"float32": "sgemm", "float64": "dgemm"}
_MKL_NAME = re.compile(r"(lib)?mkl_rt(\.\d+)?\.(so(\.\d+)*|dll|dylib)")
_MKL_PART = re.compile(r"(lib)?(mkl_.*|iomp5.*)\.(so(\.\d+)*|dll|dylib)")
_SEQUENTIAL = 1
"""What MKL calls the layer that computes in the calling thread."""


@final
@dataclass(frozen=True, slots=True)
class Library:
    """A BLAS library.

    Attributes
    ----------
    name : str
        What it calls itself, with its version.
    source : str
        Where it comes from.
    gemm : Mapping of str to int
        The addresses of its matrix products, by the names of dtypes; whole numbers are passed to
        them as 64 bits in memory, of which those with 32-bit ones read the low half.
    set_threads : callable or None
        ``void f(int)`` of :mod:`ctypes`, which tells the library how many threads to use; None
        where that cannot be told.
    get_threads : callable or None
        ``int f(void)``, which asks it.
    """

    name: str
    source: str
    gemm: Mapping[str, int]
    set_threads: Callable[[int], Any] | None = None
    get_threads: Callable[[], int] | None = None


def address(dtype: DType) -> int:
    """The address of Fortran's ``sgemm`` for float32, of ``dgemm`` for float64."""
    return _chosen().library.gemm[np.dtype(dtype).name]


def library() -> Library:
    """The library in use."""
    return _chosen().library


def description() -> str:
    """One line that says which library is in use, and why MKL is not if it is installed.

    Returns
    -------
    str
        Such as ``"OpenBLAS 0.3.31 (Haswell), from NumPy, 2 threads"``.
    """
    found = library()
    count = threads()
    parts = [found.name, f"from {found.source}"]
    if count is not None:
        parts.append("1 thread" if count == 1 else f"{count} threads")
    text = ", ".join(parts)
    note = _chosen().note
    return f"{text} ({note})" if note else text


def threads() -> int | None:
    """How many threads the library uses for one product; None if it does not tell."""
    ask = library().get_threads
    return None if ask is None else ask()


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Have the library use no more than this number of threads, in the whole process.

    Where it cannot be told, nothing happens.
    """
    tell, before = library().set_threads, threads()
    if tell is None or before is None or before <= count:
        yield
        return
    tell(count)
    try:
        yield
    finally:
        tell(before)


@final
@dataclass(frozen=True, slots=True)
class _Choice:
    library: Library
    note: str = ""


@cache
def _chosen() -> _Choice:
    """The library, and why the one that was asked for is not taken."""
    note = ""
    try:
        found = _mkl()
        if found is not None:
            return _Choice(found)
    except (OSError, AttributeError) as error:
        note = f"the installed mkl cannot be used: {error}"
    return _Choice(_of_numpy() or _of_scipy(), note)


def _mkl() -> Library | None:
    """MKL from the files of its package; None if it is not installed.

    It computes in the calling thread unless ``MKL_THREADING_LAYER`` is set: a second OpenMP in a
    process may stop it. Raises ``OSError`` for a package that is not whole, because MKL itself
    ends the process if it misses one of its files.
    """
    try:
        files = metadata.files("mkl") or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if _MKL_PART.fullmatch(file.name):
            size = Path(str(file.locate())).stat().st_size
            if file.size is not None and size != file.size:
                raise OSError(f"{file.name} is damaged")
    path = next((file.locate() for file in files if _MKL_NAME.fullmatch(file.name)), None)
    if path is None:
        raise OSError("its files do not contain mkl_rt")
    loaded = ctypes.CDLL(str(Path(str(path)).resolve()), mode=ctypes.RTLD_GLOBAL)
    if "MKL_THREADING_LAYER" not in os.environ:
        loaded.MKL_Set_Threading_Layer(_SEQUENTIAL)
    text = ctypes.create_string_buffer(200)
    loaded.MKL_Get_Version_String(text, len(text))
    version = re.search(r"Version (\S+?)-", text.value.decode(errors="replace"))
    return Library(
        f"Intel MKL {version[1] if version else ''}".rstrip(),
        "the mkl package",
        {dtype: _address_of(getattr(loaded, name)) for dtype, name in _NAMES.items()},
        _told(loaded.MKL_Set_Num_Threads),
        _asked(loaded.MKL_Get_Max_Threads),
    )


def _of_numpy() -> Library | None:
    """The OpenBLAS that NumPy's own wheels bring along; None if it was built otherwise."""
    found = _openblas_of(Path(np.__file__).parent)
    if found is None:
        return None
    loaded, prefix, suffix = found
    try:
        gemm = {
            dtype: _address_of(loaded[f"{prefix}{name}_{suffix}"]) for dtype, name in _NAMES.items()
        }
        return Library(_openblas_name(*found), "NumPy", gemm, *_openblas_threads(*found))
    except AttributeError:
        return None


def _of_scipy() -> Library:
    """What SciPy's interface for Cython leads to, whatever library that is."""
    from scipy.linalg import cython_blas  # here: it takes long, and is hardly ever needed

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype = ctypes.c_char_p
    name_of.argtypes = [ctypes.py_object]
    gemm = {}
    for dtype, name in _NAMES.items():
        capsule = cython_blas.__pyx_capi__[name]
        gemm[dtype] = pointer(capsule, name_of(capsule))
    found = _openblas_of(Path(sys.modules["scipy"].__file__ or "").parent)
    if found is None:
        return Library("BLAS", "SciPy", gemm)
    return Library(_openblas_name(*found), "SciPy", gemm, *_openblas_threads(*found))


def _openblas_of(package: Path) -> tuple[ctypes.CDLL, str, str] | None:
    """The OpenBLAS beside a package, and what stands before and behind the names it exports."""
    for folder in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            try:
                loaded = ctypes.CDLL(str(path))
            except OSError:
                continue
            for prefix in ("scipy_", ""):
                for suffix in ("64_", ""):
                    try:
                        loaded[f"{prefix}openblas_set_num_threads{suffix}"]
                    except AttributeError:
                        continue
                    return loaded, prefix, suffix
    return None


def _openblas_name(loaded: ctypes.CDLL, prefix: str, suffix: str) -> str:
    """Its name, its version, and the processor that its code is for."""
    ask = loaded[f"{prefix}openblas_get_config{suffix}"]
    ask.restype = ctypes.c_char_p
    words = ask().decode(errors="replace").split()
    ask = loaded[f"{prefix}openblas_get_corename{suffix}"]
    ask.restype = ctypes.c_char_p
    return f"{' '.join(words[:2])} ({ask().decode(errors='replace')})"


def _openblas_threads(
    loaded: ctypes.CDLL, prefix: str, suffix: str
) -> tuple[Callable[[int], Any], Callable[[], int]]:
    return (
        _told(loaded[f"{prefix}openblas_set_num_threads{suffix}"]),
        _asked(loaded[f"{prefix}openblas_get_num_threads{suffix}"]),
    )


def _told(function: Any) -> Callable[[int], Any]:
    function.argtypes = [ctypes.c_int]
    function.restype = None
    return function  # type: ignore[no-any-return]


def _asked(function: Any) -> Callable[[], int]:
    function.argtypes = []
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]


def _address_of(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
