"""Products of vectors, matrices and stacks of them: values, gradients and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.products import GOLDEN, check_product, check_refused, golden_products
from twingrad import no_grad
from twingrad.tensor import Tensor, autograd
from twingrad.tensor.operations.products import linear
from twingrad.testing import gradcheck


@pytest.mark.parametrize(("case", "layout"), golden_products("products"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_product(case, layout)


@pytest.mark.parametrize("expression", GOLDEN["refused"]["products"])
def test_what_pytorch_refuses_is_refused_with_a_sentence(expression):
    message = check_refused(expression)
    name = expression.partition("(")[0].rpartition(".")[2]
    assert message.startswith("matmul: " if "@" in expression else f"{name}: ")


lengths = st.integers(0, 3)


@st.composite
def factor_shapes(draw):
    """Shapes of two factors that fit: vectors, matrices, and stacks that broadcast."""
    inner = draw(lengths)
    stack = draw(st.lists(lengths, max_size=2))
    stretched = [1 if draw(st.booleans()) else length for length in stack]
    stretched = stretched[draw(st.integers(0, len(stack))) :]
    left = [inner] if draw(st.booleans()) else [*stack, draw(lengths), inner]
    right = [inner] if draw(st.booleans()) else [*stretched, inner, draw(lengths)]
    return left, right


@given(factor_shapes(), st.booleans())
def test_products_are_those_of_numpy_and_gradients_those_of_differences(shapes, exchanged):
    generator = np.random.default_rng(0)
    left, right = (generator.uniform(-1, 1, shape) for shape in shapes)
    if exchanged:
        left, right = (
            each.T.copy() if each.ndim < 2 else each.swapaxes(-1, -2) for each in (right, left)
        )
    expected = np.matmul(left, right)
    product = Tensor(left) @ Tensor(right)
    assert product.shape == expected.shape
    np.testing.assert_allclose(product.numpy(), expected, rtol=1e-12, atol=1e-12)
    gradcheck(lambda a, b: a @ b, left, right, order=2)


COMBINATIONS = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3,)),
    ((2, 2, 3), (3, 4)), ((3,), (2, 3, 4)), ((2, 3), (2, 3, 4)), ((2, 2, 3), (2, 3, 1)),
    ((1, 2, 3), (4, 3, 2)), ((4, 1, 2, 3), (2, 3, 2)), ((2, 3, 1), (2, 1, 2)), ((2, 0), (0, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), COMBINATIONS)
@pytest.mark.parametrize("constant", [None, 0, 1])
def test_first_and_second_derivatives_of_every_combination(left, right, constant, generator):
    arrays = [generator.uniform(-1, 1, shape) for shape in (left, right)]
    if constant is None:
        gradcheck(lambda a, b: a @ b, *arrays, order=2)
    elif constant == 0:
        gradcheck(lambda b: (arrays[0] @ b).square(), arrays[1], order=2)
    else:
        gradcheck(lambda a: (a @ arrays[1]).square(), arrays[0], order=2)


FUNCTIONS = {
    "addmm": (lambda x, a, b: x.addmm(a, b, beta=0.5, alpha=2), (4,), (2, 3), (3, 4)),
    "addmm of a column": (lambda x, a, b: x.addmm(a, b), (2, 1), (2, 3), (3, 4)),
    "addmm of a number": (lambda x, a, b: x.addmm(a, b), (), (2, 3), (3, 4)),
    "addmm of a matrix": (lambda x, a, b: x.addmm(a, b), (2, 4), (2, 3), (3, 4)),
    "addmv": (lambda x, a, b: x.addmv(a, b, beta=2, alpha=0.5), (2,), (2, 3), (3,)),
    "baddbmm": (lambda x, a, b: x.baddbmm(a, b, beta=2), (2, 1), (2, 2, 3), (2, 3, 4)),
    "addbmm": (lambda x, a, b: x.addbmm(a, b, alpha=3), (4,), (2, 2, 3), (2, 3, 4)),
    "bmm": (lambda a, b: a.bmm(b), (2, 2, 3), (2, 3, 4)),
    "inner": (lambda a, b: a.inner(b), (2, 3), (4, 2, 3)),
    "outer": (lambda a, b: a.outer(b), (2,), (3,)),
    "kron": (lambda a, b: a.kron(b), (2, 2), (3,)),
    "linear": (linear, (2, 3), (4, 3), (4,)),
    "linear of a stack": (linear, (2, 2, 3), (4, 3), (4,)),
    "linear of a vector": (linear, (3,), (4, 3), (4,)),
    "linear without bias": (linear, (2, 3), (4, 3)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_first_and_second_derivatives_of_every_function(name, generator):
    function, *shapes = FUNCTIONS[name]
    gradcheck(function, *[generator.uniform(-1, 1, shape) for shape in shapes], order=2)


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["addmm", "linear", "linear of a stack"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_each_operand_gets_its_gradient_whichever_others_want_one(
    name, wanted, create_graph, generator
):
    function, *shapes = FUNCTIONS[name]
    arrays = [generator.uniform(-1, 1, shape) for shape in shapes]
    everything = [Tensor(array, requires_grad=True) for array in arrays]
    expected = autograd.grad(function(*everything).square().sum(), everything)
    some = [Tensor(array, requires_grad=k in wanted) for k, array in enumerate(arrays)]
    leaves = [some[k] for k in wanted]
    found = autograd.grad(function(*some).square().sum(), leaves, create_graph=create_graph)
    for k, gradient in zip(wanted, found, strict=True):
        np.testing.assert_allclose(gradient.detach().numpy(), expected[k].numpy(), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", [lambda a: a[::2], lambda a: a[::-1], np.asfortranarray])
def test_any_layout_gives_the_same_product_in_its_own_dtype(dtype, layout, generator):
    a = layout(generator.uniform(-1, 1, (6, 4)).astype(dtype))
    b = layout(generator.uniform(-1, 1, (8, 5)).astype(dtype))[:4]
    x, y = Tensor.constant(a).requires_grad_(), Tensor.constant(b).requires_grad_()
    product = x @ y
    assert product.dtype == dtype
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    values = product.detach().numpy()
    np.testing.assert_allclose(values, a.copy() @ b.copy(), rtol=tolerance, atol=tolerance)
    product.sum().backward()
    by_x = np.broadcast_to(b.sum(1), a.shape)
    np.testing.assert_allclose(x.grad.numpy(), by_x, rtol=tolerance, atol=tolerance)
    assert x.grad.dtype == y.grad.dtype == dtype


def test_arrays_beside_a_tensor_are_constants_on_either_side(generator):
    w = Tensor(generator.uniform(-1, 1, (3, 2)), requires_grad=True)
    x = generator.uniform(-1, 1, (4, 3))
    for product in (x @ w, (w.T @ x.T).T, Tensor(x).mm(w), w.T.mm(x.T).T):
        assert type(product) is Tensor
        np.testing.assert_allclose(product.detach().numpy(), x @ w.detach().numpy())
        (gradient,) = autograd.grad(product.sum(), w)
        np.testing.assert_allclose(gradient.numpy(), np.repeat(x.sum(0)[:, None], 2, 1))
    biased = w[0].addmm(x, w)
    np.testing.assert_allclose(
        biased.detach().numpy(), x @ w.detach().numpy() + w.detach().numpy()[0]
    )
    np.testing.assert_allclose(linear(x, w.T).detach().numpy(), x @ w.detach().numpy())


def test_infinities_and_nan_go_through_as_in_ieee_arithmetic():
    inf, nan = np.inf, np.nan
    a = Tensor([[inf, 1.0], [nan, 1.0], [inf, -inf], [0.0, inf]], requires_grad=True)
    product = a @ Tensor([[1.0], [1.0]])
    np.testing.assert_array_equal(product.detach().numpy()[:, 0], [inf, nan, nan, inf])
    second = (a @ Tensor([0.0, 1.0])).detach().numpy()
    np.testing.assert_array_equal(second, [nan, nan, nan, inf])
    product.backward(Tensor([[inf], [nan], [1.0], [-inf]]))
    np.testing.assert_array_equal(a.grad.numpy()[:, 0], [inf, nan, 1, -inf])


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_that_is_the_same_everywhere_is_stretched(create_graph):
    x, w = (Tensor(np.ones(shape), requires_grad=True) for shape in [(2, 3), (3, 4)])
    bias = Tensor(np.zeros(4), requires_grad=True)
    bias.addmm(x, w).mean(0).sum().backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.detach().numpy(), np.full((2, 3), 2.0))
    np.testing.assert_array_equal(w.grad.detach().numpy(), np.full((3, 4), 1.0))
    np.testing.assert_array_equal(bias.grad.detach().numpy(), np.ones(4))


PRODUCTS = {
    "mm": lambda a, b: a @ b,
    "matmul": lambda a, b: a.reshape(1, 2, 2) @ b.reshape(1, 2, 2),
    "addmm": lambda a, b: Tensor(np.zeros(2)).addmm(a, b),
    "linear": lambda a, b: linear(a, b, Tensor(np.zeros(2))),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_factor_whose_numbers_no_gradient_needs_may_be_changed(name):
    product = PRODUCTS[name]
    for k in (0, 1):
        factors = [Tensor(np.eye(2)), Tensor(np.eye(2))]
        factors[k].requires_grad_()
        value = product(*factors).sum()
        with no_grad():
            factors[k].mul_(5)
        value.backward()
        np.testing.assert_array_equal(factors[k].grad.numpy(), np.ones((2, 2)))


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_factor_that_a_gradient_needs_must_not_be_changed(name):
    a, b = Tensor(np.eye(2), requires_grad=True), Tensor(np.eye(2))
    value = PRODUCTS[name](a, b).sum()
    b.mul_(5)
    with pytest.raises(RuntimeError, match="was changed in place by mul_"):
        value.backward()


def test_a_linear_layer_is_one_node_and_so_is_addmm():
    x, w, b = (Tensor(np.ones(shape), requires_grad=True) for shape in [(2, 3), (4, 3), (4,)])
    assert linear(x, w, b).grad_fn.next_functions == ((x, 0), (w, 0), (b, 0))
    assert b.addmm(x, Tensor(w.detach().numpy().T.copy())).grad_fn.next_functions == (
        (b, 0),
        (x, 0),
        (None, 0),
    )


def test_integers_wrap_around_and_have_no_gradients():
    numbers = Tensor(np.full((2, 2), 100, np.int8))
    product = numbers @ numbers
    assert product.dtype == np.int8
    assert not product.requires_grad
    np.testing.assert_array_equal(
        product.numpy(), np.full((2, 2), 20000 % 256, np.uint8).view(np.int8)
    )


A = Tensor(np.ones((2, 3)))
WHOLE = A.long()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: A @ A, ValueError, r"inner lengths must be equal, got 3 and 2 in shapes \(2, 3\)"),
        (lambda: A @ 2, ValueError, r"got shapes \(2, 3\) and \(\): multiply by a number with \*"),
        (lambda: 2 @ A, ValueError, r"got shapes \(\) and \(2, 3\)"),
        (lambda: A @ "text", TypeError, "matmul: data must be real numbers"),
        (lambda: A @ None, TypeError, "matmul: data must be real numbers"),
        (lambda: A @ WHOLE.T, TypeError, r"one dtype, got float64, int64: .* to\('float64'\)"),
        (lambda: A.bool() @ A.bool().T, TypeError, r"tensors of bools: .* float\(\) or long\(\)"),
        (lambda: A.mm(A[0]), ValueError, r"mm: mat2 must be a matrix, of 2 dimensions, got shape"),
        (lambda: A.dot(A[0]), ValueError, "dot: self must be a vector, of 1 dimension, got"),
        (lambda: A.bmm(A), ValueError, "bmm: self must be a stack of matrices, of 3 dimensions"),
        (lambda: A[None].bmm(A.T.expand(2, 3, 2)), ValueError, "equally many matrices"),
        (
            lambda: A.expand(4, 2, 3) @ A.T.expand(5, 3, 2),
            ValueError,
            r"must broadcast, got \(4,\) and \(5,\) in shapes \(4, 2, 3\) and \(5, 3, 2\)",
        ),
        (lambda: A.addmm(A, A.T), ValueError, r"self must broadcast to .* \(2, 2\), got \(2, 3\)"),
        (lambda: WHOLE.addmm(WHOLE, WHOLE.T @ WHOLE, alpha=0.5), TypeError, "must be a whole"),
        (lambda: A[0, 0].addmm(A, A.T, alpha="2"), TypeError, "addmm: alpha must be a real number"),
        (lambda: A[0, 0].addmm(A, A.T, alpha=True), TypeError, "alpha must be a real number"),
        (lambda: linear(A, A.T), ValueError, r"weight is \(out, in\)"),
        (lambda: linear(A, A, A), ValueError, r"bias must have shape \(2,\) for a weight"),
        (lambda: linear(A.numpy(), A.numpy()), TypeError, "must hold a Tensor, got ndarray"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_cure(call, error, message):
    with pytest.raises(error, match=message):
        call()
