"""The name ``twingrad.tensor``: the room and PyTorch's function in one."""

import importlib
import pickle
import subprocess
import sys

import twingrad


def test_the_room_is_called_as_the_function_is():
    made = twingrad.tensor([1.0, 2.0], dtype=twingrad.float64, requires_grad=True)
    assert made.dtype == twingrad.float64
    assert made.requires_grad
    assert importlib.import_module("twingrad.tensor") is twingrad.tensor
    assert twingrad.tensor.Tensor is twingrad.Tensor


def test_it_does_not_matter_what_is_imported_first():
    code = (
        "import twingrad.tensor.operations.einsum as room; import twingrad.tensor as tensors; "
        "from twingrad import tensor; "
        "print(tensor([1.0]).item(), tensors.zeros(1).item(), room.einsum.__name__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1.0", "0.0", "einsum"]


def test_tensors_are_pickled():
    made = twingrad.tensor([1.0, 2.0])
    assert pickle.loads(pickle.dumps(made)).tolist() == [1.0, 2.0]
