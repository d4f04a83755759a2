"""What is installed, on what machine: what a person is asked for who reports a problem."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import final

from .code_cache import cache_folder

PACKAGES = ("numpy", "numba", "scipy", "llvmlite")
"""What computes, besides Python and this package."""

_OWN = __name__.partition(".")[0]
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([\w.,-]+)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w.-]+)['"]""")


@final
@dataclass(frozen=True, slots=True)
class CacheContents:
    """What the folder of compiled code holds.

    Attributes
    ----------
    folder : Path
    entries : int
        How many pieces of code.
    bytes : int
        How large they are together.
    """

    folder: Path
    entries: int
    bytes: int


def versions() -> dict[str, str | None]:
    """The versions of this package, of Python and of what computes; None for what is missing.

    Nothing is imported for that.

    >>> [*versions()]
    ['twingrad', 'python', 'numpy', 'numba', 'scipy', 'llvmlite']
    """
    found = {_OWN: _version(_OWN), "python": platform.python_version()}
    return found | {name: _version(name) for name in PACKAGES}


def processor() -> str:
    """What the processor calls itself, or its kind where it does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    named = re.search(r"^model name\s*: *(.+)$", text, re.MULTILINE)
    return named[1].strip() if named else platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def extras() -> dict[str, list[str]]:
    """The extras of this package, each with those of its packages that are missing."""
    try:
        needed = _needed(metadata.requires(_OWN) or ())
    except metadata.PackageNotFoundError:
        return {}
    return {extra: _missing(extra, needed) for extra in needed}


def cache_contents() -> CacheContents:
    """What is kept of compiled code, on this machine, for this user."""
    folder = cache_folder()
    sizes = [_size(each) for each in folder.rglob("*")]
    entries = {*folder.glob(f"{_OWN}_*.bin"), *folder.glob(f"{_OWN}_kernel_*")}
    return CacheContents(folder, len(entries), sum(sizes))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _needed(requirements: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """What extras need: packages, and further extras of their own, by extra.

    >>> _needed(["numpy>=2", 'rich>=13; extra == "cli"', 'twingrad[cli]; extra == "lab"'])
    {'cli': [('rich', '')], 'lab': [('twingrad', 'cli')]}
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for requirement in requirements:
        extra, package = _EXTRA.search(requirement), _REQUIREMENT.match(requirement)
        if extra and package:
            found.setdefault(extra[1], []).append((package[1], package[2] or ""))
    return found


def _missing(extra: str, needed: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    missing: list[str] = []
    for package, others in needed[extra]:
        if package == _OWN:
            for other in others.split(","):
                missing += _missing(other, needed)
        elif _version(package) is None:
            missing.append(package)
    return sorted({*missing})


def _size(path: Path) -> int:
    """The bytes of a file; 0 for a folder, and for what another process has just removed."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
