"""Indexing: what it picks and writes, as in PyTorch and NumPy, and the gradients of both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import fortran, strided
from support.selections import check_selection, golden_selections
from twingrad import no_grad
from twingrad.tensor import Tensor, autograd
from twingrad.tensor.operations import selection as primitives
from twingrad.testing import gradcheck

shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)
basic = shapes.flatmap(
    lambda shape: st.tuples(
        st.just(shape),
        hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True).filter(
            lambda index: all(
                not isinstance(each, slice) or (each.step or 1) > 0
                for each in (index if isinstance(index, tuple) else (index,))
            )
        ),
    )
)


def counted(shape):
    return np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


@st.composite
def array_indices(draw):
    """A shape, and an index with arrays of positions, masks and slices in any places."""
    shape = draw(shapes)
    common = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=3))
    index = []
    for length in shape:
        kind = draw(st.sampled_from(["array", "slice", "new"]))
        if kind == "array":
            own = tuple(draw(st.sampled_from([n, 1])) for n in common)
            elements = st.integers(-length, length - 1)
            index.append(draw(hnp.arrays(np.int64, own, elements=elements)))
        else:
            if kind == "new":
                index.append(None)
            index.append(slice(draw(st.integers(0, length)), None, draw(st.integers(1, 2))))
    return shape, tuple(index)


@pytest.mark.parametrize("layout", [np.array, fortran, strided])
@pytest.mark.parametrize("case", golden_selections("indexing"))
def test_an_index_picks_what_it_picks_in_pytorch(case, layout):
    check_selection(case, layout)


@pytest.mark.parametrize("layout", [np.array, fortran, strided])
@pytest.mark.parametrize("case", golden_selections("assignments"))
def test_an_assignment_writes_what_it_writes_in_pytorch(case, layout):
    check_selection(case, layout)


@given(basic)
def test_a_basic_index_is_a_view_as_in_numpy(drawn):
    shape, index = drawn
    array = counted(shape)
    x = Tensor(array)
    part = x[index]
    np.testing.assert_array_equal(part.detach().numpy(), array[index])
    assert part.shape == np.shape(array[index])
    part += 100
    changed = array.copy()
    changed[index] += 100
    np.testing.assert_array_equal(x.numpy(), changed)


@given(basic)
def test_the_gradient_of_a_view_goes_to_the_elements_it_shows(drawn):
    shape, index = drawn
    x = Tensor(counted(shape), requires_grad=True)
    part = x[index]
    part.backward(counted(part.shape))
    expected = np.zeros(shape)
    expected[index] = counted(part.shape)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@given(array_indices(), st.booleans())
def test_arrays_of_positions_pick_as_in_numpy_and_gradients_add_up(drawn, as_tensors):
    shape, index = drawn
    array = counted(shape)
    x = Tensor(array, requires_grad=True)
    given_index = tuple(
        Tensor(each) if as_tensors and isinstance(each, np.ndarray) else each for each in index
    )
    part = x[given_index]
    np.testing.assert_array_equal(part.detach().numpy(), array[index])
    part.backward(counted(part.shape))
    expected = np.zeros(shape)
    np.add.at(expected, index, counted(part.shape))
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12)


@given(array_indices(), st.booleans())
def test_writing_at_arrays_of_positions_is_writing_as_in_numpy(drawn, with_gradient):
    shape, index = drawn
    array = counted(shape)
    values = -counted(array[index].shape)
    x = Tensor(array, requires_grad=with_gradient)
    out = x * 1
    out[index] = Tensor(values)
    positions = np.zeros(shape, int)
    positions[index] = 1
    expected = out.detach().numpy()
    np.testing.assert_array_equal(expected[positions == 0], array[positions == 0])
    np.testing.assert_array_equal(expected[index] < 0, True)
    if with_gradient:
        out.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), 1 - positions)


@given(shapes, st.data())
def test_values_are_added_up_where_a_position_is_named_twice(shape, data):
    count = data.draw(st.integers(1, len(shape)))
    arrays = tuple(
        data.draw(hnp.arrays(np.int64, 3, elements=st.integers(-length, length - 1)))
        for length in shape[:count]
    )
    expected = counted(shape)
    values = counted(expected[arrays].shape)
    x, v = Tensor(expected, requires_grad=True), Tensor(values, requires_grad=True)
    np.add.at(expected, arrays, values)
    for out in (
        x.index_put(arrays, v, accumulate=True),
        x.detach().index_put(arrays, values, accumulate=True),
    ):
        np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-12)
    x.index_put(arrays, v, accumulate=True).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.ones(shape))
    np.testing.assert_array_equal(v.grad.numpy(), np.ones(values.shape))


FUNCTIONS = {
    "a slice": lambda x: x[1:, ::2],
    "an element": lambda x: x[-1, 0],
    "new dimensions": lambda x: x[None, :, None, 1],
    "repeated rows": lambda x: x[[0, 2, 0, 0]],
    "pairs": lambda x: x[[0, 1, 1], [2, 0, 0]],
    "columns": lambda x: x[:, [1, 1]],
    "a grid": lambda x: x[[[0], [1]], [0, 3]],
    "a mask": lambda x: x[[[True, False, True, True]] * 3],
    "a mask of rows": lambda x: x[[True, False, True]],
    "select": lambda x: x.select(1, 2),
    "narrow": lambda x: x.narrow(0, 1, 2),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_what_is_picked_has_first_and_second_derivatives(function):
    gradcheck(lambda x: function(x).sin(), np.linspace(-1.0, 1.0, 12).reshape(3, 4), order=2)


def assigned(index):
    def function(x, v):
        out = x.sin()
        out[index] = v.cos()
        return out * out

    return function


WRITES = {
    "a slice": (slice(1, None), (4,)),
    "a column": ((slice(None), 1), (3,)),
    "an element": ((1, 2), ()),
    "rows": ([2, 0], (2, 4)),
    "a repeated row": ([2, 0, 2], (3, 4)),
    "repeated pairs": (([0, 1, 0], [2, 0, 2]), (3,)),
    "repeated columns": ((slice(None), [3, 3]), (3, 2)),
    "a mask": ([True, False, True], (1, 4)),
    "separated": ((slice(None), None, [1, 1, 2]), (3, 1, 3)),
}


@pytest.mark.parametrize(("index", "shape"), WRITES.values(), ids=WRITES.keys())
def test_what_is_written_has_first_and_second_derivatives(index, shape):
    values = np.linspace(0.2, 1.4, max(1, int(np.prod(shape)))).reshape(shape)
    gradcheck(assigned(index), np.linspace(-1.0, 1.0, 12).reshape(3, 4), values, order=2)


def test_adding_in_place_at_an_index_goes_through_the_view():
    def function(x, v):
        out = x * 1.0
        out[1] += v
        out[:, 0] *= 3.0
        out[[0, 2]] -= v * v
        return out

    array, v = np.arange(12.0).reshape(3, 4), np.array([0.5, -1.0, 2.0, 0.25])
    gradcheck(function, array, v, order=2)
    expected = array.copy()
    expected[1] += v
    expected[:, 0] *= 3
    expected[[0, 2]] -= v * v
    np.testing.assert_array_equal(function(Tensor(array), v).numpy(), expected)


def test_the_last_of_several_values_is_written_and_alone_gets_the_gradient():
    v = Tensor([10.0, 20.0, 30.0], requires_grad=True)
    out = Tensor([1.0, 2.0])
    out[[0, 1, 0]] = v
    assert out.tolist() == [30.0, 20.0]
    out.sum().backward()
    assert v.grad.tolist() == [0.0, 1.0, 1.0]
    backwards = np.array([0, 1, 0])[::-1]
    out = Tensor([1.0, 2.0])
    out[backwards] = v
    assert out.tolist() == [30.0, 20.0]


def test_a_view_knows_what_is_written_to_its_base():
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    base = x * 1
    row = base[1]
    base[:, 2] = 5.0
    base[[1], [0]] = x[0, 1] * 2
    assert row.tolist() == [0.0, 0.0, 5.0]
    row.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 2, 0], [0, 1, 0]])


def test_a_leaf_refuses_to_be_written_to_while_a_graph_is_recorded():
    leaf = Tensor([1.0, 2.0], requires_grad=True)
    for index in (0, slice(None), [0], [True, False]):
        with pytest.raises(RuntimeError, match=r"setitem: a .*leaf that requires a gradient"):
            leaf[index] = 5.0
    with pytest.raises(RuntimeError, match="index_put_: a leaf that requires"):
        leaf.index_put_(([0],), 1.0)
    with no_grad():
        leaf[0] = 5.0
        leaf[[1]] = 6.0
    assert leaf.tolist() == [5.0, 6.0]
    assert leaf.is_leaf


@pytest.mark.parametrize("index", [0, [0], slice(0, 1)])
def test_a_change_by_assignment_is_noticed_by_the_backward_pass(index):
    x = Tensor([1.0, 2.0], requires_grad=True)
    factor = Tensor([3.0, 4.0])
    product = (x * factor).sum()
    factor[index] = 7.0
    with pytest.raises(RuntimeError, match="was changed in place by setitem"):
        product.backward()


def test_an_index_that_is_changed_before_the_backward_pass_is_noticed():
    x = Tensor([1.0, 2.0], requires_grad=True)
    index = Tensor([0, 0])
    for picked in (x[index], x.gather(0, index), x.index_select(0, index)):
        index += 1
        with pytest.raises(RuntimeError, match=r"operand 2 of .* was changed in place by add_"):
            picked.sum().backward()
        index -= 1
    mask = Tensor([True, False])
    picked = x[mask]
    mask[:] = Tensor([False, True])
    picked.sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]


def test_values_are_converted_to_the_dtype_of_the_tensor():
    ints = Tensor([1, 2, 3])
    ints[0] = 2.75
    ints[[1]] = Tensor([7.5])
    ints[2:] = True
    assert ints.tolist() == [2, 7, 1]
    assert ints.dtype == np.int64
    single = Tensor(np.zeros(2, np.float32))
    single[0] = np.float64(0.5)
    single[[1]] = 1e300
    assert single.dtype == np.float32
    assert single.tolist() == [0.5, np.inf]


def test_values_broadcast_and_may_have_more_dimensions_of_length_one():
    out = Tensor(np.zeros((2, 3)))
    out[0] = np.ones((1, 1, 3))
    out[[1]] = np.full((1, 1, 1, 3), 2.0)
    out[:, 2:] = [[5.0], [6.0]]
    assert out.tolist() == [[1, 1, 5], [2, 2, 6]]


def test_overlapping_parts_are_written_as_they_were_before():
    x = Tensor(np.arange(5.0))
    x[1:] = x[:-1]
    assert x.tolist() == [0, 0, 1, 2, 3]
    x[[0, 1]] = x[3:]
    assert x.tolist() == [2, 3, 1, 2, 3]


def test_a_tensor_without_dimensions_stands_for_its_number():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x[Tensor(1), np.int64(2)].item() == 5.0
    assert x[np.array(1)][Tensor(0) : Tensor(2)].tolist() == [3.0, 4.0]
    assert x.select(0, Tensor(1)).tolist() == [3.0, 4.0, 5.0]
    assert x.narrow(1, Tensor(1), 2).tolist() == [[1.0, 2.0], [4.0, 5.0]]


def test_an_index_of_nothing_gives_nothing():
    x = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert x[[]].shape == (0, 3)
    assert x[:, [0, 2]].shape == (0, 2)
    assert x[[], []].shape == (0,)
    x[[], []].sum().backward()
    assert x.grad.shape == (0, 3)
    out = x * 1
    out[:, [1]] = 4.0
    out[[], []] = 4.0
    out.sum().backward()
    assert out.shape == (0, 3)


@pytest.mark.parametrize("count", [3, 40, 3000])
@pytest.mark.parametrize("width", [1, 7, 30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_repeated_rows_are_added_up_at_every_size(count, width, dtype):
    generator = np.random.default_rng(0)
    positions = generator.integers(-5, 5, count)
    rows = generator.normal(size=(count, width)).astype(dtype)
    x = Tensor(np.zeros((5, width), dtype), requires_grad=True)
    x[positions].backward(rows)
    expected = np.zeros((5, width))
    np.add.at(expected, positions, rows)
    assert x.grad.dtype == dtype
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_a_sparse_product_adds_up_large_gradients(monkeypatch):
    called = []
    product = primitives._sparse_product
    monkeypatch.setattr(
        primitives, "_sparse_product", lambda *given: called.append(1) or product(*given)
    )
    x = Tensor(np.zeros((10, 100)), requires_grad=True)
    x[np.arange(1000) % 10 - 10].sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((10, 100), 100.0))
    assert called


def test_parts_of_the_graph_are_named():
    x = Tensor(np.zeros((2, 2)), requires_grad=True)
    names = [part.grad_fn.name() for part in (x[0], x[[0]], x[x == 0], x.gather(0, [[0, 0]]))]
    assert names == ["slice", "index", "masked_select", "gather"]


X = Tensor(np.arange(24.0).reshape(2, 3, 4))
REFUSED = [
    (lambda: X[2], IndexError, r"index 2 is out of range for dim 0 of length 2: count from 0 to 1"),
    (lambda: X[:, -4], IndexError, "index -4 is out of range for dim 1 of length 3"),
    (lambda: X[[0, 5]], IndexError, "index 5 is out of range for dim 0 of length 2"),
    (lambda: X[:, [0], [-5]], IndexError, "index -5 is out of range for dim 2 of length 4"),
    (lambda: X[[0, 1], [0, 1, 2]], IndexError, r"broadcast .* got shapes \(2,\) and \(3,\)"),
    (lambda: X[0, 0, 0, 0], IndexError, r"at most the 3 dimensions .* an index for 4"),
    (lambda: X[..., 0, ...], IndexError, "at most one '...'"),
    (lambda: Tensor(1.0)[0], IndexError, "at most the 0 dimensions"),
    (lambda: Tensor(np.zeros((0, 2)))[0], IndexError, "length 0: there are no elements"),
    (lambda: X[::-1], ValueError, r"step of a slice must be positive, got -1: reverse with flip"),
    (lambda: X[::0], ValueError, "step of a slice must be positive, got 0"),
    (lambda: X[1.5:], TypeError, "bounds of a slice must be whole numbers or None"),
    (lambda: X[1.5], TypeError, "whole numbers or bools, got dtype float32"),
    (lambda: X[Tensor([1.0])], TypeError, "whole numbers or bools, got dtype float32"),
    (lambda: X[np.array([1], np.uint8)], TypeError, "got dtype uint8: convert positions with long"),
    (lambda: X["a"], TypeError, "got str 'a'"),
    (lambda: X[{1}], TypeError, "got set"),
    (lambda: X[[True, False, True]], IndexError, r"a mask must have .* shape \(3,\) at dim 0"),
    (lambda: X[:, [True, False]], IndexError, r"a mask must have .* shape \(2,\) at dim 1"),
    (lambda: X.clone().__setitem__(0, np.ones(5)), ValueError, r"setitem: shapes .* \(5,\)"),
    (lambda: X.clone().__setitem__([0], np.ones((2, 3, 4))), ValueError, "setitem: "),
    (lambda: X.clone().__setitem__([7], 1.0), IndexError, "index 7 is out of range"),
    (lambda: X.clone().__setitem__(0, "a"), TypeError, "setitem: data must be real numbers"),
    (lambda: X.index_put((None, [0]), 1.0), TypeError, "got NoneType None"),
    (lambda: X.index_put((slice(1),), 1.0), TypeError, r"assign to x\[...\]"),
    (lambda: X.index_put(5, 1.0), TypeError, "indices must be a tuple"),
    (lambda: X.select(3, 0), IndexError, "select: dim must lie between"),
    (lambda: X.select(1, 3), IndexError, "index 3 is out of range for dim 1"),
    (lambda: Tensor(1.0).select(0, 0), IndexError, "select: the tensor must have a dimension"),
    (lambda: X.narrow(1, 2, 2), ValueError, "within the 3 positions of dim 1, got start 2"),
    (lambda: X.narrow(1, 0, -1), ValueError, "and length -1"),
    (lambda: X.narrow(1, [0, 1], 1), TypeError, "narrow: start must be one whole number"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_is_no_index_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_tensor_of_shared_elements_refuses_to_be_written_to():
    wide = Tensor([1.0]).broadcast_to(3)
    for index in (0, [0]):
        with pytest.raises(RuntimeError, match="stand for several elements each"):
            wide[index] = 2.0


def test_training_on_a_part_only_moves_that_part():
    table = Tensor(np.ones((4, 2)), requires_grad=True)
    loss = (table[[1, 3, 1]] ** 2).sum()
    (gradient,) = autograd.grad(loss, table)
    with no_grad():
        table -= 0.1 * gradient
    np.testing.assert_allclose(table.detach().numpy(), [[1, 1], [0.6, 0.6], [1, 1], [0.8, 0.8]])
