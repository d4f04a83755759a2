"""Write moves.json: what PyTorch makes of shapes, parts, copies and conversions, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_moves.py``. Every case is an expression of ``x``,
which the tests evaluate on the tensors of this package as it stands here. For each it holds what
comes of it, whether that shares the memory of ``x``, and the gradient by ``x`` of the sum of the
results, the elements of which are weighted by 1, 2, 3 and so on.
"""

import json
import warnings
from pathlib import Path

import torch

INPUTS = {
    "number": 2.5,
    "vector": [0.5, -1.5, 2.0, 3.25, -4.0],
    "matrix": [[0.5, -1.5, 2.0], [3.25, -4.0, 1.25]],
    "square": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    "cube": [[[1.0, 2.0, 3.0, 4.0]], [[5.0, 6.0, 7.0, 8.0]], [[-1.0, -2.0, -3.0, -4.0]]],
    "one": [[[1.5]]],
    "empty": [],
    "hollow": [[], []],
    "special": [[float("nan"), float("inf")], [-float("inf"), -0.0]],
    "ints": [[3, -1, 0], [2, 5, -7]],
    "bools": [[True, False], [True, True]],
}

EVERYWHERE = [
    "x.reshape(-1)", "x.flatten()", "x.ravel()", "x.T", "x.squeeze()", "x.unsqueeze(0)",
    "x.unsqueeze(-1)", "x.clone()", "x.contiguous()", "x.flip(())", "x.roll(1)", "x.view(x.shape)",
    "x.expand(2, *x.shape)", "x.repeat(2, *x.shape)", "x.tile(2)", "x.repeat_interleave(2)",
    "x.movedim((), ())", "x.expand_as(x)", "x.reshape_as(x)", "x.view_as(x)", "x.to(x.dtype)",
    "pad(x, ())",
]  # fmt: skip

