"""What people pass as data or operands, as arrays: dtypes, copies, and what is refused."""

import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twingrad import Array, Value
from twingrad.tensor import Tensor
from twingrad.tensor.coercion import array_from, constant_array, lengths, plain_number, single
from twingrad.tensor.dtypes import INTEGERS, SUPPORTED

dtypes = st.sampled_from(sorted(SUPPORTED, key=str))
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@given(hnp.arrays(dtypes, shapes))
def test_arrays_and_tensors_keep_their_dtype_and_are_copied(array):
    for data in (array, Tensor.constant(array), array.T.T[...]):
        made = array_from(data, None, "data")
        assert made.dtype == array.dtype
        assert not np.shares_memory(made, array)
        np.testing.assert_array_equal(made, array)


@given(hnp.arrays(np.float64, (2, 3), elements=st.floats(-5, 5)))
def test_any_order_in_memory_becomes_row_by_row(array):
    for data in (array.T, np.asfortranarray(array), array[::-1, ::2]):
        made = array_from(data, None, "data")
        assert made.flags.c_contiguous
        np.testing.assert_array_equal(made, data)


@given(hnp.arrays(st.sampled_from([">f4", ">f8", ">i4", ">i8"]), 3, elements=st.integers(-5, 5)))
def test_foreign_byte_orders_are_converted(array):
    made = array_from(array, None, "data")
    assert made.dtype.isnative
    np.testing.assert_array_equal(made, array)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"),
        (1, "int64"),
        (True, "bool"),
        ([], "float32"),
        ([[], []], "float32"),
        ([1, 2.5], "float32"),
        ([True, 2], "int64"),
        ([[True], [2.5]], "float32"),
        ((1, 2), "int64"),
        (range(3), "int64"),
        (np.float64(1), "float64"),
        (np.int8(1), "int8"),
        ([np.float32(1), 2.0], "float32"),
        ([np.float64(1), 2.0], "float64"),
        ([1.0, np.float64(1)], "float64"),
        ([np.ones(2, "int32"), [1, 2]], "int64"),
        ([np.ones(2, "int32"), [1.0, 2.0]], "float32"),
        ([1.0, Tensor(2.0, dtype="float64")], "float64"),
        ([Tensor(1), 2.5], "float32"),
        ([Tensor([1.0]), Tensor([2.0])], "float32"),
        (Value(2.0), "float32"),
        ([Value(2.0), 1], "float32"),
        (Array([1.0, 2.0]), "float32"),
        ([Array([1.0, 2.0]), Tensor([1.0, 2.0], dtype="float64")], "float64"),
        ([2**63 - 1, -(2**63)], "int64"),
        ([2**70, 0.5], "float32"),
        (memoryview(b"ab"), "uint8"),
    ],
)
def test_data_have_a_natural_dtype(data, dtype):
    assert array_from(data, None, "data").dtype == dtype


def test_tensors_inside_lists_are_opened_without_their_history():
    x = Tensor([1.0, 2.0], requires_grad=True)
    np.testing.assert_array_equal(array_from([x, x * 2], None, "data"), [[1, 2], [2, 4]])


@given(st.integers(-(2**70), 2**70), st.sampled_from(sorted(INTEGERS, key=str)))
def test_python_numbers_that_do_not_fit_are_refused(number, dtype):
    limits = np.iinfo(dtype)
    if limits.min <= number <= limits.max:
        assert array_from([number], dtype, "data").tolist() == [number]
    else:
        with pytest.raises(ValueError, match=f"a number must fit the dtype {dtype}, from"):
            array_from([number], dtype, "data")


