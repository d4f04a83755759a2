"""A tensor of one element where Python wants a number."""

from math import nan

import numpy as np
import pytest

from twingrad.tensor import Tensor


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
def test_one_element_is_a_number_whatever_its_shape(shape, dtype):
    x = Tensor(np.ones(shape, dtype))
    assert bool(x) is True
    assert (float(x), type(float(x))) == (1.0, float)
    assert (int(x), type(int(x))) == (1, int)
    assert not Tensor(np.zeros(shape, dtype))


def test_numbers_are_cut_off_towards_0_and_nan_is_true():
    assert int(Tensor(-2.7)) == -2
    assert Tensor(nan)
    with pytest.raises(ValueError, match="NaN"):
        int(Tensor(nan))


def test_integers_and_bools_can_be_used_as_an_index():
    items = "abc"
    assert items[Tensor(2)] == "c"
    assert items[Tensor([1])] == "b"
    assert items[Tensor(False)] == "a"
    assert list(range(Tensor(3))) == [0, 1, 2]
    with pytest.raises(TypeError, match=r"integers, got dtype float32: convert it with int"):
        items[Tensor(1.0)]


@pytest.mark.parametrize("shape", [(2,), (0,), (1, 2)])
def test_any_other_number_of_elements_is_refused(shape):
    x = Tensor(np.ones(shape, int))
    with pytest.raises(RuntimeError, match=r"bool: the tensor must have one .* ask any\(\) or all"):
        bool(x)
    for convert in (float, int, "abc".__getitem__):
        with pytest.raises(RuntimeError, match=r"the tensor must have one element, got shape \("):
            convert(x)