CASES = {
    "number": [
        "x.reshape(1, 1)", "x.transpose(0, -1)", "x.t()", "x.squeeze(0)", "x.squeeze((0,))",
        "x.expand(3)", "x.repeat(3)", "x.tile(())", "x.flip(0)", "x.movedim(0, -1)",
        "x.permute(())", "x.repeat_interleave(ints(3))",
    ],
    "vector": [
        "x.t()", "x.reshape(5, 1)", "x.reshape((1, -1))", "x.expand(3, -1)",
        "x.unflatten(0, (5, 1))", "x.unflatten(-1, (1, -1))", "x.repeat(2)", "x.repeat(2, 3)",
        "x.repeat(0)", "x.tile((2, 2))", "x.repeat_interleave(ints(0, 2, 1, 0, 3))",
        "x.repeat_interleave(ints(1, 2, 1, 0, 3), 0)",
        "x.repeat_interleave(ints(2, 0, 1, 0, 0), output_size=3)", "x.flip(0)", "x.flipud()",
        "x.roll(2)", "x.roll(-1, 0)", "x.roll(7, -1)", "x.roll(1, ())", "x.diag()", "x.diag(-2)",
        "x.diag_embed()", "x.diag_embed(1)", "x.diag_embed(-1, 1, 0)", "x.split(2)",
        "x.split([2, 3])", "x.split((5, 0))", "x.split(9)", "x.chunk(3)", "x.chunk(4)",
        "x.chunk(9)", "x.chunk(1)", "x.tensor_split(2)", "x.tensor_split(7)",
        "x.tensor_split((1, 3))", "x.tensor_split([3, 1])", "x.tensor_split((-2, 9))",
        "x.tensor_split((-9,))", "x.unbind()", "x.squeeze(0)", "pad(x, (1, 2))",
        "pad(x, (1, 2), value=7)", "pad(x, (-1, 2))", "pad(x, (-2, -3))",
        "pad(x, (2, -3), value=1.5)", "pad(x, [0, 0])", "pad(x, (1, 1), value=float('inf'))",
    ],
    "matrix": [
        "x.reshape(3, -1)", "x.reshape(3, 2, 1)", "x.T.reshape(6)", "x.T.reshape(1, 3, 2)",
        "x.view(6)", "x.T.view(3, 1, 2)", "x.flatten(0, 0)", "x.flatten(1)", "x.T.flatten()",
        "x.unflatten(1, (3, 1))", "x.permute(1, 0)", "x.permute((-1, 0))", "x.transpose(0, 1)",
        "x.transpose(-1, -1)", "x.swapaxes(0, 1)", "x.t()", "x.mT", "x.movedim(0, 1)",
        "x.movedim((0, 1), (1, 0))", "x.squeeze(1)", "x.squeeze(dim=(0, 1))", "x.unsqueeze(1)",
        "x.unsqueeze(-3)", "x.expand(-1, 3)", "x.expand(4, -1, -1)", "x.broadcast_to((2, 2, 3))",
        "x.broadcast_to((-1, 3))", "x.repeat(2, 1)", "x.repeat(1, 0, 2)", "x.repeat(2, 2, 2)",
        "x.tile(2)", "x.tile((2, 1, 1))", "x.repeat_interleave(2)", "x.repeat_interleave(2, 0)",
        "x.repeat_interleave(3, dim=-1)", "x.repeat_interleave(ints(1, 2), 0)",
        "x.repeat_interleave(ints(2), 1)", "x.repeat_interleave(0)", "x.flip(0, 1)", "x.flip([0])",
        "x.flip(-1)", "x.fliplr()", "x.flipud()", "x.roll((1, 2), (0, 1))",
        "x.roll((1, 2), (0, 0))", "x.roll(-4)", "x.rot90()", "x.rot90(2)", "x.rot90(-1)",
        "x.rot90(4)", "x.rot90(5, (1, 0))", "x.diagonal()", "x.diagonal(1)", "x.diagonal(-1)",
        "x.diagonal(5)", "x.diagonal(-9)", "x.diagonal(0, 1, 0)", "x.diagonal(1, -1, -2)",
        "x.diag()", "x.diag(1)", "x.diag_embed()", "x.diag_embed(1, 0, 2)",
        "x.diag_embed(-2, 1, 0)", "x.trace()", "x.tril()", "x.tril(1)", "x.tril(-2)", "x.triu()",
        "x.triu(diagonal=-1)", "x.triu(9)", "x.split(2, 1)", "x.split(1)",
        "x.split([1, 0, 2], dim=-1)", "x.chunk(2, -1)", "x.unbind(1)", "x.unbind(-2)",
        "x.T.split(2)", "x.tensor_split(2, 1)", "pad(x, (1, 0))", "pad(x, (1, 0, 0, 2), value=-1)",
        "pad(x, (-1, 1, 1, -1), 'constant', 2)", "pad(x, (1, 1), 'reflect')",
        "pad(x, (2, 0), 'reflect')", "pad(x, (-1, 2), 'reflect')", "pad(x, (-2, 2), 'reflect')",
        "pad(x, (1, 4), 'replicate')", "pad(x, (-1, 2), 'replicate')", "pad(x, (2, 0), 'circular')",
        "pad(x, (3, 3), 'circular')", "pad(x, (-1, 2), 'circular')", "pad(x, (1, -1), 'circular')",
        "pad(x, (0, 0), 'reflect')", "x.double()", "x.float()", "x.to(float32)", "x.long()",
        "x.int()", "x.short()", "x.char()", "x.bool()", "x.to(dtype=int32)", "x.to('cpu')",
        "x.cpu()", "x.to('cpu', float32)", "x.to(float64, copy=True)", "x.type_as(ints(1))",
        "x.to(ints(1))", "x.to(device='cpu')", "x.float().type_as(x)",
    ],
    "square": ["x.tril()", "x.triu(1)", "x.diagonal()", "x.trace()", "x.mT", "x.rot90()"],
    "cube": [
        "x.squeeze(1)", "x.squeeze(0)", "x.squeeze((0, 1))", "x.squeeze(-2)", "x.mT", "x.T",
        "x.permute(2, 0, 1)", "x.permute([1, 2, 0])", "x.transpose(0, 2)", "x.movedim(0, -1)",
        "x.movedim(2, 0)", "x.movedim((0, 2), (1, 0))", "x.flatten(1)", "x.flatten(0, 1)",
        "x.flatten(start_dim=1, end_dim=-1)", "x.unflatten(2, (2, 2))", "x.expand(3, 2, 4)",
        "x.expand(3, -1, -1)", "x.repeat(1, 2, 1)", "x.tile(3)", "x.diagonal(0, 0, 2)",
        "x.diagonal(1, 2, 0)", "x.diagonal(dim1=-3, dim2=-1, offset=-1)", "x.diag_embed(0, 0, 3)",
        "x.tril()", "x.triu()", "x.rot90(1, (0, 2))", "x.rot90(3, [2, 0])", "x.flip(0, 2)",
        "x.roll((1, -1), (0, 2))", "x.split(3, 2)", "x.chunk(3, 2)", "x.unbind(2)", "x.unbind(1)",
        "pad(x, (1, 1, 0, 0, 2, 0))", "pad(x, (1, 1, 0, 0), 'reflect')",
        "pad(x, (1, 2, 1, 1), 'replicate')", "pad(x, (1, 4, 1, 1), 'circular')",
        "x.transpose(0, 2).reshape(4, 3)", "x.transpose(0, 2).view(4, 3)",
        "x.repeat_interleave(2, 1)",
    ],
    "one": ["x.squeeze()", "x.squeeze(1)", "x.expand(2, -1, 3)", "x.repeat(1, 1, 3)"],
    "empty": [
        "x.reshape(0, 3)", "x.split(2)", "x.split(0)", "x.chunk(3)", "x.unbind()", "x.diag()",
        "x.expand(2, 0)", "x.unflatten(0, (0, 2))", "pad(x, (1, 2), value=3)", "x.flip(0)",
        "x.diag_embed(1)", "x.repeat_interleave(ints(), 0)",
    ],
    "hollow": [
        "x.T", "x.reshape(0)", "x.reshape(0, 7)", "x.unbind()", "x.unbind(1)", "x.diagonal()",
        "x.tril()", "x.trace()", "x.split(1)", "pad(x, (1, 0))", "x.unsqueeze(1)", "x.flip(1)",
        "x.repeat(2, 2)",
    ],
    "special": [
        "x.tril()", "x.triu(1)", "pad(x, (1, 1), value=1)", "x.bool()", "x.float()", "x.diag()",
        "x.repeat(2, 1)", "pad(x, (1, 1), 'replicate')", "x.rot90()",
    ],
    "ints": [
        "x.trace()", "x.tril()", "x.diag_embed()", "pad(x, (1, 1), value=1.5)",
        "pad(x, (1, 0), 'reflect')", "x.float()", "x.double()", "x.bool()", "x.short()", "x.byte()",
        "x.char()", "x.flip(0)", "x.expand(2, -1, -1)", "x.repeat_interleave(2, 0)",
    ],
    "bools": [
        "x.long()", "x.float()", "x.triu()", "x.diag_embed()", "pad(x, (1, 0), value=2)",
        "x.byte()", "pad(x, (1, 0))", "x.roll(1, 1)",
    ],
}  # fmt: skip

