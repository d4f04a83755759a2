"""What all losses are: modules that reduce what they computed for each element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ..backend import operands
from ..functional.reducing import REDUCTIONS, check_reduction
from ..module import Module


class Loss(Module, ABC):
    """A module that says how far predictions are from what they should be.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Whether the losses of the elements are averaged, added up, or given one by one.

    Raises
    ------
    ValueError
        For another reduction.
    """

    _reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(reduction, type(self).__name__, self._reductions)
        self.reduction = reduction

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The loss of predictions."""

    def _keep_constant(self, name: str, numbers: Any) -> None:
        """Keep numbers, such as weights, as a buffer: of the selected twin, if of none."""
        (constant,) = operands(type(self).__name__, name, **{name: numbers})
        self.register_buffer(name, constant)
