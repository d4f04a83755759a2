"""Rows of the table on arrays: kernels for their values and for their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from typing import Any

from ..engine.formula import Formula
from .broadcasting import summed_to
from .dtypes import FLOATS, DType
from .graph import Node
from .numpy_code import numpy_kernel
from .partials import derivative
from .program import Program, gradient_program, value_program

INTEGRAL = frozenset(
    {
        "pos", "neg", "add", "sub", "mul", "pow", "square", "abs", "sign", "floor", "relu", "relu6",
        "maximum", "minimum", "clamp", "where", "hardtanh", "heaviside",
    }
)  # fmt: skip
"""Rows that give integers for integers; the others compute with real numbers."""

Kernel = Callable[..., Any]


class Elementwise:
    """A row of the table, ready to be applied to arrays.

    Attributes
    ----------
    formula : Formula
        The row.
    kernels : dict
        Its value as a function of arrays, for the floating dtypes that it has been asked for.
    """

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.name = formula.name
        self.is_integral = formula.name in INTEGRAL
        self.kernels: dict[DType, Kernel] = {}
        self.gradient_kernels: dict[DType, list[Kernel]] = {}

    @cached_property
    def value(self) -> Program:
        """The program of the value."""
        return value_program(self.formula.arguments, self.formula.value)

    @cached_property
    def gradients(self) -> Sequence[Program]:
        """For each argument, the program of the upstream gradient times the derivative by it."""
        return [gradient_program(self.formula.arguments, each) for each in self.formula.partials]

    @cached_property
    def saves(self) -> Sequence[tuple[bool, ...]]:
        """Which operands, and last the value, the backward pass uses, read off the partials.

        There is one entry for each set of operands that want a gradient; the sets are counted
        in binary, the first operand being the lowest digit.
        """
        names = (*self.formula.arguments, "out")
        saves = []
        for wanted in product((False, True), repeat=len(self.gradients)):
            programs = [p for p, wants in zip(self.gradients, reversed(wanted)) if wants]
            used = {name for program in programs for name in program.used}
            saves.append(tuple(name in used for name in names))
        return saves

    def kernel(self, dtype: DType) -> Kernel:
        """The value as a function of arrays of ``dtype``."""
        kernel = numpy_kernel(self.value, dtype, f"{self.name} of arrays")
        if dtype in FLOATS:
            self.kernels[dtype] = kernel
        return kernel

    def _gradient_kernels(self, dtype: DType) -> list[Kernel]:
        self.gradient_kernels[dtype] = [
            numpy_kernel(program, dtype, f"{self.name} of arrays: gradient {position + 1}")
            for position, program in enumerate(self.gradients)
        ]
        return self.gradient_kernels[dtype]

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is an array."""
        kernels = self.gradient_kernels.get(gradient.dtype) or self._gradient_kernels(
            gradient.dtype
        )
        inputs = node.saved_arrays()
        out = node.saved_out()
        if len(inputs) == 1:
            return (kernels[0](gradient, inputs[0], out),)
        contributions = []
        for position, parent in enumerate(node.parents):  # type: ignore[arg-type]
            if parent is None:
                contributions.append(None)
                continue
            contribution = kernels[position](gradient, *inputs, out)
            if parent.shape != node.shape:
                contribution = summed_to(contribution, node.shape, parent.shape)
            contributions.append(contribution)
        return contributions

    def tensor_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands get of a gradient that is a tensor."""
        kind = type(gradient)
        names = {
            argument: kept if kept is None or isinstance(kept, kind) else kind.constant(kept)
            for argument, kept in zip(self.formula.arguments, node.saved_tensors(), strict=True)
        }
        if node.out is not None:
            names["out"] = kind.of_node(node.saved_out(), node)
        contributions: list[Any] = []
        for partial, parent in zip(self.formula.partials, node.parents, strict=True):  # type: ignore[arg-type]
            if parent is None:
                contributions.append(None)
                continue
            contribution = gradient * derivative(partial, names)
            if contribution.shape != node.shape:
                contribution = contribution.broadcast_to(node.shape)
            contributions.append(contribution.summed_to(parent.shape))
        return contributions


rows: dict[Formula, Elementwise] = {}
"""The rows that have been applied to arrays so far."""


def row_of(formula: Formula) -> Elementwise:
    """The row, ready for arrays: made once."""
    return rows.setdefault(formula, Elementwise(formula))
