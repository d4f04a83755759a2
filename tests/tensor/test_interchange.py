"""Tensors as Python numbers, NumPy arrays, other libraries' arrays, pickles and copies."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twingrad.tensor import Tensor
from twingrad.tensor.creation import arange, from_dlpack, ones, tensor
from twingrad.tensor.dtypes import SUPPORTED

dtypes = st.sampled_from(sorted(SUPPORTED, key=str))
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def leaf():
    return tensor([1.0, 2.0], requires_grad=True)


@given(hnp.arrays(dtypes, shapes))
def test_numbers_leave_as_lists_and_as_the_array_itself(array):
    made = Tensor.constant(array)
    assert made.numpy() is array
    assert np.asarray(made) is array
    np.testing.assert_equal(made.tolist(), array.tolist())


def test_numbers_leave_a_tensor_that_requires_a_gradient_only_on_demand():
    for made in (leaf(), leaf() * 2):
        with pytest.raises(RuntimeError, match=r"numpy: .*: use detach\(\)\.numpy\(\)"):
            made.numpy()
        with pytest.raises(RuntimeError, match=r"use detach\(\)\.numpy\(\)"):
            np.asarray(made)
        assert made.numpy(force=True) is made.detach().numpy()
        assert made.tolist() == made.detach().tolist()
        assert made[0].item() == made.tolist()[0]


def test_only_one_element_has_an_item():
    assert type(tensor([[3]]).item()) is int
    assert type(tensor(0.5).item()) is float
    assert tensor([True]).item() is True
    with pytest.raises(RuntimeError, match=r"item: the tensor must have one element, got shape"):
        ones(2).item()


def test_numpy_asks_for_copies_and_dtypes():
    made = tensor([1.0, 2.0])
    assert np.asarray(made, np.float64).dtype == np.float64
    assert made.__array__(np.float32) is made.numpy()
    assert not np.shares_memory(made.__array__(copy=True), made.numpy())
    assert made.__array__(copy=False) is made.numpy()
    assert np.add(np.ones(2), made).tolist() == [2.0, 3.0]
    with pytest.raises(ValueError, match="cannot be an array of dtype float64 without a copy"):
        made.__array__(np.float64, copy=False)


@given(hnp.arrays(dtypes, shapes))
def test_dlpack_shares_memory_with_numpy_both_ways(array):
    made = Tensor.constant(array)
    taken = np.from_dlpack(made)
    assert taken.dtype == array.dtype
    assert taken.shape == array.shape
    back = from_dlpack(array)
    assert back.dtype == array.dtype
    array[...] = 1
    np.testing.assert_array_equal(taken, array)
    np.testing.assert_array_equal(back.numpy(), array)
    assert made.__dlpack_device__() == (1, 0)


def test_dlpack_refuses_what_it_cannot_share():
    for made in (leaf(), leaf() * 2):
        with pytest.raises(BufferError, match=r"__dlpack__: .*: use detach\(\)"):
            np.from_dlpack(made)
    with pytest.raises(
        TypeError, match="from_dlpack: ext_tensor must know the DLPack protocol, got"
    ):
        from_dlpack([1.0])
    with pytest.raises(TypeError, match="from_dlpack: data must be real numbers or bools, got"):
        from_dlpack(np.zeros(2, np.complex64))
    with pytest.raises(BufferError, match="from_dlpack: the memory of this Elsewhere cannot be"):
        from_dlpack(Elsewhere())


class Elsewhere:
    """An array on a device that NumPy does not know."""

    def __dlpack__(self, **options):
        raise BufferError("not on the CPU")

    def __dlpack_device__(self):
        return (2, 0)


def test_what_is_read_only_stays_so():
    array = np.ones(2)
    array.flags.writeable = False
    made = from_dlpack(array)
    with pytest.raises(RuntimeError, match="read-only array"):
        made.zero_()
    assert np.from_dlpack(made).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("dtype", sorted(SUPPORTED, key=str), ids=str)
def test_pytorch_shares_memory_both_ways(dtype):
    torch = pytest.importorskip("torch")
    made = arange(6).reshape(2, 3).to(dtype)
    taken = torch.from_dlpack(made)
    assert str(taken.dtype) == f"torch.{dtype}"
    taken[0, 0] = 1
    assert made[0, 0].item() == 1
    other = torch.ones(2, 3, dtype=taken.dtype).T
    back = from_dlpack(other)
    back.zero_()
    assert not other.any()
    assert from_dlpack(taken).tolist() == made.tolist()
    with pytest.raises(BufferError, match=r"from_dlpack: .*detach it"):
        from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises(
        BufferError, match="from_dlpack: the memory of this Tensor cannot be shared"
    ):
        from_dlpack(torch.ones(2, dtype=torch.bfloat16))
    assert tensor(torch.ones(2)).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float32", "int32", "int8", "uint8", "bool"])
def test_jax_shares_memory_both_ways(dtype):
    jax = pytest.importorskip("jax")
    made = ones(4, 8, dtype=dtype)
    taken = jax.dlpack.from_dlpack(made)
    assert str(taken.dtype) == dtype
    assert taken.tolist() == made.tolist()
    back = from_dlpack(taken)
    assert back.dtype == dtype
    assert back.numpy().ctypes.data == taken.unsafe_buffer_pointer()
    with pytest.raises(RuntimeError, match="read-only array"):
        back.zero_()


@given(hnp.arrays(dtypes, shapes))
def test_pickles_keep_numbers_and_dtype(array):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(Tensor.constant(array), protocol))
        assert type(back) is Tensor
        assert back.dtype == array.dtype
        assert not back.requires_grad
        np.testing.assert_array_equal(back.numpy(), array)


def test_pickles_keep_the_gradient_of_a_leaf_and_no_history():
    x = leaf()
    (x * x).sum().backward()
    back = pickle.loads(pickle.dumps(x))
    assert back.requires_grad
    assert back.is_leaf
    assert back.grad.tolist() == [2.0, 4.0]
    (back * 3).sum().backward()
    assert back.grad.tolist() == [5.0, 7.0]
    assert x.grad.tolist() == [2.0, 4.0]
    result = pickle.loads(pickle.dumps(x * 2))
    assert result.is_leaf
    assert result.requires_grad
    assert result.tolist() == [2.0, 4.0]


def test_pickles_of_views_hold_their_own_numbers_only():
    base = ones(1000)
    assert len(pickle.dumps(base[:2])) < 500
    part = pickle.loads(pickle.dumps(base[:2].broadcast_to(3, 2)))
    part.add_(1)
    assert part.tolist() == [[2.0, 2.0]] * 3


def test_a_shallow_copy_is_a_leaf_on_the_same_memory():
    x = leaf()
    copied = copy.copy(x)
    assert copied.requires_grad
    assert copied.grad is None
    assert copied.detach().numpy() is x.detach().numpy()
    result = copy.copy(x * 2)
    assert result.is_leaf
    assert result.requires_grad
    middle = x * 3
    squares = middle * middle
    copy.copy(middle).detach().zero_()
    with pytest.raises(RuntimeError, match="changed in place by zero_"):
        squares.sum().backward()


def test_a_deep_copy_is_a_leaf_on_memory_of_its_own():
    x = leaf()
    (x * x).sum().backward()
    copied = copy.deepcopy(x)
    assert copied.requires_grad
    assert copied.grad.tolist() == [2.0, 4.0]
    copied.grad.zero_()
    copied.detach().zero_()
    assert x.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(
        RuntimeError, match=r"deepcopy: only leaves can be copied .* computed by mul"
    ):
        copy.deepcopy(x * 2)


def test_a_deep_copy_keeps_what_is_tied_tied():
    x = ones(3)
    model = copy.deepcopy({"in": x, "out": x, "constant": x.detach()})
    assert model["in"] is model["out"]
    model["in"].zero_()
    assert model["constant"].tolist() == [0.0, 0.0, 0.0]
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_a_deep_copy_can_be_changed_where_its_source_cannot():
    stretched = copy.deepcopy(ones(1).broadcast_to(3))
    assert stretched.add_(arange(3.0)).tolist() == [1.0, 2.0, 3.0]
