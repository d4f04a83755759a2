"""The loops of a schedule as Python that Numba compiles.

The source depends on the kinds of steps alone, not on how many there are, so that all functions of
the same kinds share one compiled kernel, on disk too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ..code_cache import compiled
from ..formula import Formula
from .operations import (
    GRADIENT,
    GREATEST,
    PRODUCTS,
    SHARE,
    SMALLEST,
    Step,
    function_name,
    row_source,
)
from .schedule import LANES

SIGNATURE = "void(float64[::1], int64[:, ::1], uint32[::1])"

_HEAD = '''\
"""Numbers of a graph of Values, computed loop by loop.

`numbers` holds them all. Every row of `groups` is one loop: what it computes, how many results,
where the first of them lies, where in `at` the places of its operands begin, and how many operands
each result has.
"""

from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, erf, erfc, exp, expm1
from math import fabs as abs, log, log1p, log2, log10, sin, sinh, sqrt, tan, tanh
from numba import njit
from numpy import exp2, floor, hypot
'''

_POWER = """

@njit(error_model="numpy")
def __pow__(a, b):
    return a * a if b == 2.0 else a**b
"""

_KERNEL = """

def kernel(numbers, groups, at):
    for group in range(groups.shape[0]):
        code, count, first, k, width = (
            groups[group, 0], groups[group, 1], groups[group, 2], groups[group, 3],
            groups[group, 4],
        )
"""


def _lanes() -> str:
    """Sums of products, several side by side, then those that are left."""

    def lines(text: str, indent: int) -> str:
        each = [text.format(n=n, a=f" + {n}" if n else "", b=LANES + n) for n in range(LANES)]
        return f"\n{' ' * indent}".join(each)

    return f"""\
            # {PRODUCTS.title}, {LANES} of them at a time
            whole = count - count % {LANES}
            for i in range(first, first + whole, {LANES}):
                {lines("s{n} = numbers[at[k{a}]] * numbers[at[k + {b}]]", 16)}
                k += {2 * LANES}
                for _ in range(width // 2 - 1):
                    {lines("s{n} += numbers[at[k{a}]] * numbers[at[k + {b}]]", 20)}
                    k += {2 * LANES}
                {lines("numbers[i{a}] = s{n}", 16)}
            for i in range(first + whole, first + count):
                s0 = numbers[at[k]] * numbers[at[k + 1]]
                k += 2
                for _ in range(width // 2 - 1):
                    s0 += numbers[at[k]] * numbers[at[k + 1]]
                    k += 2
                numbers[i] = s0
"""


def _extreme(step: Step) -> str:
    return f"""\
            # {step.title}
            for i in range(first, first + count):
                found = numbers[at[k]]
                for j in range(k, k + width):
                    x = numbers[at[j]]
                    if x != x or x {step.source} found:
                        found = x
                numbers[i] = found
                k += width
"""


_SHARE = f"""\
            # {SHARE.title}
            for i in range(first, first + count):
                found = numbers[at[k]]
                hits = 0.0
                for j in range(k + 1, k + width):
                    x = numbers[at[j]]
                    if x == found or (x != x and found != found):
                        hits += 1.0
                numbers[i] = 1.0 / hits
                k += width
"""


def _elementwise(step: Step) -> str:
    """A row, with its arguments by names that nothing else in the kernel has."""
    names = {name: f"{name}_" for name in step.arguments} | {GRADIENT: "gradient"}
    rows = ["", "count + ", *[f"{n} * count + " for n in range(2, len(step.arguments))]]
    reads = [f"{names[name]} = numbers[at[k + {row}i]]" for name, row in zip(step.arguments, rows)]
    tree = ast.parse(step.source, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    lines = f"\n{' ' * 16}".join([*reads, f"numbers[first + i] = {ast.unparse(tree)}"])
    return f"""\
            # {step.title}
            for i in range(count):
                {lines}
"""


def kernel_source(steps: Sequence[Step]) -> str:
    """A module whose ``kernel`` computes groups of these steps, by their places as codes."""
    rows: dict[str, Formula] = {row.name: row for step in steps for row in step.rows}
    functions = [
        _function(function_name(row), row.arguments, row_source(row)) for row in rows.values()
    ]
    branches = [
        f"        {'elif' if code else 'if'} code == {code}:\n{_body(step)}"
        for code, step in enumerate(steps)
    ]
    body = "".join([*functions, _KERNEL, *branches])
    return "".join([_HEAD, _POWER if "__pow__" in body else "", body])


def _body(step: Step) -> str:
    if step is PRODUCTS:
        return _lanes()
    if step in (GREATEST, SMALLEST):
        return _extreme(step)
    return _SHARE if step is SHARE else _elementwise(step)


def _function(name: str, arguments: Sequence[str], source: str) -> str:
    return (
        f'\n\n@njit(error_model="numpy")\n'
        f"def {name}({', '.join(arguments)}):\n    return {source}\n"
    )


@lru_cache(maxsize=256)
def kernel(source: str) -> Callable[..., Any]:
    """The compiled kernel of a source, from the cache on disk if it is there."""
    return compiled(source, SIGNATURE)
