"""Compiled code, kept on disk from one process to the next.

The source of a function is a file named by its hash in a cache folder, because Numba caches only
what comes from a file. Beside it stand the checksums of what Numba wrote: an entry that is damaged,
or half-written by a process that was killed, is thrown away and made again, never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .files import write_text

Compiled = Callable[..., None]


def cache_folder() -> Path:
    """Where compiled code is kept.

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


def compiled(source: str, signature: str, depends_on: Sequence[Path] = ()) -> Compiled:
    """The function ``kernel`` of ``source``, compiled for a Numba ``signature``.

    It comes from the cache if it is there and whole. Where nothing can be written to the cache
    folder, it is compiled for this process alone.

    Parameters
    ----------
    source : str
        A module.
    signature : str
        The types of the function's arguments.
    depends_on : sequence of Path
        Files that the compiled function has something of besides: where one of them has changed,
        such as by an update of the package, it is compiled anew.
    """
    import numba

    digest = hashlib.sha256(f"{numba.__version__}\n{signature}\n{source}".encode())
    try:
        for path in depends_on:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return _cached(_module_name(digest.hexdigest()), source, signature)
    except Exception:  # whatever is wrong with the folder, the kernel itself is sound
        module = _module_in_memory(_module_name(digest.hexdigest()), source)
        kernel = _decorated(module, cache=False)
        kernel.compile(signature)
        return _closed(kernel)


def _module_name(digest: str) -> str:
    return f"twingrad_kernel_{digest[:24]}"


def _cached(name: str, source: str, signature: str) -> Compiled:
    folder = cache_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists() or path.read_text() != source:
        write_text(path, source)
    kernel = _decorated(_module(name, path), cache=True)
    entry = _Entry(folder / "checksums.json", Path(kernel.stats.cache_path))
    if not entry.is_whole():
        entry.clear()
    try:
        kernel.compile(signature)
    except Exception:
        entry.clear()
        raise
    entry.seal()
    return _closed(kernel)


def _closed(kernel: Any) -> Compiled:
    """The kernel, which converts arguments of other types, and is not compiled for them too."""
    kernel.disable_compile()
    return kernel  # type: ignore[no-any-return]


def _decorated(module: ModuleType, *, cache: bool) -> Any:
    import numba

    return numba.njit(nogil=True, error_model="numpy", cache=cache)(module.kernel)


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


class _Entry:
    """What Numba wrote for a kernel, and the checksums that were written down of it."""

    def __init__(self, checksums: Path, folder: Path) -> None:
        self._checksums = checksums
        self._folder = folder

    def _files(self) -> list[Path]:
        return sorted(file for file in self._folder.glob("*") if file.suffix in {".nbi", ".nbc"})

    def _found(self) -> dict[str, str]:
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in self._files()}

    def is_whole(self) -> bool:
        """Whether the files are those that were written down."""
        try:
            expected: Any = json.loads(self._checksums.read_text())
        except (OSError, ValueError):
            return False
        return bool(expected) and expected == self._found()

    def seal(self) -> None:
        """Write down the checksums of the files."""
        text = json.dumps(self._found())
        if not self._checksums.exists() or self._checksums.read_text() != text:
            write_text(self._checksums, text)

    def clear(self) -> None:
        """Throw everything away."""
        for file in (*self._files(), self._checksums):
            file.unlink(missing_ok=True)
