"""Array: shapes, elements, reductions and products of Values, against NumPy."""

import copy
import itertools
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twingrad
from twingrad import Array, Value, cat, matmul, stack
from twingrad.engine.formulas import table
from twingrad.testing import gradcheck

numbers = st.floats(-5, 5)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def arrays(shape):
    return hnp.arrays(np.float64, shape, elements=numbers)


@given(shapes.flatmap(arrays))
def test_it_keeps_numbers_shape_and_order(data):
    array = Array(data)
    assert array.shape == data.shape
    assert array.ndim == data.ndim
    assert array.numel() == data.size
    np.testing.assert_array_equal(array.data, data)
    np.testing.assert_array_equal(np.asarray(array), data)
    assert array.tolist() == data.tolist()
    assert array.grad is None


def test_values_are_taken_as_they_are_and_arrays_inside_lists_are_opened():
    a, b = Value(1.0), Value(2.0)
    assert Array([a, b])[1] is b
    assert Array([[a, 3.0]])[0, 0] is a
    row = Array([a, b])
    both = Array([row, row])
    assert both.shape == (2, 2)
    assert both[1, 0] is a


def test_non_contiguous_and_integer_numpy_arrays_are_read_right():
    data = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(Array(data[::-1, ::2].T).data, data[::-1, ::2].T)
    np.testing.assert_array_equal(Array(np.asfortranarray(data)).data, data)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([[1, 2], [3]], ValueError, "nested sequences of different lengths"),
        (["a"], TypeError, "must be a real number, got str 'a'"),
        ([True], TypeError, "must be a real number, got bool True"),
        ([1j], TypeError, "must be a real number, got complex"),
        (None, TypeError, "must be a real number, got NoneType"),
    ],
)
def test_what_holds_no_numbers_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        Array(data)


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.data())
def test_arithmetic_broadcasts_as_numpy_does(drawn, data):
    a, b = (data.draw(arrays(shape)) for shape in drawn.input_shapes)
    for row, ufunc in [("add", np.add), ("mul", np.multiply), ("maximum", np.maximum)]:
        for left, right in [(Array(a), Array(b)), (Array(a), b), (a, Array(b))]:
            result = table[row](left, right) if row == "maximum" else ufunc_or_row(row, left, right)
            assert type(result) is Array
            np.testing.assert_array_equal(result.data, ufunc(a, b))


def ufunc_or_row(row, left, right):
    return left + right if row == "add" else left * right


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.data())
def test_gradients_of_broadcast_operands_are_summed_over_their_copies(drawn, data):
    a, b = (Array(data.draw(arrays(shape))) for shape in drawn.input_shapes)
    (a * b).sum().backward() if (a * b).numel() else None
    if not (a * b).numel():
        return
    product = np.broadcast_shapes(a.shape, b.shape)
    for mine, other in [(a, b), (b, a)]:
        spread = np.broadcast_to(other.data, product)
        copies = spread.sum(tuple(range(spread.ndim - mine.ndim)))
        axes = tuple(k for k, n in enumerate(mine.shape) if n == 1 and copies.shape[k] != 1)
        np.testing.assert_allclose(mine.grad, copies.sum(axes, keepdims=True), atol=1e-12)


def test_values_and_numbers_mix_with_arrays_on_either_side():
    a, v = Array([1.0, 2.0]), Value(3.0)
    for result in (a * v, v * a, a * 3, 3 * a, a * np.float64(3), np.float64(3) * a):
        assert type(result) is Array
        np.testing.assert_array_equal(result.data, [3, 6])
    np.testing.assert_array_equal((2**a).data, [2, 4])
    np.testing.assert_array_equal((1 - a).data, [0, -1])
    np.testing.assert_array_equal((a / [1.0, 4.0]).data, [1, 0.5])
    (a * v).sum().backward()
    assert v.grad == 3.0


