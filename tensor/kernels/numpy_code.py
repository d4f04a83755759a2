"""Programs as functions of NumPy arrays: the kernels that are there from the first call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import prod
from typing import Any

import numpy as np

from ...engine.source import FUNCTION, define
from ..broadcasting import summed_to
from ..dtypes import DType
from ..graph import Node
from .program import CONDITIONS, GRADIENT, Constant, Operand, Program, Step

_NAMES = {
    "div": "divide",
    "mul": "multiply",
    "neg": "negative",
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

_OUT_BY_NAME = frozenset({"maximum", "minimum"})
"""Steps whose memory for the result NumPy wants to have named."""

_SCIPY = frozenset({"erf", "erfc"})

LARGE = 8192
"""Elements from which on another way to compute a program is asked for."""

Kernel = Callable[..., Any]


def _power(base: Any, exponent: Any, out: Any = None) -> Any:
    """``base ** exponent``; squares and cubes by products.

    NumPy takes a hundred times as long for the power of a negative number.
    """
    if not exponent.ndim and exponent == 2:
        return np.square(base, out)
    if not exponent.ndim and exponent == 3:
        return np.multiply(np.square(base), base, out)
    return np.power(base, exponent, out)


def array_function(step: str) -> Kernel:
    """The function of NumPy, or of SciPy, that computes a step on arrays."""
    if step == "pow":
        return _power
    if step in _SCIPY:
        from scipy import special

        function: Kernel = getattr(special, step)
    else:
        function = getattr(np, _NAMES.get(step, step))
    return function


Large = Callable[[tuple[Any, ...]], "tuple[Any, ...] | None"]
"""Another way to compute a program on many elements: its results, or None to go on here."""


def program_kernel(program: Program, dtype: DType, what: str) -> Kernel:
    """A program as a function of its arguments that gives the tuple of its results."""
    return _Writer(program, dtype).values(what)


def update_kernel(
    program: Program, dtype: DType, what: str, arrays: int, overwritten: Sequence[int]
) -> Kernel:
    """A program as a function of its arguments that writes its results over some of them.

    The first ``arrays`` arguments are arrays of one shape, the others have no dimensions.
    """
    return _Writer(program, dtype).in_place(what, arrays, overwritten)


def value_kernel(program: Program, dtype: DType, what: str, large: Large | None = None) -> Kernel:
    """A program with one result as a function of its arguments, arrays of ``dtype``.

    A program of one step is the NumPy function itself.
    """
    match program.steps:
        case [Step(function=function, operands=operands)]:
            if operands == program.arguments and function not in ("mask", "where"):
                return array_function(function)
    if program.results == program.arguments:
        return np.array  # a copy: results never share memory with operands
    writer = _Writer(program, dtype, large)
    if program.used != set(program.arguments):
        return _stretching(writer.value(what))
    if len(program.arguments) > 1:
        return writer.value(what)
    (argument,) = program.arguments
    return writer.thrifty_value(argument, writer.value(what), what)


def _stretching(kernel: Kernel) -> Kernel:
    """A kernel that does not use all its arguments, with a result in the shape of them all."""

    def stretched(*arrays: Any) -> Any:
        shape = np.broadcast_shapes(*[array.shape for array in arrays])
        return np.array(np.broadcast_to(kernel(*arrays), shape), arrays[0].dtype)

    return stretched


def gradient_kernel(
    program: Program,
    wanted: Collection[int],
    dtype: DType,
    what: str,
    large: Large | None = None,
) -> Kernel:
    """A backward pass as a function of a node and its gradient: what its operands get of it.

    The program's results are those for the positions of the operands that are ``wanted``; the
    others get None.
    """
    writer = _Writer(program, dtype, large)
    kernel = writer.thrifty_gradients(wanted, writer.gradients(wanted, what), what)
    return kernel if large is None else writer.large_gradients(wanted, kernel, what)


class _Writer:
    """Writes a program as Python source that calls NumPy."""

    def __init__(self, program: Program, dtype: DType, large: Large | None = None) -> None:
        self.program = program
        self.dtype = dtype
        self.has_large = large is not None
        self.namespace: dict[str, Any] = {
            "__summed__": _summed,
            "__large__": large,
            "prod": prod,
        }
        self._constants: dict[str, str] = {}

    def values(self, what: str) -> Kernel:
        """The results as a function of the arguments."""
        results = "".join(f"{self._operand(result)}, " for result in self.program.results)
        lines = [*self._lines(), f"return ({results})"]
        return self._defined(", ".join(self.program.arguments), lines, what)

    def in_place(self, what: str, arrays: int, overwritten: Sequence[int]) -> Kernel:
        """The results, written over the arguments at these positions."""
        arguments = self.program.arguments
        lines = self._lines(full={*arguments[:arrays]})
        targets = [arguments[position] for position in overwritten]
        values = []
        for result in self.program.results:
            value = self._operand(result)
            # another result may be written over it first
            values.append(f"{value}.copy()" if value in targets else value)
        lines.append(f"{', '.join(f'{target}[:]' for target in targets)}, = {', '.join(values)},")
        return self._defined(", ".join(arguments), lines, what)

    def value(self, what: str) -> Kernel:
        """The one result as a function of the arguments, with new memory for every step."""
        (result,) = self.program.results
        lines = [
            *self._large(),
            *self._lines(),
            f"return {self._operand(result)}",
        ]
        return self._defined(", ".join(self.program.arguments), lines, what)

    def thrifty_value(self, argument: str, plain: Kernel, what: str) -> Kernel:
        """The same for one argument, with steps that write into memory that is free again.

        Arrays without dimensions are left to ``plain``: NumPy makes numbers of them, which
        cannot be written to.
        """
        (result,) = self.program.results
        thrifty = self._lines(full={argument})
        if thrifty == self._lines():
            return plain
        self.namespace["__plain__"] = plain
        lines = [
            f"if not {argument}.ndim:",
            f"    return __plain__({argument})",
            *self._large(),
            *thrifty,
            f"return {self._operand(result)}",
        ]
        return self._defined(argument, lines, f"{what}, in place")

    def gradients(self, wanted: Collection[int], what: str) -> Kernel:
        """What the operands of a node get of its gradient, with new memory for every step."""
        arguments = f"node, {GRADIENT}"
        result = self._contributions(wanted)
        if len(self.program.arguments) > 3:  # the gradient, several operands and the value
            result = f"__summed__(node, {result}) if node.parameters else {result}"
        lines = [*self._unpacked(), *self._lines(), f"return {result}"]
        return self._defined(arguments, lines, what)

    def thrifty_gradients(self, wanted: Collection[int], plain: Kernel, what: str) -> Kernel:
        """The same where all operands have the shape of the result, memory being used again."""
        full = {*self.program.arguments} - {GRADIENT}
        thrifty = self._lines(full)
        if thrifty == self._lines():
            return plain
        self.namespace["__plain__"] = plain
        lines = [
            "if node.parameters or not node.shape:",
            f"    return __plain__(node, {GRADIENT})",
            *self._unpacked(),
            *thrifty,
            f"return {self._contributions(wanted)}",
        ]
        return self._defined(f"node, {GRADIENT}", lines, f"{what}, in place")

    def large_gradients(self, wanted: Collection[int], small: Kernel, what: str) -> Kernel:
        """The same, where many elements are handed to the other way to compute them."""
        positions = [*wanted]
        count = len(self.program.arguments) - 2
        each = [f"large[{positions.index(k)}]" if k in positions else "None" for k in range(count)]
        contributions = f"({', '.join(each)},)"
        self.namespace["__small__"] = small
        lines = [
            f"if prod(node.shape) < {LARGE}:",
            f"    return __small__(node, {GRADIENT})",
            *self._unpacked(),
            f"large = __large__(({self._used()}))",
            "if large is None:",
            f"    return __small__(node, {GRADIENT})",
            f"return __summed__(node, {contributions}) if node.parameters else {contributions}",
        ]
        return self._defined(f"node, {GRADIENT}", lines, f"{what}, large")

    def _used(self) -> str:
        """The arguments, None in the place of those that are not used."""
        used = self.program.used
        return "".join(f"{name if name in used else None}, " for name in self.program.arguments)

    def _unpacked(self) -> list[str]:
        """The operands that are used, and the value, taken from the node."""
        _, *operands, _ = self.program.arguments
        lines = []
        if self.program.used.intersection(operands):
            lines.append(f"{', '.join(operands)}, = node.inputs")
            lines += [f"{name} = {name}._data" for name in operands if name in self.program.used]
        if "out" in self.program.used:
            lines.append("out = node.out")
        return lines

    def _large(self) -> list[str]:
        """What hands many elements over to the other way to compute them, if there is one."""
        if not self.has_large:
            return []
        sizes = " or ".join(f"{name}.size >= {LARGE}" for name in self.program.arguments)
        return [
            f"if {sizes}:",
            f"    large = __large__(({self._used()}))",
            "    if large is not None:",
            "        return large[0]",
        ]

    def _contributions(self, wanted: Collection[int]) -> str:
        results = iter(self.program.results)
        count = len(self.program.arguments) - 2
        each = [self._operand(next(results)) if k in wanted else "None" for k in range(count)]
        return f"({', '.join(each)},)"

    def _lines(self, full: Collection[str] = ()) -> list[str]:
        """The steps; ``full`` names arguments with the shape of the result.

        A step on such arrays may write into the memory of an earlier step that is done with.
        """
        last: dict[Operand, float] = {
            operand: k for k, step in enumerate(self.program.steps) for operand in step.operands
        }
        last |= dict.fromkeys(self.program.results, np.inf)
        shaped: set[Operand] = {*full}
        own: dict[Operand, str] = {}
        lines = []
        for k, step in enumerate(self.program.steps):
            target = ""
            if shaped.intersection(step.operands):
                shaped.add(step.target)
                if step.function not in CONDITIONS and step.function not in ("mask", "where"):
                    free = [each for each in step.operands if each in own and last[each] == k]
                    target = own[free[0]] if free else ""
                    own[step.target] = step.target
            lines.append(f"{step.target} = {self._call(step, target)}")
        return lines

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
        if target:  # by its name, which costs more, only where NumPy demands it
            arguments.append(f"out={target}" if function in _OUT_BY_NAME else target)
        return f"{name}({', '.join(arguments)})"

    def _is_only_a_factor(self, mask: str) -> bool:
        """Whether a mask is only ever multiplied with what is no mask."""
        masks = {step.target for step in self.program.steps if step.function == "mask"}
        return mask not in self.program.results and all(
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
            with np.errstate(over="ignore", invalid="ignore"):
                # an array without dimensions: NumPy takes it in half the time of a Python number
                number = np.array(operand.value).astype(self.dtype)
            self.namespace[self._constants[key]] = number
        return self._constants[key]

    def _defined(self, arguments: str, lines: list[str], what: str) -> Kernel:
        body = "\n    ".join(lines)
        code = f"def {FUNCTION}({arguments}):\n    {body}\n"
        return define(FUNCTION, code, self.namespace, f"{what}: {self.dtype}")


def _summed(node: Node, contributions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Contributions summed over what their operands were stretched along."""
    return tuple(
        each if each is None or shape == node.shape else summed_to(each, node.shape, shape)
        for each, shape in zip(contributions, node.parameters)
    )
