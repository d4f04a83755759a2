"""Vectors for whole numbers, such as words."""

from __future__ import annotations

from typing import Any, Self, final

from ..engine.checks import checked_count
from .backend import twin_of
from .functional.embedding import embedding, row_number
from .module import Module
from .parameter import Parameter, empty_parameter


@final
class Embedding(Module):
    """A table of vectors, of which a whole number picks one: ``y = weight[x]``.

    Parameters
    ----------
    num_embeddings : int
        How many vectors there are.
    embedding_dim : int
        The length of each.
    padding_idx : int, optional
        The number of a vector that begins as zeros and gets no gradient; a negative one counts
        from the end.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Attributes
    ----------
    weight : operand of shape (num_embeddings, embedding_dim)
        Drawn from N(0, 1).

    Raises
    ------
    IndexError
        If ``padding_idx``, or a number in an input, names no vector.
    TypeError
        When called with other than whole numbers.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> words = nn.Embedding(10, 3, padding_idx=0)
    >>> words(twingrad.tensor([[4, 1], [7, 0]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        backend: str | None = None,
        *,
        _weight: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = checked_count(num_embeddings, "Embedding: num_embeddings")
        self.embedding_dim = checked_count(embedding_dim, "Embedding: embedding_dim")
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.padding_idx = row_number(
                padding_idx, self.num_embeddings, "Embedding: padding_idx"
            )
        if _weight is None:
            shape = (self.num_embeddings, self.embedding_dim)
            self.weight = empty_parameter(shape, backend)
            self.reset_parameters()
        else:
            self.weight = _weight

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None
    ) -> Self:
        """A layer of given vectors.

        Parameters
        ----------
        embeddings : Tensor, Array, NumPy array or numbers
            Of shape ``(num_embeddings, embedding_dim)``. A tensor or NumPy array of floats is not
            copied; plain numbers go to the selected twin.
        freeze : bool
            Whether the vectors stay as they are in training.
        padding_idx : int, optional
            The number of a vector that gets no gradient. It is not set to zeros.

        Raises
        ------
        ValueError
            If ``embeddings`` does not have two dimensions.

        Examples
        --------
        >>> from twingrad import nn
        >>> words = nn.Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]])
        >>> words([1, 1, 0]).tolist()
        [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]
        """
        weight = Parameter(embeddings, requires_grad=not freeze)
        if weight.ndim != 2:
            raise ValueError(
                "from_pretrained: embeddings must have shape (num_embeddings, embedding_dim), got "
                f"{weight.shape}: give one row for each number"
            )
        num_embeddings, embedding_dim = weight.shape
        return cls(num_embeddings, embedding_dim, padding_idx, _weight=weight)

    def reset_parameters(self) -> None:
        """Draw the vectors anew; that of ``padding_idx`` becomes zeros."""
        twin = twin_of(self.weight)
        drawn = twin.numbers(twin.randn(self.weight.shape, self.weight)).copy()
        if self.padding_idx is not None:
            drawn[self.padding_idx] = 0
        twin.write(self.weight, drawn)

    def forward(self, input: Any) -> Any:
        """The vectors, of shape ``(..., embedding_dim)``, of whole numbers of shape ``(...)``."""
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
