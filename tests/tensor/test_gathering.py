"""Gathering, scattering, slices by position, and masks, with their gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import fortran, strided
from support.selections import check_selection, golden_selections
from twingrad import no_grad
from twingrad.tensor import Tensor
from twingrad.tensor.operations.gathering import one_hot
from twingrad.testing import gradcheck


def counted(shape):
    return np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


@st.composite
def gathers(draw):
    """A shape, a dimension, and an index no longer than the shape along the other dimensions."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    dim = draw(st.integers(0, len(shape) - 1))
    own = [draw(st.integers(1, n if d != dim else 5)) for d, n in enumerate(shape)]
    index = draw(hnp.arrays(np.int64, own, elements=st.integers(0, shape[dim] - 1)))
    return shape, dim, index


def grid(index, dim):
    """The index of NumPy for what ``gather`` picks."""
    own = np.indices(index.shape)
    return tuple(index if d == dim else own[d] for d in range(index.ndim))


@pytest.mark.parametrize("layout", [np.array, fortran, strided])
@pytest.mark.parametrize("case", golden_selections("gathering"))
def test_gathering_and_scattering_agree_with_pytorch(case, layout):
    check_selection(case, layout)


@given(gathers(), st.sampled_from([np.array, fortran, strided]))
def test_gather_picks_along_one_dimension_and_gives_back_what_it_picked(drawn, layout):
    shape, dim, index = drawn
    array = layout(counted(shape))
    x = Tensor(array, requires_grad=True)
    gathered = x.gather(dim, layout(index))
    np.testing.assert_array_equal(gathered.detach().numpy(), array[grid(index, dim)])
    weights = counted(index.shape)
    gathered.backward(weights)
    expected = np.zeros(shape)
    np.add.at(expected, grid(index, dim), weights)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@given(gathers())
def test_scatter_add_is_the_transpose_of_gather(drawn):
    shape, dim, index = drawn
    x, source = counted(shape), counted(index.shape)
    scattered = Tensor(np.zeros(shape)).scatter_add(dim - len(shape), Tensor(index), source)
    gathered = Tensor(x).gather(dim, Tensor(index))
    assert (gathered * source).sum().item() == (scattered * x).sum().item()


@given(gathers())
def test_scatter_writes_the_last_of_several_elements(drawn):
    shape, dim, index = drawn
    expected = counted(shape)
    leaf = Tensor(expected, requires_grad=True)
    source = Tensor(-counted(index.shape), requires_grad=True)
    for place in np.ndindex(index.shape):
        expected[(*place[:dim], index[place], *place[dim + 1 :])] = source.detach().numpy()[place]
    scattered = leaf.scatter(dim, index, source)
    np.testing.assert_array_equal(scattered.detach().numpy(), expected)
    scattered.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), expected > 0)
    np.testing.assert_array_equal(
        source.grad.numpy(), np.isin(source.detach().numpy(), expected[expected < 0])
    )


