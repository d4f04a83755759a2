"""L-BFGS: steps that know of the curvature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.modes import enable_grad
from ..nn.backend import recorder_in_force
from . import saving
from .arguments import single_number
from .curvature import Memory, memory
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer
from .options import check_options
from .packing import Slot


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
    >>> round(x.data, 4), round(y.data, 4)
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
        check_options({"max_iter": max_iter}, "LBFGS")
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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Go up to ``max_iter`` iterations down; gives what the closure gave at first.

        A parameter without a gradient counts as one whose gradient is 0. If the closure raises,
        parameters and memory are as before the step.

        Parameters
        ----------
        closure : callable
            Computes the loss and its gradients anew, and gives the loss: one number.

        Raises
        ------
        TypeError
            Without a closure, or where it gives no number.
        """
        return super().step(closure)

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        if closure is None:
            raise TypeError(
                "LBFGS: step needs a closure, got None: write step(closure) with a function that "
                "calls zero_grad() and backward(), and gives the loss"
            )
        if recorder_in_force() is not None:
            raise RuntimeError(
                "LBFGS: step() cannot be compiled, as the losses decide how often it computes "
                "them: call it outside of compiled steps"
            )
        self.follow()
        options = self.param_groups[0]
        objective = _Objective(closure, self._slots[0])
        before = copy(self._memory)
        try:
            first = objective.evaluate()
            self._memory.cast(objective.gradient.dtype)
            if objective.steepness > options["tolerance_grad"]:
                self._iterate(objective, options)
        except BaseException:  # a closure that fails in a search leaves the weights anywhere
            self._memory = before
            objective.go_back()
            raise
        self._memory.evaluations += objective.evaluations
        return first

    def _iterate(self, objective: _Objective, options: Mapping[str, Any]) -> None:
        """Go in one direction after the other, until one of the limits is reached."""
        known = self._memory
        for iteration in range(1, options["max_iter"] + 1):
            loss, gradient = objective.loss, objective.gradient
            direction = known.choose(gradient, loss, options["history_size"])
            known.length = options["lr"] * (_shortening(gradient) if known.iterations == 1 else 1)
            slope = float(gradient @ direction)
            if slope > -options["tolerance_change"]:
                break
            if options["line_search_fn"] is not None:
                tries = options["max_eval"] - objective.evaluations
                known.length = objective.search(direction, slope, known.length, tries)
            else:
                objective.go(direction, known.length)
                if iteration < options["max_iter"]:
                    objective.evaluate()
            if (
                objective.evaluations >= options["max_eval"]
                or objective.steepness <= options["tolerance_grad"]
                or _greatest(direction) * known.length <= options["tolerance_change"]
                or abs(objective.loss - loss) < options["tolerance_change"]
            ):
                break

    @property
    def state(self) -> Mapping[Any, Mapping[str, Any]]:
        """What is remembered, by PyTorch's names, as the state of the first parameter.

        It is read-only: see :attr:`Optimizer.state`.
        """
        self.follow()
        first = self._slots[0][0].operand
        known = {first: MappingProxyType(self._entries())} if self._memory.evaluations else {}
        return MappingProxyType(known)

    def state_dict(self) -> dict[str, Any]:
        """The options, and copies of what is remembered, as in PyTorch."""
        self.follow()
        state = {0: self._entries()} if self._memory.evaluations else {}
        return {"state": state, "param_groups": saving.saved_groups(self.param_groups)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another LBFGS of the same kind of parameters stopped.

        Raises ``ValueError`` where groups or shapes differ; then nothing has been changed.
        """
        self.follow()
        (options,) = saving.loaded_options(state_dict, self)
        slots = self._slots[0]
        size = sum(slot.size for slot in slots)
        dtype = np.result_type(*[slot.numbers.dtype for slot in slots])
        first = state_dict["param_groups"][0]["params"][0]
        entries = state_dict["state"].get(first, {})
        self._memory = memory(entries, size, dtype, "LBFGS: state_dict")
        self.param_groups[0].update(options)

    def _entries(self) -> dict[str, Any]:
        twin = self._slots[0][0].twin
        return self._memory.entries(lambda each: twin.exported(twin.leaf(each.copy(), False)))


def _shortening(gradient: NDArray[Any]) -> float:
    """How much of the learning rate the very first step takes: nothing is known of the scale."""
    return min(1.0, 1.0 / float(np.abs(gradient).sum()))


def _greatest(numbers: NDArray[Any]) -> float:
    """The greatest element, without its sign."""
    return float(np.abs(numbers).max(initial=0.0))


class _Objective:
    """The loss as a function of all parameters in a row.

    Attributes
    ----------
    evaluations : int
        How often the closure was called.
    loss : float
        What it gave, where the parameters are now.
    gradient : array
        The gradient there; 0 for parameters that have none.
    """

    loss: float
    gradient: NDArray[Any]

    def __init__(self, closure: Callable[[], Any], slots: Sequence[Slot]) -> None:
        self._closure = closure
        self._slots = slots
        self._numbers = self._begin = np.concatenate([slot.numbers for slot in slots])
        self.evaluations = 0

    def evaluate(self) -> Any:
        """Call the closure; gives what it gave."""
        with enable_grad():
            loss = self._closure()
        self.evaluations += 1
        if loss is None:
            raise TypeError(
                "LBFGS: closure must give the loss, got None: return the loss from the closure"
            )
        self.loss = single_number(loss, "LBFGS: what the closure gives")
        gradients = [slot.gradient for slot in self._slots]
        self.gradient = np.concatenate(
            [
                np.zeros(slot.size, slot.numbers.dtype) if gradient is None else gradient
                for slot, gradient in zip(self._slots, gradients, strict=True)
            ]
        )
        return loss

    @property
    def steepness(self) -> float:
        """The greatest element of the gradient."""
        return _greatest(self.gradient)

    def search(self, direction: NDArray[Any], slope: float, first: float, tries: int) -> float:
        """Go along a direction for which the loss falls; gives how far."""
        origin = self._numbers
        start = Point(0.0, self.loss, slope, self.gradient)

        def along(step: float) -> Point:
            self._write(origin + step * direction)
            self.evaluate()
            return Point(step, self.loss, float(self.gradient @ direction), self.gradient)

        found = strong_wolfe(along, start, first, _greatest(direction), tries)
        self.go(direction, found.step)
        self.loss, self.gradient = found.value, found.gradient
        return found.step

    def go(self, direction: NDArray[Any], step: float) -> None:
        """Start from there from now on."""
        self._numbers = self._numbers + step * direction
        self._write(self._numbers)

    def go_back(self) -> None:
        """Put the parameters back to where they were at first."""
        self._write(self._begin)

    def _write(self, numbers: NDArray[Any]) -> None:
        start = 0
        for slot in self._slots:
            part = numbers[start : start + slot.size].astype(slot.numbers.dtype, copy=False)
            slot.twin.write(slot.operand, part.reshape(slot.shape))
            start += slot.size