def test_every_row_works_element_by_element():
    for row in table.values():
        operands = [np.array([[1.0, 1.5], [2.0, 3.0]]), 0.7, 0.9][: row.arity[0]]
        result = row(Array(operands[0]), *operands[1:])
        expected = [row(float(x), *operands[1:]) for x in operands[0].ravel()]
        np.testing.assert_array_equal(result.data.ravel(), expected)


def test_where_takes_a_mask_from_a_comparison():
    a = Array([-1.0, 2.0])
    np.testing.assert_array_equal(twingrad.where(a > 0, a, 0.1 * a).data, [-0.1, 2.0])


def test_shapes_that_do_not_broadcast_are_both_named():
    with pytest.raises(ValueError, match=r"add: shapes \(2, 3\) and \(2,\) do not broadcast"):
        Array(np.ones((2, 3))) + Array(np.ones(2))


def reductions():
    return [
        (name, dim, keepdim)
        for name in ("sum", "mean", "amax", "amin")
        for dim in (None, 0, 1, -1, (0, 1), (0, -1), ())
        for keepdim in (False, True)
    ]


@pytest.mark.parametrize(("name", "dim", "keepdim"), reductions())
def test_reductions_agree_with_numpy(name, dim, keepdim):
    data = np.random.default_rng(0).normal(size=(2, 3, 4))
    expected = getattr(np, name)(data, axis=dim, keepdims=keepdim)
    result = getattr(Array(data), name)(dim, keepdim)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.data, expected, rtol=1e-14)


def test_a_sum_keeps_its_shape_and_a_sum_of_nothing_is_zero():
    assert Array([1.0, 2.0]).sum().shape == ()
    assert Array(np.zeros((0, 3))).sum().item() == 0.0
    assert Array(np.zeros((0, 3))).sum(0).tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(Array(np.zeros(0)).mean().item())


def test_the_mean_shares_its_gradient():
    a = Array([1.0, 2.0, 3.0, 4.0])
    a.mean().backward()
    np.testing.assert_array_equal(a.grad, [0.25] * 4)


def products():
    shapes = [(3,), (2, 3), (3, 2), (4, 2, 3), (4, 3, 2), (1, 3, 2), (2, 1, 2, 3)]
    for a, b in itertools.product(shapes, shapes):
        try:
            np.matmul(np.ones(a), np.ones(b))
        except ValueError:
            continue
        yield a, b


@pytest.mark.parametrize(("a", "b"), list(products()))
def test_matmul_agrees_with_numpy_and_so_do_its_gradients(a, b):
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=a), rng.normal(size=b)
    x, y = Array(left), Array(right)
    result = x @ y
    expected = left @ right
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.data, expected, rtol=1e-13)
    np.testing.assert_array_equal((left @ y).data, result.data)
    np.testing.assert_array_equal(matmul(x, right).data, result.data)
    gradcheck(matmul, x, y, order=2, projections=2)


def test_matmul_refuses_what_does_not_fit():
    a = Array(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"got 3 and 2 in shapes \(2, 3\) and \(2, 3\)"):
        a @ a
    with pytest.raises(ValueError, match="both operands must have a dimension"):
        a @ Array(1.0)
    assert (Array(np.zeros((2, 0))) @ Array(np.zeros((0, 3)))).tolist() == [[0.0] * 3] * 2


def test_each_element_of_a_product_is_one_node():
    w, x = Array([[1.0, 2.0]]), Array([3.0, 4.0])
    (z,) = w @ x
    assert z._op == "dot"
    assert z.parents == (w[0, 0], w[0, 1], x[0], x[1])


