"""Things as code that makes the like of them again: numbers, operands, modules, functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from inspect import Parameter, signature
from types import MethodType, ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..engine.array import Array
from ..engine.formula import Formula
from ..engine.value import Value
from ..tensor import Tensor
from .adapters.adapter import Adapter
from .adapters.autograd_functions import AutogradFunction
from .adapters.jax_functions import JaxFunction
from .adapters.numpy_functions import NumpyFunction
from .adapters.torch_functions import TorchFunction
from .adapters.torch_things import array_of, has_no_options, is_tensor
from .literals import WRITTEN, alike, array_code, float_code, full_code
from .module_code import is_module, module_code

if TYPE_CHECKING:
    from .definitions import Definitions

_FACTORIES = {
    AutogradFunction: "from_autograd",
    JaxFunction: "from_jax",
    NumpyFunction: "from_numpy",
    TorchFunction: "from_torch",
}
_LITERAL = (type(None), bool, int, str, bytes)


def expression(thing: Any, definitions: Definitions) -> str | None:
    """An expression that gives something like this; None where none is known.

    What it uses is imported and defined by the way.
    """
    if type(thing) is float:
        return float_code(thing)
    if isinstance(thing, _LITERAL):
        return repr(thing)
    for kind, write in _WRITERS:
        if isinstance(thing, kind):
            return write(thing, definitions)
    if is_tensor(thing):
        return _torch_tensor(thing, definitions)
    if is_module(thing):
        return _module(thing, definitions)
    return _instance(thing, definitions)


def _all(things: Sequence[Any], definitions: Definitions) -> list[str] | None:
    """The expressions of several things; None if one has none."""
    found = [definitions.code(each) for each in things]
    written = [each for each in found if each is not None]
    return written if len(written) == len(found) else None


def _sequence(thing: Sequence[Any], definitions: Definitions) -> str | None:
    parts = _all(thing, definitions)
    if parts is None:
        return None
    joined = ", ".join(parts)
    if type(thing) is list:
        return f"[{joined}]"
    if type(thing) is not tuple:
        is_named = getattr(thing, "_fields", None) is not None
        return f"{definitions.code(type(thing))}({joined})" if is_named else None
    return f"({joined},)" if len(parts) == 1 else f"({joined})"


def _dictionary(thing: dict[Any, Any], definitions: Definitions) -> str | None:
    keys = _all([*thing], definitions)
    values = _all([*thing.values()], definitions)
    if keys is None or values is None or type(thing) is not dict:
        return None
    return f"{{{', '.join(f'{key}: {value}' for key, value in zip(keys, values, strict=True))}}}"


def _array(array: Any, definitions: Definitions) -> str | None:
    if array.dtype.kind not in "fiub":
        return None
    definitions.use("numpy", "np")
    if array.size <= WRITTEN:
        return array_code(array)
    code = full_code(array)
    if code is None:
        definitions.has_alike = True
        code, _ = alike(array)
    return code


def _number(number: Any, definitions: Definitions) -> str | None:
    array = _array(np.asarray(number), definitions)
    return None if array is None else f"{array}[()]"


def _tensor(tensor: Tensor, definitions: Definitions) -> str | None:
    array = _array(tensor.detach().numpy(), definitions)
    definitions.use("twingrad")
    flag = ", requires_grad=True" if tensor.requires_grad else ""
    return None if array is None else f"twingrad.tensor({array}{flag})"


def _torch_tensor(tensor: Any, definitions: Definitions) -> str | None:
    numbers = array_of(tensor)
    array = None if numbers is None else _array(numbers, definitions)
    definitions.use("torch")
    flag = ", requires_grad=True" if tensor.requires_grad else ""
    return None if array is None else f"torch.tensor({array}{flag})"


def _value(value: Value, definitions: Definitions) -> str:
    definitions.use("twingrad")
    label = f", label={value.label!r}" if value.label else ""
    flag = "" if value.requires_grad else ", requires_grad=False"
    return f"twingrad.Value({float_code(value.data)}{label}{flag})"


def _values(array: Array, definitions: Definitions) -> str | None:
    numbers = _array(array.data, definitions)
    definitions.use("twingrad")
    flag = "" if array.requires_grad else ", requires_grad=False"
    return None if numbers is None else f"twingrad.Array({numbers}{flag})"


def _formula(row: Formula, definitions: Definitions) -> str:
    """A row of one's own is declared again."""
    from ..engine.formulas import table

    definitions.use("twingrad")
    if row.is_built_in:
        return f"twingrad.{row.name}"
    for other in row.functions:
        if not table[other].is_built_in and table[other] is not row:
            definitions.bind(other, table[other])
    parts = [row.name, row.signature, row.value.text, "; ".join(each.text for each in row.partials)]
    domain = f", domain={_quoted(row.domain.text)}" if row.domain else ""
    kinks = "; ".join(each.text for each in row.kinks)
    kinks = f", kinks={_quoted(kinks)}" if kinks else ""
    return f"twingrad.formula({', '.join(map(_quoted, parts))}{domain}{kinks})"


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)