ROWS = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
INDEX = np.array([[3, 0, 3, 1], [2, 2, 2, 2]])
FUNCTIONS = {
    "gather": lambda x, v: x.gather(1, INDEX) * v.sum(),
    "gather one": lambda x, v: x.gather(1, [[2], [0], [2]]) * v.sum(),
    "scatter": lambda x, v: x.scatter(1, INDEX, v),
    "scatter_add": lambda x, v: x.scatter_add(1, INDEX, v),
    "scatter a number": lambda x, v: x.scatter(0, [[1, 1]], 5) * v.sum(),
    "take": lambda x, v: x.take([[-1, 0], [0, 3]]) * v.sum(),
    "take_along_dim": lambda x, v: x.take_along_dim([[1], [-1], [0]], 1) * v.sum(),
    "index_select": lambda x, v: x.index_select(1, [3, 0, 0]) * v.sum(),
    "index_add": lambda x, v: x.index_add(0, [2, 2], v, alpha=0.5),
    "index_copy": lambda x, v: x.index_copy(0, [2, 2], v),
    "index_fill": lambda x, v: x.index_fill(1, [1, 0], v[0, 0]),
    "masked_fill": lambda x, v: x.masked_fill(ROWS > 0.3, v[0, 0]),
    "masked_select": lambda x, v: x.masked_select(ROWS > 0.3) * v.sum(),
    "masked_scatter": lambda x, v: x.masked_scatter(ROWS > 0.3, v),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_they_have_first_and_second_derivatives(function):
    values = np.linspace(0.4, 1.8, 8).reshape(2, 4)
    gradcheck(lambda x, v: function(x.sin(), v.cos()).square(), ROWS, values, order=2)


IN_PLACE = {
    "scatter": (0, np.array([[1, 0, 1, 1]]), ROWS[:1]),
    "scatter_add": (1, INDEX, ROWS),
    "index_add": (1, [0, 0, 2], ROWS[:, 1:]),
    "index_copy": (0, [2], ROWS[:1]),
    "index_fill": (1, [3], 0.5),
    "masked_fill": (ROWS > 0, 3.0),
}


@pytest.mark.parametrize(("name", "arguments"), IN_PLACE.items(), ids=IN_PLACE.keys())
def test_the_methods_in_place_do_what_the_others_do(name, arguments):
    leaf = Tensor(ROWS, requires_grad=True)
    expected = getattr(leaf, name)(*arguments)
    out = leaf * 1
    assert getattr(out, f"{name}_")(*arguments) is out
    np.testing.assert_array_equal(out.detach().numpy(), expected.detach().numpy())
    expected.backward(counted(ROWS.shape))
    of_copy = leaf.grad.numpy().copy()
    leaf.grad = None
    out.backward(counted(ROWS.shape))
    np.testing.assert_array_equal(leaf.grad.numpy(), of_copy)
    with pytest.raises(RuntimeError, match="a leaf that requires a gradient"):
        getattr(leaf, f"{name}_")(*arguments)
    with no_grad():
        getattr(leaf, f"{name}_")(*arguments)
    np.testing.assert_array_equal(leaf.detach().numpy(), expected.detach().numpy())


def test_an_index_may_be_a_tensor_an_array_or_a_list_of_any_whole_dtype():
    x = Tensor(ROWS)
    for index in ([[1], [0]], np.array([[1], [0]]), Tensor([[1], [0]]), Tensor([[1], [0]]).int()):
        np.testing.assert_array_equal(x.gather(1, index).numpy(), ROWS[[[0], [1]], [[1], [0]]])
    with pytest.raises(TypeError, match="gather: index must hold whole numbers, got dtype bool"):
        x.gather(1, np.ones((3, 1), bool))


def test_integers_and_bools_are_gathered_and_scattered_without_gradient():
    x = Tensor([5, 6, 7])
    assert x.gather(0, [2, 2]).tolist() == [7, 7]
    assert x.scatter(0, [0], 2.75).tolist() == [2, 6, 7]
    assert x.scatter_add(0, [1, 1], [1, 2]).tolist() == [5, 9, 7]
    assert x.masked_fill([True, False, True], 0).dtype == np.int64
    truth = Tensor([True, False, False])
    assert truth.masked_fill(~truth.numpy(), True).tolist() == [True, True, True]
    assert not x.gather(0, [1]).requires_grad


def test_an_empty_index_changes_and_gives_nothing():
    x = Tensor(ROWS, requires_grad=True)
    assert x.gather(1, np.zeros((3, 0), int)).shape == (3, 0)
    np.testing.assert_array_equal(x.scatter(1, [], []).detach().numpy(), ROWS)
    np.testing.assert_array_equal(x.scatter_add(1, [], []).detach().numpy(), ROWS)
    np.testing.assert_array_equal(x.index_add(0, [], np.zeros((0, 4))).detach().numpy(), ROWS)
    assert x.index_select(1, []).shape == (3, 0)
    x.gather(1, np.zeros((3, 0), int)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((3, 4)))
    assert Tensor(np.zeros((0, 2))).gather(0, np.zeros((0, 2), int)).shape == (0, 2)


def test_a_selected_mask_is_remembered_as_it_was():
    mask = np.array([True, False, True])
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    selected, filled = x.masked_select(mask), x.masked_fill(mask, 0.0)
    mask[:] = False
    selected.sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 1.0]
    assert filled.tolist() == [0.0, 2.0, 0.0]