REFUSED = {
    "number": [
        "x.size(0)", "len(x)", "list(x)", "x.unbind()", "x.split(1)", "x.chunk(1)",
        "x.tensor_split(2)", "x.roll(1, 0)", "x.diagonal()", "x.diag()", "x.diag_embed()",
        "x.trace()", "x.tril()", "x.fliplr()", "x.flipud()", "x.rot90()", "x.unflatten(0, (1, 1))",
        "x.squeeze(1)", "x.flip(1)", "x.expand(-1)", "pad(x, (1, 1))", "x.transpose(0, 1)",
        "x.permute(0)", "x.flatten(1)",
    ],
    "vector": [
        "x.mT", "x.fliplr()", "x.rot90()", "x.trace()", "x.tril()", "x.triu()", "x.split([2, 2])",
        "x.split(0)", "x.split(-1)", "x.split([6, -1])", "x.chunk(0)", "x.tensor_split(0)",
        "x.diag_embed(0, 0, 0)", "x.diag_embed(0, 0, 2)", "x.repeat_interleave(ints(1, 2))",
        "x.repeat_interleave(-1)", "x.repeat_interleave(ints(1, 1, 1, 1, 1), output_size=4)",
        "pad(x, (1,))", "pad(x, (1, 1, 1, 1))", "pad(x, (-3, -3))", "x.roll((1, 2))",
        "x.roll(1, (0, 0))", "x.size(1)", "x.unbind(1)", "x.repeat(-1)",
    ],
    "matrix": [
        "x.reshape(4, -1)", "x.reshape(-1, -1)", "x.reshape(-2, 3)", "x.reshape(5)",
        "x.reshape(-1, 0)", "x.reshape(2.0, 3)", "x.view(7)", "x.T.view(6)", "x.flatten(1, 0)",
        "x.unflatten(1, (2,))", "x.unflatten(1, (-1, -1))", "x.permute(1)", "x.permute(0, 0)",
        "x.transpose(0, 2)", "x.movedim((0,), (1, 0))", "x.movedim((0, 0), (0, 1))", "x.squeeze(5)",
        "x.unsqueeze(3)", "x.expand(3)", "x.expand(-1, 2, 3)", "x.expand(2, 0)", "x.expand(4, 3)",
        "x.repeat(2)", "x.repeat(2, -1)", "x.flip(0, 0)", "x.diagonal(0, 0, 0)", "x.rot90(1, (0,))",
        "x.roll((1,), (0, 1))", "pad(x, (3, 0), 'reflect')", "pad(x, (4, 0), 'circular')",
        "pad(x, (1, 1), 'zeros')", "pad(x, (1, 1), 'reflect', 1.0)", "x.to('cuda')", "x.size(2)",
        "x.expand_as(x.T)", "x.view_as(x.T[:2])", "x.repeat_interleave(2, 2)",
    ],
    "cube": ["x.t()", "x.diag()", "x.trace()"],
    "hollow": ["x.reshape(-1, 0)", "x.reshape(0, -1)", "pad(x, (1, 1), 'replicate')"],
}  # fmt: skip


