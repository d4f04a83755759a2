"""Random graphs of up to a few hundred nodes against finite differences of 60-digit values."""

import mpmath
import pytest
from hypothesis import given, settings

from twingrad import Array, Value, grad
from twingrad.engine.formulas import table

from support.graphs import SMOOTH, programs
from support.references import definitions

SMALL = mpmath.mpf(10) ** -20


class Exact:
    """A number of 60 digits with the elementary functions of mpmath."""

    def __init__(self, number):
        self.number = number

    def __float__(self):
        return float(self.number)


def exactly(definition):
    return lambda *operands: Exact(definition(*[operand.number for operand in operands]))


EXACT = {name: exactly(definition) for name, definition in definitions.items()}


def slope(program, k):
    """The derivative by leaf ``k``, as an extrapolated central difference of exact values."""

    def value(shift):
        numbers = [mpmath.mpf(number) for number in program.numbers]
        numbers[k] += shift
        return program.run(map(Exact, numbers), EXACT).number

    with mpmath.workdps(60):
        near = (value(SMALL) - value(-SMALL)) / (2 * SMALL)
        far = (value(2 * SMALL) - value(-2 * SMALL)) / (4 * SMALL)
        return float((4 * near - far) / 3)


def magnitude(root, leaf):
    """What the gradient would be if no contributions cancelled: the scale of its rounding."""
    totals = {root: 1.0}
    stepper = root.steps()
    for node in reversed([node for node in stepper.nodes if node.parents]):
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
            totals[parent] = totals.get(parent, 0.0) + abs(totals[node] * derivative)
    return totals.get(leaf, 0.0)


@settings(max_examples=60)
@given(programs(longest=300, rows=SMOOTH, shortest=5))
def test_gradients_agree_with_finite_differences_of_exact_values(program):
    leaves = program.leaves()
    root = program.build(leaves)
    root.backward()
    for k, leaf in enumerate(leaves):
        assert (leaf.grad or 0.0) == pytest.approx(
            slope(program, k), rel=1e-8, abs=1e-11 * max(1.0, magnitude(root, leaf))
        )


@settings(max_examples=40)
@given(programs(longest=12, rows=SMOOTH))
def test_second_derivatives_agree_with_differences_of_first_ones(program):
    leaves = program.leaves()
    program.build(leaves).backward(create_graph=True)
    first = leaves[0].grad
    if first is None or not first.requires_grad:
        return
    for leaf in leaves:
        leaf.grad = None
    first.backward()

    def by_first(shift):
        moved = program.leaves()
        moved[0].data += shift
        program.build(moved).backward()
        return moved[0].grad

    h = 1e-4
    near = (by_first(h) - by_first(-h)) / (2 * h)
    far = (by_first(2 * h) - by_first(-2 * h)) / (4 * h)
    error = abs(near - far)
    scale = max(1.0, magnitude(first, leaves[0]))
    assert (leaves[0].grad or 0.0) == pytest.approx(
        (4 * near - far) / 3, abs=error + 1e-7 * scale, rel=1e-6
    )


@given(programs(longest=60))
def test_a_graph_of_arrays_gives_what_its_values_give(program):
    leaves = program.leaves()
    root = program.build(leaves)
    root.backward()
    arrays = [Array([[number]]) for number in program.numbers]
    result = program.run(arrays, table)
    result.sum().backward()
    assert result.item() == root.data
    for leaf, array in zip(leaves, arrays, strict=True):
        assert (array.grad is None) == (leaf.grad is None)
        assert array.grad is None or array.grad.item() == leaf.grad


@given(programs(longest=60))
def test_grad_of_a_function_gives_what_backward_gives(program):
    leaves = program.leaves()
    program.build(leaves).backward()
    found = grad(lambda *own: program.build(list(own)), argnums=tuple(range(len(leaves))))(
        *program.numbers
    )
    assert list(found) == [leaf.grad or 0.0 for leaf in leaves]


@given(programs(longest=60))
def test_create_graph_changes_no_number(program):
    plain, differentiable = program.leaves(), program.leaves()
    program.build(plain).backward()
    program.build(differentiable).backward(create_graph=True)
    for mine, theirs in zip(plain, differentiable, strict=True):
        if mine.grad is None:
            assert theirs.grad is None
        else:
            assert isinstance(theirs.grad, Value)
            assert theirs.grad.data == pytest.approx(mine.grad, rel=1e-12, abs=1e-300)
