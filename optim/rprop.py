"""Resilient backpropagation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

from . import rules
from .optimizer import Optimizer

PAIRS: Mapping[str, tuple[str, int]] = {
    "eta_minus": ("etas", 0),
    "eta_plus": ("etas", 1),
    "least": ("step_sizes", 0),
    "greatest": ("step_sizes", 1),
}
"""Where the factors and the bounds of the steps stand in a group."""


@final
class Rprop(Optimizer):
    """Steps by the sign of the gradient, each element's own: for full batches.

    A step grows by ``etaplus`` where the gradient has kept its sign since the last update, and
    shrinks by ``etaminus`` where it has changed; then the element stays where it is, and the
    gradient counts as 0 in the next update. Steps stay between the two ``step_sizes``, and
    ``w = w - sign(g) * step``.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The first steps; at least 0.
    etas : (float, float)
        ``(etaminus, etaplus)``, with ``0 < etaminus < 1 < etaplus``.
    step_sizes : (float, float)
        The least and the greatest step; at least 0.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Riedmiller and Braun 1993, "A Direct Adaptive Method for Faster Backpropagation Learning: The
    RPROP Algorithm". As in PyTorch, an element whose gradient changes its sign stays; it does not
    go back.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Rprop([w], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> round(w.data, 6)
    0.78
    """

    rule = rules.RPROP
    unpacked = PAIRS

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        )
