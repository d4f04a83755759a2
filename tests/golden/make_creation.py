"""Write creation.json: what PyTorch makes of arguments. Run with PyTorch in this folder."""

import json

import torch

CASES = [
    "arange(5)",
    "arange(5.0)",
    "arange(1, 4)",
    "arange(1, 2, 0.25)",
    "arange(0, -3, -1)",
    "arange(3, 3)",
    "arange(10, 0, -3)",
    "arange(0, 1, 0.1)",
    "arange(0, 1, 0.1, dtype=float64)",
    "arange(-0.5, 2.6, 0.7)",
    "arange(0.5, 3, dtype=int64)",
    "arange(300, dtype=uint8)",
    "arange(1, 6, 2, dtype=float64)",
    "arange(2**53, 2**53 + 3)",
    "arange(True)",
    "arange(tensor(3))",
    "linspace(0, 1, 5)",
    "linspace(0, 10, 1)",
    "linspace(0, 10, 0)",
    "linspace(-3, 3, 7)",
    "linspace(5, -5, 4, dtype=float64)",
    "linspace(0, 10, 5, dtype=int64)",
    "linspace(10, 0, 4, dtype=int32)",
    "linspace(-3, 3, 4, dtype=int32)",
    "logspace(0, 3, 4)",
    "logspace(-1, 1, 3, dtype=float64)",
    "logspace(0, 3, 4, base=2)",
    "logspace(0, 3, 3, base=-2)",
    "logspace(0, 3, 4, dtype=int64)",
    "eye(3)",
    "eye(2, 3)",
    "eye(0)",
    "eye(3, 2, dtype=int64)",
    "full((2,), True)",
    "full((2,), 2)",
    "full((2, 1), 2.5)",
    "full((), 2.5)",
    "full((2,), 2.5, dtype=int64)",
    "full((2,), tensor(3))",
    "full((0, 2), 1.5)",
    "zeros(())",
    "zeros(2, 3)",
    "zeros([2, 3], dtype=int32)",
    "ones((2, 3), dtype=bool)",
    "ones(1, dtype=float64)",
    "zeros_like(ones(2, dtype=int32))",
    "zeros_like(ones(2, dtype=int32), dtype=float64)",
    "ones_like(zeros(2, 0))",
    "full_like(ones(2, dtype=int32), 2.5)",
    "full_like(ones(2, dtype=float64), 1)",
    "ones(2, dtype=float64).new_tensor([1])",
    "ones(2, dtype=int64).new_tensor([1.5])",
    "ones(2, dtype=float64).new_full((2,), 1)",
    "ones(2, dtype=int64).new_full((2,), 1.5)",
    "ones(2, dtype=uint8).new_zeros(3, 2)",
    "ones(2, dtype=uint8).new_ones((3, 2), dtype=float32)",
    "tensor([])",
    "tensor([[], []])",
    "tensor([[]], dtype=int32)",
    "tensor([True, 2])",
    "tensor([True, 2.5])",
    "tensor([1, 2.5])",
    "tensor([1.0, tensor(2.0, dtype=float64)])",
    "tensor([tensor(1), 2.5])",
    "tensor([1e300])",
    "tensor([1.5, 0.0], dtype=bool)",
    "tensor([1.9, -1.9], dtype=int64)",
    "tensor(range(3))",
    "tensor(5)",
    "tensor(5.0)",
    "tensor(False)",
]
FUNCTIONS = [
    *("tensor", "zeros", "ones", "full", "eye", "arange", "linspace", "logspace"),
    *("zeros_like", "ones_like", "full_like"),
    *("float32", "float64", "int64", "int32", "uint8", "bool"),
]
NAMES = {name: getattr(torch, name) for name in FUNCTIONS}


def described(tensor):
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "numbers": tensor.tolist(),
    }


if __name__ == "__main__":
    made = {case: described(eval(case, NAMES)) for case in CASES}
    with open("creation.json", "w") as file:
        json.dump(made, file, indent=1)
        file.write("\n")
