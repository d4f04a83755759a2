"""What all losses are: modules that reduce what they computed for each element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ..backend import backend_of, operands
from ..functional.reducing import REDUCTIONS, check_reduction
from ..making import call_cure
from ..module import Module


class Loss(Module, ABC):
    """A module that says how far predictions are from what they should be.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Whether the losses of the elements are averaged, added up, or given one by one.

    Raises
    ------
    TypeError
        If the class is called with predictions, in the place of a module of it.
    ValueError
        For another reduction.
    """

    weight: Any
    _reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if backend_of(reduction) is not None:
            raise TypeError(
                f"{type(self).__name__}: reduction must be a word, got a "
                f"{type(reduction).__name__}: {call_cure(type(self))}"
            )
        check_reduction(reduction, type(self).__name__, self._reductions)
        self.reduction = reduction

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The loss of predictions."""

    def _keep_constant(self, name: str, numbers: Any) -> None:
        """Keep numbers, such as weights, as a buffer: of the selected twin, if of none."""
        (constant,) = operands(type(self).__name__, name, **{name: numbers})
        self.register_buffer(name, constant)

    def _keep_class_weights(self, weight: Any) -> None:
        """Keep one weight for each class as a buffer; ``ValueError`` for another shape."""
        self._keep_constant("weight", weight)
        if weight is not None and self.weight.ndim != 1:
            raise ValueError(
                f"{type(self).__name__}: weight must hold one number for each class, got shape "
                f"{self.weight.shape}: give it the shape (C,), or {call_cure(type(self))}"
            )
