"""PyTorch: as it comes, with its fused Adam, and compiled."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..problem import Problem
from ..works import Work
from .base import Peer, Runner, Settings
from .dialect import DialectRunner, loss_of, stepping, training


def _library(settings: Settings) -> Any:
    import torch

    torch.set_num_threads(settings.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    return torch


def _runner(
    options: dict[str, bool], compiles: bool, work: Work, problem: Problem, settings: Settings
) -> Runner:
    torch = _library(settings)
    parts = training(torch, work, problem, **options)
    loss_at = loss_of(torch, parts)
    step = stepping(torch, parts, torch.compile(loss_at) if compiles else loss_at)
    return DialectRunner(torch, work, problem, settings, step)


_FUSED = {"fused": True}

PEERS = (
    Peer(*("PyTorch", ("torch",), ("epoch", "step"), partial(_runner, {}, False)), slow=True),
    Peer("PyTorch, fused Adam", ("torch",), ("epoch", "step"), partial(_runner, _FUSED, False)),
    # forward and backward pass are compiled as one; the fused update is as fast as a compiled one,
    # and is not compiled anew for each learning rate
    Peer(
        *("PyTorch, compiled", ("torch",), ("epoch", "step"), partial(_runner, _FUSED, True)),
        slow=True,
    ),
)