@given(shapes.flatmap(arrays))
def test_shape_moves_agree_with_numpy(data):
    a = Array(data)
    np.testing.assert_array_equal(
        a.reshape(-1).data if data.size else 0, data.reshape(-1) if data.size else 0
    )
    np.testing.assert_array_equal(a.T.data, data.T)
    np.testing.assert_array_equal(a.squeeze().data, data.squeeze())
    np.testing.assert_array_equal(a.unsqueeze(0).data, data[None])
    np.testing.assert_array_equal(a.unsqueeze(-1).data, data[..., None])
    if data.ndim > 1:
        np.testing.assert_array_equal(a.transpose(0, -1).data, data.swapaxes(0, -1))
        np.testing.assert_array_equal(a.mT.data, data.swapaxes(-1, -2))
        order = range(data.ndim)[::-1]
        np.testing.assert_array_equal(a.permute(*order).data, data.transpose(order))


def test_flatten_and_broadcast_to():
    a = Array(np.arange(24.0).reshape(2, 3, 4))
    assert a.flatten().shape == (24,)
    assert a.flatten(1).shape == (2, 12)
    assert a.flatten(0, 1).shape == (6, 4)
    assert Array(3.0).flatten().shape == (1,)
    b = Array([1.0, 2.0]).broadcast_to(3, 2)
    assert b.shape == (3, 2)
    assert b[2, 0] is b[0, 0]
    with pytest.raises(ValueError, match=r"must keep every length of \(2,\) that is not 1"):
        Array([1.0, 2.0]).broadcast_to(1)
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\) do not broadcast"):
        Array([1.0, 2.0]).broadcast_to(3)


def test_expand_keeps_a_length_for_minus_one_and_puts_new_dimensions_in_front():
    a = Array([[1.0], [2.0]])
    b = a.expand(4, -1, 3)
    assert b.shape == (4, 2, 3)
    assert b[3, 1, 2] is a[1, 0]
    for sizes in [(-1, 2, 1), (2, -2)]:
        with pytest.raises(ValueError, match=r"expand: .*(give new dim|do not broadcast)"):
            a.expand(sizes)


def test_unflatten_is_the_opposite_of_flatten():
    a = Array(np.arange(24.0).reshape(2, 12))
    assert a.unflatten(-1, (3, -1)).shape == (2, 3, 4)
    assert a.unflatten(0, [1, 2]).shape == (1, 2, 12)
    assert a.unflatten(1, (3, 4))[1, 2, 3] is a[1, 11]
    with pytest.raises(ValueError, match=r"shape must hold the 24 elements of \(2, 12\)"):
        a.unflatten(1, (5, -1))
    with pytest.raises(IndexError, match="unflatten: the array must have a dimension"):
        Array(1.0).unflatten(0, (1,))


def test_concatenation_keeps_the_values():
    a, b = Array([[1.0, 2.0]]), Array([[3.0, 4.0]])
    assert cat([a, b])[1, 0] is b[0, 0]
    assert cat([a, b], dim=1).tolist() == [[1, 2, 3, 4]]
    assert stack([a, b]).shape == (2, 1, 2)
    assert stack([a, b], dim=-1).shape == (1, 2, 2)
    assert cat([a, np.zeros((1, 2))]).tolist() == [[1, 2], [0, 0]]
    cat([a, b]).square().sum().backward()
    np.testing.assert_array_equal(b.grad, [[6, 8]])
    with pytest.raises(
        ValueError, match=r"equal lengths outside dim 0, got shapes \(1, 2\), \(2,\)"
    ):
        cat([a, Array([1.0, 2.0])])
    with pytest.raises(ValueError, match="stack: arrays must hold at least one array"):
        stack([])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: a.sum(2), IndexError, "sum: dim must lie between -2 and 1 for 2 dimensions"),
        (lambda a: a.sum((0, 0)), ValueError, "sum: dim must name each dimension once"),
        (lambda a: a.sum(1.5), TypeError, "sum: dim must be a whole number, got float 1.5"),
        (lambda a: a.reshape(4), ValueError, r"shape must hold the 6 elements of \(2, 3\)"),
        (lambda a: a[2], IndexError, r"inside shape \(2, 3\), got 2 \(index 2 is out"),
        (lambda a: a[0, 0, 0], IndexError, "too many indices"),
        (lambda a: a.item(), ValueError, r"item needs an Array of one element, got shape \(2, 3\)"),
        (lambda a: a.steps(), ValueError, "steps needs an Array of one element"),
        (lambda a: a.permute(0), ValueError, "dims must name each of the 2 dimensions once"),
        (lambda a: a[:0].amax(), ValueError, "amax needs at least one element"),
        (lambda a: a[:0].max(0), ValueError, "max needs at least one element along dim 0, got"),
        (lambda a: a.backward(), RuntimeError, r"gradient must be given .* shape \(2, 3\)"),
        (
            lambda a: a.backward(np.ones(3)),
            ValueError,
            r"must have the shape of the array, \(2, 3\)",
        ),
        (lambda a: len(a.sum()), TypeError, "without dimensions has no length"),
        (lambda a: list(a.sum()), TypeError, "without dimensions cannot be iterated"),
        (lambda a: a + "x", TypeError, "add: b must be a real number, got str 'x'"),
        (lambda a: np.array(a, copy=False), ValueError, "no buffer to share"),
    ],
)
def test_bad_calls_are_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call(Array(np.ones((2, 3))))


