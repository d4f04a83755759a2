"""New tensors: dtypes and shapes as in PyTorch, and sentences for what cannot be made."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twingrad import Array, Value
from twingrad.tensor import Tensor, creation
from twingrad.tensor.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from twingrad.tensor.dtypes import SUPPORTED

GOLDEN = Path(__file__).parents[1] / "golden" / "creation.json"
FUNCTIONS = [
    *("tensor", "zeros", "ones", "full", "eye", "arange", "linspace", "logspace"),
    *("zeros_like", "ones_like", "full_like"),
]
NAMES = {name: getattr(creation, name) for name in FUNCTIONS} | {
    name: np.dtype(name) for name in ("float32", "float64", "int64", "int32", "uint8", "bool")
}
dtypes = st.sampled_from(sorted(SUPPORTED, key=str))
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@pytest.mark.parametrize(("case", "golden"), json.loads(GOLDEN.read_text()).items())
def test_what_is_made_is_what_pytorch_makes(case, golden):
    made = eval(case, NAMES)
    assert made.dtype == golden["dtype"]
    assert made.shape == tuple(golden["shape"])
    np.testing.assert_allclose(made.tolist(), golden["numbers"], rtol=2e-7)
    assert not made.requires_grad


@given(shapes, dtypes)
def test_shapes_are_given_as_numbers_or_as_one_sequence(shape, dtype):
    for make, number in ((zeros, 0), (ones, 1)):
        for made in (
            make(*shape, dtype=dtype),
            make(shape, dtype=dtype),
            make([*shape], dtype=dtype),
        ):
            assert made.shape == shape
            assert made.dtype == dtype
            np.testing.assert_array_equal(made.numpy(), np.full(shape, number))
    assert empty(*shape, dtype=dtype).shape == shape
    assert empty(shape, dtype=dtype).dtype == dtype
    assert full(shape, 1, dtype=dtype).tolist() == ones(shape, dtype=dtype).tolist()


@given(shapes, dtypes, dtypes)
def test_likeness_is_of_shape_and_dtype(shape, dtype, other):
    model = zeros(shape, dtype=dtype)
    for made in (
        ones_like(model),
        full_like(model, 1),
        model.new_ones(shape),
        model.new_ones(*shape),
        model.new_full(shape, 1),
        model.new_tensor(np.ones(shape)),
    ):
        assert made.dtype == dtype
        np.testing.assert_array_equal(made.numpy(), np.ones(shape))
    for made in (
        zeros_like(model, dtype=other),
        empty_like(model, dtype=other),
        full_like(model, 0, dtype=other),
        model.new_zeros(shape, dtype=other),
        model.new_empty(shape, dtype=other),
        model.new_full(shape, 0, dtype=other),
        model.new_tensor(np.zeros(shape), dtype=other),
    ):
        assert made.dtype == other
        assert made.shape == shape


MAKERS = [
    lambda **options: tensor([1.0], **options),
    lambda **options: zeros(2, **options),
    lambda **options: ones(2, **options),
    lambda **options: empty(2, **options),
    lambda **options: full((2,), 1.5, **options),
    lambda **options: eye(2, **options),
    lambda **options: arange(2.0, **options),
    lambda **options: linspace(0, 1, 3, **options),
    lambda **options: logspace(0, 1, 3, **options),
    lambda **options: zeros_like(tensor([1.0]), **options),
    lambda **options: ones_like(tensor([1.0]), **options),
    lambda **options: empty_like(tensor([1.0]), **options),
    lambda **options: full_like(tensor([1.0]), 2, **options),
    lambda **options: tensor([1.0]).new_tensor([1.0], **options),
    lambda **options: tensor([1.0]).new_zeros(2, **options),
    lambda **options: tensor([1.0]).new_ones(2, **options),
    lambda **options: tensor([1.0]).new_empty(2, **options),
    lambda **options: tensor([1.0]).new_full((2,), 2, **options),
]


@pytest.mark.parametrize("make", MAKERS)
def test_every_maker_makes_leaves_of_any_dtype(make):
    assert not make().requires_grad
    leaf = make(requires_grad=True)
    assert leaf.requires_grad
    assert leaf.is_leaf
    leaf.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), np.ones(leaf.shape))
    assert make(dtype="float64").dtype == np.float64
    assert make(dtype=int).dtype == np.int64
    with pytest.raises(RuntimeError, match="requires_grad needs floating point numbers, got dtype"):
        make(dtype=int, requires_grad=True)
    with pytest.raises(TypeError, match=r"dtype must be one of .*, got 'float16'"):
        make(dtype="float16")


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-5, 5).filter(bool))
def test_arange_of_whole_numbers_is_pythons_range(start, end, step):
    if (end - start) * step < 0:
        with pytest.raises(ValueError, match="arange: step must lead from start to end"):
            arange(start, end, step)
    else:
        assert arange(start, end, step).tolist() == [*range(start, end, step)]


@given(st.integers(0, 50), st.floats(-5, 5), st.floats(-5, 5))
def test_linspace_starts_and_ends_where_it_should(steps, start, end):
    made = linspace(start, end, steps, dtype="float64")
    np.testing.assert_array_equal(made.numpy(), np.linspace(start, end, steps))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: zeros(-1), ValueError, r"zeros: a length must not be negative, got \(-1,\)"),
        (lambda: ones(2, -3), ValueError, r"ones: a length must not be negative, got \(2, -3\)"),
        (lambda: zeros(2.0), TypeError, "zeros: length must be a whole number, got float 2.0"),
        (lambda: zeros("a"), TypeError, "zeros: length must be a whole number, got str 'a'"),
        (lambda: zeros(None), TypeError, "zeros: length must be a whole number, got NoneType"),
        (lambda: zeros(True), TypeError, "zeros: length must be a whole number, got bool"),
        (lambda: zeros({2}), TypeError, "zeros: length must be a whole number, got set"),
        (lambda: empty((2, -1)), ValueError, "empty: a length must not be negative"),
        (lambda: full(-1, 0), ValueError, "full: a length must not be negative"),
        (lambda: full((2,), [1, 2]), TypeError, r"full: fill_value must be one number, got shape"),
        (lambda: full((2,), "a"), TypeError, "full: fill_value: data must be real numbers"),
        (lambda: full((2,), 300, dtype="uint8"), ValueError, "a number must fit the dtype uint8"),
        (lambda: eye(-1), ValueError, "eye: a length must not be negative"),
        (lambda: eye(2.5), TypeError, "eye: length must be a whole number"),
        (lambda: arange(0, 1, 0), ValueError, "arange: step must lead from start to end, got 0"),
        (lambda: arange(0, 3, 0.5, dtype=int), ValueError, "arange: step .* got 0 from 0 to 3"),
        (lambda: arange(0, 3, 0.5, dtype="int8"), ValueError, "arange: step .* got 0 from 0 to 3"),
        (lambda: arange(math.inf), ValueError, "arange: start, end and step must be finite"),
        (lambda: arange(math.nan), ValueError, "arange: start, end and step must be finite"),
        (lambda: arange("a"), TypeError, "arange: end must be a real number, got str 'a'"),
        (lambda: arange(1j), TypeError, "arange: end must be a real number, got complex"),
        (
            lambda: arange(2, dtype=bool),
            TypeError,
            "arange: dtype must be one of numbers, got bool",
        ),
        (lambda: linspace(0, 1, -1), ValueError, "linspace: steps: a length must not be negative"),
        (lambda: linspace(0, None, 2), TypeError, "linspace: end must be a real number"),
        (
            lambda: linspace(0, 1, 2, dtype=bool),
            TypeError,
            "linspace: dtype must be one of numbers",
        ),
        (lambda: logspace(0, 1, 2.5), TypeError, "logspace: steps: length must be a whole number"),
        (lambda: zeros_like([1.0]), TypeError, "zeros_like: input must be a Tensor, got list"),
        (lambda: full_like(3, 1), TypeError, "full_like: input must be a Tensor, got int 3"),
        (lambda: tensor([1.0], requires_grad=1), TypeError, "requires_grad must be True or False"),
        (lambda: from_numpy([1.0]), TypeError, "from_numpy: array must be a NumPy array, got list"),
        (
            lambda: from_numpy(np.zeros(2, ">f4")),
            TypeError,
            "from_numpy: the bytes of a number must be in the order of this machine.*'float32'",
        ),
        (
            lambda: from_numpy(np.zeros(2, "f2")),
            TypeError,
            r"from_numpy: data must be real numbers or bools, got an array of dtype float16: "
            r"convert it with astype\('float32'\)",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_cure(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_tensor_copies_its_data():
    array = np.ones(2)
    made = tensor(array)
    array[0] = 5
    assert made.tolist() == [1.0, 1.0]
    source = tensor([1.0], requires_grad=True)
    copy = tensor(source)
    assert not copy.requires_grad
    copy.fill_(3)
    assert source.tolist() == [1.0]


def test_the_numbers_of_the_scalar_twin_are_taken():
    assert tensor(Value(2.0)).dtype == np.float32
    made = tensor(Array([[1.0, 2.0], [3.0, 4.0]]))
    assert made.dtype == np.float32
    assert made.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert tensor([Value(1.0), 2], dtype="float64").tolist() == [1.0, 2.0]


@given(hnp.arrays(dtypes, shapes))
def test_from_numpy_shares_memory_both_ways(array):
    made = from_numpy(array)
    assert made.dtype == array.dtype
    assert np.shares_memory(made.numpy(), array) or not array.size
    array[...] = 1
    np.testing.assert_array_equal(made.numpy(), array)
    made.zero_()
    assert not array.any()


def test_from_numpy_takes_any_strides_and_drops_the_subclass():
    array = np.arange(6.0).reshape(2, 3)
    assert from_numpy(array.T[::-1]).tolist() == array.T[::-1].tolist()
    matrix = array.view(np.recarray)
    assert type(from_numpy(matrix).numpy()) is np.ndarray


def test_a_read_only_array_gives_a_tensor_that_is_not_changed_in_place():
    array = np.ones(2)
    array.flags.writeable = False
    made = from_numpy(array)
    assert (made + 1).tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="belong to a read-only array"):
        made.add_(1)


def test_as_tensor_copies_only_what_it_must():
    x = tensor([1.0], requires_grad=True)
    assert as_tensor(x) is x
    assert as_tensor(x, "float32") is x
    doubled = as_tensor(x, "float64")
    doubled.sum().backward()
    assert x.grad.tolist() == [1.0]
    array = np.ones(2)
    assert as_tensor(array).numpy() is array
    assert as_tensor(array, "float64").numpy() is array
    assert as_tensor(array, "float32").dtype == np.float32
    assert as_tensor(array.astype(">f8")).tolist() == [1.0, 1.0]
    assert as_tensor([1, 2]).dtype == np.int64


def test_asarray_makes_a_leaf_of_what_requires_a_gradient():
    array = np.ones(2)
    leaf = asarray(array, requires_grad=True)
    assert leaf.requires_grad
    assert leaf.detach().numpy() is array
    result = leaf * 2
    again = asarray(result, requires_grad=True)
    assert again.is_leaf
    assert asarray(result) is result


def test_new_tensors_stand_in_memory_row_by_row():
    model = Tensor.constant(np.asfortranarray(np.ones((2, 3))))
    for made in (tensor(model), zeros_like(model), ones_like(model), full_like(model, 2)):
        assert made.is_contiguous()
