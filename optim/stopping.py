"""When to stop: no more progress on held-out data, or numbers that are none."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any, Literal, final

from ..engine.checks import FROM_ZERO, checked_choice, checked_count, checked_number
from ..nn import Module
from ..nn.backend import numbers_of
from ..nn.state import entries, load
from .arguments import checked_module, single_number
from .saving import checked_state


@final
class EarlyStopping:
    """Stop when a measure has not become better for a while, and go back to the best weights.

    Better is ``measure < best - min_delta``, or for an accuracy ``measure > best + min_delta``;
    nan is never better. Patience is counted as in Keras, Lightning and Ignite: of so many checks
    in a row without progress, the last one stops. (``ReduceLROnPlateau`` waits for one more, as in
    PyTorch.)

    Parameters
    ----------
    model : Module, optional
        The model whose best weights are kept and put back; without one, nothing is restored. It
        may move to the other twin in between.
    patience : int
        How many checks in a row without progress stop; 0 and 1 both mean the first one.
    min_delta : float
        How much better counts as progress; at least 0.
    mode : {"min", "max"}
        ``"min"`` for a loss, ``"max"`` for an accuracy.
    restore_best : bool
        Put the best weights and buffers back when it stops.

    Attributes
    ----------
    best : float
        The best measure so far.
    best_check : int
        In which call of :meth:`step` it came, counted from 1; 0 before the first.
    checks : int
        How often :meth:`step` has been called.

    Raises
    ------
    TypeError, ValueError
        For options out of range.

    References
    ----------
    Prechelt 1998, "Early Stopping - But When?".

    Examples
    --------
    >>> from twingrad import optim
    >>> stopper = optim.EarlyStopping(patience=2)
    >>> [stopper.step(loss) for loss in [1.0, 0.5, 0.6, 0.7]]
    [False, False, False, True]
    >>> stopper.best, stopper.best_check
    (0.5, 2)
    """

    def __init__(
        self,
        model: Module | None = None,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: Literal["min", "max"] = "min",
        restore_best: bool = True,
    ) -> None:
        self.model = None if model is None else checked_module(model, "EarlyStopping")
        self.patience = checked_count(patience, "EarlyStopping: patience")
        self.min_delta = checked_number(min_delta, "EarlyStopping: min_delta", FROM_ZERO)
        self.mode = checked_choice(mode, "EarlyStopping: mode", ("min", "max"))
        self.restore_best = restore_best
        self.best = inf if mode == "min" else -inf
        self.best_check = 0
        self.checks = 0
        self._weights: dict[str, Any] | None = None

    def step(self, measure: Any) -> bool:
        """Note a measure, and say whether to stop.

        ``measure`` is a number, or an operand of one element. Raises ``TypeError`` or
        ``ValueError`` for anything else.
        """
        number = single_number(measure, "EarlyStopping: measure")
        self.checks += 1
        if self._is_better(number):
            self.best = number
            self.best_check = self.checks
            if self.model is not None and self.restore_best:
                self._weights = snapshot(self.model)
            return False
        stops = self.checks - self.best_check >= self.patience
        if stops and self.restore_best:
            self.restore()
        return stops

    def _is_better(self, number: float) -> bool:
        if self.mode == "min":
            return number < self.best - self.min_delta
        return number > self.best + self.min_delta

    def restore(self) -> None:
        """Put the best weights back into the model, if some were kept."""
        if self.model is not None and self._weights is not None:
            load(self.model, self._weights, strict=True)

    def state_dict(self) -> dict[str, Any]:
        """The best measure and weights, and the counts, without the options."""
        return {
            "best": self.best,
            "best_check": self.best_check,
            "checks": self.checks,
            "weights": None if self._weights is None else dict(self._weights),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one stopped; ``ValueError`` for what is no state of one."""
        names = ("best", "best_check", "checks", "weights")
        saved = checked_state(state_dict, names, "EarlyStopping: state_dict")
        self.best = float(saved["best"])
        self.best_check = int(saved["best_check"])
        self.checks = int(saved["checks"])
        self._weights = None if saved["weights"] is None else dict(saved["weights"])


@final
class TerminateOnNaN:
    """Stop when the loss is infinite or nan: from there on all weights would be nan.

    Examples
    --------
    >>> from twingrad import optim
    >>> guard = optim.TerminateOnNaN()
    >>> guard.step(0.5), guard.step(float("nan"))
    (False, True)
    """

    def step(self, loss: Any) -> bool:
        """Whether the loss, a number or an operand of one element, is no finite number.

        Call it before ``optimizer.step()``. Raises ``TypeError`` or ``ValueError`` for anything
        else.
        """
        return not isfinite(single_number(loss, "TerminateOnNaN: loss"))


def snapshot(model: Module) -> dict[str, Any]:
    """Copies of all parameters and persistent buffers, which stay as they are in training."""
    return {name: numbers_of(operand).copy() for name, operand in entries(model).items()}
