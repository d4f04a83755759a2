"""What a function is called with, whatever kind of function it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from inspect import Parameter
from typing import Any, final

from ..engine.wording import suggestion
from .adapters.adapter import Adapter
from .arguments import BY_POSITION, function_name, parameters_of

_NAMED = (*BY_POSITION, Parameter.KEYWORD_ONLY)


@final
@dataclass(frozen=True)
class Signature:
    """The arguments of a function.

    Attributes
    ----------
    function : object
        The function, or the module.
    names : tuple of str
        Its arguments in their order.
    required : tuple of str
        Those without a default.
    keywords : tuple of str
        Those that can be given by name only.
    open : bool
        Whether it takes others too: because of ``*inputs``, or as nobody knows what it takes.
    """

    function: Any
    names: tuple[str, ...]
    required: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    open: bool = False

    def check(self, given: Mapping[str, Any]) -> None:
        """``ValueError`` for a name that is no argument's."""
        for name in given:
            if not self.open and name not in self.names:
                called = function_name(self.function)
                names = ", ".join(self.names) or "none"
                cure = suggestion(name, self.names, f"its arguments are {names}")
                raise ValueError(f"{called} has no argument {name!r}: {cure}")

    def call(self, given: Mapping[str, Any]) -> tuple[Any, list[Any]]:
        """A function, and the positional arguments to call it with, so that it gets these.

        What can be given by name only becomes a part of the function.
        """
        by_name = {name: each for name, each in given.items() if name in self.keywords}
        by_position = {name: each for name, each in given.items() if name not in self.keywords}
        ordered = [name for name in self.names if name in by_position]
        ordered += [name for name in by_position if name not in ordered]
        skipped = self._skipped(ordered)
        if skipped:
            raise ValueError(
                f"{function_name(self.function)} takes {skipped} before {ordered[-1]}: give it a "
                "value too"
            )
        function = partial(self.function, **by_name) if by_name else self.function
        return function, [by_position[name] for name in ordered]

    def _skipped(self, ordered: list[str]) -> str:
        """The first argument that is left out in front of another one; empty if there is none."""
        last = self.names.index(ordered[-1]) if ordered and ordered[-1] in self.names else 0
        return next((name for name in self.names[:last] if name not in ordered), "")


def signature_of(function: Any) -> Signature:
    """What a function, a row of the table, a module or what an adapter wraps is called with.

    Examples
    --------
    >>> import twingrad
    >>> signature_of(twingrad.huber).names
    ('x', 'delta')
    >>> signature_of(twingrad.nn.ReLU()).names
    ('input',)
    """
    parameters = parameters_of(function.signed if isinstance(function, Adapter) else function)
    if parameters is None:
        return Signature(function, (), (), open=True)
    named = [each for each in parameters if each.kind in _NAMED]
    return Signature(
        function,
        tuple(each.name for each in named),
        tuple(each.name for each in named if each.default is each.empty),
        tuple(each.name for each in named if each.kind is each.KEYWORD_ONLY),
        any(each.kind is each.VAR_POSITIONAL for each in parameters),
    )
