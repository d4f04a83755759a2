"""What all writers of code use: loops in loops, and values of one element."""

from __future__ import annotations

from collections.abc import Sequence

from .buffers import Buffers
from .graph import Value
from .reading import GIVEN, is_call, is_single
from .steps_in_code import Vocabulary

VARIABLES = "ijklmn"
"""The variables of loops, the outer one first."""

INDENT = "    "


def nested(
    variables: Sequence[str], lengths: Sequence[int | str], body: Sequence[str]
) -> list[str]:
    """A body in loops over these variables, one in the other."""
    lines = [*body]
    for variable, length in reversed([*zip(variables, lengths, strict=True)]):
        lines = [f"for {variable} in range({length}):", *[INDENT + line for line in lines]]
    return lines


def single(value: Value, words: Vocabulary, buffers: Buffers, names: dict[Value, str]) -> str:
    """The text of a value of one element, outside of the loop that computes it."""
    if value.kind == "constant":
        return words.constant(value.attributes[0], value.dtype)
    if value.kind == "position":
        return "0"
    if value.kind in GIVEN or is_call(value):
        return f"{words.memory(buffers.of[value])}[0]"
    if value.kind == "view":
        if value in buffers.of:
            return f"{words.memory(buffers.of[value])}[0]"
        return seen_single(value, words, buffers, names)
    return names[value]


def seen_single(view: Value, words: Vocabulary, buffers: Buffers, names: dict[Value, str]) -> str:
    """The text of a view of one element, read from what it is a view of."""
    target = view.operands[0]
    if is_single(target):
        return single(target, words, buffers, names)
    return f"{words.memory(buffers.of[target])}[{view.attributes[1]}]"
