"""Numbers of code that is being written: arithmetic on them writes instructions.

A formula written with them is a Python function that reads as it would on floats; calling it
writes its instructions into the function that is being compiled. This is ten times faster than to
have Numba compile a function of its own for each formula, and loops over it are vectorized.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing import templates
from numba.extending import intrinsic

Builder = Any
"""What writes instructions: an ``IRBuilder`` of llvmlite."""

signature: Any = templates.signature
"""The types that a function of generated code gives back and takes."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of floating point numbers.

    Attributes
    ----------
    bits : int
        How many bits a number takes.
    digits : int
        How many binary digits of the mantissa are stored.
    bias : int
        What is added to the exponent.
    llvm : Any
        What the compiler calls it.
    """

    bits: int
    digits: int
    bias: int
    llvm: Any

    def rounded(self, number: float) -> float:
        """The nearest number of this format."""
        return float(np.float32(number)) if self.bits == 32 else number

    @property
    def whole(self) -> Any:
        """What the compiler calls a whole number with as many bits."""
        return ir.IntType(self.bits)


FLOAT32 = Format(32, 23, 127, ir.FloatType())
FLOAT64 = Format(64, 52, 1023, ir.DoubleType())
_FORMATS = {types.float32: FLOAT32, types.float64: FLOAT64}


@final
class Number:
    """A float of the code that is being written."""

    __slots__ = ("_builder", "format", "value")

    def __init__(self, builder: Builder, value: Any, format: Format) -> None:
        self._builder = builder
        self.value = value
        self.format = format

    def __add__(self, other: Number | float) -> Number:
        return self._number(self._builder.fadd(self.value, self._given(other)))

    def __sub__(self, other: Number | float) -> Number:
        return self._number(self._builder.fsub(self.value, self._given(other)))

    def __rsub__(self, other: float) -> Number:
        return self._number(self._builder.fsub(self._given(other), self.value))

    def __mul__(self, other: Number | float) -> Number:
        return self._number(self._builder.fmul(self.value, self._given(other)))

    def __truediv__(self, other: Number | float) -> Number:
        return self._number(self._builder.fdiv(self.value, self._given(other)))

    def __rtruediv__(self, other: float) -> Number:
        return self._number(self._builder.fdiv(self._given(other), self.value))

    def __neg__(self) -> Number:
        return self._number(self._builder.fneg(self.value))

    def __abs__(self) -> Number:
        return self._call("llvm.fabs")

    def __lt__(self, other: Number | float) -> Condition:
        return self._compared("<", other)

    def __gt__(self, other: Number | float) -> Condition:
        return self._compared(">", other)

    def __ge__(self, other: Number | float) -> Condition:
        return self._compared(">=", other)

    def equals(self, other: Number | float) -> Condition:
        """Whether the numbers are the same; 0 and -0 are."""
        return self._compared("==", other)

    def times_plus(self, factor: Number | float, term: Number | float) -> Number:
        """``self * factor + term``, rounded once where the processor does that as fast."""
        return self._call("llvm.fmuladd", factor, term)

    def root(self) -> Number:
        """The square root."""
        return self._call("llvm.sqrt")

    def with_sign_of(self, other: Number) -> Number:
        """The number with the other's sign."""
        return self._call("llvm.copysign", other)

    def bits(self) -> Whole:
        """The bits of the number as a whole one."""
        return Whole(self._builder, self._builder.bitcast(self.value, self.format.whole))

    def high_part(self) -> Number:
        """The number with zeros in the second half of its digits, so that its square is exact."""
        dropped = 13 if self.format is FLOAT32 else 32
        return (self.bits() & -(1 << dropped)).as_bits(self.format)

    def constant(self, number: float) -> Number:
        """A number of the same format."""
        return self._number(self._given(number))

    def converted(self, format: Format) -> Number:
        """The number in another format."""
        if format.bits == self.format.bits:
            return self
        change = self._builder.fpext if format.bits > self.format.bits else self._builder.fptrunc
        return Number(self._builder, change(self.value, format.llvm), format)

    def _compared(self, sign: str, other: Number | float) -> Condition:
        return Condition(
            self._builder, self._builder.fcmp_ordered(sign, self.value, self._given(other))
        )

    def _call(self, name: str, *others: Number | float) -> Number:
        kind = self.value.type
        arguments = [self.value, *map(self._given, others)]
        function = self._builder.module.declare_intrinsic(
            name, [kind], ir.FunctionType(kind, [kind] * len(arguments))
        )
        return self._number(self._builder.call(function, arguments))

    def _number(self, value: Any) -> Number:
        return Number(self._builder, value, self.format)

    def _given(self, other: Number | float) -> Any:
        if isinstance(other, Number):
            return other.value
        return ir.Constant(self.format.llvm, self.format.rounded(other))


