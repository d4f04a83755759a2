"""``twingrad info``: what is installed, and what it computes with."""

from __future__ import annotations

import json as notation
import platform
from typing import Annotated, Any

import typer

from ..engine.wording import short_bytes
from .output import answer, telling_failures

INFO_HELP = """\
Show versions, the processor, the library of matrix products, the cache and the extras.

\b
twingrad info
twingrad info --json
"""

_NAMES = {"python": "Python", "numpy": "NumPy", "numba": "Numba", "scipy": "SciPy"}


def info(
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="As JSON, for programs to read.")
    ] = False,
) -> None:
    """Show versions, the processor, the library of matrix products, the cache and the extras."""
    with telling_failures("info"):
        found = _found()
        answer(notation.dumps(found, indent=1) if json else _text(found))


def _found() -> dict[str, Any]:
    """Everything, as plain data."""
    from ..engine.installation import cache_contents, cores, extras, processor, versions
    from ..tensor.compiler import blas

    cache = cache_contents()
    return {
        "versions": versions(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        "blas": {
            "name": blas.library().name,
            "source": blas.library().source,
            "threads": blas.threads(),
            "description": blas.description(),
        },
        "cache": {
            "folder": str(cache.folder),
            "entries": cache.entries,
            "bytes": cache.bytes,
        },
        "extras": {name: {"missing": missing} for name, missing in extras().items()},
    }


def _text(found: dict[str, Any]) -> str:
    """The same, for a person."""
    versions = [
        f"{_NAMES.get(name, name)} {version or '(missing)'}"
        for name, version in found["versions"].items()
    ]
    cores, cache = found["cores"], found["cache"]
    counted = f"{cache['entries']} " + ("entry" if cache["entries"] == 1 else "entries")
    rows = [
        ("versions", ", ".join(versions)),
        ("system", found["system"]),
        ("processor", f"{found['processor']}, {cores} core{'' if cores == 1 else 's'}"),
        ("BLAS", found["blas"]["description"]),
        ("cache", f"{cache['folder']}, {counted}, {short_bytes(cache['bytes'])}"),
    ]
    rows += [(f"[{name}]", _extra(name, each["missing"])) for name, each in found["extras"].items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join([f"{name:{width}}  {text}" for name, text in rows])


def _extra(name: str, missing: list[str]) -> str:
    if not missing:
        return "installed"
    return f'without {", ".join(missing)}: pip install "twingrad[{name}]"'
