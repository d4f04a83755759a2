"""Random programs of elementary functions, for Hypothesis to draw and to shrink."""

from dataclasses import dataclass

from hypothesis import strategies as st

from twingrad import Value
from twingrad.engine.formulas import table

SMOOTH = [
    "add",
    "sub",
    "mul",
    "tanh",
    "sin",
    "cos",
    "sigmoid",
    "softplus",
    "atan",
    "erf",
    "silu",
    "gelu",
    "mish",
    "softsign",
    "asinh",
    "logaddexp",
    "neg",
    "square",
    "exp2",
    "logsigmoid",
]
"""Rows without kinks that are defined everywhere."""

KINKED = ["relu", "abs", "maximum", "minimum", "leaky_relu", "clamp", "hardtanh", "elu"]


@dataclass(frozen=True)
class Program:
    """Numbers for the leaves, and instructions: a row and the earlier results it takes."""

    numbers: tuple[float, ...]
    instructions: tuple[tuple[str, tuple[int, ...]], ...]

    def run(self, leaves, functions):
        """The last result, with ``functions`` by the rows' names, on any kind of number.

        Where a result grows beyond 50 it is drawn back by a tanh, so that programs of hundreds
        of instructions stay finite.
        """
        results = list(leaves)
        for name, operands in self.instructions:
            result = functions[name](*[results[k % len(results)] for k in operands])
            if abs(float(result)) > 50:
                result = functions["tanh"](result)
            results.append(result)
        return results[-1]

    def leaves(self):
        return [Value(number, f"x{k}") for k, number in enumerate(self.numbers)]

    def build(self, leaves=None):
        """The last result as a Value."""
        return self.run(leaves or self.leaves(), table)


@st.composite
def programs(draw, longest=40, rows=(*SMOOTH, *KINKED), shortest=1):
    """Programs with 1 to 4 leaves and up to ``longest`` instructions."""
    numbers = draw(st.lists(st.floats(-2, 2), min_size=1, max_size=4))
    instruction = st.sampled_from(rows).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.tuples(*[st.integers(0, longest + 4)] * max(1, table[name].arity[0])),
        )
    )
    instructions = draw(st.lists(instruction, min_size=shortest, max_size=longest))
    return Program(tuple(numbers), tuple(instructions))
