"""How tensors are printed: as PyTorch prints them."""

import json
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from twingrad.tensor import Tensor, creation

GOLDEN = Path(__file__).parents[1] / "golden" / "printing.json"
NAMES = {
    **{name: getattr(creation, name) for name in ("tensor", "zeros", "arange")},
    **{name: np.dtype(name) for name in ("float64", "int64", "int32", "uint8", "int8", "bool")},
    "nan": nan,
    "inf": inf,
}


@pytest.mark.parametrize(("case", "printed"), json.loads(GOLDEN.read_text()).items())
def test_tensors_look_as_in_pytorch(case, printed):
    assert repr(eval(case, NAMES)) == printed


def test_what_a_result_came_from_is_said():
    x = creation.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<mul>)"
    assert repr(x.double() * 2) == "tensor([2., 4.], dtype=float64, grad_fn=<mul>)"
    assert repr((x * 2).detach()) == "tensor([2., 4.])"


def test_what_would_make_a_line_too_long_goes_to_the_next():
    x = creation.full((9,), 0.5, dtype="float64", requires_grad=True)
    numbers = "tensor([" + ", ".join(["0.5000"] * 9) + "],"
    assert repr(x) == f"{numbers}\n       dtype=float64, requires_grad=True)"


def test_views_print_the_numbers_that_they_show():
    numbers = np.arange(6.0).reshape(2, 3)
    assert repr(Tensor.constant(numbers.T[::-1])) == (
        "tensor([[2., 5.],\n        [1., 4.],\n        [0., 3.]], dtype=float64)"
    )


def test_printing_changes_no_setting_of_numpy_and_heeds_none():
    with np.printoptions(precision=1, threshold=2, linewidth=20):
        before = np.get_printoptions()
        assert repr(creation.tensor([0.25, 0.5, 0.75])) == "tensor([0.2500, 0.5000, 0.7500])"
        assert np.get_printoptions() == before


def test_formats_apply_to_one_number():
    assert f"{creation.tensor(0.123):.2f}" == "0.12"
    assert f"{creation.tensor(7)}" == "7"
    assert f"{creation.tensor([7])}" == "tensor([7])"
    assert str(creation.tensor(0.5)) == "tensor(0.5000)"
    with pytest.raises(TypeError, match=r"'\.2f' is for one number, got a tensor of shape \(2,\)"):
        f"{creation.tensor([1.0, 2.0]):.2f}"
