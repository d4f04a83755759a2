"""What schedulers have in common: groups of parameters, a count of epochs, a state, a preview."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from typing import Any, ClassVar, Self

from ...engine.checks import checked_count
from ...engine.operation import real_number
from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .recording import made_by_the_host

_OF_PYTORCH = frozenset(
    {
        *["_step_count", "_is_initial", "_get_lr_called_within_step", "verbose", "lr_lambdas"],
        *["default_min_lr", "mode_worse"],
    }
)
"""What PyTorch's states hold besides, and what is of no use here."""


class LRScheduler(ABC):
    r"""What sets the learning rates of an optimizer as training goes on: the base class.

    A scheduler of your own needs one method, :meth:`get_lr`. What it may use is
    ``self.last_epoch``, the number of calls of :meth:`step` so far; ``self.base_lrs``, the rate
    that each group of parameters began with; and ``self.optimizer.param_groups``, whose ``"lr"``
    is the rate at present. Where the new rate is written as the present one times something,
    several schedulers of one optimizer multiply, and a rate that was changed by hand goes on from
    there: all of PyTorch's schedulers that can be written so are.

    Call :meth:`step` after ``optimizer.step()``, once an epoch, or once a batch where a scheduler
    counts batches; an "epoch" is one call of :meth:`step`.

    Parameters
    ----------
    optimizer : Optimizer
        Its ``param_groups`` get the rates. The first scheduler of an optimizer notes the rate of
        each group as its ``"initial_lr"``.
    last_epoch : int
        -1 begins with the first epoch. Otherwise the last epoch of a run that is resumed with
        the optimizer's state only: the rates of the optimizer are taken to be those of the
        epoch ``last_epoch + 1`` by schedulers that multiply. As in PyTorch, a decay of
        ``StepLR``, ``MultiStepLR`` or ``ConstantLR`` that falls on that very epoch is made;
        :meth:`load_state_dict` is exact everywhere.

    Raises
    ------
    TypeError
        Where ``optimizer`` is none.
    ValueError
        Where ``last_epoch`` is below -1, or is not -1 and a group has no ``"initial_lr"``.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import LRScheduler
    >>> class InverseTimeLR(LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / (1 + self.last_epoch) for rate in self.base_lrs]
    >>> weight = twingrad.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([weight], lr=1.0)
    >>> schedule = InverseTimeLR(optimizer)
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    0.5
    >>> schedule.preview(4)
    [0.5, 0.3333333333333333, 0.25, 0.2]
    """

    _unsaved: ClassVar[frozenset[str]] = frozenset({"optimizer"})
    """The attributes that are no plain data, and that states leave out."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        self.optimizer = checked_optimizer(optimizer, name)
        self.last_epoch = checked_count(last_epoch, f"{name}: last_epoch", -1)
        self.base_lrs = self._initial_rates()
        self._last_lr: list[float] = []
        self._begin()

    @abstractmethod
    def get_lr(self) -> Sequence[float]:
        """The rates of the epoch ``self.last_epoch``, one for each group of parameters.

        :meth:`step` calls it once the epoch is counted, when the optimizer still has the rates of
        the epoch before. To read the rates, use :meth:`get_last_lr`.
        """

    @made_by_the_host
    def step(self) -> None:
        """Count an epoch, and give the optimizer the rates of the next.

        Raises ``ValueError`` where :meth:`get_lr` does not give one rate for each group.
        """
        self.last_epoch += 1
        self._set_lr(self.get_lr())

    def parts(self) -> list[LRScheduler]:
        """The scheduler, and those that it is made of: all that its steps change."""
        return [self]

    def get_last_lr(self) -> list[float]:
        """The rates that this scheduler set last, one for each group of parameters."""
        return list(self._last_lr)

    def preview(self, steps: int) -> list[float] | list[list[float]]:
        """The rates of the next ``steps`` epochs, the present one first; nothing is changed.

        It holds what the optimizer would have before each of ``steps`` calls of :meth:`step`, so
        ``preview(n)[k]`` is the rate after ``k`` more calls. An optimizer with one group gives a
        list of floats; with several, each item is a list with one rate for each group, of which
        ``plt.plot(schedule.preview(1000))`` draws one line for each group.

        The steps are made on a copy, of the scheduler and of the options of the groups. Functions
        that were given to a scheduler are called, with the epochs to come.

        Raises ``TypeError`` or ``ValueError`` where ``steps`` is no whole number of 0 or more,
        and whatever the steps themselves would raise.
        """
        rehearsal = self._rehearsal()
        return rehearsal._rates_along(steps, rehearsal.step)

    def state_dict(self) -> dict[str, Any]:
        """The scheduler as plain data: numbers, text, None and lists and dicts of them.

        It holds the settings, the count of epochs and the rates set last, but neither the
        optimizer, whose own state has the present rates, nor any function.
        """
        return {
            name: deepcopy(value) for name, value in vars(self).items() if name not in self._unsaved
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state that :meth:`state_dict` gave, here or in PyTorch.

        Load the state of the optimizer as well, after the scheduler is made: making it sets the
        rates of the first epoch. PyTorch's states of :class:`CyclicLR`, :class:`OneCycleLR`,
        :class:`SWALR` and :class:`ChainedScheduler` hold other settings, and do not load.

        Raises ``ValueError`` where the state is that of another kind of scheduler (the names
        that are missing and unexpected are listed) or of another number of groups.
        """
        self._check_state(state_dict)
        self._restore(state_dict)

    def _begin(self) -> None:
        """Set the rates of the first epoch: 0, or the one after ``last_epoch``."""
        self.last_epoch += 1
        self._set_lr(self._first_lr())

    def _first_lr(self) -> Sequence[float]:
        """The rates of the first epoch; overridden where :meth:`get_lr` needs an epoch before."""
        return self.get_lr()

    def _rewind(self) -> None:
        """Begin again at epoch 0, with the rates that the optimizer has."""
        self.last_epoch = -1
        self._begin()

    def _restart(self) -> None:
        """Begin again at epoch 0, with the base rates."""
        self._reset_rates()
        self._rewind()

    def _reset_rates(self) -> None:
        for group, rate in zip(self.optimizer.param_groups, self.base_lrs):
            group["lr"] = rate

    def _rates(self) -> list[float]:
        """The rates that the optimizer has."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _set_lr(self, rates: Sequence[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{type(self).__name__}: get_lr() must give one rate for each of the "
                f"{len(groups)} param_groups, got {len(rates)}: add groups to an optimizer "
                "before its schedulers are made"
            )
        what = f"{type(self).__name__}: rate of get_lr()"
        found = [real_number(rate, what) for rate in rates]
        for group, rate in zip(groups, found, strict=True):
            group["lr"] = rate
        self._last_lr = found

    def _initial_rates(self) -> list[float]:
        groups = self.optimizer.param_groups
        if self.last_epoch == -1:
            for group in groups:
                group.setdefault("initial_lr", float(group["lr"]))
        self._check_noted("initial_lr")
        return [float(group["initial_lr"]) for group in groups]

    def _check_noted(self, *names: str) -> None:
        """Refuse to resume where groups lack what a scheduler of the first run noted in them."""
        for position, group in enumerate(self.optimizer.param_groups):
            missing = [name for name in names if name not in group]
            if missing:
                raise ValueError(
                    f"{type(self).__name__}: param_groups[{position}] must have "
                    f"{' and '.join(map(repr, missing))} when last_epoch is not -1, got none: "
                    "load the optimizer's state of the run that is resumed, or leave last_epoch "
                    "at -1 to begin a new one"
                )

    def _rehearsal(self) -> Self:
        """A copy of the scheduler with an optimizer of its own, which has the same options."""
        optimizer = copy(self.optimizer)
        optimizer.param_groups = [dict(group) for group in optimizer.param_groups]
        return deepcopy(self, {id(self.optimizer): optimizer})

    def _rates_along(self, steps: int, step: Callable[[], None]) -> list[float] | list[list[float]]:
        """The rates now, and after each of ``steps - 1`` calls of ``step``."""
        rows = []
        for number in range(checked_count(steps, f"{type(self).__name__}: steps of preview()")):
            if number:
                step()
            rows.append(self._rates())
        if len(self.optimizer.param_groups) == 1:
            return [rate for (rate,) in rows]
        return rows

    def _check_state(self, state: Mapping[str, Any]) -> None:
        name = type(self).__name__
        own = self.state_dict().keys()
        found = state.keys() if isinstance(state, Mapping) else set()
        # PyTorch's ReduceLROnPlateau and SequentialLR have no base_lrs
        missing, unexpected = own - found - {"base_lrs"}, found - own - _OF_PYTORCH
        if missing or unexpected:
            raise ValueError(
                f"{name}: state_dict must be the state of a {name}, got one with missing names "
                f"{sorted(missing)} and unexpected names {sorted(unexpected)}: pass what "
                f"state_dict() of a {name} gave"
            )
        if len(state["_last_lr"]) != len(self.base_lrs):
            raise ValueError(
                f"{name}: state_dict must have rates for {len(self.base_lrs)} param_groups, got "
                f"{len(state['_last_lr'])}: make the optimizer with the groups that it had"
            )

    def _restore(self, state: Mapping[str, Any]) -> None:
        known = vars(self).keys() - self._unsaved
        saved = {name: value for name, value in state.items() if name in known}
        vars(self).update(deepcopy(saved))
