"""Write reductions.json: what PyTorch makes of many to one, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_reductions.py``. Every case is an expression of
``x`` (and ``y``), which the tests evaluate on the tensors of this package as it stands here.
"""

import json
import math
import warnings
from itertools import product
from pathlib import Path

import torch

inf, nan = math.inf, math.nan

INPUTS = {
    "plain": [[0.5, -1.5, 2.0, 3.25], [-0.75, 1.25, 0.125, -2.5], [1.0, 4.5, -3.0, 0.25]],
    "ties": [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [3.0, -1.0, -1.0]],
    "zeros": [[0.0, 2.0, 3.0, -4.0], [2.0, 0.0, 3.0, 0.0], [1.0, 2.0, -3.0, 4.0], [0.0] * 4],
    "infinite": [[inf, 1.0, 2.0], [-inf, 1.0, 2.0], [-inf, -inf, -inf], [1.0, 1e4, -1e4]],
    "nans": [[1.0, nan, 3.0], [2.0, 2.0, 2.0], [nan, nan, nan]],
    "huge": [[1e4, 1e4 + 1], [-1e4, -1e4], [1e4, -1e4]],
    "empty": [[], []],
    "one": [3.0],
    "scalar": -2.5,
    "halves": [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.0, 1.25],
    "odd": [inf, -inf, nan, 1.5, -0.0],
    "ints": [[1, 0, -3], [4, 0, 2]],
    "bools": [[True, False], [True, True]],
    "rising": [-inf, -inf, 1.0, 2.0],
    "bytes": [200, 100, 0],
}
OTHERS = {
    "plain": [0.75, -0.5, 1.5, -2.0],
    "halves": [2.0, -2.0, 0.5, -0.3, 1.0, inf, 0.0, 0.0],
    "ints": [3, -2, 5],
    "ties": [2.0, 3.0, -1.0],
}

