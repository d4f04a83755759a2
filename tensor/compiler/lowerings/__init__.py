"""How every primitive of the tensor room is written in a graph."""

from ..lowering import lowerings
from . import indices, moves, parts, products, reductions, rounding

__all__ = [
    "indices", "lowerings", "moves", "parts", "products", "reductions", "rounding",
]  # fmt: skip
