"""Schedulers in a training step that is compiled: the host steps them before each of its runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

from ...nn.backend import recorder_in_force

P = ParamSpec("P")
S = TypeVar("S")


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
            recorder.event(partial(step, self, *args, **kwargs))

    return made
