"""Write selection.json: what PyTorch picks, writes and sorts, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_selection.py``. Every case is an expression of
``x``, or an assignment to ``out``, a copy of x, which the tests evaluate on the tensors of this
package as it stands here. For each it holds the results, and the gradient by ``x`` of the sum of
the floating point ones, the elements of which are weighted by 1, 2, 3 and so on.
"""

import json
from pathlib import Path

import torch

nan, inf = float("nan"), float("inf")

INPUTS = {
    "number": 2.5,
    "vector": [0.5, -1.5, 2.0, 3.25, -4.0],
    "matrix": [[0.5, -1.5, 2.0], [3.25, -4.0, 1.25]],
    "cube": [[[24.0 * a + 4 * b + c for c in range(4)] for b in range(3)] for a in range(2)],
    "ties": [[3.0, 1.0, 3.0, 1.0, 2.0], [2.0, 2.0, 2.0, -1.0, 2.0]],
    "special": [3.0, nan, 1.0, inf, -inf, nan, 0.0],
    "hollow": [[], []],
    "ints": [3, -1, 0, 3, 2],
    "counts": [1, 0, 3, 1],
}

INDEXING = {
    "number": ["x[...]", "x[()]", "x[None]", "x[True]", "x[False]", "x[tensor(True)]"],
    "vector": [
        "x[2]", "x[-1]", "x[1:4]", "x[::2]", "x[-3:]", "x[10:]", "x[4:1]", "x[-10:10:3]",
        "x[[0, 0, 3]]", "x[[-1, 4]]", "x[tensor([[0, 1], [1, 1]])]", "x[x > 0]", "x[tensor(2)]",
        "x[[]]", "x[[True, False, True, True, False]]", "x[tensor([], dtype=int64)]",
        "x[None, [1, 1]]", "x[tensor([1, 1], dtype=int32)]",
    ],
    "matrix": [
        "x[1, 2]", "x[:, 1]", "x[1, ...]", "x[..., 0]", "x[None, :, None, 1]", "x[0:2, 1:3]",
        "x[[0, 1, 1], [2, 0, 0]]", "x[[0, 1, 1], 2]", "x[:, [0, 0, 1]]", "x[[[0], [1]], [0, 2]]",
        "x[x < 1]", "x[[True, False]]", "x[:, [True, False, True]]", "x[tensor(1), [0, 0]]",
        "x[True, 1]", "x[[0, 1], [True, False, True]]", "x[[1, 0]][:, [1, 1]]",
        "x.select(1, -1)", "x.narrow(1, 1, 2)", "x.narrow(1, -2, 1)", "x.nonzero()",
    ],
    "cube": [
        "x[0, :, [0, 1, 1]]", "x[[0, 1, 1], :, [0, 1, 1]]", "x[:, [0, 1, 1], 0]",
        "x[[0, 1, 1], None, [0, 1, 1]]", "x[..., [[0, 1], [2, 3]]]", "x[:, [0, 1], [2, 2]]",
        "x[:, 1:, [0, 0]]", "x[1:, [2, 2], ::2]", "x[[0, 1], [[0], [2]], 1]", "x[x[:, :, 0] > 4]",
        "x[:, x[0] > 5]", "x[x[:, :, 0] > 4, 0]", "x[1, None, ..., [0, 0, 3]]", "x[:, True, [0]]",
        "x[[1, 1, 0], 1:, [3, 3, 3]]", "x[False]", "x[[0, -1], ..., [-1, -1]]",
    ],
    "hollow": ["x[1]", "x[:, []]", "x[[0, 1, 1]]", "x[x > 0]", "x.nonzero()"],
    "special": ["x.masked_select(x == x)", "x.nonzero()", "x.masked_fill(x != x, 0.5)"],
}  # fmt: skip

