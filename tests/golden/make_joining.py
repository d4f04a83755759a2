"""Write joining.json: what PyTorch makes of several tensors, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_joining.py``. Every case is an expression of the
tensors ``INPUTS``, which the tests evaluate on the tensors of this package as it stands here. The
gradients are by those of the inputs that it names and that are floating point, of the sum of the
results, the elements of which are weighted by 1, 2, 3 and so on.
"""

import json
import re
import warnings
from pathlib import Path

import torch

INPUTS = {
    "number": (2.5, "float64"),
    "single": (1.5, "float32"),
    "whole": (3, "int64"),
    "vector": ([0.5, -1.5, 2.0], "float64"),
    "pair": ([4.0, -8.0], "float64"),
    "small": ([0.25, 0.5], "float32"),
    "matrix": ([[0.5, -1.5, 2.0], [3.25, -4.0, 1.25]], "float64"),
    "other": ([[7.0, 8.0, 9.0], [1.0, 2.0, 3.0]], "float64"),
    "wide": ([[5.0, 6.0], [-5.0, -6.0]], "float64"),
    "cube": ([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]], "float64"),
    "empty": ([], "float32"),
    "hollow": ([[], []], "float64"),
    "ints": ([1, -2], "int64"),
    "shorts": ([5, 6], "int16"),
    "bools": ([True, False], "bool"),
}

CASES = [
    "cat([vector, pair])", "cat((vector, pair), 0)", "cat([vector])", "cat([matrix, other], -1)",
    "cat([matrix, other, matrix])", "cat([matrix, wide], dim=1)", "cat([matrix, hollow], 1)",
    "cat([empty, matrix])", "cat([matrix, empty], 1)", "cat([empty, empty])",
    "cat([empty, vector])", "cat([cube, cube * 2], 1)", "cat([cube, cube], -3)",
    "cat([vector, small])", "cat([small, ints])", "cat([ints, shorts])", "cat([shorts, bools])",
    "cat([bools, small, ints])", "cat([bools, bools])", "cat([vector, vector * vector])",
    "stack([vector, vector])", "stack([matrix, other], 1)", "stack([matrix, other], -1)",
    "stack((matrix, other), dim=0)", "stack([number, number])", "stack([number, single])",
    "stack([single, whole])", "stack([whole, whole], -1)", "stack([cube])",
    "stack([empty, empty], 1)", "stack([pair, ints, bools], 1)",
    "stack([matrix, matrix * other], -3)", "hstack([number, number])", "hstack([vector, number])",
    "hstack([matrix, wide])", "hstack([cube, cube])", "hstack((vector, pair))",
    "vstack([vector, vector])", "vstack([number])", "vstack([vector, matrix])",
    "vstack([number, whole])", "vstack([cube, cube])", "meshgrid(vector, pair, indexing='ij')",
    "meshgrid(vector, pair, indexing='xy')", "meshgrid([vector, pair, vector], indexing='xy')",
    "meshgrid(vector, number, indexing='ij')", "meshgrid(number, pair, indexing='xy')",
    "meshgrid(vector, indexing='xy')", "meshgrid(ints, ints)", "broadcast_tensors(matrix, number)",
    "broadcast_tensors(vector, matrix, cube)", "broadcast_tensors(ints, number)",
    "broadcast_tensors(vector)", "[atleast_1d(number)]", "[atleast_1d(vector)]",
    "atleast_1d(number, pair)", "atleast_1d([number, pair])", "[atleast_2d(number)]",
    "[atleast_2d(vector)]", "atleast_2d(vector, matrix)", "[atleast_2d(cube)]",
]  # fmt: skip

REFUSED = [
    "cat([])", "cat([number, number])", "cat([matrix, vector])", "cat([matrix, wide])",
    "cat([hollow, matrix])", "cat([matrix, other], 2)", "cat([vector, number])", "cat(vector, 'a')",
    "stack([])", "stack([vector, pair])", "stack([vector, vector], 2)", "hstack([vector, matrix])",
    "vstack([vector, pair])", "meshgrid()", "meshgrid(matrix, vector)", "meshgrid(vector, ints)",
    "meshgrid(vector, indexing='a')", "broadcast_tensors(vector, pair)", "hstack([])", "vstack([])",
    "cat(number)", "hstack([cube, matrix])",
]  # fmt: skip

FUNCTIONS = {
    name: getattr(torch, name)
    for name in (
        "cat", "stack", "hstack", "vstack", "meshgrid", "broadcast_tensors", "atleast_1d",
        "atleast_2d",
    )
}  # fmt: skip


def leaves():
    found = {}
    for name, (data, dtype) in INPUTS.items():
        tensor = torch.tensor(data, dtype=getattr(torch, dtype))
        found[name] = tensor.requires_grad_() if tensor.is_floating_point() else tensor
    return found


def described(result):
    return {
        "shape": list(result.shape),
        "dtype": str(result.dtype).removeprefix("torch."),
        "values": result.detach().tolist(),
    }


def case(expression):
    inputs = leaves()
    found = eval(expression, {**FUNCTIONS, **inputs})
    results = [found] if isinstance(found, torch.Tensor) else list(found)
    total = sum(
        (each * torch.arange(1, each.numel() + 1).reshape(each.shape)).sum()
        for each in results
        if each.requires_grad
    )
    named = [name for name in INPUTS if re.search(rf"\b{name}\b", expression)]
    floats = [name for name in named if inputs[name].requires_grad]
    gradients = {}
    if floats:
        every = torch.autograd.grad(total, [inputs[name] for name in floats])
        gradients = {name: each.tolist() for name, each in zip(floats, every, strict=True)}
    return {
        "expression": expression,
        "results": [described(each) for each in results],
        "gradients": gradients,
    }


def refusal(expression):
    try:
        eval(expression, {**FUNCTIONS, **leaves()})
    except Exception as error:
        return {"expression": expression, "error": type(error).__name__}
    raise AssertionError(f"{expression} is not refused")


def main():
    warnings.simplefilter("ignore")
    cases = ",\n".join(json.dumps(case(each)) for each in CASES)
    refused = ",\n".join(json.dumps(refusal(each)) for each in REFUSED)
    inputs = json.dumps(INPUTS)
    Path(__file__).with_name("joining.json").write_text(
        f'{{"inputs": {inputs},\n"cases": [\n{cases}\n],\n"refused": [\n{refused}\n]}}\n'
    )


if __name__ == "__main__":
    main()
