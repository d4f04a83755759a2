"""From what a person types to an optimizer: ``"Adam(w, b, lr=0.1)"``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from typing import Any

from .. import optim
from ..engine.stepper import Stepper
from ..engine.value import Value

_EXAMPLE = "write for example 'SGD(w, b, lr=0.1)', or 'SGD(lr=0.1)' for all leaves"


def append_update(stepper: Stepper, text: str) -> None:
    """Append the update that an optimizer makes of leaves of the graph.

    Parameters
    ----------
    stepper : Stepper
        What to append to; a backward pass over its graph fills the ``grad`` of its leaves.
    text : str
        An optimizer, the names of the leaves that it updates (of all, if there is none), and its
        options.

    Raises
    ------
    ValueError
        One sentence, for a text that is not of this form, names and options that there are not,
        and options out of their range.

    Examples
    --------
    >>> from twingrad.engine.typed import graph
    >>> stepper = graph("w**2", {"w": 3.0}).steps()
    >>> append_update(stepper, "SGD(w, lr=0.1)")
    >>> print(stepper[-1])
    w = w - lr * g = 3.0 - 0.1 * 6.0 = 2.4
    """
    kind, names, options = _parsed(text)
    leaves = {
        stepper.names[node]: node for node in stepper.nodes if node.is_leaf and node.requires_grad
    }
    parameters = _named(names, leaves)
    try:
        optimizer = kind(parameters, **options)
        stepper.root.backward()
        stepper.extend(optimizer.steps())
    except TypeError as error:
        raise ValueError(str(error)) from None


def _parsed(text: str) -> tuple[type[optim.Optimizer], list[str], dict[str, Any]]:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is no optimizer: {_EXAMPLE}") from None
    match tree:
        case ast.Name(id=name):
            return _kind(name), [], {}
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
            kind = _kind(name)
            names = [_name(argument, text) for argument in arguments]
            return kind, names, dict(_option(kind, each) for each in keywords)
    raise ValueError(f"{text!r} is no optimizer: {_EXAMPLE}")


def _kind(name: str) -> type[optim.Optimizer]:
    kinds = {
        each.__name__: each
        for each in map(vars(optim).get, optim.__all__)
        if inspect.isclass(each) and issubclass(each, optim.Optimizer) and "rule" in vars(each)
    }
    if name not in kinds:
        raise ValueError(f"there is no optimizer {name!r}: choose one of {', '.join(kinds)}")
    return kinds[name]


def _name(argument: ast.expr, text: str) -> str:
    if not isinstance(argument, ast.Name):
        raise ValueError(f"{ast.unparse(argument)!r} in {text!r} is no name of a leaf: {_EXAMPLE}")
    return argument.id


def _option(kind: type[optim.Optimizer], keyword: ast.keyword) -> tuple[str, Any]:
    known = [*inspect.signature(kind).parameters][1:]
    if keyword.arg is None or keyword.arg not in known:
        raise ValueError(
            f"{kind.__name__} has no option {keyword.arg!r}: its options are {', '.join(known)}"
        )
    try:
        return keyword.arg, ast.literal_eval(keyword.value)
    except (ValueError, TypeError):
        raise ValueError(
            f"{keyword.arg}={ast.unparse(keyword.value)} is no value of an option: write a number, "
            "True or False, or a pair such as (0.9, 0.999)"
        ) from None


def _named(names: list[str], leaves: Mapping[str, Value]) -> list[Value]:
    for name in names:
        if name not in leaves:
            raise ValueError(
                f"{name!r} is no leaf that has a gradient: choose among {', '.join(leaves)}"
            )
    return [leaves[name] for name in names or leaves]
