"""Random graphs of up to a few hundred nodes: their values to 80 digits, and their derivatives."""

import mpmath
import pytest
from hypothesis import assume, given, settings

from support.references import definitions
from twingrad import Array, Value, grad
from twingrad.engine.formulas import table
from twingrad.testing import gradcheck
from twingrad.testing.strategies import SMOOTH, programs


def rounding(root):
    """How far one rounding of every node may move the root, if none of them cancels another."""
    stepper = root.steps()
    slopes, total = {root: 1.0}, 0.0
    for node in reversed(stepper.nodes):
        slope = slopes.get(node, 0.0)
        total += slope * abs(node.data)
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
            slopes[parent] = slopes.get(parent, 0.0) + abs(slope * derivative)
    return 2.0**-53 * total


ANY_LENGTH = (
    programs(rows=SMOOTH)
    | programs(rows=SMOOTH, longest=150, shortest=100)
    | programs(rows=SMOOTH, longest=300, shortest=250)
)


@settings(max_examples=40)
@given(ANY_LENGTH)
def test_values_are_those_of_80_digits(program):
    root = program.build()
    error = rounding(root)
    assume(error < 1e-8)  # beyond, the square of an error counts as well
    with mpmath.workdps(80):
        exact = program.run([mpmath.mpf(number) for number in program.numbers], definitions)
    tiny = 1e-30  # of numbers near 0 a definition such as that of asinh loses digits
    assert root.data == pytest.approx(float(exact), rel=0, abs=8 * error + tiny)


@pytest.mark.filterwarnings("ignore::twingrad.testing.GradientWarning")
@settings(max_examples=30)
@given(ANY_LENGTH)
def test_gradients_are_those_of_differences(program):
    gradcheck(program, *program.leaves())  # what is left below 1e-11 no difference can tell


@pytest.mark.filterwarnings("ignore::twingrad.testing.GradientWarning")
@settings(max_examples=60)
@given(programs() | programs(longest=60, shortest=40))
def test_second_derivatives_are_those_of_differences(program):
    gradcheck(program, *program.leaves(), order=2)


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
