"""Programs as functions of NumPy arrays: the kernels that are there from the first call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.source import FUNCTION, define
from .dtypes import DType
from .program import CONDITIONS, GRADIENT, Constant, Operand, Program, Step

_NAMES = {
    "div": "divide",
    "mul": "multiply",
    "neg": "negative",
    "pow": "power",
    "sub": "subtract",
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
}
"""Steps that NumPy calls by another name."""

_SCIPY = frozenset({"erf", "erfc"})


def array_function(step: str) -> Callable[..., Any]:
    """The function of NumPy, or of SciPy, that computes a step on arrays."""
    if step in _SCIPY:
        from scipy import special

        function: Callable[..., Any] = getattr(special, step)
        return function
    function = getattr(np, _NAMES.get(step, step))
    return function


def numpy_kernel(program: Program, dtype: DType, what: str) -> Callable[..., Any]:
    """The program as a function of arrays of ``dtype``.

    A single step is the NumPy function itself. Where there are more, the memory of a step that is
    not needed any longer takes the next result.
    """
    direct = _direct(program)
    if direct is not None:
        return direct
    writer = _NumpyWriter(program, dtype)
    kernel = writer.kernel(reuse=False, what=what)
    thrifty = writer.kernel(reuse=True, what=f"{what}, in place")
    if not writer.reuses:
        return kernel
    full = program.arguments.index(writer.full)

    def either(*arrays: Any) -> Any:
        return thrifty(*arrays) if arrays[full].ndim else kernel(*arrays)

    return either


def _direct(program: Program) -> Callable[..., Any] | None:
    """The one NumPy function that takes the arguments as they are, if there is one."""
    match program.steps:
        case [Step(function=function, operands=operands)]:
            if operands == program.arguments and function not in ("mask", "where"):
                return array_function(function)
    return None


class _NumpyWriter:
    """Writes a program as Python source that calls NumPy."""

    def __init__(self, program: Program, dtype: DType) -> None:
        self.program = program
        self.dtype = dtype
        self.reuses = False
        self.namespace: dict[str, Any] = {}
        self._constants: dict[str, str] = {}
        arrays = [name for name in program.arguments if name not in (GRADIENT, "out")]
        self.full = "out" if "out" in program.used else arrays[0] if len(arrays) == 1 else ""
        """An argument that has the shape of the result, if one is known to."""

    def kernel(self, reuse: bool, what: str) -> Callable[..., Any]:
        """The function; with ``reuse``, steps write into memory that is free again."""
        last = {
            operand: k for k, step in enumerate(self.program.steps) for operand in step.operands
        }
        memory = {self.full} if self.full else set()
        """Names of arrays that have the shape of the result."""
        own: dict[Operand, str] = {}
        """Steps whose memory is the kernel's own, and the name that holds it."""
        lines = []
        for k, step in enumerate(self.program.steps):
            is_full = any(operand in memory for operand in step.operands)
            if is_full:
                memory.add(step.target)
            is_float = step.function not in CONDITIONS and step.function != "mask"
            target = ""
            if reuse and is_float and is_full and step.function != "where":
                free = [each for each in step.operands if each in own and last[each] == k]
                target = own[free[0]] if free else ""
            self.reuses |= bool(target)
            lines.append(f"    {step.target} = {self._call(step, target)}\n")
            if is_float and is_full:
                own[step.target] = step.target
        names = ", ".join(self.program.arguments)
        result = self._operand(self.program.result)
        code = f"def {FUNCTION}({names}):\n{''.join(lines)}    return {result}\n"
        return define(FUNCTION, code, self.namespace, f"{what}: {self.dtype}")

    def _call(self, step: Step, target: str) -> str:
        function = step.function
        if function == "mask":
            # where true and false are only multiplied with, NumPy counts them as 1 and 0
            (condition,) = step.operands
            if self._is_only_a_factor(step.target):
                return self._operand(condition)
            return f"{self._operand(Constant(1.0))} * {self._operand(condition)}"
        name = f"__{function}__"
        self.namespace[name] = array_function(function)
        arguments = [self._operand(operand) for operand in step.operands]
        return f"{name}({', '.join([*arguments, target] if target else arguments)})"

    def _is_only_a_factor(self, mask: str) -> bool:
        """Whether a mask is only ever multiplied with what is no mask."""
        masks = {step.target for step in self.program.steps if step.function == "mask"}
        return self.program.result != mask and all(
            step.function == "mul" and len(masks.intersection(step.operands)) == 1
            for step in self.program.steps
            if mask in step.operands
        )

    def _operand(self, operand: Operand) -> str:
        if not isinstance(operand, Constant):
            return operand
        key = repr(operand.value)
        if key not in self._constants:
            self._constants[key] = f"__c{len(self._constants)}__"
            with np.errstate(over="ignore"):
                # an array without dimensions: NumPy takes it in half the time of a Python number
                self.namespace[self._constants[key]] = np.array(operand.value, self.dtype)
        return self._constants[key]
