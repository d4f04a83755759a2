"""Every row of the table on tensors, against the same row on Values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad import Value
from twingrad.engine.formulas import table
from twingrad.tensor import Tensor, autograd

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, 1e4, -1e4, 1e-300, 1e300]
SPECIAL += [-1e300, float("inf"), -float("inf"), float("nan")]

rows = pytest.mark.parametrize("name", table)
numbers = st.floats(-50, 50) | st.sampled_from(SPECIAL)


def columns(name, data):
    """Operands for every argument of a row: some numbers each, equally many."""
    count = data.draw(st.integers(1, 6))
    return [[data.draw(numbers) for _ in range(count)] for _ in range(table[name].arity[1])]


def tensors(columns, dtype="float64"):
    return [Tensor(np.array(column, dtype), requires_grad=True) for column in columns]


def values(columns):
    return [[Value(number) for number in column] for column in columns]


@rows
@given(data=st.data())
def test_a_row_gives_tensors_what_it_gives_values(name, data):
    drawn = columns(name, data)
    result = table[name](*tensors(drawn))
    expected = [table[name].evaluate(*point) for point in zip(*drawn, strict=True)]
    assert result.dtype == np.float64
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=2e-13, atol=1e-305)


@rows
@given(data=st.data())
def test_a_row_has_on_tensors_the_slopes_it_has_on_values(name, data):
    drawn = columns(name, data)
    leaves = tensors(drawn)
    table[name](*leaves).sum().backward()
    slopes = [table[name].linearize(*point)[1] for point in zip(*drawn, strict=True)]
    for position, leaf in enumerate(leaves):
        expected = [each[position] for each in slopes]
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-12, atol=1e-14)


MILD = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3)


@rows
@given(data=st.data())
def test_a_row_has_on_tensors_the_second_slopes_it_has_on_values(name, data):
    row = table[name]
    count = data.draw(st.integers(1, 4))
    drawn = [[data.draw(MILD) for _ in range(count)] for _ in range(row.arity[1])]
    leaves, twins = tensors(drawn), values(drawn)
    seconds = np.zeros(count)
    gradients = autograd.grad(row(*leaves).sum(), leaves, create_graph=True)
    expected = []
    for k in range(count):
        point = [column[k] for column in twins]
        root = row(*point)
        root.backward(create_graph=True)
        first = [value.grad for value in point]
        for value in point:
            value.grad = None
        total = sum(g for g in first if g is not None)
        if isinstance(total, Value) and total.requires_grad:
            total.backward()
        expected.append([value.grad or 0.0 for value in point])
    total = sum(gradient.sum() for gradient in gradients)
    if total.requires_grad:
        # a slope may not depend on an operand, as in the inner part of a Huber loss
        found = autograd.grad(total, leaves, allow_unused=True)
        seconds = [np.zeros(count) if g is None else g.numpy() for g in found]
    else:
        seconds = [np.zeros(count) for _ in leaves]
    for position, second in enumerate(seconds):
        wanted = [each[position] for each in expected]
        np.testing.assert_allclose(second, wanted, rtol=1e-9, atol=1e-9)


@rows
@given(data=st.data())
def test_float32_stays_float32_and_is_the_rounded_float64(name, data):
    row = table[name]
    mild = MILD.filter(lambda x: abs(x) > 0.1)  # quotients of others overflow float32
    drawn = [[data.draw(mild)] for _ in range(row.arity[1])]
    narrow, wide = (
        tensors(drawn, "float32"),
        [
            Tensor(np.array(column, "float32").astype("float64"), requires_grad=True)
            for column in drawn
        ],
    )
    result, exact = row(*narrow), row(*wide)
    assert result.dtype == np.float32
    np.testing.assert_allclose(
        result.detach().numpy(), exact.detach().numpy(), rtol=1e-4, atol=1e-5
    )
    result.sum().backward()
    exact.sum().backward()
    for near, far in zip(narrow, wide, strict=True):
        assert near.grad.dtype == np.float32
        np.testing.assert_allclose(near.grad.numpy(), far.grad.numpy(), rtol=1e-3, atol=1e-4)


LAYOUTS = {
    "0-d": lambda a: a[1, 1],
    "empty": lambda a: a[:0],
    "one": lambda a: a[:1, :1],
    "every second": lambda a: a[::2, ::2],
    "backwards": lambda a: a[::-1, ::-1],
    "transposed": lambda a: a.T,
    "Fortran order": np.asfortranarray,
    "broadcast": lambda a: np.broadcast_to(a[0], (3, *a[0].shape)),
}


@rows
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_in_memory_does_not_matter(name, layout):
    row = table[name]
    generator = np.random.default_rng(5)
    arrays = [
        LAYOUTS[layout](np.asarray(generator.uniform(0.1, 0.9, (4, 4))))
        for _ in range(row.arity[1])
    ]
    given_so = [Tensor.constant(np.asarray(array)).requires_grad_() for array in arrays]
    plain = [Tensor(array, requires_grad=True) for array in arrays]
    result, expected = row(*given_so), row(*plain)
    assert result.shape == arrays[0].shape
    close = {"rtol": 2e-15}  # NumPy's loops over scattered elements differ in the last bit
    np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy(), **close)
    result.sum().backward()
    expected.sum().backward()
    for own, other in zip(given_so, plain, strict=True):
        assert own.grad.shape == own.shape
        np.testing.assert_allclose(own.grad.numpy(), other.grad.numpy(), **close)


BROADCASTS = [
    ((3, 1), (4,)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((1,), (5,)),
    ((0, 1), (1, 3)),
    ((2, 1, 3), (4, 1)),
]
TWO_SIDED = [name for name in table if table[name].arity[0] == 2]


@pytest.mark.parametrize("name", TWO_SIDED)
@pytest.mark.parametrize("shapes", BROADCASTS, ids=str)
def test_operands_broadcast_and_gradients_are_summed_back(name, shapes):
    generator = np.random.default_rng(7)
    arrays = [generator.uniform(0.5, 2.5, shape) for shape in shapes]
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    weights = generator.uniform(0.5, 1.5, np.broadcast_shapes(*shapes))
    (table[name](*leaves) * weights).sum().backward()
    full = [Tensor(np.broadcast_to(array, weights.shape), requires_grad=True) for array in arrays]
    (table[name](*full) * weights).sum().backward()
    for leaf, stretched in zip(leaves, full, strict=True):
        wide = stretched.grad.numpy()
        extra = wide.ndim - leaf.ndim
        dims = tuple(d for d in range(wide.ndim) if d < extra or leaf.shape[d - extra] == 1)
        expected = wide.sum(axis=dims).reshape(leaf.shape)
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-12, atol=1e-14)


def test_shapes_that_do_not_broadcast_are_refused_with_both():
    a, b = Tensor(np.zeros((2, 3))), Tensor(np.zeros(4))
    with pytest.raises(ValueError, match=r"mul: shapes \(2, 3\) and \(4,\) do not broadcast"):
        a * b
    with pytest.raises(ValueError, match=r"clamp: shapes \(2, 3\) and \(4,\)"):
        a.clamp(b, b)


PROMOTIONS = [
    ("int64", "int64", "add", "int64"),
    ("int32", "int64", "mul", "int64"),
    ("uint8", "int8", "add", "int16"),
    ("int64", "float32", "add", "float32"),
    ("bool", "float32", "mul", "float32"),
    ("float32", "float64", "add", "float64"),
    ("int64", "int64", "div", "float32"),
    ("bool", "bool", "add", "bool"),
    ("bool", "int8", "add", "int8"),
    ("int64", "int64", "pow", "int64"),
    ("int64", "int64", "maximum", "int64"),
    ("int64", "int64", "atan2", "float32"),
]


@pytest.mark.parametrize(("first", "second", "name", "expected"), PROMOTIONS)
def test_dtypes_are_promoted_as_in_pytorch(first, second, name, expected):
    a, b = (Tensor(np.array([1, 1], dtype)) for dtype in (first, second))
    assert table[name](a, b).dtype == expected


@pytest.mark.parametrize(
    ("dtype", "number", "expected"),
    [
        ("float32", 2.5, "float32"),
        ("float32", 2, "float32"),
        ("float64", 2.5, "float64"),
        ("int64", 2, "int64"),
        ("int8", 2, "int8"),
        ("int64", 2.5, "float32"),
        ("bool", 2, "int64"),
        ("bool", 2.5, "float32"),
        ("bool", True, "bool"),
    ],
)
def test_python_numbers_are_weak(dtype, number, expected):
    tensor = Tensor(np.array([1, 0], dtype))
    assert (tensor + number).dtype == expected
    assert (number + tensor).dtype == expected


def test_tensors_without_dimensions_are_weak_within_their_kind():
    assert (Tensor(np.ones(2, "f")) * Tensor(np.array(2.0))).dtype == np.float32
    assert (Tensor(np.ones(2, "i8")) * Tensor(np.array(2.0))).dtype == np.float64
    assert (Tensor(np.array(2.0)) * Tensor(np.array(2.0, "f"))).dtype == np.float64


def test_the_gradient_has_the_dtype_of_its_tensor():
    narrow = Tensor(np.ones(2, "f"), requires_grad=True)
    wide = Tensor(np.ones(2), requires_grad=True)
    (narrow * wide).sum().backward()
    assert narrow.grad.dtype == np.float32
    assert wide.grad.dtype == np.float64


def test_unary_functions_of_integers_give_floats():
    whole = Tensor([1, 4])
    assert whole.sqrt().dtype == np.float32
    assert whole.square().dtype == np.int64
    assert whole.relu().dtype == np.int64
    assert whole.clamp(2).tolist() == [2, 4]
    assert whole.clamp(max=2).dtype == np.int64


def test_a_number_beyond_float32_becomes_infinite_without_a_warning():
    assert (Tensor([1.0]) * 1e300).item() == np.inf


def test_numpy_leaves_mixed_arithmetic_to_tensors():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for result in (np.array([3.0, 4.0], "f") * x, x * np.array([3.0, 4.0], "f")):
        assert isinstance(result, Tensor)
        assert result.requires_grad
        assert result.tolist() == [3.0, 8.0]
    assert isinstance(np.float32(2.0) * x, Tensor)


def test_the_twins_are_not_mixed():
    with pytest.raises(TypeError, match="operands must be of one twin, got a Tensor and Value"):
        Tensor([1.0]) * Value(2.0)
    with pytest.raises(TypeError, match="of one twin"):
        Value(2.0) * Tensor([1.0])


@pytest.mark.parametrize("wrong", ["2", None, 1j, object()])
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises(TypeError, match="must be a real number"):
        Tensor([1.0]) * wrong


def test_truth_values_are_refused_where_numbers_are_needed():
    with pytest.raises(TypeError, match="sub: operands must be numbers, got tensors of bools"):
        Tensor([True]) - Tensor([False])


def test_a_result_shares_no_memory_with_its_operand():
    x = Tensor([1.0, 2.0])
    assert not np.shares_memory(x.pos().numpy(), x.numpy())


def test_no_operation_warns():
    x = Tensor([0.0, -1.0, 1e4, float("inf"), float("nan")], requires_grad=True)
    for name in table:
        if table[name].arity[0] == 1:
            table[name](x).sum().backward()
    (x / 0.0).sum().backward()


def test_whole_numbers_have_no_negative_powers():
    with pytest.raises(ValueError, match="pow: whole numbers cannot be raised to negative powers"):
        Tensor([1, 2]) ** -1
    assert (Tensor([1.0, 2.0]) ** -1).tolist() == [1.0, 0.5]
