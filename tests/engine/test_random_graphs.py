"""Random graphs of up to a few hundred nodes against finite differences of 60-digit values."""

import mpmath
import pytest
from hypothesis import assume, given, settings

from support.references import definitions
from twingrad import Array, Value, grad
from twingrad.engine.formulas import table
from twingrad.testing.strategies import SMOOTH, programs

STEP = mpmath.mpf(10) ** -20


def differences(program, k):
    """The first and second derivative by leaf ``k``, from central differences of exact values."""

    def value(steps):
        numbers = [mpmath.mpf(number) for number in program.numbers]
        numbers[k] += steps * STEP
        return program.run(numbers, definitions)

    with mpmath.workdps(80):
        left, here, right = value(-1), value(0), value(1)
        return float((right - left) / (2 * STEP)), float((right - 2 * here + left) / STEP**2)


def magnitude(root, leaf):
    """What the gradient would be if no contributions cancelled: the scale of its rounding."""
    totals = {root: 1.0}
    stepper = root.steps()
    for node in reversed([node for node in stepper.nodes if node.parents]):
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
            totals[parent] = totals.get(parent, 0.0) + abs(totals[node] * derivative)
    return totals.get(leaf, 0.0)


ANY_LENGTH = (
    programs(rows=SMOOTH)
    | programs(rows=SMOOTH, longest=150, shortest=100)
    | programs(rows=SMOOTH, longest=300, shortest=250)
)


@settings(max_examples=60)
@given(ANY_LENGTH)
def test_gradients_agree_with_finite_differences_of_exact_values(program):
    leaves = program.leaves()
    root = program.build(leaves)
    root.backward()
    for k, leaf in enumerate(leaves):
        scale = magnitude(root, leaf)
        assume(scale < 1e6)  # beyond, rounding grows like an error in the input does
        first, _ = differences(program, k)
        assert (leaf.grad or 0.0) == pytest.approx(first, rel=1e-8, abs=1e-11 * max(1.0, scale))


TWICE_SMOOTH = [name for name in SMOOTH if name != "softsign"]  # its slope has a kink at 0


@settings(max_examples=60)
@given(programs(rows=TWICE_SMOOTH) | programs(rows=TWICE_SMOOTH, longest=60, shortest=40))
def test_second_derivatives_agree_with_finite_differences_of_exact_values(program):
    for k in range(len(program.numbers)):
        leaves = program.leaves()
        root = program.build(leaves)
        root.backward(create_graph=True)
        first = leaves[k].grad
        if first is None or not first.requires_grad:
            continue
        leaves[k].grad = None
        first.backward()
        scale = max(magnitude(root, leaves[k]), magnitude(first, leaves[k]))
        assume(scale < 1e5)
        _, second = differences(program, k)
        assert (leaves[k].grad or 0.0) == pytest.approx(
            second, rel=1e-7, abs=1e-10 * max(1.0, scale**2)
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
