"""When to stop: no more progress on held-out data, or numbers that are none."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any, final

from ..engine.operation import real_number
from ..nn import Module
from ..nn.backend import backend_of
from ..nn.parameter import length
from ..nn.state import entries, load, plain


@final
class EarlyStopping:
    """Stop when a measure has not become better for a while, and go back to the best weights.

    Parameters
    ----------
    model : Module, optional
        The model whose best weights are kept and put back; without one, nothing is restored.
    patience : int
        How many checks without progress are borne; one more stops. At least 0.
    min_delta : float
        How much better counts as progress; at least 0.
    mode : str
        ``"min"`` for a loss, ``"max"`` for an accuracy.
    restore_best : bool
        Put the best weights back when it stops.

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
    ValueError
        For options out of range.

    References
    ----------
    Prechelt 1998, "Early Stopping - But When?".

    Examples
    --------
    >>> from twingrad import optim
    >>> stopper = optim.EarlyStopping(patience=1)
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
        mode: str = "min",
        restore_best: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(
                f"EarlyStopping: mode must be 'min' or 'max', got {mode!r}: a loss is to become "
                "small, an accuracy great"
            )
        if not real_number(min_delta, "EarlyStopping: min_delta") >= 0:
            raise ValueError(
                f"EarlyStopping: min_delta must be at least 0, got {min_delta!r}: mode says which "
                "way is better"
            )
        if model is not None and not isinstance(model, Module):
            raise TypeError(
                f"EarlyStopping: model must be a Module or None, got {type(model).__name__}: "
                "pass patience by name"
            )
        self.model = model
        self.patience = length(patience, "EarlyStopping: patience")
        self.min_delta = min_delta
        self.mode = mode
        self.restore_best = restore_best
        self.best = inf if mode == "min" else -inf
        self.best_check = 0
        self.checks = 0
        self._weights: dict[str, Any] | None = None

    def step(self, measure: Any) -> bool:
        """Note a measure, and say whether to stop. nan is never progress."""
        number = single_number(measure, "EarlyStopping: measure")
        self.checks += 1
        gain = self.best - number if self.mode == "min" else number - self.best
        if gain > self.min_delta:
            self.best = number
            self.best_check = self.checks
            if self.model is not None and self.restore_best:
                self._weights = snapshot(self.model)
        stops = self.checks - self.best_check > self.patience
        if stops and self.restore_best:
            self.restore()
        return stops

    def restore(self) -> None:
        """Put the best weights back into the model, if some were kept."""
        if self.model is not None and self._weights is not None:
            load(self.model, self._weights, strict=True)

    def state_dict(self) -> dict[str, Any]:
        """The best measure and weights, and the counts."""
        return {
            "best": self.best,
            "best_check": self.best_check,
            "checks": self.checks,
            "weights": self._weights,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one stopped."""
        self.best = float(state_dict["best"])
        self.best_check = int(state_dict["best_check"])
        self.checks = int(state_dict["checks"])
        self._weights = state_dict["weights"]


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
        """Whether the loss is no finite number."""
        return not isfinite(single_number(loss, "TerminateOnNaN: loss"))


def snapshot(model: Module) -> dict[str, Any]:
    """Copies of all parameters and buffers, which stay as they are while training goes on."""
    return {name: plain(operand).copy() for name, operand in entries(model).items()}


def single_number(given: Any, what: str) -> float:
    """A number, or what holds one, as a float; an error beginning with ``what`` for others."""
    if backend_of(given) is not None:
        numbers = plain(given)
        if numbers.size != 1:
            raise ValueError(
                f"{what} must be one number, got shape {numbers.shape}: take its mean first"
            )
        return float(numbers.reshape(()))
    return real_number(given, what)
