"""L-BFGS: steps that know of the curvature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

import numpy as np

from . import saving
from .curvature import Memory
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer


@final
class LBFGS(Optimizer):
    """The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno, for full batches.

    ``w = w + t * d`` with ``d = -H @ g``, where H is an estimate of the inverse Hessian, made of
    the last ``history_size`` steps and of the changes they made to the gradient. One call of
    :meth:`step` makes up to ``max_iter`` such iterations, and calls the closure for each. It
    suits small problems whose loss is the same whenever it is computed; on mini-batches, take
    one of the others.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`; one group only.
    lr : float
        How far to go along d, t: without a line search always, with it at the first try. The
        very first step is shorter, ``min(1, 1 / sum(abs(g)))`` of it. At least 0.
    max_iter : int
        Iterations in a step; at least 1.
    max_eval : int, optional
        Calls of the closure in a step, after which no iteration begins; at least 1, and
        ``max_iter * 5 // 4`` if it is not given.
    tolerance_grad : float
        A step ends where no element of the gradient is larger; at least 0.
    tolerance_change : float
        A step ends where the loss, or every element, changes by less; at least 0.
    history_size : int
        How many steps are remembered; at least 1.
    line_search_fn : str, optional
        ``"strong_wolfe"`` to search for a t at which the loss has fallen; None for ``t = lr``.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does, and for more than one group.

    References
    ----------
    Nocedal and Wright 2006, "Numerical Optimization", chapter 7.2; Liu and Nocedal 1989, "On the
    Limited Memory BFGS Method for Large Scale Optimization".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> x, y = twingrad.Value(-1.5), twingrad.Value(2.0)
    >>> optimizer = optim.LBFGS([x, y], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).data
    12.5
    >>> round(x.data, 6), round(y.data, 6)
    (1.0, 1.0)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        self._memory = Memory()
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the one group; ``ValueError`` for a second one."""
        if self.param_groups:
            raise ValueError(
                "LBFGS: params must be one group, got another one: a direction has all "
                "parameters in it, so give them all to it at once"
            )
        super().add_param_group(param_group)

    def update(self, closure: Callable[[], Any] | None) -> Any:
        if closure is None:
            raise TypeError(
                "LBFGS: step needs a closure, got None: write step(closure) with a function that "
                "calls zero_grad() and backward(), and gives the loss"
            )
        options = self.param_groups[0]
        objective = _Objective(closure, self._slots[0])
        first = objective.evaluate()
        self._memory.cast(objective.gradient.dtype)
        if objective.steepest > options["tolerance_grad"]:
            self._iterate(objective, options)
        self._memory.evaluations += objective.evaluations
        return first

    def _iterate(self, objective: _Objective, options: Mapping[str, Any]) -> None:
        known = self._memory
        for iteration in range(1, options["max_iter"] + 1):
            loss, gradient = objective.loss, objective.gradient
            direction = known.choose(gradient, loss, options["history_size"])
            known.length = options["lr"]
            if known.iterations == 1:
                known.length *= min(1.0, 1.0 / float(np.abs(gradient).sum()))
            slope = float(gradient @ direction)
            if slope > -options["tolerance_change"]:
                break
            length = float(np.abs(direction).max())
            tries = options["max_eval"] - objective.evaluations
            if options["line_search_fn"] is None:
                objective.go(direction, known.length)
                if iteration < options["max_iter"]:
                    objective.evaluate()
            else:
                start = Point(0.0, loss, slope, gradient)
                along = objective.along(direction)
                known.length = objective.take(
                    strong_wolfe(along, start, known.length, length, tries), direction
                )
            if (
                objective.evaluations >= options["max_eval"]
                or objective.steepest <= options["tolerance_grad"]
                or length * abs(known.length) <= options["tolerance_change"]
                or abs(objective.loss - loss) < options["tolerance_change"]
            ):
                break

    @property
    def state(self) -> dict[Any, dict[str, Any]]:
        """What is remembered, at the first parameter, by PyTorch's names; see :class:`Memory`."""
        self.follow()
        return {self._slots[0][0].operand: self._entries()} if self._memory.evaluations else {}

    def state_dict(self) -> dict[str, Any]:
        self.follow()
        groups = saving.saved_groups(self.param_groups)
        return {"state": {0: self._entries()} if self._memory.evaluations else {}} | groups
