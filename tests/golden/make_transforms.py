"""Write transforms.json: derivatives of functions of tensors, as ``torch.func`` gives them.

Run with PyTorch 2.13: ``python tests/golden/make_transforms.py``. Every case is the text of a
function, which the tests evaluate on the tensors of this package, its arguments, and the
structure of derivatives that comes of it.
"""

import json
from pathlib import Path

import torch
from torch.func import grad, hessian, jacrev

TRANSFORMS = {"grad": grad, "jacobian": jacrev, "hessian": hessian}
SCALAR, VECTOR, MATRIX = 0.75, [0.5, -1.5, 2.0], [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
CASES = [
    ("grad", "lambda a: (a.sin() * a).sum()", 0, [MATRIX]),
    ("grad", "lambda a, b: (a * b).tanh().sum()", [0, 1], [VECTOR, MATRIX]),
    ("grad", "lambda a, b: (a * b).tanh().sum()", -1, [VECTOR, MATRIX]),
    ("grad", "lambda a: a.exp()", 0, [SCALAR]),
    ("grad", "lambda a: a.relu().sum() + a.abs().sum()", 0, [[0.0, -1.0, 2.0]]),
    ("jacobian", "lambda a: a * a.sum()", 0, [VECTOR]),
    ("jacobian", "lambda a: a.sum()", 0, [MATRIX]),
    ("jacobian", "lambda a: a * a.sum()", 0, [MATRIX]),
    ("jacobian", "lambda a, b: (a * b).sum(1)", 1, [VECTOR, MATRIX]),
    ("jacobian", "lambda a, b: (a * b).sum(1)", [1], [VECTOR, MATRIX]),
    ("jacobian", "lambda a, b: a * b", [0, 1], [SCALAR, VECTOR]),
    ("jacobian", "lambda a, b: (a * b, {'sum': [b.sum(), a]})", [0, 1], [SCALAR, VECTOR]),
    ("jacobian", "lambda a, b: [a * b, a.exp()]", 0, [SCALAR, VECTOR]),
    ("hessian", "lambda a: a.exp() * a", 0, [SCALAR]),
    ("hessian", "lambda a: (a.sin() * a.sum()).sum()", 0, [VECTOR]),
    ("hessian", "lambda a: (a * a * a).sum()", 0, [MATRIX]),
    ("hessian", "lambda a, b: (a * b * b).sum()", [0, 1], [VECTOR, MATRIX]),
    ("hessian", "lambda a, b: (a * b * b).sum()", [1], [SCALAR, VECTOR]),
]


def plain(structure):
    """The structure with numbers and shapes in the place of tensors."""
    if isinstance(structure, dict):
        return {key: plain(each) for key, each in structure.items()}
    if isinstance(structure, list | tuple):
        return [plain(each) for each in structure]
    return {"array": structure.tolist(), "shape": list(structure.shape)}


def main():
    golden = []
    for transform, function, argnums, arguments in CASES:
        tensors = [torch.tensor(argument, dtype=torch.float64) for argument in arguments]
        positions = tuple(argnums) if isinstance(argnums, list) else argnums
        result = TRANSFORMS[transform](eval(function), positions)(*tensors)
        golden.append(
            {
                "transform": transform,
                "function": function,
                "argnums": argnums,
                "arguments": arguments,
                "result": plain(result),
            }
        )
    lines = ",\n".join(json.dumps(case) for case in golden)
    Path(__file__).with_name("transforms.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
