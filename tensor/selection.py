"""Elements picked by a mask, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .primitive import Call, Primitive


class Select(Primitive):
    """``x[mask]``: the elements where ``mask``, an array of x's shape, is true, in a row."""

    name = "masked_select"

    def forward(self, x: Any, mask: Any) -> Any:
        return x[mask]

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SPREAD(gradient, *call.parameters),)


class Spread(Primitive):
    """The elements of a row at the places where ``mask`` is true, 0 elsewhere."""

    name = "masked_spread"

    def forward(self, row: Any, mask: Any) -> Any:
        spread = np.zeros(mask.shape, row.dtype)
        spread[mask] = row
        return spread

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SELECT(gradient, *call.parameters),)


SELECT = Select()
SPREAD = Spread()
