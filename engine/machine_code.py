"""Machine code of generated functions, kept on disk from one process to the next.

Numba compiles a function of whole numbers, such as addresses of memory. What comes of it is kept
as machine code, for this processor and these versions: another process loads that without Numba,
in a few milliseconds. A file that is damaged, or half-written by a process that was killed, is
never run: its contents are checked, and it is made again.
"""

from __future__ import annotations

import ctypes
import hashlib
import linecache
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, final

from .code_cache import cache_folder
from .files import write_bytes


@final
class MachineCode:
    """A function of whole numbers that gives one. Only one thread at a time may call it.

    Attributes
    ----------
    address : int
        Where its code is. It is called as Numba calls functions: with the places for the result
        and for an exception, and then the arguments.
    """

    __slots__ = ("_engine", "_function", "_places", "_result", "address")

    def __init__(self, address: int, arguments: int, engine: Any) -> None:
        self.address = address
        self._engine = engine  # the code lives as long as it does
        kinds = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * arguments]
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(address)
        self._result = ctypes.c_int64(), ctypes.c_void_p()
        self._places = tuple(map(ctypes.addressof, self._result))

    def __call__(self, *numbers: int) -> int:
        """Run it on these numbers; ``RuntimeError`` where it raises anything, which none should."""
        if self._function(*self._places, *numbers):
            raise RuntimeError(
                "a compiled step has failed: run it without compiling, and report the step"
            )
        return self._result[0].value


_HEAD = b"twingrad machine code 1\n"
_LENGTH_OF_DIGEST = 64


class _Compiled(NamedTuple):
    """Machine code, and the name of the function in it."""

    name: str
    code: bytes

    def packed(self) -> bytes:
        """It as the contents of a file, which begin with what tells whether they are whole."""
        body = self.name.encode() + b"\n" + self.code
        return _HEAD + hashlib.sha256(body).hexdigest().encode() + body

    @classmethod
    def unpacked(cls, contents: bytes) -> _Compiled | None:
        """What a file holds; None if that is damaged."""
        start = len(_HEAD) + _LENGTH_OF_DIGEST
        body = contents[start:]
        digest = hashlib.sha256(body).hexdigest().encode()
        if contents[:start] != _HEAD + digest:
            return None
        name, _, code = body.partition(b"\n")
        return cls(name.decode(), code)


def machine_code(source: str, arguments: int, depends_on: Sequence[Path] = ()) -> MachineCode:
    """The function ``kernel`` of ``source``, a function of so many whole numbers that gives one.

    Parameters
    ----------
    source : str
        A module that Numba can compile.
    arguments : int
        How many arguments the function has, each an int64.
    depends_on : sequence of Path
        Files that the function has something of besides: where one of them has changed, such as by
        an update of the package, it is compiled anew.
    """
    path = _path(source, arguments, depends_on)
    name = path.stem
    linecache.cache[f"<{name}>"] = (len(source), None, source.splitlines(True), f"<{name}>")
    found = _read(path)
    if found is None:
        found = _compile(name, source, arguments)
        _write(path, found)
    return _loaded(found, arguments)


def _path(source: str, arguments: int, depends_on: Sequence[Path]) -> Path:
    """The file that the function is kept in."""
    digest = hashlib.sha256("\n".join([*_machine(), str(arguments), source]).encode())
    for path in depends_on:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return cache_folder() / f"twingrad_{digest.hexdigest()[:24]}.bin"


@cache
def _machine() -> tuple[str, ...]:
    """What machine code is for, besides its source."""
    llvm = _llvm()
    features = llvm.get_host_cpu_features().flatten()
    return (version("numba"), version("llvmlite"), llvm.get_host_cpu_name(), features)


@cache
def _llvm() -> Any:
    """LLVM, ready to make and to load code for this processor."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


def _target() -> Any:
    """LLVM's description of this processor."""
    llvm = _llvm()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _read(path: Path) -> _Compiled | None:
    try:
        return _Compiled.unpacked(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, compiled: _Compiled) -> None:
    """Keep machine code; where nothing can be written, this process alone has it."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, compiled.packed())


def _compile(name: str, source: str, arguments: int) -> _Compiled:
    import numba

    module = ModuleType(name)
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    options: Any = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    signature = f"int64({', '.join(['int64'] * arguments)})"
    compiled = numba.njit(signature, **options)(module.kernel)
    overload: Any = next(iter(compiled.overloads.values()))
    _, _, (code, _) = overload.library.serialize_using_object_code()
    return _Compiled(overload.fndesc.llvm_func_name, code)


def _loaded(compiled: _Compiled, arguments: int) -> MachineCode:
    """Machine code as a function."""
    llvm = _llvm()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(compiled.code))
    engine.finalize_object()
    return MachineCode(engine.get_function_address(compiled.name), arguments, engine)
