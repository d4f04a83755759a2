"""Losses that are distances from, or likelihoods under, a distribution."""

from __future__ import annotations

from typing import Any, final

from ...engine.operation import real_number
from ..functional import likelihoods as functional
from .base import Loss


@final
class KLDivLoss(Loss):
    """``p * (log p - x)``: the divergence of probabilities p from those whose logarithms are x.

    See :func:`~twingrad.nn.functional.kl_div`.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        ``"batchmean"`` divides the sum by the first length, which is the divergence of Kullback
        and Leibler; ``"mean"`` divides by the number of elements.
    log_target : bool
        Whether the target holds logarithms.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> loss = nn.KLDivLoss(reduction="batchmean")
    >>> print(f"{loss(Array([[0.5, 0.5]]).log(), [[1.0, 0.0]]):.4f}")
    0.6931
    """

    _reductions = functional.KL_REDUCTIONS

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of logarithms of probabilities, and probabilities, of one shape."""
        return functional.kl_div(input, target, self.reduction, self.log_target)


@final
class PoissonNLLLoss(Loss):
    """``exp(x) - y * x``: how unlikely a count y is where ``exp(x)`` are expected.

    See :func:`~twingrad.nn.functional.poisson_nll_loss`.

    Parameters
    ----------
    log_input : bool
        Whether the input holds logarithms; if not, the loss is ``x - y * log(x + eps)``.
    full : bool
        Whether to add log(y!) for y > 1, by Stirling's approximation.
    eps : float
        A small number that keeps the logarithm finite where x is 0.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.PoissonNLLLoss()(Array([0.0]), [3.0]).item()
    1.0
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = real_number(eps, "PoissonNLLLoss: eps")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of expected and observed counts of one shape."""
        return functional.poisson_nll_loss(
            input, target, self.log_input, self.full, self.eps, self.reduction
        )


@final
class GaussianNLLLoss(Loss):
    """``(log(v) + (x - y)**2 / v) / 2``: how unlikely y is under a normal distribution N(x, v).

    See :func:`~twingrad.nn.functional.gaussian_nll_loss`.

    Parameters
    ----------
    full : bool
        Whether to add ``log(2 pi) / 2``.
    eps : float
        What smaller variances are raised to. Their gradient is passed on nevertheless.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.GaussianNLLLoss()(Array([3.0]), [1.0], [1.0]).item()
    2.0
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = real_number(eps, "GaussianNLLLoss: eps")

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """The loss of expected and observed numbers, and variances."""
        return functional.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
