"""Gates: elements that pass on a gradient only where they were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine import formulas
from ..primitive import Call, Primitive


class Gate(Primitive):
    """The elements as they are, with a gradient of 0 where ``mask`` is false.

    Both branches of a conditional can be computed for all elements then: an infinite slope in the
    one that is not taken, times a gradient of 0, would be nan.
    """

    name = "gate"
    arity = 2
    saves = (1,)

    def forward(self, x: Any, mask: Any) -> Any:
        return x.copy()

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (formulas.where(call.inputs[1], gradient, 0.0), None)


GATE = Gate()
