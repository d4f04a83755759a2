"""The scalar twin as networks see it: see :class:`~twingrad.nn.backend.Backend`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine import Array, Value, cat
from ..engine.functions import linear
from ..engine.shapes import Shape
from ..engine.tape.hooks import drawn
from ..tensor import Tensor
from ..tensor.dtypes import float64
from ..tensor.random import draws
from ..tensor.random.generator import Generator


@final
class ScalarBackend:
    """Networks of Values, in Arrays: every number is a 64-bit float and can be opened."""

    name = "scalar"
    kinds = (Array, Value)

    def operand(self, data: Any, like: Any = None) -> Any:
        return data if type(data) is Array else Array(data, requires_grad=False)

    def leaf(self, data: Any, requires_grad: bool) -> Any:
        if not isinstance(data, Array | Value):
            return Array(data, requires_grad=requires_grad)
        elements = Array(data)
        fresh = [Value(x.data, x.label, requires_grad=requires_grad) for x in elements.flatten()]
        return Array(fresh).reshape(elements.shape)

    def moved(self, numbers: NDArray[Any]) -> Any:
        if numbers.dtype.kind == "f":
            return Array(numbers, requires_grad=False)
        return np.array(numbers)

    def integers(self, data: Any, what: str) -> Any:
        found = np.asarray(data)
        if found.dtype.kind not in "iu":
            raise TypeError(
                f"{what} must hold whole numbers, got dtype {found.dtype}: convert them with "
                "astype(int)"
            )
        return found.astype(np.int64)

    def numbers(self, operand: Any) -> NDArray[Any]:
        return np.asarray(operand.data if isinstance(operand, Array | Value) else operand)

    def write(self, operand: Any, numbers: Any) -> None:
        if isinstance(operand, np.ndarray):
            operand[...] = numbers
        elif isinstance(operand, Value):
            operand.data = float(self.numbers(numbers))
        else:
            operand.data = self.numbers(numbers)

    def is_leaf(self, operand: Any) -> bool:
        values = [operand] if isinstance(operand, Value) else operand._elements.flat
        return all(value.is_leaf for value in values)

    def memory(self, operand: Any) -> NDArray[Any] | None:
        return None

    def changed(self, operand: Any) -> None:
        pass

    def label(self, operand: Any, label: str, before: str) -> None:
        for index in np.ndindex(operand.shape):
            element = operand[index]
            if element.label in ("", _element_label(before, index)):
                element.label = _element_label(label, index)

    def exported(self, operand: Any) -> Any:
        return Tensor.constant(np.array(self.numbers(operand)))

    def cast(self, operand: Any, dtype: Any) -> Any:
        if np.dtype(dtype) != float64:
            raise TypeError(
                f"the scalar twin computes with 64-bit floats, got dtype {dtype}: move the model "
                "to the tensor twin for others, with to('tensor')"
            )
        return operand.detach()

    def linear(self, input: Any, weight: Any, bias: Any) -> Any:
        return linear(input, weight, bias)

    def cat(self, operands: Sequence[Any], dim: int) -> Any:
        return cat(operands, dim)

    def rand(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        numbers = drawn(lambda: draws.uniform(shape, float64, generator, "rand"))
        return Array(numbers, requires_grad=False)

    def randn(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        numbers = drawn(lambda: draws.normal(shape, float64, generator, "randn"))
        return Array(numbers, requires_grad=False)


def _element_label(label: str, index: Shape) -> str:
    return f"{label}[{','.join(map(str, index))}]" if label and index else label
