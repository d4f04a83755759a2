"""Lookahead: fast weights that explore, and slow weights that follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from ..engine.operation import real_number
from ..nn.backend import backend_of
from ..nn.parameter import length
from ..nn.state import plain
from .optimizer import Optimizer


@final
class Lookahead:
    """Every ``k`` steps of an optimizer, go back to a point between where it was and where it is.

    ``slow = slow + alpha * (fast - slow)``, ``fast = slow``.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the fast steps. Its ``param_groups`` are those of the Lookahead.
    k : int
        Fast steps for each slow one; at least 1.
    alpha : float
        The slow step, in (0, 1].

    Raises
    ------
    TypeError
        If ``optimizer`` is none.
    ValueError
        For ``k`` or ``alpha`` out of range.

    References
    ----------
    Zhang et al. 2019, "Lookahead Optimizer: k steps forward, 1 step back".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Lookahead(optim.SGD([w], lr=0.25), k=1, alpha=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.75
    """

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"Lookahead: optimizer must be an Optimizer, got {type(optimizer).__name__}: "
                "write Lookahead(optim.Adam(...))"
            )
        if not 0 < real_number(alpha, "Lookahead: alpha") <= 1:
            raise ValueError(
                f"Lookahead: alpha must lie in (0, 1], got {alpha!r}: 0.5 is usual, and 1 is the "
                "optimizer alone"
            )
        self.optimizer = optimizer
        self.k = length(k, "Lookahead: k", at_least=1)
        self.alpha = alpha
        self._steps = 0
        self._slow = self._fast()

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of the optimizer: schedules change their rates here."""
        return self.optimizer.param_groups

    @property
    def defaults(self) -> dict[str, Any]:
        """The options of the optimizer for groups without their own."""
        return self.optimizer.defaults

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        self.optimizer.zero_grad(set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make a fast step, and after every ``k`` of them a slow one."""
        loss = self.optimizer.step(closure)
        self._steps += 1
        if self._steps % self.k == 0:
            for position, parameter in enumerate(self._parameters()):
                fast = plain(parameter)
                slow = self._slow[position] + self.alpha * (fast - self._slow[position])
                self._slow[position] = slow
                twin = backend_of(parameter)
                assert twin is not None
                twin.write(parameter, slow)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The state of the optimizer, the slow weights, and the count of steps."""
        slow = [each.copy() for each in self._slow]
        return {"optimizer": self.optimizer.state_dict(), "slow": slow, "step": self._steps}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one stopped; ``ValueError`` where groups or shapes differ."""
        slow = [np.asarray(plain(each)) for each in state_dict["slow"]]
        shapes = [each.shape for each in self._slow]
        if [each.shape for each in slow] != shapes:
            raise ValueError(
                f"Lookahead: state_dict must hold slow weights of shapes {shapes}, got "
                f"{[each.shape for each in slow]}: build the same model"
            )
        self.optimizer.load_state_dict(state_dict["optimizer"])
        self._slow = [new.astype(old.dtype) for new, old in zip(slow, self._slow, strict=True)]
        self._steps = int(state_dict["step"])

    def _parameters(self) -> list[Any]:
        self.optimizer.follow()
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def _fast(self) -> list[Any]:
        """The numbers of the parameters, copied."""
        return [np.array(plain(parameter)) for parameter in self._parameters()]

    def __repr__(self) -> str:
        return f"Lookahead(k={self.k}, alpha={self.alpha}) of {self.optimizer!r}"
