"""Every row of the table in recordings: values, slopes, and slopes of slopes, for other numbers."""

import numpy as np
import pytest

import twingrad
from support.recordings import check_step
from twingrad.engine import formulas
from twingrad.engine.formulas import table
from twingrad.tensor.kernels.elementwise import INTEGRAL

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -3.0, 6.0, 1e4, -1e4, 1e-300, -1e300]
SPECIAL += [float("inf"), -float("inf"), float("nan")]

rows = pytest.mark.parametrize("name", table)


def mild(row, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [
        twingrad.tensor((rng.standard_normal((4, 6)) * 2).astype(dtype))
        for _ in range(row.arity[1])
    ]


def special(row, seed):
    rng = np.random.default_rng(seed)
    return [twingrad.tensor(rng.permutation(SPECIAL)) for _ in range(row.arity[1])]


def first_order(row):
    def step(*operands):
        leaves = [each.detach().requires_grad_() for each in operands]
        out = row(*leaves)
        return [out, *twingrad.autograd.grad(out.sum(), leaves, allow_unused=True)]

    return step


def second_order(row):
    def step(*operands):
        leaves = [each.detach().requires_grad_() for each in operands]
        found = twingrad.autograd.grad(row(*leaves).sum(), leaves, create_graph=True)
        # with a part that depends on the operands, whatever the slopes are
        total = sum(
            ((k + 1) * each * leaf).sum() for k, (each, leaf) in enumerate(zip(found, leaves))
        )
        return [*found, *twingrad.autograd.grad(total, leaves)]

    return step


@rows
def test_values_and_slopes(name):
    row = table[name]
    check_step(first_order(row), mild(row, 1), mild(row, 2))


@rows
def test_values_and_slopes_where_numbers_are_extreme(name):
    row = table[name]
    check_step(first_order(row), special(row, 1), special(row, 2))


@rows
def test_values_and_slopes_in_single_precision(name):
    row = table[name]
    check_step(first_order(row), mild(row, 1, np.float32), mild(row, 2, np.float32), tolerance=1e-6)


@rows
def test_slopes_of_slopes(name):
    row = table[name]
    check_step(second_order(row), mild(row, 1), mild(row, 2), tolerance=1e-11)


@rows
def test_operands_are_stretched(name):
    row = table[name]

    def step(*operands):
        leaves = [each[:, :1].detach().requires_grad_() for each in operands[:1]]
        leaves += [each[k].detach().requires_grad_() for k, each in enumerate(operands[1:])]
        out = row(*leaves)
        return [out, *twingrad.autograd.grad(out.sum(), leaves, allow_unused=True)]

    check_step(step, mild(row, 1), mild(row, 2))


@pytest.mark.parametrize("name", sorted(INTEGRAL))
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_whole_numbers(name, dtype):
    row = table[name]

    def numbers(seed):
        rng = np.random.default_rng(seed)
        shape = (3, 4)
        return [twingrad.tensor(rng.integers(0, 5, shape).astype(dtype)) for _ in row.arguments]

    check_step(lambda *operands: row(*operands), numbers(1), numbers(2))


@pytest.mark.parametrize("name", ["pos", "add", "mul", "maximum", "minimum", "where"])
def test_truth_values(name):
    row = table[name]

    def truths(seed):
        rng = np.random.default_rng(seed)
        return [twingrad.tensor(rng.random((3, 4)) < 0.5) for _ in row.arguments]

    check_step(lambda *operands: row(*operands), truths(1), truths(2))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
def test_numbers_of_other_dtypes_meet_as_they_do_in_eager_steps(dtype):
    def step(x, y):
        return x + y, x * 2, 3.5 - y, y.maximum(x), formulas.where(x, y, 1)

    def numbers(seed):
        rng = np.random.default_rng(seed)
        x = twingrad.tensor(rng.integers(0, 3, (3, 4)).astype(dtype))
        return [x, twingrad.tensor(rng.standard_normal(4).astype("float32"))]

    check_step(step, numbers(1), numbers(2), tolerance=1e-6)