def test_arrays_are_converted_as_numpy_does_it():
    assert array_from(np.array([1.9, 300.0]), "uint8", "data").tolist() == [1, 44]
    assert array_from(Tensor([1.9, -1.9]), int, "data").tolist() == [1, -1]
    assert array_from(np.array([1, 2], "f2"), "float32", "data").dtype == np.float32
    assert array_from(np.array([1, 2], "u8"), int, "data").dtype == np.int64
    assert array_from([1e300], None, "data").tolist() == [np.inf]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (
            [[1, 2], [3]],
            ValueError,
            r"nested sequences of different lengths in \[\[1, 2\], \[3\]\]",
        ),
        ([1, [2]], ValueError, "nested sequences of different lengths"),
        ([Tensor([1.0]), Tensor([1.0, 2.0])], ValueError, "nested sequences of different lengths"),
        ("a", TypeError, r"got str 'a': convert text with float\(\.\.\.\)"),
        ([1, "a"], TypeError, r"got str 'a': convert text with float\(\.\.\.\)"),
        (b"a", TypeError, "got bytes b'a'"),
        (None, TypeError, "got NoneType None: pass numbers"),
        ([1.0, None], TypeError, "got NoneType None: pass numbers"),
        (1j, TypeError, "got complex 1j: pass its real and imaginary parts as two tensors"),
        ([1, 1j], TypeError, "got complex 1j"),
        ({1}, TypeError, r"got set \{1\}: make a list of it, which has an order"),
        ({1: 2}, TypeError, r"got dict \{1: 2\}: make a list of it"),
        (Fraction(1, 2), TypeError, "got Fraction"),
        ((x for x in [1]), TypeError, "got generator"),
        ([2**63], ValueError, "must fit the dtype int64, .* got 9223372036854775808"),
        ([2**63, -1], ValueError, "must fit the dtype int64"),
        (np.float16(1), TypeError, r"dtype float16: convert it with astype\('float32'\)"),
        ([np.float16(1)], TypeError, r"dtype float16: convert it with astype\('float32'\)"),
        (np.zeros(1, "u2"), TypeError, r"dtype uint16: convert it with astype\('int32'\)"),
        (np.zeros(1, "u4"), TypeError, r"dtype uint32: convert it with astype\('int64'\)"),
        (np.zeros(1, "u8"), TypeError, r"dtype uint64: convert it with astype\('int64'\)"),
        (np.zeros(1, "c8"), TypeError, "dtype complex64: pass its real and imaginary parts"),
        (np.zeros(1, "O"), TypeError, "dtype object: convert the elements to numbers first"),
        (np.array(["a"]), TypeError, "dtype <U1: convert the elements to numbers first"),
        (np.zeros(1, "M8[s]"), TypeError, "dtype datetime64.*: take the numbers out of it first"),
    ],
)
def test_what_holds_no_numbers_is_refused_with_a_cure(data, error, message):
    with pytest.raises(error, match=f"^tensor: .*{message}"):
        array_from(data, None, "tensor")


@pytest.mark.skipif(np.longdouble == np.float64, reason="long doubles are doubles here")
def test_long_doubles_are_refused_with_a_cure():
    with pytest.raises(TypeError, match=r"convert it with astype\('float64'\)"):
        array_from(np.zeros(1, np.longdouble), None, "tensor")


def test_nothing_makes_numbers_of_text_or_complex_ones_even_with_a_dtype():
    for data in ("1", np.array(["1"]), np.zeros(1, "c8"), [None]):
        with pytest.raises(TypeError, match="tensor: data must be real numbers or bools"):
            array_from(data, "float32", "tensor")


def test_constants_share_the_memory_of_arrays():
    array = np.ones(2)
    own = constant_array(array, "add")
    assert own.tolist() == array.tolist()
    assert not np.shares_memory(own, array)
    assert constant_array([1.0], "add").dtype == np.float32
    for operand in (Value(1.0), Array([1.0])):
        with pytest.raises(TypeError, match="add: operands must be of one twin, got a Tensor and"):
            constant_array(operand, "add")


def test_lengths_are_whole_and_not_negative():
    assert lengths((2, np.int64(3)), "zeros") == lengths(((2, 3),), "zeros") == (2, 3)
    assert lengths((), "zeros") == lengths(((),), "zeros") == ()
    with pytest.raises(ValueError, match=r"zeros: a length must not be negative, got \(2, -1\)"):
        lengths((2, -1), "zeros")


def test_one_number_is_taken_from_wherever_it_stands():
    for value in (3, np.int8(3), np.array([3]), Tensor(3), True + 2):
        found = plain_number(value, "arange: end")
        assert (found, type(found)) == (3, int)
    for value in (0.5, np.float32(0.5), Tensor([0.5]), Fraction(1, 2)):
        found = plain_number(value, "arange: end")
        assert (found, type(found)) == (0.5, float)
    for value in ("a", None, 1j, Tensor([1.0, 2.0]), Value(1.0)):
        with pytest.raises(TypeError, match="arange: end must be a real number, got"):
            plain_number(value, "arange: end")
    assert single(Tensor([[2.0]]), None, "full").shape == ()


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "matmul", "lt", "ge"])
@pytest.mark.parametrize("is_first", [True, False])
def test_operators_refuse_a_tensor_beside_an_array(name, is_first):
    operands = (Tensor([1.0, 2.0], requires_grad=True), Array([1.0, 2.0]))
    with pytest.raises(TypeError, match="one twin"):
        getattr(operator, name)(*(operands if is_first else operands[::-1]))
