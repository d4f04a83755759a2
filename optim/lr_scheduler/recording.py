"""Schedulers in a training step that is compiled: the host steps them before each of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, final

from ...nn.backend import recorder_in_force

if TYPE_CHECKING:
    from .base import LRScheduler

P = ParamSpec("P")
S = TypeVar("S", bound="LRScheduler")


def made_by_the_host(
    step: Callable[Concatenate[S, P], None],
) -> Callable[Concatenate[S, P], None]:
    """Let a ``step`` that is called in a step that is recorded be made before each later run too.

    It changes nothing but the options of groups, which are numbers that the host gives.
    """

    @wraps(step)
    def made(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        recorder = recorder_in_force()
        if recorder is None:
            step(self, *args, **kwargs)
        else:
            of_host = HostStep(self, partial(step, self, *args, **kwargs))
            recorder.event(of_host, of_host.undo)

    return made


@final
class HostStep:
    """A step of a scheduler that can be taken back, where a compiled step is not run after all.

    Parameters
    ----------
    scheduler : LRScheduler
    step : callable
        Makes it.
    """

    def __init__(self, scheduler: LRScheduler, step: Callable[[], None]) -> None:
        self._step = step
        self._changed = [vars(each) for each in scheduler.parts()]
        self._groups = scheduler.optimizer.param_groups
        self._before: list[Mapping[str, Any]] = []

    def __call__(self) -> None:
        """Make it."""
        self._before = [dict(each) for each in (*self._changed, *self._groups)]
        self._step()

    def undo(self) -> None:
        """Take it back."""
        for each, before in zip((*self._changed, *self._groups), self._before, strict=True):
            each.clear()
            each.update(before)
