"""Sums of products over named dimensions: values, gradients and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.products import GOLDEN, check_product, check_refused, golden_products
from twingrad.tensor import Tensor
from twingrad.tensor.operations.einsum import einsum, tensordot
from twingrad.testing import gradcheck


@pytest.mark.parametrize(("case", "layout"), golden_products("einsum"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_product(case, layout)


@pytest.mark.parametrize("expression", GOLDEN["refused"]["einsum"])
def test_what_pytorch_refuses_is_refused_with_a_sentence(expression):
    assert check_refused(expression).startswith(f"{expression.partition('(')[0]}: ")


@st.composite
def equations(draw):
    """An equation with an arrow, and the shapes of its operands."""
    lengths = dict(zip("abcd", draw(st.tuples(*[st.integers(0, 3)] * 4)), strict=True))
    term = st.text("abcd", max_size=4)
    terms = draw(st.lists(term, min_size=1, max_size=3))
    named = sorted(set("".join(terms)))
    output = draw(st.lists(st.sampled_from(named), unique=True)) if named else []
    shapes = [[lengths[name] for name in each] for each in terms]
    return f"{','.join(terms)}->{''.join(output)}", shapes


@given(equations())
def test_any_equation_means_what_it_means_to_numpy(drawn):
    equation, shapes = drawn
    generator = np.random.default_rng(0)
    arrays = [generator.uniform(-1, 1, shape) for shape in shapes]
    expected = np.einsum(equation, *arrays)
    result = einsum(equation, *map(Tensor, arrays))
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-10, atol=1e-10)


DIFFERENTIABLE = {
    "ij,jk->ki": [(2, 3), (3, 2)],
    "ii->i": [(3, 3)],
    "iij->j": [(2, 2, 3)],
    "ii": [(3, 3)],
    "iii->": [(2, 2, 2)],
    "i,j->ji": [(2,), (3,)],
    "i,i->i": [(1,), (3,)],
    "bij,bkj->bik": [(2, 2, 3), (2, 2, 3)],
    "...ij,jk->...ik": [(2, 2, 3), (3, 2)],
    "i,ij,j->": [(2,), (2, 3), (3,)],
    "ij->": [(2, 3)],
    "ij,kl->il": [(2, 3), (2, 2)],
    "...i,...i->...": [(2, 1, 3), (2, 3)],
}


@pytest.mark.parametrize("equation", DIFFERENTIABLE)
def test_first_and_second_derivatives(equation, generator):
    arrays = [generator.uniform(-1, 1, shape) for shape in DIFFERENTIABLE[equation]]
    gradcheck(lambda *tensors: einsum(equation, *tensors), *arrays, order=2)


@pytest.mark.parametrize("dims", [0, 1, 2, ([0], [1]), ([-1, 0], [0, 1])])
def test_first_and_second_derivatives_of_tensordot(dims, generator):
    a, b = generator.uniform(-1, 1, (2, 2, 2)), generator.uniform(-1, 1, (2, 2))
    gradcheck(lambda x, y: tensordot(x, y, dims), a, b, order=2)
    np.testing.assert_allclose(tensordot(a, Tensor(b), dims).numpy(), np.tensordot(a, b, dims))


def test_the_product_of_two_matrices_is_one_node_by_any_name():
    a, b = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones((3, 4)), requires_grad=True)
    for product in (a @ b, einsum("ij,jk->ik", a, b), tensordot(a, b, 1)):
        assert product.grad_fn.next_functions == ((a, 0), (b, 0))


def test_arrays_beside_a_tensor_are_constants(generator):
    a, b = generator.uniform(-1, 1, (2, 3)), Tensor(generator.uniform(-1, 1, 3))
    np.testing.assert_allclose(einsum("ij,j->i", a, b).numpy(), a @ b.numpy())


def test_float32_stays_float32():
    a = Tensor(np.ones((2, 3), np.float32))
    assert einsum("ij,ij->i", a, a).dtype == np.float32
    assert tensordot(a, a, 2).dtype == np.float32


V = Tensor(np.ones(3))
M = Tensor(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: einsum("i,i", V.numpy(), V.numpy()), TypeError, "must hold a Tensor, got ndarray"),
        (lambda: einsum("i"), TypeError, "must hold a Tensor, got none"),
        (lambda: einsum(V, [0]), TypeError, "equation must be a str such as"),
        (lambda: einsum("i1", M), ValueError, "made of letters .* got 'i1' in 'i1'"),
        (lambda: einsum("i,j", V), ValueError, "a term for each operand, got 2 in 'i,j' for 1"),
        (lambda: einsum("ijk", M), ValueError, "'ijk' of 'ijk' must name the 2 dimensions"),
        (lambda: einsum("i", M), ValueError, "'i' of 'i' must name the 2 dimensions"),
        (lambda: einsum("ii", M), ValueError, r"'i', must have the same length, got 2 and 3"),
        (lambda: einsum("i->ii", V), ValueError, "each once, got 'i' in 'ii'"),
        (lambda: einsum("i->j", V), ValueError, "each once, got 'j' in 'j'"),
        (lambda: einsum("ij,jk", M, M), ValueError, r"got 3 and 2 in shapes \(2, 3\) and \(2, 3\)"),
        (lambda: einsum("i,i", V, V.long()), TypeError, "one dtype, got float64, int64"),
        (lambda: tensordot(V, M, 1), ValueError, r"got \[3\] and \[2\] in shapes \(3,\) and"),
        (lambda: tensordot(V, V, 2), ValueError, "dims must lie between 0 and 1 for 1 and 1"),
        (lambda: tensordot(V, V, "01"), TypeError, "an int, or a pair of lists"),
        (lambda: tensordot(M, M, ([0, 1], [0])), ValueError, "equally many dimensions of both"),
        (lambda: tensordot(M, M, ([2], [0])), IndexError, "dim must lie between -2 and 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_cure(call, error, message):
    with pytest.raises(error, match=message):
        call()
