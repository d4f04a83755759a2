"""The gradients that cross a module in the backward pass, for the hooks that wait for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine.modes import current_mode
from .backend import backend_of, zeros_like

Gradients = tuple[Any, ...]
"""One gradient for each operand; None for what has none."""


class Gate:
    """Operands whose gradients go on together, when all that will come have come.

    Each operand is cloned twice. A backward pass goes through later clones first, so it has been
    through all outer clones when it comes to the first of the inner ones: there ``change`` is
    called with the gradients of all, and what it gives is handed on.

    Parameters
    ----------
    passing : sequence
        What passes, other things than tensors among it.
    change : callable
        Gives the gradients to hand on; a None among them is handed on as 0.
    """

    def __init__(self, passing: Sequence[Any], change: Callable[[Gradients], Gradients]) -> None:
        self._change = change
        self._arrived: dict[int, Any] = {}
        self._changed: Gradients = ()
        self.operands = [*passing]
        self.positions = [k for k, each in enumerate(passing) if _is_watched(each)]
        inner = {k: passing[k].clone() for k in self.positions}
        for k, each in inner.items():
            outer = each.clone()
            each.register_hook(self._hand_on(k))
            outer.register_hook(self._arrive(k))
            self.operands[k] = outer

    def _arrive(self, position: int) -> Callable[[Any], None]:
        def arrive(gradient: Any) -> None:
            self._arrived[position] = gradient

        return arrive

    def _hand_on(self, position: int) -> Callable[[Any], Any]:
        def hand_on(gradient: Any) -> Any:
            if self._arrived:
                arrived, self._arrived = self._arrived, {}
                self._changed = self._change(
                    tuple([arrived.get(k) for k in range(len(self.operands))])
                )
            changed = self._changed[position]
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
        module: Any,
        outgoing: Sequence[Callable[..., Any]],
        incoming: Sequence[Callable[..., Any]],
    ) -> None:
        self._module = module
        self._outgoing = outgoing
        self._incoming = incoming
        self._grad_output: Gradients = ()
        self._inputs: Gate | None = None

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with a gate behind them."""
        _refuse_scalar_twin(args)
        self._inputs = Gate(args, self._through_inputs)
        return tuple(self._inputs.operands)

    def left(self, output: Any) -> Any:
        """The output, or tuple of outputs, with a gate before it."""
        outputs = output if isinstance(output, tuple) else (output,)
        _refuse_scalar_twin(outputs)
        gate = Gate(outputs, self._through_outputs)
        return tuple(gate.operands) if isinstance(output, tuple) else gate.operands[0]

    def _through_outputs(self, grad_output: Gradients) -> Gradients:
        for hook in self._outgoing:
            found = hook(self._module, grad_output)
            grad_output = _changed(found, grad_output, "register_full_backward_pre_hook")
        self._grad_output = grad_output
        assert self._inputs is not None
        if not self._inputs.positions:  # the pass ends inside the module
            self._through_inputs((None,) * len(self._inputs.operands))
        return grad_output

    def _through_inputs(self, grad_input: Gradients) -> Gradients:
        assert self._inputs is not None
        filled = [*grad_input]
        for k in self._inputs.positions:  # what has had no influence has gradient 0
            filled[k] = zeros_like(self._inputs.operands[k]) if filled[k] is None else filled[k]
        grad_input = tuple(filled)
        for hook in self._incoming:
            found = hook(self._module, grad_input, self._grad_output)
            grad_input = _changed(found, grad_input, "register_full_backward_hook")
        return grad_input


def _is_watched(operand: Any) -> bool:
    return backend_of(operand) is not None and operand.requires_grad and current_mode().record


def _refuse_scalar_twin(operands: Sequence[Any]) -> None:
    for each in operands:
        twin = backend_of(each)
        if twin is not None and twin.name == "scalar":
            raise RuntimeError(
                "register_full_backward_hook: the module must be on the tensor twin, got "
                f"{type(each).__name__} of the scalar twin: every Value keeps its own grad there; "
                "look at it, or at steps(), or move the model with to('tensor')"
            )


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
