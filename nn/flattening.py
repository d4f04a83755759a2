"""Layers that change the shape alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from ..engine.shapes import whole_numbers
from .backend import operands
from .module import Module


@final
class Flatten(Module):
    """Makes one dimension of ``start_dim`` to ``end_dim``: all but that of the batch, by default.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of these dimensions; negative ones count from the end.

    Raises
    ------
    IndexError
        When called with an input that does not have these dimensions.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.Flatten()(twingrad.zeros(5, 2, 3)).shape
    (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = whole_numbers((start_dim, end_dim), "Flatten: dim")

    def forward(self, input: Any) -> Any:
        """The same elements in fewer dimensions."""
        (input,) = operands("Flatten", input=input)
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


@final
class Unflatten(Module):
    """Makes several dimensions of one.

    Parameters
    ----------
    dim : int
        Which one; a negative one counts from the end.
    unflattened_size : sequence of int
        The new lengths; one may be -1.

    Raises
    ------
    TypeError
        If ``unflattened_size`` is not a sequence of whole numbers.
    ValueError
        When called with an input whose length along ``dim`` does not fit.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.Unflatten(1, (2, -1))(twingrad.zeros(5, 6)).shape
    (5, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        (self.dim,) = whole_numbers((dim,), "Unflatten: dim")
        if not isinstance(unflattened_size, list | tuple):
            raise TypeError(
                f"Unflatten: unflattened_size must list the new lengths, got {unflattened_size!r}: "
                "write for example (2, -1)"
            )
        self.unflattened_size = whole_numbers(unflattened_size, "Unflatten: unflattened_size")

    def forward(self, input: Any) -> Any:
        """The same elements in more dimensions."""
        (input,) = operands("Unflatten", input=input)
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
