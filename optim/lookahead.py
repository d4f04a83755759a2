"""Lookahead: fast weights that explore, and slow weights that follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.checks import SHARE, checked_count, checked_number
from ..engine.formulas import where
from ..engine.modes import no_grad
from ..nn.backend import numbers_of, present, recorder_in_force, twin_of
from .arguments import checked_optimizer
from .optimizer import Optimizer
from .saving import checked_state
from .stepping import UpdateSteps

if TYPE_CHECKING:
    from ..nn.backend import Recorder


@final
class Lookahead(Optimizer):
    """Every ``k`` steps of an optimizer, go back to a point between where it was and where it is.

    ``slow = slow + alpha * (fast - slow)``, ``fast = slow``: the weights before the k steps are
    slow, those after them fast.

    It stands where its optimizer would: schedulers, hooks and diagnostics take it. The options
    of the groups are those of the optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the fast steps.
    k : int
        Fast steps for each slow one; at least 1.
    alpha : float
        The slow step, in (0, 1]; 1 is the optimizer alone.

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
    >>> optimizer = optim.Lookahead(optim.SGD([w], lr=0.25), k=2, alpha=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    ...     print(w.data)
    0.5
    0.625
    """

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        self.optimizer = checked_optimizer(optimizer, "Lookahead")
        self.k = checked_count(k, "Lookahead: k", 1)
        self.alpha = checked_number(alpha, "Lookahead: alpha", SHARE)
        self._done = 0
        self._slow: list[NDArray[Any]] = []
        # the constructor of the base class would make groups of its own, and what schedulers
        # change there would not reach the optimizer
        self.defaults = optimizer.defaults
        self.param_groups = optimizer.param_groups
        self._pre_hooks = {}
        self._post_hooks = {}

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters to the optimizer; their slow weights are what they are now."""
        self.optimizer.add_param_group(param_group)
        if self._slow:
            self._slow += [_copied(each) for each in self.param_groups[-1]["params"]]

    def follow(self) -> None:
        """Go on with what stands for the parameters now, if a model has moved."""
        self.optimizer.follow()

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        recorder = recorder_in_force()
        if recorder is not None:
            return self._recorded_step(closure, recorder)
        if not self._is_amid:
            self._slow = [_copied(each) for each in self._parameters()]
        loss = self.optimizer.step(closure)
        self._done += 1
        if not self._is_amid:
            self._step_slowly()
        return loss

    def _recorded_step(self, closure: Callable[[], Any] | None, recorder: Recorder) -> Any:
        """The step that is compiled: the same for all k, so that numbers tell where it stands."""
        begins, ends, share = recorder.host(self._count, self._discount)
        parameters = self._parameters()
        slow = [
            recorder.memory(partial(self._memory, position), "slow weights")
            for position in range(len(parameters))
        ]
        with no_grad():
            for memory, parameter in zip(slow, parameters, strict=True):
                recorder.write(memory, where(begins, parameter.detach(), memory))
        loss = self.optimizer.step(closure)
        with no_grad():
            for memory, parameter in zip(slow, parameters, strict=True):
                fast = parameter.detach()
                recorder.write(parameter, where(ends, fast - share * (fast - memory), fast))
        return loss

    def _count(self) -> list[float]:
        """Whether the next step begins k of them, and whether it ends them; the way back."""
        begins = not self._is_amid
        self._done += 1
        return [float(begins), float(not self._is_amid), 1 - self.alpha]

    def _discount(self) -> None:
        self._done -= 1

    def _memory(self, position: int) -> NDArray[Any]:
        """The slow weights of a parameter, which a compiled step writes when k steps begin."""
        if not self._slow:
            self._slow = [_copied(each) for each in self._parameters()]
        return self._slow[position]

    def _step_slowly(self) -> None:
        for slow, parameter in zip(self._slow, self._parameters(), strict=True):
            fast = numbers_of(parameter)
            with np.errstate(all="ignore"):
                # from the fast weights on: where nothing moved, or alpha is 1, they stay to the bit
                new = fast - (1 - self.alpha) * (fast - slow)
            twin_of(parameter).write(parameter, new)
        self._slow = []

    @property
    def _is_amid(self) -> bool:
        """Whether there have been fast steps since the last slow one."""
        return self._done % self.k > 0

    def _parameters(self) -> list[Any]:
        self.follow()
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def steps(self, parameter: Any = None, index: Any = None) -> UpdateSteps:
        """The fast step that comes next, line by line: see :meth:`Optimizer.steps`."""
        return self.optimizer.steps(parameter, index)

    @property
    def state(self) -> Mapping[Any, Mapping[str, Any]]:
        """What the optimizer remembers of each parameter, by parameter; it is read-only."""
        return self.optimizer.state

    def state_dict(self) -> dict[str, Any]:
        """The state of the optimizer, the count of steps, and, amid k of them, the slow weights."""
        slow = [each.copy() for each in self._slow] if self._is_amid else []
        return {"optimizer": self.optimizer.state_dict(), "slow": slow, "step": self._done}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one stopped, with the same ``k``.

        Raises ``ValueError`` where groups or shapes differ; then nothing has been changed.
        """
        saved = checked_state(state_dict, ("optimizer", "slow", "step"), "Lookahead: state_dict")
        slow = [np.array(numbers_of(each)) for each in saved["slow"]]
        steps = int(saved["step"])
        shapes = (
            [np.shape(numbers_of(each)) for each in self._parameters()] if steps % self.k else []
        )
        if [each.shape for each in slow] != shapes:
            raise ValueError(
                f"Lookahead: state_dict must hold slow weights of shapes {shapes}, got "
                f"{[each.shape for each in slow]}: build the same model, and keep k={self.k}"
            )
        self.optimizer.load_state_dict(saved["optimizer"])
        self._slow, self._done = slow, steps

    def __repr__(self) -> str:
        return f"Lookahead(k={self.k}, alpha={self.alpha}) of {self.optimizer!r}"


def _copied(parameter: Any) -> NDArray[Any]:
    """The numbers of a parameter, which stay as they are."""
    return np.array(present(parameter))
