"""Random programs of elementary functions, for Hypothesis to draw and to shrink."""

from dataclasses import dataclass
from functools import cached_property

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
    """Numbers for the leaves, and instructions: a row and how far back its operands lie."""

    numbers: tuple[float, ...]
    instructions: tuple[tuple[str, tuple[int, ...]], ...]

    def run(self, leaves, functions):
        """The last result, with ``functions`` by the rows' names, on any kind of number.

        Where a result leaves [-2, 2] it is drawn back by a tanh, so that programs of hundreds
        of instructions stay finite and are not chaotic. Which ones are drawn back is decided by
        the program's own numbers, whatever numbers it is run with.
        """
        results = list(leaves)
        for (name, operands), drawn_back in zip(self.instructions, self._drawn_back, strict=True):
            result = functions[name](*[results[-1 - k % len(results)] for k in operands])
            results.append(functions["tanh"](result) if drawn_back else result)
        return results[-1]

    @cached_property
    def _drawn_back(self):
        results, decisions = list(self.numbers), []
        for name, operands in self.instructions:
            result = table[name](*[results[-1 - k % len(results)] for k in operands])
            decisions.append(abs(result) > 2)
            results.append(table["tanh"](result) if decisions[-1] else result)
        return decisions

    def leaves(self):
        return [Value(number, f"x{k}") for k, number in enumerate(self.numbers)]

    def build(self, leaves=None):
        """The last result as a Value."""
        return self.run(leaves or self.leaves(), table)


@st.composite
def programs(draw, longest=40, rows=(*SMOOTH, *KINKED), shortest=1):
    """Programs with 1 to 4 leaves and up to ``longest`` instructions."""
    millionths = st.integers(-2_000_000, 2_000_000)  # nothing tiny that doubling could make large
    numbers = draw(st.lists(millionths.map(lambda k: k / 1e6), min_size=1, max_size=4))
    instruction = st.sampled_from(rows).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.tuples(*[st.integers(0, 6)] * table[name].arity[0]),
        )
    )
    instructions = draw(st.lists(instruction, min_size=shortest, max_size=longest))
    return Program(tuple(numbers), tuple(instructions))
