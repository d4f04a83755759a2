"""Sorting, ranks, medians, different elements and counts, with their gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import fortran, strided
from support.selections import check_selection, golden_selections
from twingrad.tensor import Tensor
from twingrad.tensor.operations.sorting import searchsorted
from twingrad.testing import gradcheck

few = st.sampled_from([0.0, -0.0, 1.0, -2.5, 3.0, np.nan, np.inf, -np.inf])
arrays = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6).flatmap(
    lambda shape: hnp.arrays(np.float64, shape, elements=few)
)


@pytest.mark.parametrize("layout", [np.array, fortran, strided])
@pytest.mark.parametrize("case", golden_selections("sorting"))
def test_order_agrees_with_pytorch(case, layout):
    check_selection(case, layout)


@given(arrays, st.data())
def test_values_are_in_order_with_nan_last_and_equal_ones_keep_their_places(array, data):
    dim = data.draw(st.integers(-array.ndim, array.ndim - 1))
    values, indices = Tensor(array).sort(dim)
    np.testing.assert_array_equal(values.numpy(), np.sort(array, dim))
    expected = np.argsort(array, dim, kind="stable")
    np.testing.assert_array_equal(indices.numpy(), expected)
    np.testing.assert_array_equal(Tensor(array).argsort(dim).numpy(), expected)
    assert indices.dtype == np.int64


@given(arrays, st.data())
def test_descending_order_is_the_order_of_the_negated_elements_with_nan_first(array, data):
    dim = data.draw(st.integers(-array.ndim, array.ndim - 1))
    values, indices = Tensor(array).sort(dim, descending=True)
    keys = np.where(np.isnan(array), -np.inf, -array)
    keys = np.where(array == np.inf, np.finfo(float).min, keys)
    np.testing.assert_array_equal(indices.numpy(), np.argsort(keys, dim, kind="stable"))
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(array, indices.numpy(), dim))


@pytest.mark.parametrize("length", [5, 300])
@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [0, 1, 4])
@pytest.mark.parametrize("dim", [0, 1])
def test_topk_gives_the_ends_of_the_order(length, largest, k, dim):
    rows = np.random.default_rng(0).integers(0, 40, (3, length)).astype(np.float64)
    array = rows.T if dim == 0 else rows
    array.flat[1] = np.nan
    values, indices = Tensor(array).topk(k, dim, largest)
    ordered = Tensor(array).sort(dim, descending=largest).values.narrow(dim, 0, k)
    np.testing.assert_array_equal(values.numpy(), ordered.numpy())
    np.testing.assert_array_equal(np.take_along_axis(array, indices.numpy(), dim), values.numpy())
    assert indices.dtype == np.int64


def test_equal_elements_of_topk_stand_in_the_order_of_their_places():
    array = np.ones(400)
    array[[7, 300]] = 2
    assert Tensor(array).topk(2).indices.tolist() == [7, 300]
    assert Tensor(-array).topk(2, largest=False).indices.tolist() == [7, 300]


FUNCTIONS = {
    "sort": lambda x: x.sort(0),
    "sort descending": lambda x: x.sort(descending=True),
    "topk": lambda x: x.topk(2, 0),
    "topk smallest": lambda x: x.topk(3, largest=False),
    "kthvalue": lambda x: x.kthvalue(2),
    "kthvalue kept": lambda x: x.kthvalue(3, 0, True),
    "median": lambda x: x.median(),
    "median along": lambda x: x.median(1),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_values_have_first_and_second_derivatives(function):
    array = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(3, 4) / 10

    def values(x):
        found = function(x.sin())
        return (found.values if isinstance(found, tuple) else found).square()

    gradcheck(values, array, order=2)


def test_equal_medians_of_all_share_the_gradient_and_those_along_a_dimension_do_not():
    x = Tensor([2.0, 1.0, 2.0, 3.0, 0.0], requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5, 0.0, 0.0]
    x.grad = None
    x.median(0).values.backward()
    assert sorted(x.grad.tolist()) == [0, 0, 0, 0, 1]


@given(arrays, st.data())
def test_the_kth_value_stands_at_k_in_order(array, data):
    dim = data.draw(st.integers(0, array.ndim - 1))
    k = data.draw(st.integers(1, array.shape[dim]))
    values, indices = Tensor(array).kthvalue(k, dim, keepdim=True)
    np.testing.assert_array_equal(values.numpy(), np.sort(array, dim).take([k - 1], dim))
    np.testing.assert_array_equal(np.take_along_axis(array, indices.numpy(), dim), values.numpy())


@given(hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=3), elements=st.integers(-3, 3)))
def test_different_elements_can_be_put_back_together(array):
    values, inverse, counts = Tensor(array).unique(return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values.numpy()[inverse.numpy()], array)
    assert (np.diff(values.numpy()) > 0).all()
    assert counts.sum().item() == array.size
    assert inverse.shape == array.shape
    if array.ndim:
        rows, back = Tensor(array).unique(dim=0, return_inverse=True)
        np.testing.assert_array_equal(rows.numpy()[back.numpy()], array)


def test_different_elements_and_counts_have_no_gradient():
    x = Tensor([1.0, 1.0], requires_grad=True)
    assert not x.unique().requires_grad
    assert not Tensor([0, 1]).bincount(x).requires_grad


@given(hnp.arrays(np.int64, st.integers(0, 20), elements=st.integers(0, 9)))
def test_bincount_counts(array):
    counts = Tensor(array).bincount(minlength=3)
    np.testing.assert_array_equal(counts.numpy(), np.bincount(array, minlength=3))
    weights = np.linspace(0, 1, array.size)
    for dtype in (np.float32, np.float64):
        total = Tensor(array).bincount(weights.astype(dtype))
        assert total.dtype == dtype
        np.testing.assert_allclose(total.numpy(), np.bincount(array, weights), rtol=1e-6)


@given(hnp.arrays(np.float64, 7, elements=st.floats(-3, 3)), st.floats(-4, 4), st.booleans())
def test_searchsorted_finds_where_a_number_goes(array, number, right):
    row = Tensor(array).sort().values
    place = searchsorted(row, number, right=right).item()
    before = array <= number if right else array < number
    assert place == before.sum()


def test_bools_and_small_integers_are_sorted_too():
    assert Tensor([True, False]).sort().values.tolist() == [False, True]
    small = Tensor(np.array([3, 255, 0], np.uint8))
    assert small.sort(descending=True).values.tolist() == [255, 3, 0]
    assert small.sort().values.dtype == np.uint8
    assert small.bincount().shape == (256,)


X = Tensor(np.zeros((2, 3)))
REFUSED = [
    (lambda: X.sort(2), IndexError, "sort: dim must lie between -2 and 1"),
    (lambda: X.argsort(-3), IndexError, "argsort: dim must lie"),
    (lambda: X.topk(4), ValueError, "topk: k must lie between 0 and the length 3 of dim 1, got 4"),
    (lambda: X.topk(-1), ValueError, "topk: k must lie between"),
    (lambda: X.topk(1.5), TypeError, "topk: k must hold whole numbers or bools, got dtype float32"),
    (lambda: X.kthvalue(0), ValueError, "the smallest element has k = 1"),
    (lambda: X.kthvalue(3, 0), ValueError, "kthvalue: k must lie between 1 and the length 2"),
    (lambda: Tensor(np.zeros((0, 3))).median(0), ValueError, "there is no middle of nothing"),
    (lambda: Tensor([-1]).bincount(), ValueError, "a row of numbers from 0 on"),
    (lambda: Tensor([[1]]).bincount(), ValueError, r"got shape \(1, 1\)"),
    (lambda: Tensor([1]).bincount(minlength=-1), ValueError, "minlength 0 or more"),
    (
        lambda: Tensor([1.5]).bincount(),
        TypeError,
        "bincount: the tensor must hold whole numbers",
    ),
    (lambda: Tensor([1]).bincount([1.0, 2.0]), ValueError, r"weights must have the shape \(1,\)"),
    (lambda: searchsorted([1.0], 1.0), TypeError, "sorted_sequence must be a Tensor, got list"),
    (lambda: searchsorted(X, 1.0), ValueError, "sorted_sequence must be a row"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_has_no_order_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