@final
class Whole:
    """A whole number of the code that is being written; what does not fit is dropped."""

    __slots__ = ("_builder", "value")

    def __init__(self, builder: Builder, value: Any) -> None:
        self._builder = builder
        self.value = value

    def __add__(self, other: Whole | int) -> Whole:
        return self._whole(self._builder.add(self.value, self._given(other)))

    def __sub__(self, other: Whole | int) -> Whole:
        return self._whole(self._builder.sub(self.value, self._given(other)))

    def __mul__(self, other: Whole | int) -> Whole:
        return self._whole(self._builder.mul(self.value, self._given(other)))

    def __and__(self, other: Whole | int) -> Whole:
        return self._whole(self._builder.and_(self.value, self._given(other)))

    def __xor__(self, other: Whole | int) -> Whole:
        return self._whole(self._builder.xor(self.value, self._given(other)))

    def __lshift__(self, count: Whole | int) -> Whole:
        return self._whole(self._builder.shl(self.value, self._given(count)))

    def __rshift__(self, count: Whole | int) -> Whole:
        """Moved to the right with zeros from the left: of words, not of negative numbers."""
        return self._whole(self._builder.lshr(self.value, self._given(count)))

    def halved(self, times: int = 1) -> Whole:
        """Divided by 2, several times, and rounded down, a negative number too."""
        return self._whole(self._builder.ashr(self.value, self._given(times)))

    def equals(self, other: Whole | int) -> Condition:
        """Whether the numbers are the same."""
        value = self._builder.icmp_signed("==", self.value, self._given(other))
        return Condition(self._builder, value)

    def as_number(self, format: Format) -> Number:
        """The same number as a float; for one with a sign."""
        return Number(self._builder, self._builder.sitofp(self.value, format.llvm), format)

    def as_bits(self, format: Format) -> Number:
        """The float that has these bits."""
        return Number(self._builder, self._builder.bitcast(self.value, format.llvm), format)

    def _whole(self, value: Any) -> Whole:
        return Whole(self._builder, value)

    def _given(self, other: Whole | int) -> Any:
        if isinstance(other, Whole):
            return other.value
        return ir.Constant(self.value.type, other)


@final
class Condition:
    """A truth value of the code that is being written."""

    __slots__ = ("_builder", "value")

    def __init__(self, builder: Builder, value: Any) -> None:
        self._builder = builder
        self.value = value

    def choose(self, yes: Number, no: Number | float) -> Number:
        """One of two numbers, both of which are computed."""
        other = no if isinstance(no, Number) else yes.constant(no)
        return Number(
            self._builder, self._builder.select(self.value, yes.value, other.value), yes.format
        )


def staged(formula: Callable[..., Number]) -> Any:
    """A function of generated code: what ``formula`` writes for floats of one dtype."""

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        format = _FORMATS[sig.return_type]
        return formula(*[Number(builder, each, format) for each in arguments]).value

    @intrinsic
    def function(typing: Any, x: Any) -> Any:
        return (signature(x, x), write) if x in _FORMATS else None

    return function
