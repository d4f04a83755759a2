"""Schedulers made of schedulers: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .arguments import milestones_in_order
from .base import LRScheduler
from .plateau import ReduceLROnPlateau
from .recording import made_by_the_host


class _Composition(LRScheduler):
    """Several schedulers of one optimizer; its state holds theirs."""

    _unsaved = LRScheduler._unsaved | {"_schedulers"}

    _schedulers: list[LRScheduler]

    def get_lr(self) -> Sequence[float]:
        """The present rates: what changes them is the schedulers in it."""
        return self._rates()

    def parts(self) -> list[LRScheduler]:
        """The scheduler, and those that it is made of: all that its steps change."""
        return [self, *[part for each in self._schedulers for part in each.parts()]]

    def state_dict(self) -> dict[str, Any]:
        """The scheduler and those in it as plain data; see :meth:`LRScheduler.state_dict`."""
        parts = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def _check_state(self, state: Mapping[str, Any]) -> None:
        super()._check_state(state)
        parts = state["_schedulers"]
        if len(parts) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}: state_dict must be of {len(self._schedulers)} schedulers, "
                f"got one of {len(parts)}: make it of the schedulers that it was made of"
            )
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler._check_state(part)

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        for scheduler, part in zip(self._schedulers, state["_schedulers"], strict=True):
            scheduler._restore(part)


@final
class SequentialLR(_Composition):
    r"""Schedulers one after the other: each begins at its milestone.

    .. math:: \eta_t = \eta^{(i)}_{t - m_i} \text{ for } m_i \le t < m_{i+1}

    with the rate :math:`\eta^{(i)}_t` of scheduler :math:`i` alone, and its milestone :math:`m_i`,
    where :math:`m_0 = 0`. Each scheduler begins with the base rates, except
    :class:`MultiplicativeLR` and :class:`SWALR`, which begin with those at their milestone.

    Parameters
    ----------
    optimizer : Optimizer
        The one that all schedulers were made for. Its rates are set back to the initial ones, of
        which the first scheduler makes those of epoch 0.
    schedulers : list of LRScheduler
        The schedulers in order, one or more. They may be compositions themselves.
    milestones : list of int
        The epochs at which the second scheduler begins, the third, and so on: increasing.
    last_epoch : int
        -1; to resume, load a state.

    Raises
    ------
    TypeError, ValueError
        Where the schedulers are not of this optimizer, one of them is a
        :class:`ReduceLROnPlateau`, whose steps need a metric, the milestones are not increasing
        or not one fewer than the schedulers, or ``last_epoch`` is not -1.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warmup = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = ExponentialLR(optimizer, gamma=0.5)
    >>> SequentialLR(optimizer, [warmup, decay], milestones=[3]).preview(6)
    [0.5, 0.75, 1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Iterable[int],
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(optimizer, "SequentialLR")
        if last_epoch != -1:
            raise ValueError(
                f"SequentialLR: last_epoch must be -1, got {last_epoch!r}: resume with "
                "load_state_dict(), which restores the schedulers in it too"
            )
        self._schedulers = _checked_schedulers(schedulers, optimizer, "SequentialLR")
        self._milestones = _checked_turns(milestones, len(self._schedulers))
        super().__init__(optimizer)

    @made_by_the_host
    def step(self) -> None:
        """Count an epoch, and let the scheduler whose turn it is set the rates."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        if self.last_epoch in self._milestones:
            self._schedulers[turn]._restart()
        else:
            self._schedulers[turn].step()
        self._last_lr = self._rates()

    def _begin(self) -> None:
        self.last_epoch = 0
        self._reset_rates()
        self._schedulers[0]._rewind()
        self._last_lr = self._rates()


@final
class ChainedScheduler(_Composition):
    r"""Schedulers all at once: a step is a step of each, in order.

    .. math:: \eta_t = \eta_0 \prod_i f^{(i)}_t

    with the initial rate :math:`\eta_0`, for schedulers that multiply the present rate by a factor
    :math:`f_t / f_{t-1}`. It is the same as stepping them one by one.

    Parameters
    ----------
    schedulers : list of LRScheduler
        The schedulers, one or more. They may be compositions themselves.
    optimizer : Optimizer, optional
        The one that all schedulers were made for; None: that of the first.

    Raises
    ------
    TypeError, ValueError
        Where the schedulers are not of one optimizer, or one of them is a
        :class:`ReduceLROnPlateau`, whose steps need a metric.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> gentle = ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = ExponentialLR(optimizer, gamma=0.5)
    >>> ChainedScheduler([gentle, decay]).preview(4)
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._schedulers = _checked_schedulers(schedulers, optimizer, "ChainedScheduler")
        super().__init__(self._schedulers[0].optimizer)

    @made_by_the_host
    def step(self) -> None:
        """Step each scheduler, in order."""
        self.last_epoch += 1
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._rates()

    def _rewind(self) -> None:
        for scheduler in self._schedulers:
            scheduler._rewind()
        super()._rewind()


def _checked_schedulers(
    schedulers: Any, optimizer: Optimizer | None, name: str
) -> list[LRScheduler]:
    """The schedulers as a list, if they are one or more of one optimizer."""
    if not isinstance(schedulers, list | tuple):
        raise TypeError(
            f"{name}: schedulers must be a list of schedulers, got {type(schedulers).__name__} "
            f"{schedulers!r:.40}: write one such as [warmup, decay]"
        )
    if not schedulers:
        raise ValueError(f"{name}: schedulers must be one or more, got none: put some in the list")
    for position, scheduler in enumerate(schedulers):
        what = f"{name}: schedulers[{position}]"
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(
                f"{what} must be a scheduler, got {type(scheduler).__name__} {scheduler!r:.40}: "
                "make one of twingrad.optim.lr_scheduler"
            )
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                f"{what} must be a scheduler whose step() needs no metric, got "
                "ReduceLROnPlateau: step it beside the others"
            )
        if scheduler.optimizer is not (optimizer or schedulers[0].optimizer):
            raise ValueError(
                f"{what} must be of the same optimizer as the others, got a "
                f"{type(scheduler).__name__} of another: make all schedulers with one optimizer"
            )
    return list(schedulers)


def _checked_turns(milestones: Iterable[int], schedulers: int) -> list[int]:
    """One milestone for each scheduler but the first, strictly increasing."""
    turns = milestones_in_order(milestones, "SequentialLR: milestones", least=1)
    if len(turns) != schedulers - 1:
        raise ValueError(
            f"SequentialLR: milestones must be {schedulers - 1} for {schedulers} schedulers, got "
            f"{len(turns)}: give the epoch at which each scheduler but the first begins"
        )
    if len(set(turns)) < len(turns):
        raise ValueError(
            f"SequentialLR: milestones must be increasing, got {turns}: drop the scheduler that "
            "has no epoch of its own"
        )
    return turns
