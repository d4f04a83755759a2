"""Modules drawn as a tree, with the shapes and counts of their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .module import Module

_SHOWN = 4
"""Parameters of one module whose shapes are shown."""

_WIDEST = 64
"""The longest text that has its parameters on the same line."""


class _Line(NamedTuple):
    """One line of the tree: what stands left, and the parameters at its right."""

    text: str
    shapes: str = ""
    total: str = ""


def drawn(module: Module, usual: object) -> str:
    """The module with what it is made of, line by line; one line if that is nothing.

    Modules whose ``__repr__`` is not the ``usual`` one are drawn by their own.
    """
    lines = [*_lines(module, "", "", usual, set())]
    if not module._module_names:
        return "\n".join(line.text for line in lines)
    parameters = [*module.parameters()]
    trainable = [each for each in parameters if each.requires_grad]
    return "\n".join([*_rows(lines), counted(total_of(parameters), total_of(trainable))])


def _rows(lines: Sequence[_Line]) -> Iterator[str]:
    """The lines with the parameters in columns; a long one has them on the next."""
    beside = [len(line.text) for line in lines if line.shapes and len(line.text) <= _WIDEST]
    widths = (
        max(beside, default=_WIDEST),
        max(len(line.shapes) for line in lines),
        max(len(line.total) for line in lines),
    )
    for line in lines:
        if not line.shapes:
            yield line.text
            continue
        text = line.text
        if len(text) > widths[0]:
            yield text
            text = ""
        yield f"{text:{widths[0]}}  {line.shapes:{widths[1]}}  {line.total:>{widths[2]}}".rstrip()


def total_of(parameters: Iterable[Any]) -> int:
    """How many numbers these parameters hold."""
    return sum([prod(np.shape(parameter)) for parameter in parameters])


def counted(total: int, trainable: int) -> str:
    """``65 parameters, all trainable``."""
    if not total:
        return "no parameters"
    which = {total: "all", 0: "none"}.get(trainable, f"{trainable:,}")
    return f"{total:,} parameter{'s' if total > 1 else ''}, {which} trainable"


def _lines(
    module: Module | None, indent: str, start: str, usual: object, seen: set[int]
) -> Iterator[_Line]:
    """The lines of one module, which begin with ``indent``, the first with ``start`` besides."""
    if module is None or (type(module).__repr__ is not usual and start):
        first, *rest = repr(module).split("\n")
        yield _Line(f"{indent}{start}{first}")
        yield from [_Line(indent + line) for line in rest]
        return
    extra = module.extra_repr()
    shapes, count = _parameters(module, seen)
    opened = f"{indent}{start}{type(module).__name__}("
    if not module._module_names and "\n" not in extra:
        yield _Line(f"{opened}{extra})", shapes, count)
        return
    yield _Line(opened, shapes, count)
    inside = indent + "  "
    yield from [_Line(inside + line) for line in extra.split("\n") if extra]
    for name in module._module_names:
        yield from _lines(module.__dict__[name], inside, f"({name}): ", usual, seen)
    yield _Line(indent + ")")


def _parameters(module: Module, seen: set[int]) -> tuple[str, str]:
    """The shapes of a module's own parameters, and how many numbers have not been counted yet."""
    found = []
    total = 0
    for name, parameter in module._own_parameters():
        if parameter is None:
            continue
        is_shared = id(parameter) in seen
        found.append(f"{name} {np.shape(parameter)}{' shared' if is_shared else ''}")
        if not is_shared:
            seen.add(id(parameter))
            total += prod(np.shape(parameter))
    shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    return shown, f"{total:,}" if total else ""
