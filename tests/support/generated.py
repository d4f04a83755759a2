"""Small functions of generated code, compiled for a test."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

from twingrad.engine.code_cache import compiled

MODULES = "twingrad.tensor.compiler"


def kernel(
    imports: dict[str, str], arguments: str, signature: str, body: str
) -> Callable[..., Any]:
    """A compiled function: what it imports from which module, its arguments, and its lines."""
    lines = [f"from {MODULES}.{module} import {names}" for module, names in imports.items()]
    source = "\n".join(
        ["from numpy import float32, float64", *lines, "", f"def kernel({arguments}):", ""]
    )
    return compiled(source + indent(body, "    ") + "\n", signature)


def elementwise(module: str, name: str, dtype: str, operands: int = 1) -> Callable[..., Any]:
    """A loop ``out[i] = name(x[i], ...)`` over arrays."""
    names = ["x", "y"][:operands]
    array = f"{dtype}[::1]"
    read = ", ".join(f"{each}[i]" for each in names)
    return kernel(
        {module: name},
        ", ".join([*names, "out"]),
        f"void({', '.join([array] * (operands + 1))})",
        f"for i in range(out.size):\n    out[i] = {name}({read})",
    )
