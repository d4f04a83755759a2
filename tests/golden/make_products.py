"""Write products.json: what PyTorch makes of products of tensors, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_products.py``. Every case is an expression of the
inputs by name, which the tests evaluate on the tensors of this package as it stands here. For each
it holds the result, and the gradient by every input of floats of the sum of the result's elements,
weighted by 1, 2, 3 and so on. All numbers are exact in float64.
"""

import json
import warnings
from pathlib import Path

import torch


def grid(*shape):
    """Quarters from -1.5 on, in this shape."""
    count = torch.Size(shape).numel()
    return ((torch.arange(count, dtype=torch.float64) * 5 % 13 - 6) / 4).reshape(shape).tolist()


INPUTS = {
    "number": (1.5, "float64"),
    "u": (grid(2), "float64"),
    "v": (grid(3), "float64"),
    "one": (grid(1), "float64"),
    "A": (grid(2, 3), "float64"),
    "B": (grid(3, 4), "float64"),
    "S": (grid(3, 3), "float64"),
    "row": (grid(1, 4), "float64"),
    "column": (grid(3, 1), "float64"),
    "p": (grid(4), "float64"),
    "C": (grid(2, 4), "float64"),
    "stack": (grid(2, 2, 3), "float64"),
    "stack2": (grid(2, 3, 2), "float64"),
    "single": (grid(1, 3, 2), "float64"),
    "cube": (grid(2, 3, 4), "float64"),
    "deep": (grid(2, 1, 2, 3), "float64"),
    "none": ([[], []], "float64"),
    "nothing": ([], "float64"),
    "nan": ([float("nan")] * 4, "float64"),
    "single_precision": ([[0.5, -1.0, 2.0]] * 2, "float32"),
    "I": ([[1, -2, 3], [4, 0, -6]], "int64"),
    "i": ([2, -1, 3], "int64"),
    "bytes": ([[200, 100, 3]] * 3, "uint8"),
    "bools": ([[True, False, True]] * 3, "bool"),
}

SECTIONS = {
    "products": [
        "v @ v", "A @ v", "u @ A", "A @ B", "stack @ v", "u @ stack", "stack @ B", "A @ stack2",
        "v @ stack2", "stack @ stack2", "stack @ single", "deep @ stack2", "deep @ B", "deep @ v",
        "u @ deep", "v @ cube", "none.T @ A", "none @ none.T", "nothing @ nothing",
        "none @ nothing", "nothing @ none.T", "A.T @ A", "A @ A.T", "S @ S", "v @ S @ v",
        "column @ row", "I @ i", "i @ i", "I.T @ I", "bytes @ bytes", "stack.matmul(v)", "A.mm(B)",
        "A.mv(v)", "v.dot(v)", "i.dot(i)", "v.vdot(v)", "stack.bmm(stack2)", "v.inner(v)",
        "A.inner(S)", "stack.inner(A)", "stack.inner(deep)", "number.inner(A)", "A.inner(number)",
        "v.inner(A)", "A.inner(v)", "none.inner(none)", "u.outer(v)", "u.outer(i)", "i.outer(i)",
        "nothing.outer(u)", "bools[0].outer(bools[1])", "A.kron(row)", "u.kron(A)",
        "A.kron(number)", "stack.kron(v)", "i.kron(u)", "p.addmm(A, B)", "number.addmm(A, B)",
        "C.addmm(A, B)",
        "row.addmm(A, B, beta=2)", "C.addmm(A, B, alpha=-0.5)", "u.reshape(2, 1).addmm(A, B)",
        "p.addmm(A, B, beta=0.5, alpha=3)", "nan.addmm(A, B, beta=0)", "number.addmm(none, none.T)",
        "one.addmm(u.reshape(2, 1), row, beta=2)", "i.addmm(I.T, I, beta=2, alpha=3)[0]",
        "u.addmv(A, v)", "one.addmv(A, v, beta=2, alpha=0.5)", "u.addmv(none, nothing)",
        "number.baddbmm(stack, stack2)", "u.baddbmm(stack, stack2, beta=2, alpha=-1)",
        "number.addbmm(stack, stack2)", "u.addbmm(stack, stack2, beta=0.5, alpha=2)",
        "linear(A, S)", "linear(A, S, v)", "linear(v, S, v)", "linear(stack, A, u)",
        "linear(deep, A)", "linear(none, none, u)", "linear(v, A)", "linear(stack, S, v)",
    ],
    "einsum": [
        "einsum('i,i', v, v)", "einsum('ij->ji', A)", "einsum('ba', A)", "einsum('aB', A)",
        "einsum('ij->', A)", "einsum('ij->j', A)", "einsum('ij,jk', A, B)",
        "einsum(' i j , j k -> k i ', A, B)", "einsum('ii', S)", "einsum('ii->i', S)",
        "einsum('ii->', S)", "einsum('ij,jj->ij', A, S)", "einsum('iji->j', stack2.mT[:, :, :2])",
        "einsum('i,j->ij', u, v)", "einsum('i,j->ji', u, v)", "einsum('ij,ij->i', A, A)",
        "einsum('ij,kl->', A, B)", "einsum('i,ij,j', u, A, v)", "einsum('i,ij,j->ij', u, A, v)",
        "einsum('bij,bjk->bik', stack, stack2)", "einsum('bij,bjk->kb', stack, stack2)",
        "einsum('...ij,jk->...ik', deep, B)", "einsum('...i,...i', deep, stack)",
        "einsum('i...->...', stack)", "einsum('...i->i', stack)", "einsum('...', number)",
        "einsum(',', number, number)", "einsum(',ij', number, A)", "einsum('ij->...', A)",
        "einsum('i->i...', v)", "einsum('i,i->i', one, v)", "einsum('i,i', one, v)",
        "einsum('ij,jk->ik', column, row)", "einsum('ij,kj->ik', A, column)",
        "einsum('...a,...a->...', deep, v)", "einsum('ij,jk->ik', none, none.T)",
        "einsum('i,i', nothing, nothing)", "einsum('i,i', [v, v])", "einsum('ij,jk,kl', A, B, B.T)",
        "einsum('ij,ik,il->jkl', A, A, A)", "einsum('bqd,bkd->bqk', stack, stack)",
        "einsum('ij,j->i', I, i)", "einsum('i->', i)", "einsum('i,j->ij', u, i)",
        "einsum('ij->', bools)", "einsum('ij->ji', bools)", "einsum('ij->i', bytes)",
        "tensordot(stack, stack2)", "tensordot(A, B, 1)", "tensordot(u, v, 0)",
        "tensordot(u, v, dims=0)", "tensordot(A, A, dims=([0], [0]))",
        "tensordot(stack, cube, dims=([0, 2], [0, 1]))", "tensordot(stack, cube, ([2, 0], [1, 0]))",
        "tensordot(A, S, dims=([-1], [0]))", "tensordot(number, A, 0)", "tensordot(I, i, 1)",
        "tensordot(none, none, ([1], [1]))", "tensordot(stack, stack2, ([], []))",
    ],
}  # fmt: skip

