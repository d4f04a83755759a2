"""The operands of rows and primitives in a recording, as tensors that it knows."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from ..broadcasting import NDArray
from ..coercion import constant_array, matched
from ..dtypes import DType, float64
from ..kernels.elementwise import Elementwise
from ..tensor import Tensor
from .graph import Graph
from .holdings import Holdings
from .traced import Given
from .values import cast


@final
class Operands:
    """What becomes of operands; and which tensors are as weak as the Python numbers they stand for.

    A Python number takes the dtype of the tensor that it meets. What the host gives anew for each
    step does so too, though it is a float64 tensor without dimensions.
    """

    def __init__(self, graph: Graph, holdings: Holdings) -> None:
        self._graph = graph
        self._holdings = holdings
        self._weak: dict[int, Tensor] = {}

    def weak(self, tensor: Tensor) -> Tensor:
        """A tensor that stands for a Python number from now on."""
        self._weak[id(tensor)] = tensor
        return tensor

    def is_weak(self, operand: Any) -> bool:
        """Whether an operand is a Python number, or stands for one."""
        return type(operand) is not Tensor or id(operand) in self._weak

    def tensor(self, operand: Any, what: str) -> Tensor:
        """An operand of a primitive as a tensor."""
        if type(operand) is Tensor:
            return operand
        return Tensor.constant(constant_array(operand, what))

    def of_row(self, row: Elementwise, operands: tuple[Any, ...]) -> tuple[list[Tensor], DType]:
        """The operands of a row as tensors of the dtype that it is computed in, and that dtype."""
        given = [
            self.tensor(each, row.name) if isinstance(each, Given | np.ndarray) else each
            for each in operands
        ]
        if all([self.is_weak(each) for each in given]):
            return [self._number(each) for each in given], float64
        plain = [float(each._data) if id(each) in self._weak else each for each in given]
        kept, _, dtype = matched(row, tuple(plain), Tensor)
        tensors = []
        for each, converted in zip(given, kept, strict=True):
            if id(each) in self._weak:
                value = cast(self._graph, self._holdings.value(each._data), converted.dtype)
                converted = Tensor.constant(self._holdings.owned(converted._data, value))
            elif type(each) is not Tensor:
                self._holdings.constant(converted._data)
            tensors.append(converted)
        return tensors, dtype

    def _number(self, operand: Any) -> Tensor:
        """A weak operand as a tensor of float64."""
        if type(operand) is Tensor:
            return operand
        array: NDArray = np.array(operand, np.float64)
        self._holdings.constant(array)
        return Tensor.constant(array)
