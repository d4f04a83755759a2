"""The twins agree: one random program on Values, on Arrays of them, and on float64 tensors."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twingrad import Array
from twingrad.engine.formulas import table
from twingrad.tensor import Tensor, autograd
from twingrad.testing.strategies import SMOOTH, programs


def magnitude(root, leaf):
    """What the gradient would be if no contributions cancelled: the scale of its rounding."""
    totals = {root: 1.0}
    stepper = root.steps()
    for node in reversed([node for node in stepper.nodes if node.parents]):
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
            totals[parent] = totals.get(parent, 0.0) + abs(totals[node] * derivative)
    return totals.get(leaf, 0.0)


def close(found, expected, scale=1.0):
    return found == pytest.approx(expected, rel=1e-12, abs=1e-12 * max(1.0, scale))


@settings(max_examples=150)
@given(programs(longest=60))
def test_a_program_gives_the_same_values_and_gradients_on_either_twin(program):
    leaves = program.leaves()
    root = program.build(leaves)
    root.backward()
    tensors = [Tensor(np.array(number), requires_grad=True) for number in program.numbers]
    result = program.run(tensors, table)
    result.backward()
    assert result.dtype == np.float64
    assert close(result.item(), root.data)
    for leaf, tensor in zip(leaves, tensors, strict=True):
        assert (tensor.grad is None) == (leaf.grad is None)
        scale = magnitude(root, leaf)
        assume(scale < 1e6)
        assert tensor.grad is None or close(tensor.grad.item(), leaf.grad, scale)


@settings(max_examples=60)
@given(programs(longest=30), st.integers(1, 5))
def test_a_program_on_many_elements_is_the_program_on_each(program, count):
    spread = np.linspace(-1.0, 1.0, count)
    arrays = [number + 0.25 * spread for number in program.numbers]
    twins = [Array(array) for array in arrays]
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    expected, result = program.run(twins, table), program.run(tensors, table)
    expected.sum().backward()
    result.sum().backward()
    np.testing.assert_allclose(result.detach().numpy(), expected.data, rtol=1e-11, atol=1e-11)
    for twin, tensor in zip(twins, tensors, strict=True):
        assert (tensor.grad is None) == (twin.grad is None)
        if tensor.grad is not None and np.abs(twin.grad).max() < 1e5:
            np.testing.assert_allclose(tensor.grad.numpy(), twin.grad, rtol=1e-9, atol=1e-8)


TWICE = [name for name in SMOOTH if name != "softsign"]


@settings(max_examples=60)
@given(programs(rows=TWICE, longest=20))
def test_second_derivatives_agree(program):
    leaves = program.leaves()
    root = program.build(leaves)
    scales = [magnitude(root, leaf) for leaf in leaves]
    assume(max(scales) < 1e3)
    root.backward(create_graph=True)
    first = [leaf.grad for leaf in leaves]
    tensors = [Tensor(np.array(number), requires_grad=True) for number in program.numbers]
    result = program.run(tensors, table)
    found = autograd.grad(result, tensors, create_graph=True, allow_unused=True)
    for value, tensor in zip(first, found, strict=True):
        assert (tensor is None) == (value is None)
        if value is None or not value.requires_grad:
            continue
        for leaf in leaves:
            leaf.grad = None
        value.backward()
        assert close(tensor.item(), value.data, max(scales))
        if not tensor.requires_grad:
            assert all(leaf.grad is None or leaf.grad == 0 for leaf in leaves)
            continue
        seconds = autograd.grad(tensor, tensors, retain_graph=True, allow_unused=True)
        for leaf, second in zip(leaves, seconds, strict=True):
            wanted = leaf.grad or 0.0
            got = 0.0 if second is None else second.item()
            assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9 * max(1.0, *scales) ** 2)
