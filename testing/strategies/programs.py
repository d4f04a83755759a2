"""Random programs of elementary functions, for Values, Arrays, tensors, or numbers of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, final

from hypothesis import strategies as st

from ...engine.checks import checked_choice, checked_count, ordered
from ...engine.formulas import table
from ...engine.value import Value
from .listing import listing

Number = TypeVar("Number")

SMOOTH = (
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
)
"""Rows without kinks that are defined everywhere."""

KINKED = ("relu", "abs", "maximum", "minimum", "leaky_relu", "clamp", "hardtanh", "elu")
"""Rows with kinks that are defined everywhere."""

_LARGE = 2.0
"""Beyond this size a result is drawn back by a tanh."""


@final
@dataclass(frozen=True, repr=False)
class Program:
    """Numbers for the leaves, and instructions that each compute one number more.

    Attributes
    ----------
    numbers : tuple of float
        The leaves.
    instructions : tuple of (str, tuple of int)
        The name of a row, and for each operand how many results it lies back, counted around
        where there are fewer: any part of the instructions is a program too.

    Examples
    --------
    >>> from twingrad.testing.strategies import Program
    >>> program = Program((0.5,), (("tanh", (0,)), ("mul", (0, 1))))
    >>> program
    Program(
        x0 = 0.5
        x1 = tanh(x0)
        x2 = mul(x1, x0)
    )
    >>> root = program.build()
    >>> root.backward()
    >>> root
    Value(data=0.23105857863000487, grad=1.0)
    """

    numbers: tuple[float, ...]
    instructions: tuple[tuple[str, tuple[int, ...]], ...]

    def run(
        self, leaves: Sequence[Number], functions: Mapping[str, Callable[..., Number]]
    ) -> Number:
        """The last result, with ``functions`` by the names of rows, on any kind of number.

        A result that leaves [-2, 2] is drawn back by a tanh, so that programs of hundreds of
        instructions stay finite and are not chaotic. Which ones are is decided by the program's
        own numbers, whatever numbers it is run with.
        """
        results = [*leaves]
        for (name, back), drawn_back in zip(self.instructions, self._drawn_back, strict=True):
            result = functions[name](*[results[k] for k in _places(back, len(results))])
            results.append(functions["tanh"](result) if drawn_back else result)
        return results[-1]

    @cached_property
    def _drawn_back(self) -> list[bool]:
        results, decisions = [*self.numbers], []
        for name, back in self.instructions:
            result: float = table[name](*[results[k] for k in _places(back, len(results))])
            decisions.append(abs(result) > _LARGE)
            results.append(table["tanh"](result) if decisions[-1] else result)
        return decisions

    def leaves(self) -> list[Value]:
        """The numbers as Values, called x0, x1 and so on."""
        return [Value(number, f"x{k}") for k, number in enumerate(self.numbers)]

    def build(self, leaves: Sequence[Any] | None = None) -> Any:
        """The last result on ``leaves``: Values of the program's numbers, where there are none.

        They may be Values, Arrays or tensors; the result is of their kind.
        """
        return self.run(self.leaves() if leaves is None else leaves, table)

    def __call__(self, *leaves: Any) -> Any:
        """The last result on these leaves, of their kind: a function to be differentiated."""
        return self.build(leaves)

    def __repr__(self) -> str:
        lines = [f"x{k} = {number!r}" for k, number in enumerate(self.numbers)]
        for (name, back), drawn_back in zip(self.instructions, self._drawn_back, strict=True):
            operands = ", ".join(f"x{k}" for k in _places(back, len(lines)))
            call = f"{name}({operands})"
            lines.append(f"x{len(lines)} = {f'tanh({call})' if drawn_back else call}")
        return listing("Program", lines)


def _places(back: Sequence[int], count: int) -> list[int]:
    """Where operands stand among ``count`` results, of which the last is 0 steps back."""
    return [count - 1 - k % count for k in back]


def programs(
    longest: int = 40, rows: Sequence[str] = (*SMOOTH, *KINKED), shortest: int = 1
) -> st.SearchStrategy[Program]:
    """Programs with 1 to 4 leaves between -2 and 2.

    They shrink to fewer instructions, and to rows that stand earlier in ``rows``.

    Parameters
    ----------
    longest, shortest : int
        How many instructions.
    rows : sequence of str
        The names of rows to be used; they must be defined everywhere, as those of :data:`SMOOTH`
        and :data:`KINKED` are.

    Raises
    ------
    TypeError
        If a length is no whole number.
    ValueError
        If one is negative, ``shortest`` is above ``longest``, or a name is not in the table.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5)
    ... @given(strategies.programs(longest=5))
    ... def test_results_stay_small(program):
    ...     assert abs(program.build().data) <= 4
    >>> test_results_stay_small()
    """
    checked_count(shortest, "programs: shortest")
    checked_count(longest, "programs: longest")
    ordered("programs", shortest=shortest, longest=longest)
    for name in rows:
        checked_choice(name, "programs: rows", table)
    millionths = st.integers(-2_000_000, 2_000_000)  # nothing tiny that doubling could make large
    numbers = st.lists(millionths.map(lambda k: k / 1e6), min_size=1, max_size=4)
    instruction = st.sampled_from([*rows]).flatmap(
        lambda name: st.tuples(
            st.just(name), st.tuples(*[st.integers(0, 6)] * table[name].arity[0])
        )
    )
    instructions = st.lists(instruction, min_size=shortest, max_size=longest)
    return st.builds(Program, numbers.map(tuple), instructions.map(tuple))
