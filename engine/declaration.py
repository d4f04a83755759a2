"""Adding rows to the table: the library's own, and a user's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .expression import CONSTANTS
from .formula import Formula, table


def formula(
    name: str,
    arguments: str,
    value: str,
    partials: str | Sequence[str],
    *,
    domain: str = "",
    kinks: str | Sequence[str] = (),
    note: str = "",
    reference: str = "",
) -> Formula:
    """Add a row of your own to the table, and get it back as a function.

    From then on it works on floats, Values and Arrays, in other formulas and in the stepper, with
    derivatives of every order. The derivatives are taken as given: check them against finite
    differences.

    Parameters
    ----------
    name : str
        A Python name that no other row has.
    arguments : str
        The arguments, separated by commas, with defaults where wanted: ``"x, slope=0.01"``.
        Every argument is a real number that can be differentiated by.
    value : str
        The function, as an expression of numbers, the arguments, ``pi``, ``inf``,
        ``+ - * / **``, comparisons, ``a if condition else b``, and calls of other rows.
    partials : str or sequence of str
        The derivative by each argument, in order, separated by ``;``. They may use ``out``,
        the value of the function.
    domain : str
        The condition under which the function is defined. Empty: all reals.
    kinks : str or sequence of str
        Expressions, separated by ``;``, that are zero where the function or its slope jumps.
    note, reference : str
        What is chosen at the kinks; the source of the formula.

    Raises
    ------
    ValueError
        One sentence, where an expression does not parse or uses an unknown name, where the
        number of partials is wrong, or where the name is taken. Nothing is added then.

    Examples
    --------
    >>> import twingrad
    >>> cube = twingrad.formula("cube", "x", "x**3", "3 * x**2")
    >>> x = twingrad.Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    >>> cube.remove()
    """
    row = Formula(
        name,
        arguments,
        value,
        partials,
        domain=domain,
        kinks=kinks,
        note=note,
        reference=reference,
    )
    if name in CONSTANTS or name in table:
        kind = "a constant" if name in CONSTANTS else f"in the table ({table[name]})"
        raise ValueError(
            f"formula {name!r} is {kind} already: choose another name"
            + (
                ""
                if name in CONSTANTS or table[name].is_built_in
                else ", or call its remove() first"
            )
        )
    row.check()
    row.enter()
    return row


def built_in(
    *arguments: Any, symbol: str = "", accepts_bool: bool = False, **named: Any
) -> Formula:
    """Declare a row of the library's own table; :func:`check_table` checks it later.

    Takes what :func:`formula` takes, and the symbol that is written on nodes.
    """
    row = Formula(*arguments, symbol=symbol, accepts_bool=accepts_bool, **named)
    row.enter(built_in=True)
    return row


def check_table() -> None:
    """Check every row of the library's own table, once all of them are declared."""
    for row in table.values():
        row.check()
