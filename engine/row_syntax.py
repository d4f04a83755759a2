"""How a row is declared: its name, its list of arguments, its lists of expressions."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from collections.abc import Sequence
from contextlib import suppress

from .expression import CONSTANTS, Expression, parse
from .source import evaluate


def is_free(name: str) -> bool:
    """Whether a formula, or its argument, may have this name."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and name not in ("out", "__debug__")
        and name == unicodedata.normalize("NFKC", name)  # as the parser of Python reads it
    )


def parse_listed(text: str | Sequence[str], what: str) -> tuple[Expression, ...]:
    """The expressions of ``"a ; b"``, or of a sequence of texts."""
    parts = [part.strip() for part in text.split(";")] if isinstance(text, str) else text
    if not isinstance(parts, Sequence):
        raise TypeError(
            f"{what} must be text such as 'a ; b', got {type(text).__name__} {text!r}: "
            "write it in quotes"
        )
    if isinstance(text, str) and not text.strip():
        return ()
    return tuple(parse(part, what) for part in parts)


def parse_arguments(text: str, what: str) -> tuple[tuple[str, ...], dict[str, float]]:
    """The names and the defaults of ``"x, slope=0.01"``.

    Raises ``ValueError`` with one sentence for anything else.
    """
    tree = None
    if isinstance(text, str) and not set(text) & set(":#"):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.parse(f"lambda {text}: 0", mode="eval").body
    names: tuple[str, ...] = ()
    defaults: dict[str, float] = {}
    if isinstance(tree, ast.Lambda) and not (
        tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs or tree.args.posonlyargs
    ):
        names = tuple(argument.arg for argument in tree.args.args)
        given = tree.args.defaults
        with_default = names[len(names) - len(given) :]
        for name, default in zip(with_default, given, strict=True):
            constant = parse(ast.unparse(default), f"{what}: default of {name!r}")
            if constant.variables or constant.functions:
                names = ()
                break
            defaults[name] = evaluate(constant, {}, {})
    unusable = set(names) & {*CONSTANTS} or not all(map(is_free, names))
    if not names or unusable or len(set(names)) < len(names):
        raise ValueError(
            f"{what}: arguments must be Python names other than out, pi and inf, separated by "
            f"commas, with numbers as defaults, got {text!r}: write for example 'x, slope=0.01'"
        )
    return names, defaults
