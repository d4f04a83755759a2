"""How every primitive of the tensor room is written in a graph."""

from ..lowering import lowered, lowerings
from . import indices, moves, parts, products, reductions, rounding

__all__ = [
    "indices", "lowered", "lowerings", "moves", "parts", "products", "reductions", "rounding",
]  # fmt: skip
