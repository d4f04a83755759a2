"""From what a person types to a graph: ``"tanh(w*x + b)"`` and ``"w=0.8"`` to Values.

Whatever the table knows can be typed; the text is parsed against the same whitelist as a formula
of the table, and never evaluated as Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from .expression import CONSTANTS, Expression, check_is_number, check_names, parse
from .formula import number as evaluated
from .formulas import table
from .source import FUNCTION, define, graph_source
from .value import Value

ROOT_NAMES = ("out", "L", "J", "y", "root")
"""What the result is called: the first of these that is not a variable."""


def graph(text: str, values: Mapping[str, float]) -> Value:
    """Build the graph of an expression, and give its root.

    A variable is one Value, however often it is used, and carries its name; numbers are
    constants, and what is made of constants alone is one constant. Conditions are decided by
    the numbers. The root is called ``out``, or ``L``, ``J``, ... where a variable has that name.

    Parameters
    ----------
    text : str
        The expression, see :func:`~twingrad.engine.expression.parse`.
    values : mapping of str to float
        A number for every variable of the expression, and for no other name.

    Raises
    ------
    ValueError
        One sentence, for anything that is not on the whitelist, unknown functions, variables
        without a number, numbers without a variable, and expressions whose result does not
        depend on any variable.

    Examples
    --------
    >>> for step in graph("w*x + w", {"w": 3.0, "x": 2.0}).steps():
    ...     print(step)
    v1 = w * x = 3.0 * 2.0 = 6.0
    out = v1 + w = 6.0 + 3.0 = 9.0
    dout/dout = 1.0
    dout/dv1 += dout/dout * dout/dv1 = 1.0 * 1.0 = 1.0
    dout/dw += dout/dout * dout/dw = 1.0 * 1.0 = 1.0
    dout/dw += dout/dv1 * dv1/dw = 1.0 * 2.0 = 2.0
    dout/dx += dout/dv1 * dv1/dx = 1.0 * 3.0 = 3.0
    """
    expression = parse(text)
    _check(expression, "expression")
    _check_values(expression, values)
    leaves = {name: Value(x, name) for name, x in values.items()}
    rows = {name: table[name] for name in expression.functions}
    source, namespace = graph_source(expression, rows)
    build = f"def {FUNCTION}():\n    return {source}\n"
    root = define(FUNCTION, build, {**namespace, **leaves}, "typed expression")()
    if not isinstance(root, Value):
        where = "the branch taken of " if expression.variables else ""
        raise ValueError(
            f"{where}expression {text!r} does not depend on any variable, so there is nothing to "
            "differentiate by: use a name such as x in it, and give it a number as x=2"
        )
    if not root.is_leaf:
        root.label = next(name for name in _root_names() if name not in values)
    return root


def number(text: str, what: str) -> float:
    """A typed number: ``"2"``, ``"-1e-3"``, ``"-inf"``, ``"nan"``, ``"1/3"``, ``"pi/2"``.

    ``what`` begins the sentence of the ``ValueError`` for anything else.
    """
    try:
        return float(text)
    except ValueError:
        pass
    cure = "write a number such as 0.5, -1e-3, 1/3, pi/2 or inf"
    if not text.strip():
        raise ValueError(f"{what} has no number behind '=': {cure}")
    try:
        expression = parse(text)
        if expression.variables:
            raise ValueError(f"the name {expression.variables[0]!r} has no number here")
        _check(expression, "it")
        return evaluated(expression, {})
    except ValueError as error:
        reason = str(error).partition(": ")[0]
        raise ValueError(f"{what} must be a number, got {text!r} ({reason}): {cure}") from None


def looks_assigned(text: str) -> bool:
    """Whether a word is meant as ``NAME=VALUE``: an ``=`` of its own, outside of a call."""
    return re.match(r"[^(]*?(?<![<>=!])=(?!=)", text) is not None


def assignments(words: Iterable[str]) -> dict[str, float]:
    """The numbers of words such as ``w=0.8``, by name.

    Raises ``ValueError``, one sentence, for what is no ``NAME=VALUE``, no number, a name given
    twice, or one that stands for a constant.

    >>> assignments(["w=0.8", "b=-1/4"])
    {'w': 0.8, 'b': -0.25}
    """
    values: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = unicodedata.normalize("NFKC", name.strip())  # as Python does with names
        if not equals or not name.isidentifier():
            raise ValueError(
                f"{word!r} is not of the form NAME=VALUE: write a name, '=' and a number "
                "without spaces between them, such as x=2"
            )
        if name in CONSTANTS:
            raise ValueError(
                f"{word!r} gives a number to {name!r}, which stands for {CONSTANTS[name]:.6g} "
                "in every expression: choose another name"
            )
        if name in values:
            raise ValueError(
                f"{name!r} is given a number twice, the second time by {word!r}: give it once"
            )
        values[name] = number(value, name)
    return values


def _check(expression: Expression, what: str) -> None:
    arities = {row.name: row.arity for row in table.values()}
    check_names(expression, expression.variables, arities, what)
    check_is_number(expression, what)


def _check_values(expression: Expression, values: Mapping[str, float]) -> None:
    missing = [name for name in expression.variables if name not in values]
    if missing:
        functions = [name for name in missing if name in table]
        raise ValueError(
            f"{_listed(missing)} {'has' if len(missing) == 1 else 'have'} no value: "
            f"add {' '.join(f'{name}=...' for name in missing)}"
            + (f", or call the function: {functions[0]}(...)" if functions else "")
        )
    both = [name for name in expression.variables if name in expression.functions]
    if both:
        raise ValueError(
            f"{both[0]} is both a variable and a function in {expression.text!r}: "
            "give the variable another name"
        )
    surplus = [name for name in values if name not in expression.variables]
    if surplus:
        known = _listed(expression.variables)
        raise ValueError(
            f"{surplus[0]} is given a number but does not occur in {expression.text!r}: "
            + (
                f"its variable{'s are' if len(expression.variables) > 1 else ' is'} {known}"
                if known
                else "it has no variables"
            )
        )


def _listed(names: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _root_names() -> Iterable[str]:
    yield from ROOT_NAMES
    k = 1
    while True:
        yield f"out{k}"
        k += 1
