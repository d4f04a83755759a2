"""Every row of the table as an operator or a method: written once, for Values and Arrays alike.

What a method computes, and its derivative, stands in the row of the same name in
:mod:`.formulas`; ``print(formulas.tanh)`` shows it.
"""

from __future__ import annotations

from typing import Any, Self

from . import formulas
from .operation import Operand


class Operators(Operand):
    """The operators and the elementary functions that ``Value`` and ``Array`` share.

    Each works element by element; the two-sided ones broadcast, and take plain numbers too.
    """

    __slots__ = ()

    # Operators. They go to apply() directly: they are what small graphs are made of.

    def __pos__(self) -> Self:
        return self.apply(formulas.pos, self)

    def __neg__(self) -> Self:
        return self.apply(formulas.neg, self)

    def __add__(self, other: Any) -> Self:
        return self.apply(formulas.add, self, other)

    def __radd__(self, other: Any) -> Self:
        return self.apply(formulas.add, other, self)

    def __sub__(self, other: Any) -> Self:
        return self.apply(formulas.sub, self, other)

    def __rsub__(self, other: Any) -> Self:
        return self.apply(formulas.sub, other, self)

    def __mul__(self, other: Any) -> Self:
        return self.apply(formulas.mul, self, other)

    def __rmul__(self, other: Any) -> Self:
        return self.apply(formulas.mul, other, self)

    def __truediv__(self, other: Any) -> Self:
        return self.apply(formulas.div, self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self.apply(formulas.div, other, self)

    def __pow__(self, other: Any) -> Self:
        return self.apply(formulas.pow, self, other)

    def __rpow__(self, other: Any) -> Self:
        return self.apply(formulas.pow, other, self)

    def __abs__(self) -> Self:
        return self.apply(formulas.abs, self)

    # Functions of one argument

    def pos(self) -> Self:
        """``x`` itself, as a node of its own."""
        return self.apply(formulas.pos, self)

    def neg(self) -> Self:
        """``-x``."""
        return self.apply(formulas.neg, self)

    def reciprocal(self) -> Self:
        """``1 / x``."""
        return self.apply(formulas.reciprocal, self)

    def square(self) -> Self:
        """``x * x``."""
        return self.apply(formulas.square, self)

    def sqrt(self) -> Self:
        """The square root; nan below zero."""
        return self.apply(formulas.sqrt, self)

    def rsqrt(self) -> Self:
        """``1 / sqrt(x)``."""
        return self.apply(formulas.rsqrt, self)

    def abs(self) -> Self:
        """``|x|``, with slope 0 at zero."""
        return self.apply(formulas.abs, self)

    def sign(self) -> Self:
        """-1, 0 or 1; its slope is 0."""
        return self.apply(formulas.sign, self)

    def floor(self) -> Self:
        """The greatest whole number not above ``x``; its slope is 0."""
        return self.apply(formulas.floor, self)

    def exp(self) -> Self:
        """``e**x``."""
        return self.apply(formulas.exp, self)

    def exp2(self) -> Self:
        """``2**x``."""
        return self.apply(formulas.exp2, self)

    def expm1(self) -> Self:
        """``exp(x) - 1``, exact near zero."""
        return self.apply(formulas.expm1, self)

    def log(self) -> Self:
        """The natural logarithm; -inf at zero, nan below."""
        return self.apply(formulas.log, self)

    def log2(self) -> Self:
        """The logarithm to base 2."""
        return self.apply(formulas.log2, self)

    def log10(self) -> Self:
        """The logarithm to base 10."""
        return self.apply(formulas.log10, self)

    def log1p(self) -> Self:
        """``log(1 + x)``, exact near zero."""
        return self.apply(formulas.log1p, self)

    def sin(self) -> Self:
        """The sine of ``x`` in radians."""
        return self.apply(formulas.sin, self)

    def cos(self) -> Self:
        """The cosine of ``x`` in radians."""
        return self.apply(formulas.cos, self)

    def tan(self) -> Self:
        """The tangent of ``x`` in radians."""
        return self.apply(formulas.tan, self)

    def asin(self) -> Self:
        """The angle in [-pi/2, pi/2] whose sine is ``x``."""
        return self.apply(formulas.asin, self)

    def acos(self) -> Self:
        """The angle in [0, pi] whose cosine is ``x``."""
        return self.apply(formulas.acos, self)

    def atan(self) -> Self:
        """The angle in (-pi/2, pi/2) whose tangent is ``x``."""
        return self.apply(formulas.atan, self)

    def sinh(self) -> Self:
        """The hyperbolic sine."""
        return self.apply(formulas.sinh, self)

    def cosh(self) -> Self:
        """The hyperbolic cosine."""
        return self.apply(formulas.cosh, self)

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self.apply(formulas.tanh, self)

    def asinh(self) -> Self:
        """The inverse of sinh."""
        return self.apply(formulas.asinh, self)

    def acosh(self) -> Self:
        """The inverse of cosh, for ``x >= 1``."""
        return self.apply(formulas.acosh, self)

    def atanh(self) -> Self:
        """The inverse of tanh, for ``-1 < x < 1``."""
        return self.apply(formulas.atanh, self)

    def erf(self) -> Self:
        """The error function."""
        return self.apply(formulas.erf, self)

    def erfc(self) -> Self:
        """``1 - erf(x)``, exact far to the right."""
        return self.apply(formulas.erfc, self)

    def sigmoid(self) -> Self:
        """``1 / (1 + exp(-x))``."""
        return self.apply(formulas.sigmoid, self)

    def logsigmoid(self) -> Self:
        """``log(sigmoid(x))``, finite far to the left."""
        return self.apply(formulas.logsigmoid, self)

    def softplus(self) -> Self:
        """``log(1 + exp(x))``, without overflow."""
        return self.apply(formulas.softplus, self)

    def relu(self) -> Self:
        """``x`` above zero, 0 elsewhere, with slope 0 at zero."""
        return self.apply(formulas.relu, self)

    def relu6(self) -> Self:
        """``x`` held between 0 and 6."""
        return self.apply(formulas.relu6, self)

    def selu(self) -> Self:
        """The self-normalising exponential linear unit."""
        return self.apply(formulas.selu, self)

    def silu(self) -> Self:
        """``x * sigmoid(x)``, also called swish."""
        return self.apply(formulas.silu, self)

    def mish(self) -> Self:
        """``x * tanh(softplus(x))``."""
        return self.apply(formulas.mish, self)

    def softsign(self) -> Self:
        """``x / (1 + |x|)``."""
        return self.apply(formulas.softsign, self)

    def hardsigmoid(self) -> Self:
        """``(x + 3) / 6`` held between 0 and 1."""
        return self.apply(formulas.hardsigmoid, self)

    def hardswish(self) -> Self:
        """``x * hardsigmoid(x)``."""
        return self.apply(formulas.hardswish, self)

    # Functions of more arguments

    def add(self, other: Any) -> Self:
        """``self + other``."""
        return formulas.add(self, other)

    def sub(self, other: Any) -> Self:
        """``self - other``."""
        return formulas.sub(self, other)

    def mul(self, other: Any) -> Self:
        """``self * other``."""
        return formulas.mul(self, other)

    def div(self, other: Any) -> Self:
        """``self / other``."""
        return formulas.div(self, other)

    def pow(self, exponent: Any) -> Self:
        """``self ** exponent``; a negative base with a fractional exponent gives nan."""
        return formulas.pow(self, exponent)

    def atan2(self, other: Any) -> Self:
        """The angle of the point (``other``, ``self``), in radians from -pi to pi."""
        return formulas.atan2(self, other)

    def hypot(self, other: Any) -> Self:
        """``sqrt(self**2 + other**2)``, without overflow."""
        return formulas.hypot(self, other)

    def logaddexp(self, other: Any) -> Self:
        """``log(exp(self) + exp(other))``, without overflow."""
        return formulas.logaddexp(self, other)

    def maximum(self, other: Any) -> Self:
        """The greater of the two; a tie shares the derivative equally."""
        return formulas.maximum(self, other)

    def minimum(self, other: Any) -> Self:
        """The smaller of the two; a tie shares the derivative equally."""
        return formulas.minimum(self, other)

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """``self`` held between ``min`` and ``max``; None leaves a side open."""
        return formulas.clamp(self, min, max)

    def where(self, condition: Any, other: Any) -> Self:
        """``self`` where ``condition`` is true (not 0), ``other`` elsewhere."""
        return formulas.where(condition, self, other)

    def heaviside(self, values: Any) -> Self:
        """0 below zero, 1 above zero, ``values`` at zero."""
        return formulas.heaviside(self, values)

    def leaky_relu(self, negative_slope: Any = 0.01) -> Self:
        """``x`` above zero, ``negative_slope * x`` below."""
        return formulas.leaky_relu(self, negative_slope)

    def elu(self, alpha: Any = 1.0) -> Self:
        """``x`` above zero, ``alpha * (exp(x) - 1)`` below."""
        return formulas.elu(self, alpha)

    def celu(self, alpha: Any = 1.0) -> Self:
        """``x`` above zero, ``alpha * (exp(x / alpha) - 1)`` below."""
        return formulas.celu(self, alpha)

    def hardtanh(self, min_val: Any = -1.0, max_val: Any = 1.0) -> Self:
        """``x`` held between ``min_val`` and ``max_val``, with slope 0 at the bounds."""
        return formulas.hardtanh(self, min_val, max_val)

    def huber(self, delta: Any = 1.0) -> Self:
        """See :data:`~twingrad.engine.formulas.huber`."""
        return formulas.huber(self, delta)

    def gelu(self, approximate: str = "none") -> Self:
        """``x * P(N(0, 1) <= x)``, exactly, or as ``approximate="tanh"`` has it.

        Raises ``ValueError`` for another ``approximate``.
        """
        match approximate:
            case "none":
                return self.apply(formulas.gelu, self)
            case "tanh":
                return self.gelu_tanh()
        raise ValueError(
            f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}: choose one"
        )

    def gelu_tanh(self) -> Self:
        """GELU by its approximation with a tanh: ``gelu(approximate="tanh")``."""
        return self.apply(formulas.gelu_tanh, self)
