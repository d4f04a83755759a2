"""Rows of the table on arrays: kernels for their values and for their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.formula import Formula
from ..dtypes import FLOATS, DType
from ..graph import Node
from .loops import is_worthwhile
from .numpy_code import Kernel, gradient_kernel, value_kernel
from .partials import derivative
from .program import Program, argument_name, gradient_program, value_program
from .tiers import TieredProgram

INTEGRAL = frozenset(
    {
        "pos", "neg", "add", "sub", "mul", "pow", "square", "abs", "sign", "floor", "relu", "relu6",
        "maximum", "minimum", "clamp", "where", "hardtanh", "heaviside",
    }
)  # fmt: skip
"""Rows that give integers for integers; the others compute with real numbers."""


class Elementwise:
    """A row of the table, ready to be applied to arrays of any dtype.

    Attributes
    ----------
    kernels : dict
        Its kernels for the floating dtypes that it has been applied to so far.
    """

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.name = formula.name
        self.is_integral = formula.name in INTEGRAL
        self.kernels: dict[DType, Kernels] = {}
        self._of_integers: dict[DType, Kernels] = {}

    def kernels_for(self, dtype: DType) -> Kernels:
        """Its kernels for arrays of ``dtype``, made when they are first asked for."""
        kernels = self.kernels if dtype in FLOATS else self._of_integers
        if dtype not in kernels:
            kernels[dtype] = Kernels(self.formula, dtype)
        return kernels[dtype]


class Kernels:
    """A row of the table on arrays of one dtype.

    Attributes
    ----------
    value : callable
        The value as a function of arrays, which broadcast.
    applied : list of Applied
        What its nodes know of it, for each set of operands that want a gradient. The sets are
        counted in binary, the first operand being the lowest digit.
    """

    __slots__ = ("applied", "value")

    def __init__(self, formula: Formula, dtype: DType) -> None:
        program = value_program(formula.arguments, formula.value)
        what = f"{formula.name} of arrays"
        self.value: Kernel = value_kernel(program, dtype, what, _tiers(program, dtype, what))
        self.applied = _AppliedRows(formula, dtype)


def _tiers(program: Program, dtype: DType, what: str) -> TieredProgram | None:
    """Another way to compute the program on many elements, if there is a faster one."""
    if dtype in FLOATS and is_worthwhile(program):
        return TieredProgram(program, dtype, what)
    return None


class _AppliedRows(dict[int, "Applied"]):
    """The rows by their sets of wanted gradients, made when they are first asked for."""

    def __init__(self, formula: Formula, dtype: DType) -> None:
        super().__init__()
        self._formula = formula
        self._dtype = dtype

    def __missing__(self, wanted: int) -> Applied:
        self[wanted] = Applied(self._formula, self._dtype, wanted)
        return self[wanted]


class Applied:
    """A row on arrays of one dtype, some of whose operands want a gradient.

    Attributes
    ----------
    saves : tuple of bool
        Which operands, and last the value, the backward pass uses, read off the partials.
    formula : Formula
        The row itself.
    array_contributions : callable
        What the operands of a node get of a gradient that is an array.
    """

    __slots__ = ("array_contributions", "formula", "name", "saves")

    def __init__(self, formula: Formula, dtype: DType, wanted: int) -> None:
        self.formula = formula
        self.name = formula.name
        positions = [k for k in range(len(formula.arguments)) if wanted >> k & 1]
        program = gradient_program(formula.arguments, [formula.partials[k] for k in positions])
        named = {name for k in positions for name in formula.partials[k].variables}
        self.saves = (
            *[
                argument_name(k) in program.used or name in named
                for k, name in enumerate(formula.arguments)
            ],
            "out" in program.used or "out" in named,
        )
        what = f"{formula.name} of arrays: gradients {positions}"
        self.array_contributions: Kernel = gradient_kernel(
            program, positions, dtype, what, _tiers(program, dtype, what)
        )

    def tensor_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """What the operands of a node get of a gradient that is a tensor."""
        names = dict(zip(self.formula.arguments, node.inputs, strict=True))
        names["out"] = None if node.out is None else type(gradient).of_node(node.out, node)
        contributions: list[Any] = []
        for position, parent in enumerate(node.parents):  # type: ignore[arg-type]
            if parent is None:
                contributions.append(None)
                continue
            contribution = gradient * derivative(self.formula.partials[position], names)
            if contribution.shape != node.shape:
                contribution = contribution.broadcast_to(node.shape)
            contributions.append(contribution.summed_to(parent.shape))
        return contributions


rows: dict[Formula, Elementwise] = {}
"""The rows that have been applied to arrays so far."""


def row_of(formula: Formula) -> Elementwise:
    """The row, ready for arrays: made once."""
    return rows.get(formula) or rows.setdefault(formula, Elementwise(formula))
