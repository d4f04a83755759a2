"""How parameters begin: numbers drawn or set in place, as in ``torch.nn.init``."""

from __future__ import annotations

from typing import Any

from .state import twin_of


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Draw from the uniform distribution U(a, b)."""
    twin = twin_of(tensor)
    drawn = twin.numbers(twin.rand(tensor.shape, tensor, generator))
    twin.write(tensor, a + (b - a) * drawn)
    return tensor
