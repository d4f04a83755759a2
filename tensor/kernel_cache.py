"""Compiled loops, kept on disk from one process to the next.

A loop's source is a file named by its hash in a cache folder, because Numba caches only what
comes from a file. Beside it stand the checksums of what Numba wrote: an entry that is damaged, or
half-written by a process that was killed, is thrown away and made again, never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from ..engine.files import write_text

Compiled = Callable[..., None]


def cache_folder() -> Path:
    """Where compiled loops are kept.

    ``$NUMBA_CACHE_DIR/twingrad`` if that is set, else ``twingrad`` in the user's cache folder.
    """
    if numba_folder := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(numba_folder) / "twingrad"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME")
    return Path(base or os.path.expanduser("~/.cache")) / "twingrad"


def compiled(source: str, signature: str) -> Compiled:
    """The function ``kernel`` of ``source``, compiled for a Numba ``signature``.

    It comes from the cache if it is there and whole. Where nothing can be written to the cache
    folder, it is compiled for this process alone.
    """
    import numba

    key = f"{numba.__version__}\n{signature}\n{source}"
    name = f"twingrad_kernel_{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    try:
        folder = cache_folder() / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.py"
        if not _is_whole(folder, source, path):
            _clear(folder)
            write_text(path, source)
        kernel = _compile(_module(name, path), signature, cache=True)
        _seal(folder)
    except Exception:  # whatever is wrong with the cache, the kernel itself is sound
        with suppress(OSError):
            _clear(cache_folder() / name)
        return _compile(_module_in_memory(name, source), signature, cache=False)
    return kernel


def _compile(module: ModuleType, signature: str, *, cache: bool) -> Compiled:
    import numba

    decorate = numba.njit([signature], nogil=True, error_model="numpy", cache=cache)
    kernel: Compiled = decorate(module.kernel)
    return kernel


def _module(name: str, path: Path) -> ModuleType:
    """The module of a source file; Numba finds it by its name when it loads from the cache."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _module_in_memory(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def _files(folder: Path) -> Sequence[Path]:
    """What Numba wrote for a kernel."""
    return sorted(file for file in folder.rglob("*") if file.suffix in {".nbi", ".nbc"})


def _checksums(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in _files(folder)
    }


def _seal(folder: Path) -> None:
    """Write down the checksums of a kernel's files."""
    checksums = json.dumps(_checksums(folder))
    seal = folder / "checksums.json"
    if not seal.exists() or seal.read_text() != checksums:
        write_text(seal, checksums)


def _is_whole(folder: Path, source: str, path: Path) -> bool:
    """Whether a kernel's files are those that were written down."""
    try:
        expected: Any = json.loads((folder / "checksums.json").read_text())
        return path.read_text() == source and expected == _checksums(folder)
    except (OSError, ValueError):
        return False


def _clear(folder: Path) -> None:
    """Throw away what is there of a kernel."""
    for file in (*_files(folder), folder / "checksums.json"):
        file.unlink(missing_ok=True)
