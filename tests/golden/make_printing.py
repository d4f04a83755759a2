"""Write printing.json: how PyTorch prints tensors. Run with PyTorch in this folder."""

import json
from math import inf, nan

import torch

CASES = [
    "tensor(3.14159)",
    "tensor(3)",
    "tensor(True)",
    "tensor(2.0)",
    "tensor(nan)",
    "tensor(-inf)",
    "tensor(1e-7)",
    "tensor(123456789.0)",
    "tensor([1.0, 2.0, -3.0])",
    "tensor([1.5, 2.0, -30.25])",
    "tensor([1.0, nan, inf, -inf])",
    "tensor([0.5, nan, inf, -inf])",
    "tensor([nan, nan])",
    "tensor([0.0, 0.0])",
    "tensor([-0.0, 0.25])",
    "tensor([1e-5, 1.0])",
    "tensor([0.001, 0.9])",
    "tensor([0.001, 1.1])",
    "tensor([1.0, 1000.0])",
    "tensor([1.0, 1001.0])",
    "tensor([1e9, 2e9])",
    "tensor([1e9, nan])",
    "tensor([0.1, 0.2], dtype=float64)",
    "tensor([1.0], dtype=float64)",
    "tensor([1, 20, -300])",
    "tensor([1, 2], dtype=int32)",
    "tensor([1, 255], dtype=uint8)",
    "tensor([-1, 2], dtype=int8)",
    "tensor([True, False])",
    "tensor([[True], [False]])",
    "tensor([[1.0, 2.0], [3.0, 4.0]])",
    "tensor([[1.0, 2.0], [3.0, 4.0]], dtype=float64)",
    "tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])",
    "tensor([])",
    "tensor([], dtype=float64)",
    "tensor([], dtype=int64)",
    "tensor([], dtype=bool)",
    "tensor([[], []])",
    "zeros(0, 3)",
    "zeros(2, 0, 3, dtype=int64)",
    "arange(30)",
    "arange(100)",
    "arange(40) / 8",
    "arange(40) * 1e-6",
    "arange(1000)",
    "arange(1001)",
    "arange(2000) / 7",
    "arange(1200).reshape(2, 600)",
    "arange(1200).reshape(600, 2)",
    "arange(2000).reshape(2, 4, 250)",
    "arange(2000).reshape(10, 20, 10)",
    "arange(10000).reshape(100, 100) / 100",
    "arange(24).reshape(2, 3, 4) / 3",
    "arange(60).reshape(3, 20) / 3",
    "zeros(2, requires_grad=True)",
    "zeros(2, dtype=float64, requires_grad=True)",
    "zeros(0, requires_grad=True)",
    "arange(9).reshape(1, 9).double() / 3",
    "arange(10).reshape(1, 10).double() / 3",
]
NAMES = {
    name: getattr(torch, name)
    for name in ("tensor", "zeros", "arange", "float64", "int64", "int32", "uint8", "int8", "bool")
} | {"nan": nan, "inf": inf}

if __name__ == "__main__":
    printed = {case: repr(eval(case, NAMES)).replace("torch.", "") for case in CASES}
    with open("printing.json", "w") as file:
        json.dump(printed, file, indent=1)
        file.write("\n")
