"""How every primitive of the tensor room is written in a graph."""

from . import indices, moves, parts, products, reductions, rounding

__all__ = ["indices", "moves", "parts", "products", "reductions", "rounding"]