REFUSED = {
    "products": [
        "number @ A", "A @ number", "A @ A", "A @ u", "v @ A", "v @ u", "stack @ A",
        "stack @ cube.mT", "deep @ single_precision.T", "A @ I.T", "bools @ bools",
        "bools[0] @ bools[0]", "A.mm(v)", "stack.mm(A)", "A.mm(A)", "stack.bmm(single)",
        "stack.bmm(stack)", "A.bmm(A)", "A.mv(u)", "v.mv(v)", "A.mv(A)", "v.dot(u)", "A.dot(v)",
        "one.dot(v)", "v.dot(i)", "A.vdot(v)", "A.inner(u)", "A.inner(B)", "v.inner(i)",
        "A.outer(u)", "u.outer(A)", "v.addmm(A, B)", "cube.addmm(A, B)", "A.addmm(A, A)",
        "C.addmm(A, v)", "C.addmm(u, B)", "p.addmm(A, single_precision.T)", "i.addmm(A, B)",
        "v.addmv(A, v)", "u.addmv(A, u)", "u.addmv(v, v)", "cube.baddbmm(stack, stack2)",
        "u.baddbmm(stack, single)", "u.baddbmm(A, stack2)", "u.addbmm(stack, stack)",
        "v.addbmm(stack, stack2)", "linear(A, B)", "linear(A, S, u)", "linear(A, S, i)",
        "linear(number, S)", "bools.mm(bools)",
    ],
    "einsum": [
        "einsum('i->ii', v)", "einsum('i->j', v)", "einsum('ij,jk', A, A)", "einsum('ii', A)",
        "einsum('ii->i', row)", "einsum('ijk', A)", "einsum('i', A)", "einsum('i,j', v)",
        "einsum('i', v, v)", "einsum('->')", "einsum('i1', A)", "einsum('i..', A)",
        "einsum('...i...', A)", "einsum('i->i->i', v)", "einsum('i,i', v, i)", "einsum('i,', v)",
        "einsum('ij,ij->', bools, bools)", "einsum('i>i', v)", "einsum('...ij', v)",
        "tensordot(u, v, dims=-1)", "tensordot(u, u, dims=2)", "tensordot(u, v, dims=1)",
        "tensordot(A, A, dims=([0, 1], [0]))", "tensordot(A, A, dims=([0, 0], [0, 1]))",
        "tensordot(v, i, dims=1)", "tensordot(A, A, dims=([2], [0]))",
        "tensordot(A, A, dims=(0, 0))", "tensordot(bools, bools, 1)",
    ],
}  # fmt: skip


def names_with_gradients():
    names = {
        name: torch.tensor(values, dtype=getattr(torch, dtype), requires_grad="float" in dtype)
        for name, (values, dtype) in INPUTS.items()
    }
    functions = {
        "einsum": torch.einsum,
        "tensordot": torch.tensordot,
        "linear": torch.nn.functional.linear,
    }
    return names, names | functions


def case(expression):
    leaves, names = names_with_gradients()
    result = eval(expression, names)
    gradients = {}
    if result.requires_grad:
        weights = torch.arange(1, result.numel() + 1).reshape(result.shape).to(result.dtype)
        (result * weights).sum().backward()
        gradients = {k: each.grad.tolist() for k, each in leaves.items() if each.grad is not None}
    return {
        "expression": expression,
        "result": {
            "shape": list(result.shape),
            "dtype": str(result.dtype).removeprefix("torch."),
            "values": result.tolist(),
        },
        "gradients": gradients,
    }


def check_refused(expression):
    try:
        eval(expression, names_with_gradients()[1])
    except (RuntimeError, ValueError, TypeError, IndexError):
        return expression
    raise SystemExit(f"PyTorch takes {expression}")


def main():
    warnings.simplefilter("ignore")
    golden = {
        "inputs": INPUTS,
        "sections": {
            section: [case(each) for each in cases] for section, cases in SECTIONS.items()
        },
        "refused": {
            section: [check_refused(each) for each in cases] for section, cases in REFUSED.items()
        },
    }
    file = Path(__file__).with_name("products.json")
    file.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