def test_backward_of_many_takes_a_gradient_of_their_shape():
    a = Array([1.0, 2.0])
    (a * a).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(a.grad, [2, 40])
    a.backward(Array([1.0, 1.0]))
    np.testing.assert_array_equal(a.grad, [3, 41])


def test_backward_of_one_can_build_a_graph():
    a = Array([1.0, 2.0])
    (a**3).sum().backward(create_graph=True)
    slope = a.grad
    assert type(slope) is Array
    a.zero_grad()
    slope.sum().backward()
    np.testing.assert_array_equal(a.grad, [6, 12])


def test_data_and_grad_can_be_assigned():
    a = Array([[1.0, 2.0], [3.0, 4.0]])
    first = a[0, 0]
    a.data -= 0.5 * np.ones((2, 2))
    assert first.data == 0.5
    a.data = 7
    assert a.tolist() == [[7, 7], [7, 7]]
    a.grad = [1.0, 2.0]
    assert a[1, 1].grad == 2.0
    a.zero_grad()
    assert a.grad is None
    with pytest.raises(TypeError, match="must be a real number"):
        a.data = [["x", 1], [2, 3]]
    assert a.tolist() == [[7, 7], [7, 7]]


def test_detached_and_constant_arrays_need_no_gradient():
    a = Array([1.0, 2.0], requires_grad=False)
    assert not a.requires_grad
    assert Array([1.0]).requires_grad
    assert not (Array([1.0]) * 2).detach().requires_grad


def test_whether_derivatives_are_wanted_is_assigned_to_all_elements_or_to_none():
    a = Array([1.0, 2.0])
    assert a.requires_grad_(False) is a
    assert not a[0].requires_grad
    a.requires_grad = True
    assert a[1].requires_grad
    mixed = Array([Value(1.0), Value(2.0) * 3])
    with pytest.raises(RuntimeError, match="requires_grad can be changed for leaves only"):
        mixed.requires_grad_(False)
    assert mixed[0].requires_grad
    with pytest.raises(TypeError, match="requires_grad must be True or False, got int 1"):
        a.requires_grad = 1


def test_a_clone_has_elements_of_its_own_and_passes_its_gradient_on():
    a = Array([1.0, 2.0])
    b = a.clone()
    assert b[0] is not a[0]
    (b * [3.0, 4.0]).sum().backward()
    np.testing.assert_array_equal(a.grad, [3, 4])


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda array: pickle.loads(pickle.dumps(array))],
    ids=["deepcopy", "pickle"],
)
def test_leaves_are_copied_with_gradients_and_labels(copied):
    a = Array([[1.0, 2.0], [3.0, 4.0]], label="a")
    a[0, 1].requires_grad = False
    a.grad = [[5.0, 6.0], [7.0, 8.0]]
    b = copied(a)
    assert type(b) is Array
    np.testing.assert_array_equal(b.data, a.data)
    np.testing.assert_array_equal(b.grad, a.grad)
    assert [v.label for v in b.flatten()] == ["a[0,0]", "a[0,1]", "a[1,0]", "a[1,1]"]
    assert [v.requires_grad for v in b.flatten()] == [True, False, True, True]
    b.data = 0
    assert a[0, 0].data == 1.0
    tied = copied([a, a.T])
    assert tied[0][0, 1] is tied[1][1, 0]
    with pytest.raises(TypeError, match="only leaves can be copied or pickled"):
        copied(a * 2)


