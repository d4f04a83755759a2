"""The gradients that cross a module in the backward pass, for the hooks that wait for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.modes import current_mode
from .backend import backend_of, zeros_like

if TYPE_CHECKING:
    from .module import Module

Gradients = tuple[Any, ...]
"""One gradient for each operand; None for what has none."""


class Gate:
    """Where the gradients of several operands wait for each other, and go on together.

    Each operand is cloned twice. A backward pass goes through later clones first, so it has been
    through all outer clones when it comes to the first of the inner ones: there ``change`` is
    called with the gradients of all, and what it gives is handed on, 0 for None.

    A gate holds no operand, nor does what it calls: a graph must not hold on to itself.
    """

    def __init__(self, change: Callable[[Gradients], Gradients]) -> None:
        self._change = change
        self._length = 0
        self._arrived: dict[int, Any] = {}
        self._changed: dict[int, Any] = {}

    def behind(self, operands: Sequence[Any], positions: Sequence[int]) -> tuple[Any, ...]:
        """The operands, those at the positions as clones behind the gate."""
        self._length = len(operands)
        found = [*operands]
        inner = {k: operands[k].clone() for k in positions}
        for k, each in inner.items():
            found[k] = each.clone()
            each.register_hook(self._hand_on(k))
            found[k].register_hook(self._arrive(k))
        return tuple(found)

    def _arrive(self, position: int) -> Callable[[Any], None]:
        def arrive(gradient: Any) -> None:
            self._arrived[position] = gradient

        return arrive

    def _hand_on(self, position: int) -> Callable[[Any], Any]:
        def hand_on(gradient: Any) -> Any:
            if self._arrived:
                waiting = tuple([self._arrived.get(k) for k in range(self._length)])
                self._arrived = {}
                self._changed = dict(enumerate(self._change(waiting)))
            changed = self._changed.pop(position)
            return zeros_like(gradient) if changed is None else changed

        return hand_on


class Crossing:
    """One call of a module whose gradients are waited for.

    Parameters
    ----------
    module : Module
        What is called.
    outgoing, incoming : sequence of callable
        ``hook(module, grad_output)`` and ``hook(module, grad_input, grad_output)``.
    """

    def __init__(
        self,
        module: Module,
        outgoing: Sequence[Callable[..., Any]],
        incoming: Sequence[Callable[..., Any]],
    ) -> None:
        self._module = module
        self._outgoing = outgoing
        self._incoming = incoming
        self._grad_output: Gradients = ()
        self._inputs: tuple[Any, ...] = ()
        """The inputs without their history, None for those that want no gradient."""

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with a gate behind them."""
        positions = _watched(args)
        self._inputs = tuple([x.detach() if k in positions else None for k, x in enumerate(args)])
        return Gate(self._through_inputs).behind(args, positions)

    def left(self, output: Any) -> Any:
        """The output, or tuple of outputs, with a gate before it."""
        outputs = output if isinstance(output, tuple) else (output,)
        found = Gate(self._through_outputs).behind(outputs, _watched(outputs))
        return found if isinstance(output, tuple) else found[0]

    def _through_outputs(self, grad_output: Gradients) -> Gradients:
        for hook in self._outgoing:
            found = hook(self._module, grad_output)
            grad_output = _changed(found, grad_output, "register_full_backward_pre_hook")
        self._grad_output = grad_output
        if all([each is None for each in self._inputs]):  # the pass ends inside the module
            self._through_inputs(self._inputs)
        return grad_output

    def _through_inputs(self, grad_input: Gradients) -> Gradients:
        grad_output, self._grad_output = self._grad_output, ()
        grad_input = tuple(  # an input that has had no influence has gradient 0
            [
                zeros_like(own) if own is not None and gradient is None else gradient
                for own, gradient in zip(self._inputs, grad_input, strict=True)
            ]
        )
        for hook in self._incoming:
            found = hook(self._module, grad_input, grad_output)
            grad_input = _changed(found, grad_input, "register_full_backward_hook")
        return grad_input


def _watched(operands: Sequence[Any]) -> list[int]:
    """The positions of the operands that want a gradient; refuses those of the scalar twin."""
    found = []
    for position, each in enumerate(operands):
        twin = backend_of(each)
        if twin is None:
            continue
        if twin.name == "scalar":
            raise RuntimeError(
                "register_full_backward_hook: the module must be on the tensor twin, got "
                f"{type(each).__name__} of the scalar twin: every Value keeps its own grad there; "
                "look at it, or at steps(), or move the model with to('tensor')"
            )
        if each.requires_grad and current_mode().record:
            found.append(position)
    return found


def _changed(found: Any, gradients: Gradients, what: str) -> Gradients:
    """The gradients that a hook gave in the place of others, or the others if it gave None."""
    if found is None:
        return gradients
    if backend_of(found) is not None:
        found = (found,)
    if not isinstance(found, tuple) or len(found) != len(gradients):
        got = f"{len(found)} of them" if isinstance(found, tuple) else type(found).__name__
        raise RuntimeError(
            f"{what}: a hook must give None or a tuple of {len(gradients)} gradients, got {got}: "
            "return one for each, None for what has none"
        )
    return found