ASSIGNMENTS = {
    "number": ["out[...] = 3", "out[()] = x * x", "out[True] = 4"],
    "vector": [
        "out[2] = 7", "out[1:3] = x[3:]", "out[1:] = out[:-1] * 2", "out[[0, 4]] = x[1] * x[2]",
        "out[x > 0] = 0", "out[x > 0] = x[:3] * 2", "out[::2] += 1", "out[[1, 2]] *= x[0]",
        "out[2] *= x[3]", "out[False] = 1", "out[2:] = tensor(3.0, dtype=float64)",
        "out.index_put_((tensor([1, 3]),), x[:2])",
        "out.index_put_((tensor([1, 1]),), x[:2], accumulate=True)",
        "out.index_put_((x > 1,), x[0], True)", "out.masked_fill_(x > 1, x[0])",
    ],
    "matrix": [
        "out[0] = x[1]", "out[:, 1] = x[:, 0]", "out[[0, 1], [2, 0]] = x[0, :2]", "out[:, 1:] = 5",
        "out[:, [0, 2]] = x[:, 1:] * 3", "out[1, [0, 2]] = x[0, :2]", "out[None] = x[0]",
        "out[0] = x[1:2]", "out[[1]] = x[0]", "out[[True, False]] = x[1]", "out[1][2] = x[0, 0]",
        "out[0, 1:][out[0, 1:] < 0] = 9", "out[:, None, [0, 1]] = x[:, None, 1:]",
        "out.scatter_(1, tensor([[2, 0], [1, 2]]), x[:, :2])", "out.scatter_(0, tensor([[1]]), 8)",
        "out.scatter_add_(1, tensor([[2, 2], [1, 1]]), x[:, 1:])",
        "out.index_fill_(1, tensor([0]), 5)",
        "out.index_add_(1, tensor([0, 0]), x[:, 1:])", "out.index_copy_(0, tensor([1]), x[:1])",
    ],
    "cube": ["out[0, :, [0, 1, 2]] = x[1, :, 1:]", "out[:, [0, 2], 1] += 1", "out[..., -1:] = 3"],
}  # fmt: skip

GATHERING = {
    "number": [
        "x.gather(0, tensor([0, 0]))", "x.gather(-1, tensor(0))", "x.scatter(0, tensor(0), 5)",
        "x.scatter_add(0, tensor([0, 0]), tensor([1.0, 2.0], dtype=float64))",
        "x.index_select(0, tensor(0))", "x.index_add(0, tensor([0]), x * 2)",
        "x.index_copy(0, tensor(0), x * 2)", "x.index_fill(0, tensor([0]), 4)",
        "x.take(tensor([0, 0]))",
    ],
    "vector": [
        "x.gather(0, tensor([4, 0, 0]))", "x.gather(0, tensor(3))", "x.take(tensor([[-1, 0, 0]]))",
        "x.take_along_dim(tensor([1, -1, 1]), 0)", "x.index_select(0, tensor([1, 1], dtype=int32))",
        "x.scatter(0, tensor([1, 3]), x[:2])", "x.scatter(0, tensor([1]), 2)",
        "x.scatter(0, tensor([1, 4]), value=2)", "x.scatter_add(0, tensor([1, 1, 0]), x[2:])",
        "x.masked_scatter(x > 0, x * 2)", "x.masked_fill(x > 0, 3)", "x.masked_fill(x > 0, x[0])",
        "x.index_fill(0, tensor([0, 2]), 1.5)", "x.index_put((tensor([0, 2]),), x[1:3])",
        "x.gather(0, tensor([], dtype=int64))",
    ],
    "matrix": [
        "x.gather(1, tensor([[2], [0]]))", "x.gather(1, tensor([[2, 2, 1, 0], [0, 0, 0, 1]]))",
        "x.gather(0, tensor([[1, 0], [0, 0], [1, 1]]))", "x.gather(-2, tensor([[1, 1, 1]]))",
        "x.take(tensor([5, 0, -6]))", "x.take_along_dim(tensor([[0], [1]]), 0)",
        "x.take_along_dim(tensor([[2, 0]]), 1)", "x.take_along_dim(tensor([[1, 4], [1, 4]]))",
        "x.scatter(1, tensor([[0, 2], [1, 0]]), x[:, 1:])",
        "x.scatter(0, tensor([[1, 0]]), x[1:, :2] * 3)",
        "x.scatter_add(0, tensor([[1, 1, 1], [1, 0, 1]]), x * x)",
        "x.index_select(1, tensor([2, 0, 0]))", "x.index_select(0, tensor(1))",
        "x.index_add(1, tensor([2, 2]), x[:, :2])", "x.index_add(0, tensor([1]), x[:1], alpha=3)",
        "x.index_copy(1, tensor([2, 0]), x[:, :2])", "x.index_fill(0, tensor([1]), 7)",
        "x.masked_fill(x > 1, 2)", "x.masked_fill(tensor([[True], [False]]), 2)",
        "x.masked_select(tensor([[True], [False]]))", "x.masked_select(x < 1)",
        "x.masked_scatter(tensor([[True], [False]]), x)",
        "x.masked_fill(tensor([[[True]], [[False]]]), 2)",
    ],
    "cube": [
        "x.gather(1, tensor([[[2, 0], [1, 1]]]))", "x.index_select(1, tensor([0, 2, 2]))",
        "x.index_add(1, tensor([0, 0, 2]), x)", "x.index_copy(1, tensor([2, 0]), x[:, :2])",
        "x.take_along_dim(tensor([[[0], [2]]]), 1)",
        "x.scatter(2, tensor([[[3, 1]]]), x[:1, :1, :2])",
    ],
}  # fmt: skip

