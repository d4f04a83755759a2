"""Modules, ours and PyTorch's, as code that makes the like of them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nn import MLP, Sequential
from ..nn.module import Module
from .adapters import torch_things
from .literals import WRITTEN

if TYPE_CHECKING:
    from .definitions import Definitions

_WIDTH = 60

Options = Callable[[Any, Any], str | None]
"""What an object may have been made with."""


def is_module(thing: Any) -> bool:
    """Whether it is a module of ours or of PyTorch."""
    return isinstance(thing, Module) or torch_things.is_module(thing)


def module_code(module: Any, definitions: Definitions, options: Options) -> str | None:
    """A module by its class and options, without the numbers of its parameters."""
    package = "twingrad" if isinstance(module, Module) else "torch"
    own = type(module)
    children = [each for _, each in module.named_children()]
    if isinstance(module, Sequential | MLP) or own.__module__ == "torch.nn.modules.container":
        found = [module_code(each, definitions, options) for each in children]
        parts = [each for each in found if each is not None]
        definitions.use(package)
        is_whole = len(parts) == len(children) and own.__name__ in ("Sequential", "MLP")
        return f"{package}.nn.Sequential({listed(parts)})" if is_whole else None
    if not children and own.__module__.startswith(f"{package}.nn."):
        given = module.extra_repr() or options(module, definitions)
        definitions.use(package)
        return None if given is None else f"{package}.nn.{own.__name__}({given})"
    given = options(module, definitions)
    return None if given is None else f"{definitions.code(own)}({given})"


def module_state(module: Any, definitions: Definitions) -> Iterator[str]:
    """The methods to call on a module that has just been made, so that it is like this one."""
    parameters = [*module.parameters()]
    is_ours = isinstance(module, Module)
    if parameters and is_ours and module.backend == "scalar":
        yield 'to("scalar")'
    elif parameters and str(parameters[0].dtype).endswith("float64"):
        yield "double()"
    state = {name: _numbers(each) for name, each in module.state_dict().items()}
    if sum(each.size for each in state.values()) <= WRITTEN:
        form = "{}" if is_ours else "torch.tensor({})"
        codes = [form.format(definitions.code(each)) for each in state.values()]
        if codes:
            entries = [f'"{name}": {code}' for name, code in zip(state, codes, strict=True)]
            yield f"load_state_dict({{{listed(entries)}}})"
    else:
        definitions.has_alike = True
    if not module.training:
        yield "eval()"


def _numbers(entry: Any) -> np.ndarray[Any, Any]:
    """What stands in a state dict, as an array."""
    found = torch_things.array_of(entry) if torch_things.is_tensor(entry) else entry.data
    return np.asarray(found)


def listed(parts: Sequence[str]) -> str:
    """Parts with commas between them, on lines of their own if they are long."""
    line = ", ".join(parts)
    if len(line) <= _WIDTH:
        return line
    return "".join(["\n", *[f"{indent(each, '    ')},\n" for each in parts]])