def test_infinities_behind_a_mask_do_not_reach_the_gradient():
    scores = Tensor([1.0, 2.0], requires_grad=True)
    hidden = scores.masked_fill([False, True], -np.inf).exp()
    hidden.sum().backward()
    np.testing.assert_allclose(scores.grad.numpy(), [np.e, 0.0], rtol=1e-6)


@given(hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=3), elements=st.integers(0, 6)))
def test_one_hot_rows_hold_a_one_at_the_class(classes):
    rows = one_hot(Tensor(classes), 7)
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(rows.numpy(), np.eye(7)[classes])
    assert one_hot(Tensor(classes)).shape == (*classes.shape, classes.max() + 1)


X = Tensor(ROWS)
REFUSED = [
    (lambda: X.gather(1, [[4]]), IndexError, "gather: index 4 is out of range for dim 1 of length"),
    (lambda: X.gather(1, [[-1]]), IndexError, "gather: index -1 .* and not from the end"),
    (lambda: X.gather(2, [[0]]), IndexError, "gather: dim must lie between -2 and 1"),
    (lambda: X.gather(1, [0]), ValueError, "index must have the 2 dimensions"),
    (lambda: X.gather(1, [[0]] * 4), ValueError, r"no longer than the tensor but along dim 1"),
    (lambda: X.gather(1, [[0.5]]), TypeError, "gather: index must hold whole numbers"),
    (lambda: X.scatter(1, [[4]], 1.0), IndexError, "scatter: index 4 is out of range"),
    (lambda: X.scatter(1, [[0, 1]], [[1.0]]), ValueError, "src must be at least as long as index"),
    (lambda: X.scatter(1, [[0]], [1.0]), ValueError, r"got shape \(1,\) for an index of shape"),
    (lambda: X.scatter(1, [[0]]), TypeError, "scatter: data must be real numbers"),
    (lambda: X.scatter_add(1, [[0]], 1.0), ValueError, "scatter_add: src must be at least as long"),
    (lambda: X.take([12]), IndexError, "index 12 is out of range for dim 0 of length 12"),
    (lambda: X.take_along_dim([1], 1), ValueError, "indices must have the 2 dimensions"),
    (lambda: X.take_along_dim([[0], [0]], 1), ValueError, "take_along_dim: shapes .* broadcast"),
    (lambda: X.take_along_dim([[9]], 1), IndexError, "index 9 is out of range"),
    (lambda: X.index_select(0, [[0]]), ValueError, r"index must be a row of positions, got shape"),
    (lambda: X.index_select(0, [3]), IndexError, "index_select: index 3 is out of range for dim 0"),
    (lambda: X.index_select(0, [-1]), IndexError, "index_select: index -1 is out of range"),
    (lambda: X.index_add(0, [0, 1], ROWS), ValueError, r"source must have the shape \(2, 4\)"),
    (lambda: X.index_copy(0, [-1], ROWS[:1]), IndexError, "index_copy: index -1"),
    (lambda: X.index_fill(0, [0], [1.0]), ValueError, r"value must be one number, got shape \(1,"),
    (lambda: Tensor(1.0).index_select(0, [0, 0]), ValueError, "hold one position .* got 2"),
    (lambda: X.masked_fill(ROWS, 1.0), TypeError, "mask must hold bools, got dtype float64"),
    (lambda: X.masked_fill([[True]], [1.0]), ValueError, "masked_fill: value must be one number"),
    (lambda: X.masked_fill([True, False], 1.0), ValueError, "masked_fill: shapes .* broadcast"),
    (lambda: X.masked_select([1, 0, 1, 1]), TypeError, "masked_select: mask must hold bools"),
    (lambda: X.masked_scatter(ROWS < 2, [1.0]), ValueError, "each of the 12 places"),
    (lambda: one_hot(Tensor([0, 3]), 3), ValueError, "between 0 and num_classes - 1 = 2, got 0 to"),
    (lambda: one_hot(Tensor([-1]), 3), ValueError, "got -1 to -1"),
    (lambda: one_hot([1]), TypeError, "one_hot: tensor must be a Tensor, got list"),
    (lambda: one_hot(Tensor([1.0])), TypeError, "one_hot: tensor must hold whole numbers"),
    (lambda: one_hot(Tensor(np.zeros(0, int))), ValueError, "num_classes must be given"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
