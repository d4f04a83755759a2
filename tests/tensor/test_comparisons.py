"""Comparisons and logic: elementwise, broadcast, without gradients, and identity as a key."""

import operator
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twingrad
from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor

OPERATORS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
BITWISE = {
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
}
few = st.sampled_from([-inf, -1.0, -0.0, 0.0, 1.0, 2.5, inf, nan])
pairs = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3).flatmap(
    lambda shapes: st.tuples(
        *[hnp.arrays(np.float64, s, elements=few) for s in shapes.input_shapes]
    )
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "comparisons"))
def test_results_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(pairs)
def test_operators_and_methods_compare_as_numpy_does(pair):
    a, b = pair
    for name, compare in OPERATORS.items():
        found = compare(Tensor(a), Tensor(b))
        assert found.dtype == bool
        np.testing.assert_array_equal(found.detach().numpy(), compare(a, b))
        np.testing.assert_array_equal(
            getattr(Tensor(a), name)(Tensor(b)).detach().numpy(), compare(a, b)
        )
        np.testing.assert_array_equal(compare(a, Tensor(b)).detach().numpy(), compare(a, b))


@pytest.mark.parametrize("compare", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint8", "int64", "bool"])
def test_numbers_are_compared_from_either_side(compare, dtype):
    array = np.array([0, 1, 3], dtype)
    for number in (1, 0.5, True):
        np.testing.assert_array_equal(
            compare(Tensor(array), number).detach().numpy(), compare(array, number)
        )
        np.testing.assert_array_equal(
            compare(number, Tensor(array)).detach().numpy(), compare(number, array)
        )


def test_a_number_that_the_dtype_cannot_hold_is_compared_all_the_same():
    x = Tensor(np.array([0, 255], np.uint8))
    assert (x > -1).detach().numpy().all()
    assert (x < 256).detach().numpy().all()
    assert not (x == 1000).detach().numpy().any()


def test_different_dtypes_are_compared_in_the_one_that_arithmetic_would_have():
    assert (Tensor([1, 2]) == Tensor([1.0, 2.5])).detach().numpy().tolist() == [True, False]
    tenth = Tensor(np.array([0.1], np.float32))
    assert (tenth == 0.1).item()
    assert (tenth == Tensor(np.array(0.1))).item()
    assert not (tenth == Tensor(np.array([0.1]))).item()


def test_comparisons_have_no_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for found in (x > 1, x == x, x.isnan(), x.logical_not(), x.isclose(x)):
        assert not found.requires_grad
        assert found.is_leaf


def test_shapes_that_do_not_broadcast_are_refused():
    for compare in (*OPERATORS.values(), Tensor.isclose, Tensor.logical_and):
        with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\) do not broadcast"):
            compare(Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r"bitwise_and: shapes \(2,\) and \(3,\)"):
        Tensor([1, 2]) & Tensor([1, 2, 3])


def test_nothing_but_numbers_is_equal_and_nothing_else_has_an_order():
    x = Tensor([1.0, 2.0])
    for other in (None, "1", object()):
        assert (x == other) is False
        assert (x != other) is True
        with pytest.raises(TypeError, match="lt: data must be real numbers"):
            x < other  # noqa: B015
    with pytest.raises(TypeError, match="eq: operands must be of one twin"):
        x == twingrad.Value(1.0)  # noqa: B015


def test_a_tensor_is_a_key_by_its_identity_and_elements_are_never_asked():
    tensors = [Tensor(np.ones(3)) for _ in range(1000)]
    numbered = {tensor: k for k, tensor in enumerate(tensors)}
    assert [numbered[tensor] for tensor in tensors] == list(range(1000))
    assert len(set(tensors)) == 1000
    assert Tensor(np.ones(3)) not in numbered
    assert hash(tensors[0]) == object.__hash__(tensors[0])


def test_a_backward_pass_over_equal_tensors_keeps_them_apart():
    a, b = (Tensor([2.0, 2.0], requires_grad=True) for _ in range(2))
    ((a * b).sum() + 3 * a.sum()).backward()
    assert a.grad.numpy().tolist() == [5, 5]
    assert b.grad.numpy().tolist() == [2, 2]


def test_in_asks_whether_an_element_is_equal():
    x = Tensor([[1.0, 2.0], [nan, 4.0]])
    assert 4 in x
    assert 3 not in x
    assert nan not in x


def test_logic_takes_every_dtype():
    x = Tensor([0.0, 2.0, nan])
    assert x.logical_not().detach().numpy().tolist() == [True, False, False]
    assert x.logical_and(Tensor([1, 0, 1])).detach().numpy().tolist() == [False, False, True]
    assert x.logical_or(Tensor([True, False, False])).detach().numpy().tolist() == [
        True,
        True,
        True,
    ]
    assert x.logical_xor(1).detach().numpy().tolist() == [True, False, False]


@given(hnp.arrays(np.int64, (2, 3)), hnp.arrays(np.int64, (3,)))
def test_bits_are_combined_as_numpy_does(a, b):
    for name, combine in BITWISE.items():
        np.testing.assert_array_equal(combine(Tensor(a), Tensor(b)).detach().numpy(), combine(a, b))
        np.testing.assert_array_equal(getattr(Tensor(a), name)(b).detach().numpy(), combine(a, b))
        np.testing.assert_array_equal(combine(5, Tensor(a)).detach().numpy(), combine(5, a))
    np.testing.assert_array_equal((~Tensor(a)).detach().numpy(), ~a)


def test_bits_of_floats_are_refused_with_the_usual_cure():
    x = Tensor([1.0, 2.0])
    for combine in BITWISE.values():
        with pytest.raises(TypeError, match=r"got float32: compare the numbers first, as in \(x >"):
            combine(x, Tensor([1, 2]))
    with pytest.raises(TypeError, match="bitwise_not: operands must be bools or integers"):
        x.bitwise_not()


def test_close_is_within_absolute_and_relative_tolerance():
    x, y = Tensor([1.0, 100.0, nan]), Tensor([1.0 + 1e-6, 101.0, nan])
    assert x.isclose(y).detach().numpy().tolist() == [True, False, False]
    assert x.isclose(y, rtol=0.1, equal_nan=True).detach().numpy().tolist() == [True, True, True]
    assert x.isclose(y, rtol=0, atol=1e-9).detach().numpy().tolist() == [False, False, False]
    assert x.allclose(y, rtol=0.1, equal_nan=True) is True
    assert x.allclose(y) is False


def test_equal_asks_for_shape_and_numbers():
    x = Tensor([1.0, 2.0])
    assert x.equal(Tensor([1.0, 2.0])) is True
    assert x.equal(Tensor([1, 2])) is True
    assert x.equal(Tensor([[1.0, 2.0]])) is False
    assert x.equal(Tensor([1.0, 3.0])) is False
    assert Tensor([nan]).equal(Tensor([nan])) is False
