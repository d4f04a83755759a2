"""Sums of arrays along dimensions: the short way for small matrices is as good as NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.tensor.sums import sum_along


@given(
    st.integers(0, 100),
    st.integers(0, 100),
    st.sampled_from([None, (0,), (1,), (0, 1)]),
    st.booleans(),
    st.sampled_from(["float32", "float64", "int64"]),
)
def test_a_sum_is_the_sum_of_numpy(rows, columns, dims, keepdim, dtype):
    matrix = (np.random.default_rng(rows).normal(size=(rows, columns)) * 5).astype(dtype)
    for array in (matrix, matrix.T[:, ::2], np.asfortranarray(matrix)):
        total = sum_along(array, dims, keepdim)
        expected = array.astype("float64").sum(axis=dims, keepdims=keepdim)
        assert total.dtype == dtype
        assert total.shape == expected.shape
        np.testing.assert_allclose(total, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dim", [0, 1])
def test_infinities_and_nan_are_summed_as_anywhere(dim):
    matrix = np.array([[np.inf, 1.0], [-np.inf, np.nan]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(sum_along(matrix, (dim,)), matrix.sum(axis=dim))