def test_comparisons_give_masks():
    a = Array([1.0, 2.0, 3.0])
    assert (a > 1.5).tolist() == [False, True, True]
    assert (a <= Array([1.0, 1.0, 5.0])).tolist() == [True, False, True]
    assert (a > 2).tolist() == [False, False, True]
    assert (a >= Value(3.0)).tolist() == [False, False, True]


def test_masks_multiply_as_ones_and_zeros_but_are_no_leaves():
    a = Array([-1.0, 2.0])
    assert (a * (a > 0)).tolist() == [0.0, 2.0]
    with pytest.raises(TypeError, match="got bool True"):
        Array(np.array([True]))


def test_numpys_whole_numbers_are_dims_and_lengths():
    a = Array(np.ones((2, 3)))
    assert a.sum(np.int64(0)).shape == (3,)
    assert a.reshape(np.int64(6)).shape == (6,)
    with pytest.raises(TypeError, match="reshape: length must be a whole number, got str 'a'"):
        a.reshape("a")


def test_dims_can_be_given_as_one_tuple():
    a = Array(np.ones((1, 3, 1)))
    assert a.permute((2, 0, 1)).shape == (1, 1, 3)
    assert a.squeeze((0, 1)).shape == (3, 1)
    assert a.squeeze(1).shape == (1, 3, 1)


def test_flatten_takes_empty_arrays_and_refuses_a_start_behind_the_end():
    assert Array(np.zeros((0, 2, 4))).flatten(1).shape == (0, 8)
    with pytest.raises(ValueError, match="start_dim must not lie behind end_dim, got 2 and 1"):
        Array(np.ones((2, 3, 4))).flatten(2, 1)


def test_what_is_assigned_must_fit():
    a = Array([1.0, 2.0])
    with pytest.raises(ValueError, match=r"data of shape \(1, 2\) does not broadcast to \(2,\)"):
        a.data = [[1.0, 2.0]]
    with pytest.raises(ValueError, match=r"grad: shapes \(2,\) and \(3,\) do not broadcast"):
        a.grad = np.ones(3)


def test_the_truth_of_many_is_refused():
    assert bool(Array([2.0]))
    assert not Array([0.0])
    with pytest.raises(ValueError, match=r"bool needs an Array of one element, got shape \(2,\)"):
        bool(Array([1.0, 2.0]))


def test_it_prints_its_numbers():
    assert repr(Array([1.0, -2.5])) == "Array([ 1. , -2.5])"
    assert float(Array([[2.0]])) == 2.0
    assert f"{Array([2.0]):.2f}" == "2.00"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (operator.iadd, [3.0, 4.0]),
        (operator.isub, [-1.0, 0.0]),
        (operator.imul, [2.0, 4.0]),
        (operator.itruediv, [0.5, 1.0]),
    ],
)
def test_leaves_are_changed_in_place_where_no_graph_is_recorded(change, expected):
    w = Array([1.0, 2.0], label="w")
    elements = [w[0], w[1]]
    with twingrad.no_grad():
        changed = change(w, 2.0)
    assert changed is w
    assert [each.data for each in elements] == expected
    assert w.requires_grad


def test_an_operator_with_an_assignment_is_an_operation_where_a_graph_is_recorded():
    w = Array([1.0, 2.0])
    total = w
    total += w * 2
    assert total is not w
    assert w.tolist() == [1.0, 2.0]
    total.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]
