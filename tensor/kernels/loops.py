"""Programs as loops over flat arrays, in Python that Numba compiles.

Only steps that IEEE 754 rounds correctly go into a loop: NumPy gives the same bits for them, so
that a program may be computed by the one or the other. What is not, such as an exponential, is
computed by NumPy before the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..dtypes import DType
from .program import EXACT, Constant, Operand, Program, Step

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
    "logical_and": "and",
    "logical_or": "or",
}
"""Steps that are operators of Python."""

PATTERNS = {
    "neg": "-{0}",
    "logical_not": "not {0}",
    "abs": "abs({0})",
    "sqrt": "sqrt({0})",
    "floor": "floor({0})",
    "sign": "{one} if {0} > 0 else -{one} if {0} < 0 else {zero} if {0} == 0 else {0}",
    "square": "{0} * {0}",
    "mask": "{one} if {0} else {zero}",
    "where": "{1} if {0} else {2}",
    "maximum": "{0} if {0} >= {1} or {0} != {0} else {1}",
    "minimum": "{0} if {0} <= {1} or {0} != {0} else {1}",
}
"""Other exact steps as Python, over operands and the numbers one and zero."""


@dataclass(frozen=True, slots=True)
class Split:
    """A program in two parts.

    Attributes
    ----------
    before : Program
        The steps that NumPy computes; its results are what the loop needs of them.
    loop : Program
        Exact steps over the arguments that it uses and the results of ``before``.
    """

    before: Program
    loop: Program


def split(program: Program) -> Split:
    """The program with everything that other steps can wait for in the loop."""
    early: set[Operand] = set()
    for step in reversed(program.steps):
        if step.function not in EXACT or step.target in early:
            early |= {step.target, *(each for each in step.operands if isinstance(each, str))}
    before = tuple(step for step in program.steps if step.target in early)
    late = tuple(step for step in program.steps if step.target not in early)
    needed = {operand for step in late for operand in step.operands} | {*program.results}
    handed = tuple(step.target for step in before if step.target in needed)
    used = tuple(name for name in program.arguments if name in needed)
    return Split(
        Program(program.arguments, before, handed),
        Program((*used, *handed), late, program.results),
    )


def is_worthwhile(program: Program) -> bool:
    """Whether a loop would save NumPy passes over the arrays."""
    loop = split(program).loop
    return len(loop.steps) > 1 or any(step.function == "where" for step in loop.steps)


def loop_source(
    program: Program, dtype: DType, numbers: Collection[str], overwritten: Sequence[str] = ()
) -> str:
    """A module with a function ``kernel(*arguments, *results)`` that fills the results.

    The arguments in ``numbers`` are single ones, the others one-dimensional arrays that are as
    long as the results. All are of ``dtype``, or truth values. If arguments are named that are
    ``overwritten``, result by result, it is ``kernel(*arguments)``.
    """
    constants: dict[str, str] = {}

    def written(operand: Operand) -> str:
        if not isinstance(operand, Constant):
            return operand
        text = repr(operand.value)
        return constants.setdefault(text, f"c{len(constants)}")

    element = [f"{name} = {name}_[i]" for name in program.arguments if name not in numbers]
    for step in program.steps:
        element.append(_assignment(step, [written(each) for each in step.operands]))
    names = [name if name in numbers else f"{name}_" for name in program.arguments]
    own = [] if overwritten else [f"result{k}" for k in range(len(program.results))]
    targets = [f"{name}_" for name in overwritten] or own
    element += [
        f"{target}[i] = {written(result)}"
        for target, result in zip(targets, program.results, strict=True)
    ]
    body = "\n        ".join(element)
    numbers = [f'{name} = {dtype}("{text}")' for text, name in constants.items()]
    return "\n".join(
        [
            f"from numpy import {dtype}, floor, sqrt",
            "",
            f"zero = {dtype}(0)",
            f"one = {dtype}(1)",
            *numbers,
            "",
            "",
            f"def kernel({', '.join([*names, *own])}):",
            f"    for i in range({targets[0]}.size):",
            f"        {body}",
            "",
        ]
    )


def _assignment(step: Step, operands: list[str]) -> str:
    if step.function in INFIX:
        first, second = operands
        return f"{step.target} = {first} {INFIX[step.function]} {second}"
    value = PATTERNS[step.function].format(*operands, one="one", zero="zero")
    return f"{step.target} = {value}"
