"""``ScalarWriter``: the lines of a compiled step that compute single numbers."""

from __future__ import annotations

from typing import final

from .buffers import Buffers
from .fragments import seen_single, single
from .graph import Value
from .reading import is_single
from .schedule import Schedule
from .steps_in_code import Vocabulary


@final
class ScalarWriter:
    """Writes what is computed once a step, outside of all loops.

    Parameters
    ----------
    schedule : Schedule
    buffers : Buffers
    words : Vocabulary
    names : dict of Value to str
    """

    def __init__(
        self,
        schedule: Schedule,
        buffers: Buffers,
        words: Vocabulary,
        names: dict[Value, str],
    ) -> None:
        self._stored = schedule.stored
        self._buffers = buffers
        self._words = words
        self._names = names

    def lines(self, value: Value) -> list[str]:
        """The lines that compute a value of one element."""
        name = self._names[value]
        lines = []
        texts = [self._single(each) for each in value.operands if is_single(each)]
        if value.kind == "elementwise":
            dtypes = [each.dtype for each in value.operands]
            last = value.operands[-1]
            constant = last if last.kind == "constant" else None
            function = value.attributes[0]
            lines.append(
                f"{name} = {self._words.step(function, texts, value.dtype, dtypes, constant)}"
            )
        elif value.kind == "reduce":
            start = "0" if value.attributes[0].startswith("arg") else texts[0]
            lines.append(f"{name} = {start}")
        elif value.kind == "random":
            drawn = self._words.drawn(value.attributes[0], value.dtype, texts, "0")
            lines.append(f"{name} = {drawn}")
        elif value.kind == "gather":
            lines.append(f"{name} = {self._gathered(value)}")
        buffer = self._buffers.of.get(value)
        if buffer is not None and value in self._stored:
            text = self._single(value)
            if value.kind == "view":
                text = seen_single(value, self._words, self._buffers, self._names)
            lines.append(f"{self._words.memory(buffer)}[0] = {text}")
        return lines

    def _gathered(self, value: Value) -> str:
        source, chosen = value.operands
        if is_single(source):
            return self._single(source)
        (dim,) = value.attributes
        step = 1
        for length in source.shape[dim + 1 :]:
            step *= length
        target = source.operands[0] if source.kind == "view" else source
        if source.kind == "view":
            step = source.attributes[0][dim]
            offset = source.attributes[1]
        else:
            offset = 0
        name = self._words.memory(self._buffers.of[target])
        return f"{name}[{step} * {self._single(chosen)} + {offset}]"

    def _single(self, value: Value) -> str:
        return single(value, self._words, self._buffers, self._names)