def pad(x, *arguments, **keywords):
    return torch.nn.functional.pad(x, *arguments, **keywords)


def ints(*numbers):
    return torch.tensor(numbers, dtype=torch.int64)


NAMES = {
    "pad": pad,
    "ints": ints,
    "float32": torch.float32,
    "float64": torch.float64,
    "int32": torch.int32,
}


def leaf(name):
    data = INPUTS[name]
    x = torch.tensor(data)
    return x.double().requires_grad_() if x.is_floating_point() else x


def described(result):
    return {
        "shape": list(result.shape),
        "dtype": str(result.dtype).removeprefix("torch."),
        "values": result.detach().tolist(),
    }


def case(on, expression):
    x = leaf(on)
    found = eval(expression, {"x": x, **NAMES})
    results = [found] if isinstance(found, torch.Tensor) else list(found)
    total = sum(
        (each * torch.arange(1, each.numel() + 1).reshape(each.shape)).sum()
        for each in results
        if each.requires_grad
    )
    gradient = None
    if isinstance(total, torch.Tensor):
        gradient = torch.autograd.grad(total, x)[0].tolist()
    memory = x.untyped_storage().data_ptr()
    return {
        "on": on,
        "expression": expression,
        "results": [described(each) for each in results],
        "shares": [each.untyped_storage().data_ptr() == memory for each in results],
        "gradient": gradient,
    }


def refusal(on, expression):
    try:
        eval(expression, {"x": leaf(on), **NAMES})
    except Exception as error:
        return {"on": on, "expression": expression, "error": type(error).__name__}
    raise AssertionError(f"{expression} is not refused")


def main():
    warnings.simplefilter("ignore")
    cases = [case(on, each) for on in INPUTS for each in (*EVERYWHERE, *CASES[on])]
    refusals = [refusal(on, each) for on, every in REFUSED.items() for each in every]
    lines, refused = (",\n".join(map(json.dumps, each)) for each in (cases, refusals))
    inputs = json.dumps(INPUTS)
    Path(__file__).with_name("moves.json").write_text(
        f'{{"inputs": {inputs},\n"cases": [\n{lines}\n],\n"refused": [\n{refused}\n]}}\n'
    )


if __name__ == "__main__":
    main()