SORTING = {
    "number": [
        "x.sort()", "x.argsort(0)", "x.topk(1)", "x.kthvalue(1)", "x.median()", "x.median(0)",
        "x.detach().unique(return_inverse=True, return_counts=True)",
    ],
    "vector": [
        "x.sort()", "x.sort(descending=True)", "x.topk(3)", "x.topk(2, largest=False)", "x.topk(0)",
        "x.topk(5)", "x.kthvalue(2)", "x.median()", "x.median(0, True)", "x[:4].median(0)",
    ],
    "matrix": [
        "x.sort(0)", "x.sort(1, True)", "x.argsort(0, descending=True)", "x.topk(1, 0)",
        "x.topk(2, dim=0, largest=False)", "x.kthvalue(2, 1, keepdim=True)", "x.kthvalue(1, 0)",
        "x.median(1)", "x.median()", "x.median(0, keepdim=True)",
    ],
    "ties": [
        "x.sort(stable=True)", "x.sort(descending=True, stable=True)", "x.argsort(stable=True)",
        "x.median()", "x[1].median()", "x.detach().unique()",
    ],
    "special": [
        "x.sort(stable=True)", "x.sort(descending=True, stable=True)", "x.topk(1, largest=False)",
        "x.kthvalue(3)", "x.median()", "x.median(0)", "x[2:5].median(0)",
        "x.detach().unique(return_inverse=True, return_counts=True)",
    ],
    "hollow": ["x.sort()", "x.sort(0)", "x.topk(0)", "x.median()", "x.detach().unique()"],
    "ints": [
        "x.sort(stable=True)", "x.topk(1, largest=False)", "x.median()", "x.unique(sorted=True)",
        "x.unique(return_counts=True)", "x.reshape(5, 1).unique(dim=0, return_inverse=True)",
        "x.reshape(1, 5).unique(dim=1, return_counts=True)", "x.masked_fill(x > 0, 2.75)",
    ],
    "counts": [
        "x.bincount()", "x.bincount(minlength=6)", "x.bincount(minlength=2)",
        "x.bincount(tensor([0.5, 1.0, 2.0, 4.0]))", "x.bincount(tensor([1, 2, 3, 4]))",
        "x[:0].bincount()", "one_hot(x)", "one_hot(x, 5)", "one_hot(x.reshape(2, 2))",
        "one_hot(x[:0], 2)", "one_hot(x[0])",
        "searchsorted(tensor([0, 1, 3]), x)", "searchsorted(tensor([0, 1, 3]), x, right=True)",
    ],
}  # fmt: skip

NAMES = {
    "tensor": torch.tensor,
    "float64": torch.float64,
    "int32": torch.int32,
    "int64": torch.int64,
    "one_hot": torch.nn.functional.one_hot,
    "searchsorted": torch.searchsorted,
}


def input_tensor(name):
    x = torch.tensor(INPUTS[name])
    return x.double().requires_grad_() if x.is_floating_point() else x


def evaluated(x, case):
    if not case.startswith("out"):
        return eval(case, NAMES | {"x": x})
    names = NAMES | {"x": x, "out": x * 1}
    exec(case, names)
    return names["out"]


def golden(name, case):
    x = input_tensor(name)
    results = evaluated(x, case)
    results = tuple(results) if isinstance(results, tuple) else (results,)
    total = 0
    for result in results:
        if result.requires_grad:
            weights = torch.arange(1.0, result.numel() + 1, dtype=result.dtype)
            total = total + (result * weights.reshape(result.shape)).sum()
    gradient = None
    if torch.is_tensor(total):
        (gradient,) = torch.autograd.grad(total, x, allow_unused=True)
    return {
        "on": name,
        "case": case,
        "results": [
            {"dtype": str(r.dtype)[6:], "shape": list(r.shape), "values": r.flatten().tolist()}
            for r in results
        ],
        "gradient": None if gradient is None else gradient.flatten().tolist(),
    }


def main():
    sections = {
        "indexing": INDEXING,
        "assignments": ASSIGNMENTS,
        "gathering": GATHERING,
        "sorting": SORTING,
    }
    found = {
        section: [golden(name, case) for name, cases in table.items() for case in cases]
        for section, table in sections.items()
    }
    text = json.dumps({"inputs": INPUTS, **found}, indent=None, separators=(",", ":"))
    text = text.replace('{"on"', '\n{"on"')
    Path(__file__).with_name("selection.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