def _adapter(adapter: Adapter, definitions: Definitions) -> str:
    """A function of another library, wrapped as its owner did."""
    given = {each.name: vars(adapter)[each.name] for each in fields(cast(Any, adapter))}
    parts = [
        (name, definitions.named("f" if name == "function" else name, each))
        for name, each in given.items()
        if each is not None and not isinstance(each, ModuleType)
    ]
    codes = [code if name == "function" else f"{name}={code}" for name, code in parts]
    return f"testing.{_FACTORIES[type(adapter)]}({', '.join(codes)})"


def _module(module: Any, definitions: Definitions) -> str | None:
    return module_code(module, definitions, _options)


def _method(method: MethodType, definitions: Definitions) -> str:
    owner = method.__self__
    return f"{definitions.named(type(owner).__name__.lower(), owner)}.{method.__name__}"


def _partial(thing: partial[Any], definitions: Definitions) -> str | None:
    parts = _all([thing.func, *thing.args, *thing.keywords.values()], definitions)
    if parts is None:
        return None
    definitions.use("functools")
    count = 1 + len(thing.args)
    named = [f"{k}={v}" for k, v in zip(thing.keywords, parts[count:], strict=True)]
    return f"functools.partial({', '.join([*parts[:count], *named])})"


def _instance(thing: Any, definitions: Definitions) -> str | None:
    """An object by calling its class with attributes that are called as its arguments are."""
    options = None if isinstance(thing, type) else _options(thing, definitions)
    return None if options is None else f"{definitions.code(type(thing))}({options})"


def _options(thing: Any, definitions: Definitions) -> str | None:
    """What its class may have been called with to make an object; None where that is not known."""
    arguments = _arguments(thing)
    parts = None if arguments is None else _all([*arguments.values()], definitions)
    if arguments is None or parts is None:
        return None
    return ", ".join(f"{name}={code}" for name, code in zip(arguments, parts, strict=True))


def _arguments(thing: Any) -> dict[str, Any] | None:
    """What a class may have been called with to make an object; None where that is not known."""
    found: dict[str, Any] = {}
    if has_no_options(thing):
        return found
    try:
        parameters = signature(type(thing)).parameters.values()
    except (TypeError, ValueError):  # classes written in C often have none
        return None
    for each in parameters:
        if each.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            return None
        known = getattr(thing, each.name, Parameter.empty)
        if isinstance(known, (*_LITERAL, float)) and each.kind is not Parameter.POSITIONAL_ONLY:
            if known != each.default:
                found[each.name] = known
        elif each.default is Parameter.empty:
            return None
    return found


Write = Callable[[Any, Any], str | None]

_WRITERS: list[tuple[type, Write]] = [
    (list, _sequence),
    (tuple, _sequence),
    (dict, _dictionary),
    (np.ndarray, _array),
    (np.generic, _number),
    (Tensor, _tensor),
    (Value, _value),
    (Array, _values),
    (Formula, _formula),
    (Adapter, _adapter),
    (MethodType, _method),
    (partial, _partial),
]
