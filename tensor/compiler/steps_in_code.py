"""The words of generated code: names of memory and numbers, and steps as expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

import numpy as np

from ..kernels.loops import INFIX, PATTERNS
from .buffers import Buffer
from .graph import Value

_FLOATS = ("float32", "float64")

_OF_NUMPY = frozenset({"ceil", "trunc", "rint", "isnan", "isinf", "isfinite"})

UNROLLED = range(9, 65)
"""Constant lengths of inner loops that LLVM unrolls to the harm of its vectors."""

_WORDS = {
    "0.0": "zero",
    "0.5": "half",
    "1.0": "one",
    "2.0": "two",
    "inf": "infinity",
    "-inf": "minus_infinity",
}
"""What numbers are called; others have no name but a number."""

_STARTS = {"add": 0, "mul": 1, "logical_or": 0, "logical_and": 1}


@final
class Vocabulary:
    """The names that a module of generated code uses, collected while it is written.

    Attributes
    ----------
    constants : dict of (str, str) to str
        The names of numbers, by their dtype and their text.
    functions : set of str
        The functions of :mod:`.mathematics` that are called.
    helpers : set of str
        The intrinsics that are called.
    used : dict of str to Buffer
        The memory that is read or written, by name.
    scratches : dict of str to (int, str)
        Memory of a row's length, by name: its length and its dtype.
    hidden : dict of str to int
        Lengths that LLVM is not to know, by name.
    """

    def __init__(self, first_host: int) -> None:
        self.hosts: list[Value] = []
        self._first_host = first_host
        self.draws: set[str] = set()
        self.teamwork: set[str] = set()
        self.numpy_names: set[str] = set()
        self.hidden: dict[str, int] = {}
        self.constants: dict[tuple[str, str], str] = {}
        self.functions: set[str] = set()
        self.helpers: set[str] = set()
        self.used: dict[str, Buffer] = {}
        self.scratches: dict[str, tuple[int, str]] = {}
        self._locals = 0

    def local(self) -> str:
        """A name for what is computed on the way."""
        self._locals += 1
        return f"t{self._locals}"

    def memory(self, buffer: Buffer) -> str:
        """The name of a piece of memory."""
        self.used[buffer.name] = buffer
        return buffer.name

    def scratch(self, name: str, length: int, dtype: str) -> str:
        """The name of memory for a row of values."""
        self.scratches[f"{name}_row"] = (length, dtype)
        return f"{name}_row"

    def length(self, length: int, is_only: bool) -> int | str:
        """The length of an inner loop, or of an ``only`` one.

        LLVM unrolls loops of some constant lengths before it could vectorize them: from it, these
        are hidden.
        """
        if length not in UNROLLED and not is_only:
            return length
        self.helper("opaque")
        name = f"length_{len(self.hidden) + 1}"
        self.hidden[name] = length
        return name

    def constant(self, number: float, dtype: str) -> str:
        """The name, or the text, of a number."""
        if dtype == "bool":
            return str(bool(number))
        if dtype == "int64":
            return repr(int(number))
        if dtype == "float32":
            text = str(np.float32(number))  # the shortest that is the same number
        else:
            text = repr(float(number) if dtype in _FLOATS else int(number))
        if (dtype, text) not in self.constants:
            name = _WORDS.get(text, "")
            is_free = name and name not in self.constants.values()
            self.constants[dtype, text] = name if is_free else f"c{len(self.constants) + 1}"
        return self.constants[dtype, text]

    def start(self, function: str, dtype: str) -> str:
        """What a reduction begins with."""
        if function in _STARTS:
            return self.constant(_STARTS[function], dtype)
        is_greatest = function in ("maximum", "argmax")
        if dtype in _FLOATS:
            return self.constant(-np.inf if is_greatest else np.inf, dtype)
        if dtype == "bool":
            return str(not is_greatest)
        limits = np.iinfo(dtype)
        return self.constant(int(limits.min if is_greatest else limits.max), dtype)

    def accumulated(self, function: str, target: str, text: str, dtype: str, is_local: bool) -> str:
        """The line that takes a further element into a reduction."""
        is_float = dtype in _FLOATS
        if function in ("add", "mul"):
            if is_float and is_local:
                return f"{target} = {self.helper(f'any_order_{function}')}({target}, {text})"
            sign = "+" if function == "add" else "*"
            if dtype == "bool":
                sign = "|" if function == "add" else "&"
            return f"{target} {sign}= {text}"
        if function in ("maximum", "minimum") and is_float:
            return f"{target} = {self.helper(function)}({target}, {text})"
        if function in ("logical_or", "logical_and"):
            return f"{target} {'|' if function == 'logical_or' else '&'}= {text}"
        smaller = "min" if function == "minimum" else "max"
        return f"{target} = {smaller}({target}, {text})"

    def found_extreme(self, function: str, name: str, text: str, place: object) -> Iterable[str]:
        """The lines that look at a further element in the search for an extreme."""
        sign = ">" if function == "argmax" else "<"
        best = f"{name}_value"
        yield f"if {text} {sign} {best} or ({text} != {text} and {best} == {best}):"
        yield f"    {best} = {text}"
        yield f"    {name} = {place}"

    def helper(self, name: str) -> str:
        """The name of an intrinsic."""
        self.helpers.add(name)
        return name

    def host(self, value: Value) -> int:
        """The place of the address of what calls a Python function."""
        self.hosts.append(value)
        return self._first_host + len(self.hosts) - 1

    def drawn(self, what: str, dtype: str, operands: Sequence[str], place: str) -> str:
        """A random number at a place of a stream."""
        name = f"{what}_{dtype[-2:]}"
        self.draws.add(name)
        return f"{name}({', '.join(operands)}, {place})"

    def step(
        self,
        function: str,
        texts: Sequence[str],
        dtype: str,
        dtypes: Sequence[str],
        last_constant: Value | None,
    ) -> str:
        """A step on operands as an expression."""
        if function == "copy":
            return texts[0]
        if function == "cast":
            return self._cast(texts[0], dtypes[0], dtype)
        if function == "pow" and last_constant is not None and dtype in _FLOATS:
            exponent = float(last_constant.attributes[0])
            if exponent in (2.0, 3.0):
                return " * ".join([texts[0]] * int(exponent))
        if function in INFIX:
            if dtype == "bool" and function in ("add", "mul"):
                function = "logical_or" if function == "add" else "logical_and"
            return f"{texts[0]} {INFIX[function]} {texts[1]}"
        if function in PATTERNS:
            one, zero = self.constant(1, dtype), self.constant(0, dtype)
            if function in ("sqrt", "floor"):
                self.numpy_names.add(function)
            return PATTERNS[function].format(*texts, one=one, zero=zero)
        if function in _OF_NUMPY:
            self.numpy_names.add(function)
        else:
            self.functions.add(function)
        return f"{function}({', '.join(texts)})"

    def _cast(self, text: str, before: str, after: str) -> str:
        if after == "bool":
            return f"{text} != {self.constant(0, before)}"
        self.numpy_names.add(after)
        return f"{after}({text})"
