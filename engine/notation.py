"""Formulas for the eye: the same expression in symbols, with numbers in place, or as LaTeX."""

import ast
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from .expression import CONSTANTS, Expression, operator_symbol, parse

# Binding strength, weakest first. A part is put in parentheses where its place binds tighter.
_CONDITIONAL, _LOGICAL, _COMPARISON, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(8)

_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|pi"
)
_LATEX_FUNCTIONS = frozenset(
    ["cos", "cosh", "exp", "log", "max", "min", "sin", "sinh", "tan", "tanh"]
)
_LATEX_RENAMED: Mapping[str, str] = {
    "acos": r"\arccos",
    "asin": r"\arcsin",
    "atan": r"\arctan",
    "log10": r"\log_{10}",
    "log2": r"\log_{2}",
    "sigmoid": r"\sigma",
}

Decide = Callable[[Expression], bool | None]


class Markup(str):
    """A name that is LaTeX as it stands."""

    __slots__ = ()


def number(value: float, digits: int = 6) -> str:
    """A float for people: up to ``digits`` significant digits, always visibly a float.

    >>> number(6), number(-12.0), number(1 / 3), number(1e-9), number(float("inf"))
    ('6.0', '-12.0', '0.333333', '1e-09', 'inf')
    """
    text = f"{value:.{digits}g}"
    return text if re.search(r"[.en]", text) else text + ".0"


def parenthesised(text: str) -> str:
    """``text`` as one factor of a product: parentheses unless it is a name or a number >= 0.

    >>> parenthesised("-2.0"), parenthesised("x1"), parenthesised("a + b")
    ('(-2.0)', 'x1', '(a + b)')
    """
    return text if _is_atom(text) else f"({text})"


def _is_atom(text: str) -> bool:
    return re.fullmatch(r"\w+(\[[\d,]+\])?|[\d.]+(e[+-]?\d+)?", text) is not None


def text(expression: Expression, names: Mapping[str, str], decide: Decide | None = None) -> str:
    """``expression`` on one line, every variable replaced by its entry in ``names``.

    ``decide`` evaluates a condition, or gives None to leave it open; a conditional that it
    decides shows the branch taken alone.

    >>> from .expression import parse
    >>> text(parse("a*b + 1"), {"a": "6.0", "b": "-2.0"})
    '6.0 * (-2.0) + 1'
    """
    return _Text(names, decide).render(expression.tree)


def latex(expression: Expression, names: Mapping[str, str], decide: Decide | None = None) -> str:
    r"""``expression`` as LaTeX, every variable replaced by its entry in ``names``.

    >>> from .expression import parse
    >>> latex(parse("a / (1 + b**2)"), {"a": "a", "b": "b"})
    '\\frac{a}{1 + b^{2}}'
    """
    return _Latex(names, decide).render(expression.tree)


