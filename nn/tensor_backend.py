"""The tensor twin as networks see it: see :class:`~twingrad.nn.backend.Backend`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine import Array, Value
from ..engine.modes import no_grad, special_mode
from ..engine.shapes import Shape
from ..tensor import Tensor, cat
from ..tensor.coercion import array_from
from ..tensor.dtypes import DEFAULT, FLOATS
from ..tensor.operations.products import linear
from ..tensor.random import draws
from ..tensor.random.generator import Generator
from ..tensor.tracing import numbers as traced_numbers

_OPENED = frozenset({list, tuple, Tensor, Array, Value})


@final
class TensorBackend:
    """Networks of tensors."""

    name = "tensor"
    kinds = (Tensor,)

    def operand(self, data: Any, like: Any = None) -> Any:
        if type(data) is Tensor:
            return data
        if isinstance(data, list | tuple):
            _refuse_history(data)
        dtype = like.dtype if like is not None and like.dtype in FLOATS else None
        return Tensor.constant(array_from(data, dtype, "Tensor"))

    def leaf(self, data: Any, requires_grad: bool) -> Any:
        if type(data) is Tensor:
            leaf = data.detach()
        elif isinstance(data, np.ndarray) and data.dtype in FLOATS:
            leaf = Tensor.constant(data)
        else:
            leaf = Tensor(data)
        return leaf.requires_grad_() if requires_grad else leaf

    def moved(self, numbers: NDArray[Any]) -> Any:
        return Tensor.constant(np.array(numbers))

    def integers(self, data: Any, what: str) -> Any:
        found = data if type(data) is Tensor else Tensor(data)
        if found.dtype.kind not in "iu":
            raise TypeError(
                f"{what} must hold whole numbers, got dtype {found.dtype}: convert with long()"
            )
        return found

    def numbers(self, operand: Any) -> NDArray[Any]:
        found: NDArray[Any] = operand._data if special_mode() is None else traced_numbers(operand)
        return found

    def write(self, operand: Any, numbers: Any) -> None:
        if type(numbers) is Tensor:
            numbers = numbers.detach()
        if not operand.requires_grad:  # as most buffers: a block of no_grad takes longer than this
            operand.copy_(numbers)
            return
        with no_grad():
            operand.copy_(numbers)

    def is_leaf(self, operand: Any) -> bool:
        return operand._node is None

    def memory(self, operand: Any) -> NDArray[Any] | None:
        memory: NDArray[Any] = operand._data
        return memory if memory.flags.c_contiguous and memory.flags.writeable else None

    def changed(self, operand: Any) -> None:
        operand._shared_memory().change("an update")

    def label(self, operand: Any, label: str, before: str) -> None:
        pass

    def exported(self, operand: Any) -> Any:
        return operand.detach()

    def cast(self, operand: Any, dtype: Any) -> Any:
        return operand.detach().to(dtype)

    def linear(self, input: Any, weight: Any, bias: Any) -> Any:
        return linear(input, weight, bias)

    def cat(self, operands: Sequence[Any], dim: int) -> Any:
        return cat(operands, dim)

    def rand(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        return Tensor.constant(draws.uniform(shape, _dtype(like), generator, "rand"))

    def randn(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        return Tensor.constant(draws.normal(shape, _dtype(like), generator, "randn"))


def _dtype(like: Any) -> Any:
    return DEFAULT if like is None else like.dtype


def _refuse_history(data: Sequence[Any]) -> None:
    """Refuse nested lists of what may require a gradient: a constant would lose it."""
    if not _OPENED & set(map(type, data)):
        return
    for each in data:
        if isinstance(each, list | tuple):
            _refuse_history(each)
        elif type(each) is Tensor and each.requires_grad:
            raise TypeError(
                "a list of tensors that require a gradient cannot be an operand, as it would "
                "lose their history: join them with twingrad.stack([...])"
            )
        elif isinstance(each, Array | Value):
            raise TypeError(
                f"a list that is an operand must be of one twin, got a {type(each).__name__} among "
                "tensors: take its data, which are numbers"
            )
