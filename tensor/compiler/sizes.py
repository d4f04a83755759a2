"""One code for several sizes of a step, such as those of full batches and of a smaller last one.

The code of a step for 100 rows and that for 28 differ in numbers only: the ends of loops, the
places of temporary memory, a constant such as 1 / 100. Where they do, a variable takes their place,
so that one compiled function serves both, and every other number of rows as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from ..broadcasting import NDArray
from .source_writer import FIRST_ADDRESSES

_TOKENS = re.compile(r'[A-Za-z_]\w*|"[^"]*"|\d+|\s+|.', re.DOTALL)
_CONSTANT = re.compile(r'(c\d+) = (\w+)\("([^"]*)"\)')
_NUMBER = re.compile(r"-?\b\d+(\.\d+)?(e[+-]?\d+)?\b")
_START = re.compile(r"^    addresses = int64_at\(memory\)$", re.MULTILINE)

SIZES = FIRST_ADDRESSES.index("sizes")
"""The place of the address of whole numbers that depend on the size; that of others is behind."""


@final
@dataclass(frozen=True, slots=True)
class Sized:
    """Code in which variables stand for what depends on the size, and their values.

    Attributes
    ----------
    text : str
        The source of the module.
    whole : array of int64
        What the whole numbers among the variables are.
    others : array of float64
        What the other numbers are.
    """

    text: str
    whole: NDArray
    others: NDArray


def sized(text: str, other: str) -> Sized | None:
    """The first of two codes, with variables where the other one has other numbers.

    None where they differ in more than numbers. Comments are left out.
    """
    lines, others = ([*_code(each)] for each in (text, other))
    if len(lines) != len(others):
        return None
    found = _Differences()
    written = [found.line(a, b) for a, b in zip(lines, others)]
    if None in written:
        return None
    body = "\n".join([line for line in written if line is not None])
    if not (found.names or found.constants):
        return Sized(text, np.empty(0, np.int64), np.empty(0, np.float64))
    return Sized(
        _START.sub(lambda match: "\n".join([match.group(), *found.declared()]), body),
        np.array([a for a, _ in found.names], np.int64),
        np.array([value for _, _, value in found.constants], np.float64),
    )


def _code(text: str) -> Iterator[str]:
    """The lines that are no comments."""
    for line in text.split("\n"):
        if not line.lstrip().startswith("#"):
            yield line


class _Differences:
    """The numbers in which two codes differ.

    Attributes
    ----------
    names : dict of (int, int) to str
        The variables for whole numbers, by what they are in both codes.
    constants : list of (str, str, float)
        The names of constants that differ, their dtypes and what they are in the first one.
    """

    def __init__(self) -> None:
        self.names: dict[tuple[int, int], str] = {}
        self.constants: list[tuple[str, str, float]] = []

    def line(self, a: str, b: str) -> str | None:
        """A line of the first code with variables in it; None if it is another one."""
        if a == b:
            return a
        one, two = _CONSTANT.fullmatch(a), _CONSTANT.fullmatch(b)
        if one is not None and two is not None:
            if one.groups()[:2] != two.groups()[:2]:
                return None
            self.constants.append((one[1], one[2], float(one[3])))
            return f"# {one[1]} depends on the size"
        if a.lstrip().startswith("#"):
            known = _NUMBER.sub("_", a)
            return known if known == _NUMBER.sub("_", b) else "#"
        tokens, others = _TOKENS.findall(a), _TOKENS.findall(b)
        if len(tokens) != len(others):
            return None
        return self._joined([*self._tokens(tokens, others)])

    def _joined(self, tokens: Sequence[str | None]) -> str | None:
        return None if None in tokens else "".join([each for each in tokens if each is not None])

    def _tokens(self, tokens: Sequence[str], others: Sequence[str]) -> Iterator[str | None]:
        for a, b in zip(tokens, others):
            if a == b:
                yield a
            elif a.isdigit() and b.isdigit():
                pair = int(a), int(b)
                yield self.names.setdefault(pair, f"n{len(self.names) + 1}")
            else:
                yield None

    def declared(self) -> list[str]:
        """What gives the variables their values at the start of a function."""
        lines = []
        if self.names:
            lines.append(f"    sizes = int64_at(addresses[{SIZES}])")
            lines += [f"    {name} = sizes[{k}]" for k, name in enumerate(self.names.values())]
        if self.constants:
            lines.append(f"    shares = float64_at(addresses[{SIZES + 1}])")
            lines += [
                f"    {name} = {dtype}(shares[{k}])"
                for k, (name, dtype, _) in enumerate(self.constants)
            ]
        return lines
