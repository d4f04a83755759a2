"""Momentum, as SGD and RMSprop have it, or as the first beta of Adam and its kin."""

from __future__ import annotations

from typing import Any

from ...engine.checks import MOMENTUM
from ..optimizer import Optimizer
from .arguments import reals_per_group


def momentum_bounds(
    scheduler: str, optimizer: Optimizer, cycle_momentum: bool, base: Any, top: Any
) -> list[list[float]]:
    """The lower and the upper bound of each group's momentum; none where it is not cycled.

    Raises ``ValueError`` where it is to be cycled and the optimizer has none.
    """
    if not cycle_momentum:
        return []
    for group in optimizer.param_groups:
        if "betas" not in group and "momentum" not in group:
            raise ValueError(
                f"{scheduler}: optimizer must have momentum or betas when cycle_momentum is True, "
                f"got {type(optimizer).__name__}: pass cycle_momentum=False"
            )
    lower = reals_per_group(base, f"{scheduler}: base_momentum", optimizer, MOMENTUM)
    upper = reals_per_group(top, f"{scheduler}: max_momentum", optimizer, MOMENTUM)
    return [list(bounds) for bounds in zip(lower, upper, strict=True)]


def set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Give a group of parameters a momentum, as its first beta where it has betas."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