class _Writer(ABC):
    """Turns a tree into text. Each part is written with its binding strength."""

    def __init__(self, names: Mapping[str, str], decide: Decide | None) -> None:
        self.names = names
        self.decide = decide

    def render(self, tree: ast.expr) -> str:
        return self.write(tree)[0]

    def inside(self, tree: ast.expr, strength: int) -> str:
        """The text of a part, in parentheses where its place binds tighter than it does."""
        part, own = self.write(tree)
        return part if own >= strength else self.bracket(part)

    def write(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Constant(value=value):
                return self.literal(value)
            case ast.Name(id=name):
                return self.name(name)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, arguments)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                taken = self.decide(parse(ast.unparse(test))) if self.decide else None
                if taken is not None:
                    return self.write(body if taken else orelse)
                return self.conditional(test, body, orelse)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"not {self.inside(operand, _COMPARISON)}", _LOGICAL
            case ast.UnaryOp(op=operator, operand=operand):
                return f"{operator_symbol(operator)}{self.inside(operand, _POWER)}", _SIGN
            case ast.BinOp(op=operator, left=left, right=right):
                return self.binary(operator, left, right)
            case ast.BoolOp(op=operator, values=values):
                joint = f" {operator_symbol(operator)} "
                return joint.join(self.inside(value, _COMPARISON) for value in values), _LOGICAL
            case ast.Compare(left=left, ops=signs, comparators=others):
                words = [self.inside(left, _SUM)]
                for sign, other in zip(signs, others, strict=True):
                    words += [self.comparison(operator_symbol(sign)), self.inside(other, _SUM)]
                return " ".join(words), _COMPARISON
        raise TypeError(f"{ast.dump(node)} is no part of a formula")

    @abstractmethod
    def bracket(self, part: str) -> str: ...

    @abstractmethod
    def literal(self, value: object) -> tuple[str, int]: ...

    @abstractmethod
    def name(self, name: str) -> tuple[str, int]: ...

    @abstractmethod
    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]: ...

    @abstractmethod
    def conditional(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> tuple[str, int]: ...

    @abstractmethod
    def binary(
        self, operator: ast.operator, left: ast.expr, right: ast.expr
    ) -> tuple[str, int]: ...

    @abstractmethod
    def comparison(self, symbol: str) -> str: ...


class _Text(_Writer):
    def bracket(self, part: str) -> str:
        return f"({part})"

    def literal(self, value: object) -> tuple[str, int]:
        return str(value), _ATOM

    def name(self, name: str) -> tuple[str, int]:
        written = self.names.get(name, name)
        return written, _ATOM if _is_atom(written) else _CONDITIONAL

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        return f"{name}({', '.join(_elided([self.render(each) for each in arguments]))})", _ATOM

    def conditional(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> tuple[str, int]:
        return (
            f"{self.inside(body, _LOGICAL)} if {self.inside(test, _LOGICAL)} "
            f"else {self.render(orelse)}",
            _CONDITIONAL,
        )

    def binary(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> tuple[str, int]:
        symbol = operator_symbol(operator)
        match operator:
            case ast.Pow():
                return f"{self.inside(left, _ATOM)}**{self.inside(right, _ATOM)}", _POWER
            case ast.Mult() | ast.Div():
                strengths = _PRODUCT, _PRODUCT + 1
            case _:
                strengths = _SUM, _SUM + 1
        # a sign may lead a chain, but not follow an operator
        first = self.inside(left, strengths[0])
        second, own = self.write(right)
        if own < strengths[1] or own == _SIGN:
            second = self.bracket(second)
        return f"{first} {symbol} {second}", strengths[0]

    def comparison(self, symbol: str) -> str:
        return symbol


class _Latex(_Writer):
    def bracket(self, part: str) -> str:
        return rf"\left({part}\right)"

    def literal(self, value: object) -> tuple[str, int]:
        return self._digits(str(value))

    def name(self, name: str) -> tuple[str, int]:
        written = self.names.get(name, name)
        if isinstance(written, Markup):
            return written, _POWER
        if name in CONSTANTS and name not in self.names:
            return (r"\infty" if CONSTANTS[name] == math.inf else rf"\{name}"), _ATOM
        if re.fullmatch(r"-?(inf|nan|[\d.]+(e[+-]?\d+)?)", written):
            return self._digits(written)
        return latex_name(written), _ATOM if _is_atom(written) else _CONDITIONAL

    def _digits(self, written: str) -> tuple[str, int]:
        strength = _CONDITIONAL if written.startswith("-") else _ATOM
        mantissa, _, exponent = written.partition("e")
        if exponent:
            return rf"{mantissa} \times 10^{{{int(exponent)}}}", min(strength, _PRODUCT)
        return written.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}"), strength

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        parts = _elided([self.render(each) for each in arguments])
        match name:
            case "exp":
                return f"e^{{{parts[0]}}}", _POWER
            case "exp2":
                return f"2^{{{parts[0]}}}", _POWER
            case "sqrt":
                return rf"\sqrt{{{parts[0]}}}", _ATOM
            case "abs":
                return rf"\left|{parts[0]}\right|", _ATOM
            case "floor":
                return rf"\left\lfloor {parts[0]}\right\rfloor", _ATOM
        if name in _LATEX_RENAMED:
            symbol = _LATEX_RENAMED[name]
        elif name in _LATEX_FUNCTIONS:
            symbol = rf"\{name}"
        else:
            symbol = rf"\operatorname{{{_escaped(name)}}}"
        return rf"{symbol}\left({', '.join(parts)}\right)", _ATOM

    def conditional(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> tuple[str, int]:
        rows = [rf"{self.render(body)} & \text{{if }} {self.render(test)}"]
        while isinstance(orelse, ast.IfExp):
            rows.append(rf"{self.render(orelse.body)} & \text{{if }} {self.render(orelse.test)}")
            orelse = orelse.orelse
        rows.append(rf"{self.render(orelse)} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}", _ATOM

    def binary(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> tuple[str, int]:
        match operator:
            case ast.Div():
                # no atom: an exponent would seem to stand on the numerator alone
                return rf"\frac{{{self.render(left)}}}{{{self.render(right)}}}", _POWER
            case ast.Pow():
                return f"{self.inside(left, _ATOM)}^{{{self.render(right)}}}", _POWER
            case ast.Mult():
                return (
                    rf"{self.inside(left, _PRODUCT)} \cdot {self.inside(right, _POWER)}",
                    _PRODUCT,
                )
        second, own = self.write(right)
        if own < _PRODUCT or own == _SIGN:
            second = self.bracket(second)
        return f"{self.inside(left, _SUM)} {operator_symbol(operator)} {second}", _SUM

    def comparison(self, symbol: str) -> str:
        return {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}.get(symbol, symbol)


def _elided(parts: list[str]) -> list[str]:
    """A long list of arguments with its middle left out."""
    return parts if len(parts) <= 8 else [*parts[:3], "...", parts[-1]]


def latex_name(name: str) -> str:
    r"""A variable's name as LaTeX: Greek letters, subscripts, upright words.

    >>> latex_name("alpha"), latex_name("w12"), latex_name("w[0,1]"), latex_name("min_val")
    ('\\alpha', 'w_{12}', 'w_{0,1}', '\\mathrm{min\\_val}')
    >>> latex_name("beta1"), latex_name("m_hat")
    ('\\beta_{1}', '\\hat{m}')
    """
    if re.fullmatch(_GREEK, name):
        return rf"\{name}"
    if match := re.fullmatch(rf"([A-Za-z]|{_GREEK})_?(\d+|\[[\d,]+\])", name):
        return f"{latex_name(match[1])}_{{{match[2].strip('[]')}}}"
    if match := re.fullmatch(r"(\w+)_hat", name):
        return rf"\hat{{{latex_name(match[1])}}}"
    if len(name) == 1:
        return name
    return rf"\mathrm{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return re.sub(r"([_#$%&{}])", r"\\\1", name.replace("\\", r"\backslash "))
