"""Every row of the table, compiled, gives what it gives as it is, at the edges too."""

import itertools
import math

import numpy as np
import pytest

from twingrad import Value
from twingrad.engine.formula import table
from twingrad.engine.tape.function import CompiledFunction

ROWS = [row for row in table.values() if row.is_built_in]
LINE = [0.0, 0.3, 1.0, 2.5, 3.0, 6.0, 40.0, 745.0, 1e4, 1e-300, 1e300, math.inf, 5e-324]
POINTS = [*LINE, *[-x for x in LINE], math.nan]


def at(points, rows):
    """The value of each row at each of the points, and its partial derivatives there."""
    found = []
    for row in rows:
        own = [x.pos() for x in points[: len(row.arguments)]]
        out = row(*own)
        out.backward()
        found.append([out, *[x.grad for x in own]])
    return found


def numbers(found):
    return [[out.data, *slopes] for out, *slopes in found]


def points():
    rng = np.random.default_rng(0)
    yield from zip(POINTS * 2, rng.permutation(POINTS * 2), rng.permutation(POINTS * 2))
    yield from ((x, x, y) for x, y in itertools.product(POINTS, [0.5, 2.0]))
    yield from ((x, y, 1.0) for x, y in itertools.product(POINTS, [-1.0, 2.0, 3.0]))


@pytest.fixture(scope="module")
def both():
    """What the rows give at all points, as they are and compiled: row by row."""
    eager, replayed = [], []
    chunks = [ROWS[k::4] for k in range(4)]
    compiled = [CompiledFunction(lambda *values, rows=rows: at(values, rows)) for rows in chunks]
    for point in points():
        for rows, function in zip(chunks, compiled):
            eager.append(dict(zip(rows, numbers(at([Value(float(x)) for x in point], rows)))))
            given = [Value(float(x)) for x in point]
            function(*given)
            replayed.append(dict(zip(rows, numbers(function(*given)))))
    return eager, replayed


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_and_its_slopes_are_the_same_compiled(row, both):
    pairs = [(a[row], b[row]) for a, b in zip(*both) if row in a]
    assert len(pairs) > 100
    for eager, replayed in pairs:
        np.testing.assert_allclose(replayed, eager, rtol=1e-12, atol=0)
