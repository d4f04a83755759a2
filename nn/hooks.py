"""Hooks of modules: functions that are called around ``forward`` and in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from ..engine.changes import changes
from ..engine.checks import check_function
from ..engine.handle import Handle
from .crossing import Crossing

if TYPE_CHECKING:
    from .module import Module

Hook = Callable[..., Any]
Registered = dict[int, tuple[Hook, bool]]
"""Hooks, each with the answer whether it takes keyword arguments, in the order of their calls."""

_keys = count()


class Hooks:
    """The hooks of one module.

    Attributes
    ----------
    before, after : Registered
        Called before and behind ``forward``.
    outgoing, incoming : Registered
        Called with the gradients by the outputs, and with those by the inputs too.
    """

    __slots__ = ("after", "before", "incoming", "outgoing")

    def __init__(self) -> None:
        self.before: Registered = {}
        self.after: Registered = {}
        self.outgoing: Registered = {}
        self.incoming: Registered = {}

    @property
    def keys(self) -> tuple[tuple[int, ...], ...]:
        """What tells whether the hooks are still the same."""
        return tuple(
            [tuple(each) for each in (self.before, self.after, self.outgoing, self.incoming)]
        )


def are_registered(module: Module) -> bool:
    """Whether a module, or one in it, has hooks."""
    return any(each._hooks is not None and any(each._hooks.keys) for each in module.modules())


def add(hooks: Registered, hook: Hook, prepend: bool, with_kwargs: bool, what: str) -> Handle:
    """Register a hook, behind the others or before them; ``TypeError`` for no function."""
    check_function(hook, f"{what}: hook")
    changes.count += 1
    key = next(_keys)
    others = dict(hooks) if prepend else {}
    for each in others:
        del hooks[each]
    hooks[key] = (hook, with_kwargs)
    hooks.update(others)
    return Handle(hooks, key)


def called(module: Module, hooks: Hooks, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The output of a module between its hooks.

    What a hook before ``forward`` gives replaces the arguments, and what one behind it gives the
    output; None leaves them as they are.
    """
    for hook, with_kwargs in [*hooks.before.values()]:
        if with_kwargs:
            args, kwargs = _both(hook(module, args, kwargs), args, kwargs)
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    crossing = None
    if hooks.outgoing or hooks.incoming:
        crossing = Crossing(module, _functions(hooks.outgoing), _functions(hooks.incoming))
        args = crossing.entered(args)
    output = module.forward(*args, **kwargs)
    for hook, with_kwargs in [*hooks.after.values()]:
        changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        if changed is not None:
            output = changed
    return output if crossing is None else crossing.left(output)


def _both(
    changed: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments that a hook gave, or those that it left as they are."""
    if changed is None:
        return args, kwargs
    if not (isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], Mapping)):
        raise RuntimeError(
            "register_forward_pre_hook: a hook with_kwargs must give None or a tuple (args, "
            f"kwargs), got {type(changed).__name__}: return both, changed or not"
        )
    new_args, new_kwargs = changed
    return new_args if isinstance(new_args, tuple) else (new_args,), new_kwargs


def _functions(hooks: Registered) -> list[Hook]:
    return [hook for hook, _ in hooks.values()]
