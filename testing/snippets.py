"""Code that shows a failure again when it is pasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np

from ..engine.structures import leaves_of, mapped
from ..tensor import Tensor
from .adapters.adapter import Adapter
from .adapters.torch_things import array_of, is_tensor, tensor_of
from .arguments import argument_names, leaf_names
from .definitions import Definitions
from .literals import WRITTEN, alike, full_code

UNFINISHED = "# to be filled in"
"""Begins the lines of a snippet that say what could not be written."""

_LINE = 40
"""The longest input that stands inside the call."""

Fails = Callable[[Sequence[Any]], bool]
"""Whether the same is wrong with other inputs."""


def snippet(
    f: Any,
    inputs: Sequence[Any],
    parameters: Any = None,
    fails: Fails | None = None,
    **options: Any,
) -> str:
    """Code that checks ``f`` with these inputs once more.

    Functions and classes are imported where another process can do so; else their source is
    written out, with what it refers to. Arrays are written in full while they are small; of large
    ones, random numbers of the same range stand in the code, and a comment says whether the
    failure is seen with them too. What cannot be written is left to be filled in, and said.

    Parameters
    ----------
    f, inputs, parameters
        What ``gradcheck`` was given.
    fails : callable, optional
        Tells of other inputs whether the same is wrong with them.
    **options
        What else ``gradcheck`` was given.

    Examples
    --------
    >>> import twingrad
    >>> print(snippet(twingrad.tanh, [0.5], order=2))
    from twingrad import tanh, testing
    <BLANKLINE>
    testing.gradcheck(tanh, 0.5, order=2)
    """
    definitions = Definitions()
    function = definitions.named("f", f)
    names = argument_names(f.signed if isinstance(f, Adapter) else f, len(inputs))
    given = [_input(name, each, definitions) for name, each in zip(names, inputs, strict=True)]
    if parameters is not None:
        given.append(f"parameters={_input('parameters', parameters, definitions)}")
    given += [f"{name}={value!r}" for name, value in options.items()]
    call = f"testing.gradcheck({', '.join([function, *given])})"
    return "\n".join(_assembled(definitions, _remarks(definitions, inputs, fails), call))


def _input(path: str, given: Any, definitions: Definitions) -> str:
    """One input, and each part of a nested one: inside the call if short, else by its name."""
    if code := _short(given, definitions):
        return code
    if isinstance(given, list | tuple | dict):
        for part, leaf in zip(leaf_names(given, path), leaves_of(given), strict=True):
            if not _short(leaf, definitions):
                definitions.bind(definitions.free(_identifier(part)), leaf)
        if code := _short(given, definitions):
            return code
    return definitions.bind(definitions.free(_identifier(path)), given)


def _short(given: Any, definitions: Definitions) -> str:
    """An expression that fits into the call; empty where there is none."""
    code = definitions.code(given)
    return "" if code is None or len(code) > _LINE or "\n" in code else code


def _identifier(path: str) -> str:
    """A variable for what is written in some way: ``batch_left`` for ``batch['left']``."""
    name = "_".join(re.findall(r"\w+", path))
    return name if name.isidentifier() and not iskeyword(name) else f"x_{name}"


def _remarks(definitions: Definitions, inputs: Sequence[Any], fails: Fails | None) -> Iterator[str]:
    """What somebody who pastes the code has to know."""
    for each in definitions.missing:
        yield f"{UNFINISHED}: {each}"
    if definitions.has_alike:
        yield "# Large arrays are not written out: random numbers stand in their place."
        is_whole = not definitions.missing  # else nobody can run it as it is
        if is_whole and fails is not None and not fails(replaced(inputs)):
            yield "# With these nothing is wrong: put your numbers in their place."


def replaced(inputs: Sequence[Any]) -> list[Any]:
    """The inputs with the numbers that a snippet has in the place of large arrays."""
    return [mapped(_replaced, each) for each in inputs]


def _replaced(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        array = _replaced(leaf.detach().numpy())
        return Tensor(array, requires_grad=leaf.requires_grad)
    if is_tensor(leaf):
        numbers = array_of(leaf)
        return leaf if numbers is None else tensor_of(_replaced(numbers), leaf)
    if not isinstance(leaf, np.ndarray) or leaf.size <= WRITTEN or full_code(leaf) is not None:
        return leaf
    return alike(leaf)[1]


def _assembled(definitions: Definitions, remarks: Iterator[str], call: str) -> list[str]:
    """All lines: imports, definitions with blank lines around functions, and the call."""
    imports = _merged([*definitions.imports, "from twingrad import testing"])
    body = [line for text in definitions.lines for line in text.split("\n")]
    lines = [*remarks, *imports, "", *body]
    lines += [call] if body and body[-1] else ["", call]
    kept: list[str] = []
    for line in lines:
        is_third = line == "" and kept[-1:] == [""]
        if not is_third:
            kept.append(line)
    return kept


def _merged(imports: Sequence[str]) -> list[str]:
    """Import lines in order, with names from one module on one line."""
    plain = sorted(line for line in imports if line.startswith("import "))
    names: dict[str, set[str]] = {}
    for line in imports:
        if line.startswith("from "):
            module, _, name = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).add(name)
    return plain + [
        f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)
    ]