SECTIONS = {
    "reductions": [
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["sum", "mean", "nansum", "nanmean"],
            ["", "0", "-1, keepdim=True"],
            ["plain", "nans", "scalar", "empty"],
        )],
        *[(f"x.{f}({a})", "plain") for f in ["sum", "mean", "nansum", "nanmean"]
          for a in ["dim=()", "(0, 1), keepdim=True", "dim=[1], dtype=float64"]],
        *[(f"x.sum({a})", on) for a, on in product(["", "1"], ["ints", "bools", "bytes"]) if
          not (a and on == "bytes")],
        ("x.detach().sum(dtype=int64)", "plain"),
        ("x.mean(dtype=float64)", "ints"),
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["all", "any", "count_nonzero"], ["", "0", "-1"],
            ["zeros", "ints", "bools", "empty", "nans", "bytes"],
        )],
        *[(f"x.{f}(1, keepdim=True)", "zeros") for f in ["all", "any"]],
        *[(f"x.{f}(dim=(0, 1))", "zeros") for f in ["all", "any", "count_nonzero"]],
        *[(f"x.{f}(dim=())", "zeros") for f in ["all", "any"]],
    ],
    "norms": [
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["var", "std"],
            ["", "0", "-1, keepdim=True", "False", "0, False, True", "correction=0.5",
             "dim=(0, 1)", "unbiased=False"],
            ["plain", "ties"],
        )],
        *[(f"x.{f}()", on) for f in ["var", "std"] for on in ["one", "nans", "scalar"]],
        *[(f"x.{f}(1)", "empty") for f in ["var", "std"]],
        *[(f"x.{f}(correction=0)", "one") for f in ["var", "std"]],
        *[(f"x.norm({p})", on) for p, on in product(
            ["", "2", "1", "inf", "-inf", "0", "0.5", "1.5", "3", "-1", "-2", "'fro'"],
            ["plain", "zeros", "ties", "scalar"],
        )],
        *[(f"x.norm({p}, 1)", on) for p, on in product(
            ["2", "1", "inf", "-inf", "0", "0.5", "1.5", "3", "-1"], ["plain", "zeros"]
        )],
        *[(f"x.norm({p}, 1)", "nans") for p in ["2", "0", "3"]],
        *[(f"x.norm({p}, 1)", "empty") for p in ["2", "1", "0", "3"]],
        ("x.norm(dim=(0, 1), keepdim=True)", "plain"),
        ("x.norm(2, -1, True, dtype=float64)", "plain"),
    ],
    "extremes": [
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["amax", "amin"], ["", "0", "-1, keepdim=True", "dim=(0, 1)", "dim=()"],
            ["plain", "ties", "nans", "infinite"],
        )],
        *[(f"x.{f}()", on) for f, on in product(
            ["max", "min", "argmax", "argmin", "amax"],
            ["plain", "ties", "nans", "infinite", "scalar", "ints", "one"],
        )],
        *[(f"x.{f}({a}).{r}", on) for f, a, r, on in product(
            ["max", "min"], ["0", "-1, keepdim=True", "dim=1"], ["values", "indices"],
            ["plain", "ties", "nans", "infinite", "ints"],
        )],
        *[(f"x.{f}(0).{r}", "scalar") for f in ["max", "min"] for r in ["values", "indices"]],
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["argmax", "argmin"], ["0", "-1, keepdim=True", "keepdim=True"],
            ["plain", "ties", "nans"],
        )],
        *[(f"x.aminmax({a}).{r}", "ties") for a in ["", "dim=1"] for r in ["min", "max"]],
        *[(f"x.{f}(y)", "ties") for f in ["max", "min"]],
        ("x.max(0).values", "empty"), ("x.argmax(0)", "empty"), ("x.amax(0)", "empty"),
    ],
    "cumulative": [
        *[(f"x.{f}({a})", on) for f, a, on in product(
            ["cumsum", "cumprod", "prod"], ["0", "-1"],
            ["plain", "zeros", "scalar", "ints", "bools", "empty"],
        )],
        ("x.cumsum(0)", "nans"),
        *[("x.prod()", on) for on in ["plain", "zeros", "scalar", "ints", "bytes", "empty"]],
        ("x.prod(1, True)", "zeros"), ("x.prod(dtype=float64)", "ints"),
        ("x.cumsum(0)", "bytes"), ("x.cumsum(0, dtype=float64)", "ints"),
        *[(f"x.logcumsumexp({d})", on) for d, on in product([0, 1], ["plain", "huge"])],
        ("x.logcumsumexp(0)", "scalar"), ("x.logcumsumexp(0)", "rising"),
    ],
    "softmax": [
        *[(f"x.{f}({d})", on) for f, d, on in product(
            ["softmax", "log_softmax", "logsumexp"], [0, -1],
            ["plain", "huge", "infinite", "nans", "scalar", "empty"],
        )],
        ("x.logsumexp((0, 1))", "plain"), ("x.logsumexp(1, keepdim=True)", "huge"),
        ("x.logsumexp(dim=(0, 1), keepdim=True)", "huge"), ("x.logsumexp(1)", "ints"),
        ("x.softmax(1, dtype=float32)", "ints"), ("x.log_softmax(dim=1, dtype=float64)", "ints"),
    ],
    "comparisons": [
        *[(f"x {op} y", on) for op, on in product(
            ["==", "!=", "<", "<=", ">", ">="], ["plain", "ties", "ints"]
        )],
        *[(f"x {op} 2", on) for op, on in product(
            ["==", "!=", "<", "<=", ">", ">="], ["ties", "nans", "ints", "bytes", "bools"]
        )],
        ("x < 1.5", "ints"), ("x > 0.5", "bools"), ("2 < x", "ties"),
        *[(f"x.{f}()", on) for f, on in product(
            ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not"],
            ["odd", "ints", "bools"],
        )],
        *[(f"x.{f}(y)", on) for f, on in product(
            ["logical_and", "logical_or", "logical_xor", "eq", "ne", "lt", "le", "gt", "ge"],
            ["halves", "ints"],
        )],
        *[(f"x {op} y", "ints") for op in "&|^"], *[(f"x {op} True", "bools") for op in "&|^"],
        *[(f"x {op} 3", "bools") for op in "&|^"], *[(f"6 {op} x", "ints") for op in "&|^"],
        ("~x", "ints"), ("~x", "bools"), ("~x", "bytes"),
        ("x.isclose(x + 1e-6)", "odd"), ("x.isclose(x, equal_nan=True)", "odd"),
        ("x.isclose(x + 1)", "ints"),
    ],
    "rounding": [
        *[(f"x.{f}()", on) for f, on in product(
            ["ceil", "trunc", "round", "frac", "floor", "nan_to_num"],
            ["halves", "odd", "plain", "scalar"],
        )],
        *[(f"x.{f}()", "ints") for f in ["ceil", "trunc", "round", "nan_to_num"]],
        ("(x * 1.37).round(decimals=1)", "plain"), ("(x * 100).round(decimals=-2)", "plain"),
        ("x.nan_to_num(nan=7.0, posinf=8.0, neginf=9.0)", "odd"),
        *[(f"x {op} y", on) for op, on in product(["%"], ["plain", "halves", "ints"])],
        *[("x.fmod(y)", on) for on in ["plain", "halves", "ints"]],
        ("x.remainder(y)", "halves"),
        *[(f"x {op} {n}", on) for op, n, on in product(
            ["%", "//"], ["2", "-3", "0.7"], ["ints", "halves"]) if op == "%" or on == "ints"],
        ("7 % x.abs().clamp(1, 3)", "ints"), ("7.5 % x.detach()", "plain"),
        ("x.detach() // y.detach()", "plain"), ("x.detach() // y.detach()", "halves"),
        ("x // y", "ints"), ("x // 2", "bytes"),
    ],
}  # fmt: skip


def tensor(data):
    found = torch.tensor(data)
    if found.dtype.is_floating_point:
        return torch.tensor(data, dtype=torch.float64, requires_grad=True)
    return found.to(torch.uint8) if data is INPUTS["bytes"] else found


def case(expression, on):
    names = {"x": tensor(INPUTS[on]), "inf": inf}
    names |= {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64}
    if on in OTHERS:
        names["y"] = tensor(OTHERS[on])
    value = eval(expression, names)
    gradients = {}
    if value.requires_grad:
        weights = torch.arange(1.0, value.numel() + 1, dtype=value.dtype).reshape(value.shape)
        leaves = {k: v for k in "xy" if (v := names.get(k)) is not None and v.requires_grad}
        found = torch.autograd.grad(
            value, list(leaves.values()), weights, allow_unused=True, retain_graph=True
        )
        gradients = {k: g.tolist() for k, g in zip(leaves, found, strict=True) if g is not None}
    return {
        "expression": expression,
        "on": on,
        "value": value.tolist(),
        "shape": list(value.shape),
        "dtype": str(value.dtype).removeprefix("torch."),
        "gradients": gradients,
    }


def main():
    warnings.simplefilter("ignore")
    sections = {
        section: [case(*each) for each in dict.fromkeys(cases)]
        for section, cases in SECTIONS.items()
    }
    golden = {"inputs": INPUTS, "others": OTHERS, "sections": sections}
    Path(__file__).with_name("reductions.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
