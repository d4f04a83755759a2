"""From what a user passes to the subject of a check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ..engine.checks import check_function
from ..engine.structures import leaves_of
from .adapters.adapter import Adapter
from .parameters import lasting
from .subject import Subject
from .twin_functions import twin_subject

_WRAPPERS = {"torch": "from_torch", "jax": "from_jax", "jaxlib": "from_jax"}
"""What wraps functions of a library, by the name of its package."""

_COMPILING = f"{__name__.partition('.')[0]}.tensor.compiler.compiling"
"""Where compiled functions come from: without it, there are none."""


def subject_of(
    function: Any, inputs: Sequence[Any], parameters: Any = None, name: str | None = None
) -> Subject:
    """A function with the inputs to check it at, as one of NumPy arrays.

    Parameters
    ----------
    function : callable or Adapter
        A function of Tensors, Values or Arrays, a Module, or a function of another library as
        ``from_torch``, ``from_jax``, ``from_autograd`` or ``from_numpy`` give it.
    inputs : sequence
        Its positional arguments: operands, NumPy arrays and numbers, also in nested lists,
        tuples and dictionaries, and whatever else it takes. If an operand requires a gradient,
        only those that do are differentiated by; else all floating point ones.
    parameters : Module, mapping of str to operand, or iterable of operands, optional
        Leaves that it uses without being passed them.
    name : str, optional
        What reports call it; if not given, its own name.

    Raises
    ------
    TypeError
        For what cannot be called, operands of a library that the function was not wrapped for,
        parameters that are none, and a function that gives no operands.
    ValueError
        If there is nothing to differentiate by, and for parameters that were computed.

    Examples
    --------
    >>> import numpy as np
    >>> subject = subject_of(lambda x, batch: (x * batch["w"]).sum(), (2.0, {"w": np.ones(3)}))
    >>> subject.input_names, subject.output_names()
    (('x', "batch['w']"), ('f',))
    """
    parameters = lasting(parameters)
    if isinstance(function, Adapter):
        return function.subject(inputs, parameters, name)
    check_function(function, "gradcheck: f")
    _refuse_compiled(function)
    _refuse_foreign("f", function)
    for leaf in leaves_of([*inputs]):
        _refuse_foreign("an input", leaf)
    return twin_subject(function, inputs, parameters, name)


def _refuse_compiled(function: Any) -> None:
    """``TypeError`` for what ``compile`` gave: its results have no graph, and nothing is wrong."""
    compiling = sys.modules.get(_COMPILING)
    if compiling is not None and isinstance(function, compiling.CompiledFunction):
        raise TypeError(
            "gradcheck: f must be a function that is not compiled, got one whose results carry no "
            "graph: pass the function that compile(...) was given"
        )


def _refuse_foreign(what: str, thing: Any) -> None:
    """``TypeError`` for what is of a library whose functions must be wrapped."""
    for base in type(thing).__mro__:
        wrapper = _WRAPPERS.get(base.__module__.partition(".")[0])
        if wrapper is not None:
            raise TypeError(
                f"gradcheck: {what} must be of twingrad where f is not wrapped, got "
                f"{type(thing).__module__}.{type(thing).__name__}: write "
                f"gradcheck(testing.{wrapper}(f), ...)"
            )
