"""Write losses.json: what PyTorch's losses make of predictions and targets, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_losses.py``. Every case is an expression of the
names in one of the sets of inputs, which the tests evaluate with the functions of this package.
The names behind the expression are those whose gradients are wanted.
"""

import json
import math
import warnings
from itertools import product
from pathlib import Path

import torch
from torch.nn import functional

inf, nan = math.inf, math.nan

INPUTS = {
    "pair": {
        "x": [[0.5, -1.5, 2.0, 3.25], [-0.75, 1.25, 0.125, -2.5], [1.0, 4.5, -3.0, 0.25]],
        "y": [[0.25, -1.0, 2.0, 1.25], [0.25, 1.75, 0.125, 0.5], [2.0, 4.0, -0.5, 0.75]],
        "w": [[1.0, 0.5, 2.0, 0.25], [0.0, 1.5, 1.0, 3.0], [0.75, 1.0, 0.125, 2.0]],
    },
    "far": {"x": [1e4, -1e4, 1e4, 0.0], "y": [0.0, 0.0, -1e4, -1e4], "w": [1.0, 2.0, 3.0, 4.0]},
    "single": {"x": 1.5, "y": 0.25, "w": 2.0},
    "scores": {
        "x": [[0.5, -1.5, 2.0], [-0.75, 1.25, 0.125], [1.0, 4.5, -3.0], [0.0, 0.0, 0.0]],
        "t": [2, 0, 1, 1],
        "s": [2, -100, 1, 0],
        "c": [0.5, 2.0, 1.25],
        "p": [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.5, 0.25], [0.1, 0.6, 0.3]],
    },
    "row": {"x": [0.5, -1.5, 2.0], "t": 1, "c": [0.5, 2.0, 1.25], "p": [0.2, 0.3, 0.5]},
    "planes": {
        "x": [
            [[0.5, -1.5], [2.0, 3.25], [-0.75, 1.25]],
            [[0.125, -2.5], [1.0, 4.5], [-3.0, 0.25]],
        ],
        "t": [[2, 0], [1, 1]],
        "s": [[-100, 0], [1, -100]],
        "c": [0.5, 2.0, 1.25],
        "p": [[[0.2, 1.0], [0.3, 0.0], [0.5, 0.0]], [[0.0, 0.1], [0.5, 0.6], [0.5, 0.3]]],
    },
    "volumes": {
        "x": [[[[0.5, -1.5]], [[2.0, 3.25]]], [[[1.0, 4.5]], [[-3.0, 0.25]]]],
        "t": [[[1, 0]], [[0, 0]]],
        "c": [0.5, 2.0],
    },
    "huge": {
        "x": [[1e4, -1e4, 0.0], [1e4, 1e4, -1e4], [-1e4, 0.0, 1e4]],
        "t": [1, 0, 2],
        "c": [0.5, 2.0, 1.25],
        "p": [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    },
    "masked": {"x": [[-inf, 0.5, 1.0], [2.0, -inf, -1.0]], "t": [1, 0], "c": [0.5, 2.0, 1.25]},
    "ignored": {"x": [[0.5, -1.5], [2.0, 1.0]], "t": [-100, -100], "c": [0.5, 2.0]},
    "chances": {
        "x": [[0.5, 0.25, 0.75], [0.1, 0.999, 1e-9]],
        "y": [[1.0, 0.0, 0.3], [1.0, 0.5, 1.0]],
        "w": [0.5, 2.0, 1.25],
    },
    "certain": {
        "x": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1e-13, 1e-13, 1e-60, 0.25],
        "y": [0.0, 1.0, 0.5, 0.0, 1.0, 0.5, 0.0, 1.0, 1.0, 1.0],
        "w": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
    },
    "logits": {
        "x": [[0.5, -1.5, 0.0], [30.0, -40.0, 2.0]],
        "y": [[1.0, 0.0, 0.3], [1.0, 0.5, 1.0]],
        "w": [0.5, 2.0, 1.25],
        "v": [3.0, 0.5, 1.0],
    },
    "sure": {
        "x": [1e3, -1e3, 1e3, -1e3, 1e4, -1e4, 1e4, -1e4],
        "y": [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
        "v": [0.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    },
    "signs": {
        "x": [[0.5, -1.5, 1.0], [1.0, 0.0, 2.0]],
        "z": [[1.5, -1.5, 0.75], [1.25, 0.0, 3.0]],
        "y": [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]],
    },
    "strong": {"x": [700.0, -700.0, 1e4, 30.0], "y": [1.0, 1.0, 1.0, -1.0]},
    "logs": {
        "x": [[-1.5, -0.5, -2.0], [-0.25, -3.0, -1.0]],
        "y": [[0.25, 0.5, 0.25], [0.125, 0.75, 0.125]],
        "z": [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]],
        "l": [[-1.0, -0.75, -2.5], [-0.5, -1.5, -1.25]],
    },
    "certainty": {"x": [[-1e4, 0.0], [-0.5, -1e4]], "z": [[0.0, 1.0], [1.0, 0.0]]},
    "counts": {
        "x": [[0.5, 1.5, 2.0], [0.25, 3.0, 1.0]],
        "y": [[0.5, 2.0, 1.0], [3.0, 1.5, 5.0]],
        "z": [[0.0, 2.0, 1.0], [3.0, 0.0, 5.0]],
    },
    "normal": {
        "x": [[0.5, 1.5, -2.0], [0.25, 3.0, 1.0]],
        "y": [[0.5, 2.0, 1.0], [3.0, 1.5, 5.0]],
        "v": [[0.5, 2.0, 1.0], [1e-7, 0.0, 0.25]],
        "r": [0.5, 2.0],
        "k": [[0.5], [2.0]],
        "q": [[0.5, 2.0, 1.5]],
    },
    "vectors": {
        "a": [[1.0, 2.0, -0.5], [0.5, -1.0, 0.25], [3.0, 0.0, 1.0], [1.0, 1.0, 1.0]],
        "b": [[0.5, 1.0, 0.5], [-0.5, 1.5, 2.0], [3.0, 0.0, 1.0], [2.0, -1.0, 0.0]],
        "n": [[1.5, -1.0, 0.25], [0.5, -1.25, 0.25], [0.0, 2.0, 1.0], [1.0, 1.25, 1.0]],
        "t": [1.0, -1.0, -1.0, 1.0],
    },
    "vector": {"a": [1.0, 2.0, -0.5], "b": [0.5, 1.0, 0.5], "n": [1.5, -1.0, 0.25], "t": -1.0},
    "nothing": {
        "a": [[0.0, 0.0], [1e-9, 0.0], [1.0, 1.0], [0.0, 0.0]],
        "b": [[1.0, 2.0], [3.0, 4.0], [1.0, 1.0], [0.0, 0.0]],
        "n": [[1.0, 2.0], [3.0, 4.0], [1.0, 1.0], [0.0, 0.0]],
        "t": [1.0, -1.0, 1.0, -1.0],
    },
}

REDUCTIONS = ["none", "mean", "sum"]


def each(names, leaves, on, *calls):
    """The calls with every reduction, on every set of inputs."""
    return [
        (f"{call[:-1]}, reduction={reduction!r})", leaves, name)
        for call, name, reduction in product(calls, on.split(), names)
    ]


def reduced(leaves, on, *calls):
    return each(REDUCTIONS, leaves, on, *calls)


CASES = {
    "regression": [
        *reduced("xy", "pair far single",
            "mse_loss(x, y)", "mse_loss(x, y, weight=w)", "l1_loss(x, y)",
            "l1_loss(x, y, weight=w)", "huber_loss(x, y)", "huber_loss(x, y, delta=0.5)",
            "huber_loss(x, y, delta=2.5, weight=w)", "smooth_l1_loss(x, y)",
            "smooth_l1_loss(x, y, beta=0.5)", "smooth_l1_loss(x, y, beta=2.5)",
            "smooth_l1_loss(x, y, beta=0.0)"),
    ],
    "classes": [
        *reduced("x", "scores row planes volumes huge masked ignored",
            "cross_entropy(x, t)", "cross_entropy(x, t, weight=c)"),
        *reduced("x", "scores row planes volumes huge",
            "cross_entropy(x, t, label_smoothing=0.2)",
            "cross_entropy(x, t, weight=c, label_smoothing=0.2)", "nll_loss(x, t)",
            "nll_loss(x, t, weight=c)"),
        *reduced("x", "scores planes",
            "cross_entropy(x, s)", "cross_entropy(x, s, weight=c)",
            "cross_entropy(x, t, ignore_index=1)", "cross_entropy(x, t, ignore_index=7)",
            "cross_entropy(x, s, weight=c, label_smoothing=0.3)", "nll_loss(x, s)",
            "nll_loss(x, s, weight=c)", "nll_loss(x, t, ignore_index=1)"),
        *reduced("x", "scores", "cross_entropy(x, t, label_smoothing=1.0)"),
        *reduced("xp", "scores row planes huge",
            "cross_entropy(x, p)", "cross_entropy(x, p, weight=c)",
            "cross_entropy(x, p, weight=c, label_smoothing=0.2)"),
        *reduced("x", "scores row huge",
            "multi_margin_loss(x, t)", "multi_margin_loss(x, t, p=2, margin=0.5)",
            "multi_margin_loss(x, t, weight=c)", "multi_margin_loss(x, t, 2, 1.5, c)"),
    ],
    "binary": [
        *reduced("xy", "chances", "binary_cross_entropy(x, y)",
            "binary_cross_entropy(x, y, weight=w)"),
        *reduced("x", "certain", "binary_cross_entropy(x, y)",
            "binary_cross_entropy(x, y, weight=w)"),
        *reduced("xy", "logits", "binary_cross_entropy_with_logits(x, y, weight=w)"),
        *reduced("xy", "logits sure", "binary_cross_entropy_with_logits(x, y, pos_weight=v)"),
        *reduced("xy", "logits",
            "binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=v)"),
        *reduced("xy", "logits sure", "binary_cross_entropy_with_logits(x, y)"),
        *reduced("x", "logits", "multilabel_soft_margin_loss(x, y)",
            "multilabel_soft_margin_loss(x, y, weight=w)"),
        *reduced("x", "signs strong", "soft_margin_loss(x, y)"),
    ],
    "likelihoods": [
        *each([*REDUCTIONS, "batchmean"], "xy", "logs", "kl_div(x, y)"),
        *each([*REDUCTIONS, "batchmean"], "x", "logs certainty", "kl_div(x, z)"),
        *each([*REDUCTIONS, "batchmean"], "xl", "logs", "kl_div(x, l, log_target=True)"),
        *each(["batchmean"], "xy", "single", "kl_div(x, y)"),
        *reduced("xy", "counts",
            "poisson_nll_loss(x, y)", "poisson_nll_loss(x, y, full=True)",
            "poisson_nll_loss(x, y, log_input=False)",
            "poisson_nll_loss(x, y, log_input=False, full=True, eps=0.5)"),
        *reduced("x", "counts", "poisson_nll_loss(x, z, full=True)"),
        *reduced("xyv", "normal",
            "gaussian_nll_loss(x, y, v)", "gaussian_nll_loss(x, y, v, full=True)",
            "gaussian_nll_loss(x, y, v, eps=0.5)"),
        *reduced("xyr", "normal", "gaussian_nll_loss(x, y, r)"),
        *reduced("xyk", "normal", "gaussian_nll_loss(x, y, k)"),
        *reduced("xyq", "normal", "gaussian_nll_loss(x, y, q)"),
        *reduced("xy", "normal", "gaussian_nll_loss(x, y, 0.5)"),
    ],
    "margins": [
        *reduced("x", "signs", "hinge_embedding_loss(x, y)",
            "hinge_embedding_loss(x, y, margin=1.5)"),
        *reduced("xz", "signs", "margin_ranking_loss(x, z, y)",
            "margin_ranking_loss(x, z, y, margin=0.25)"),
        *reduced("ab", "vectors vector nothing", "cosine_embedding_loss(a, b, t)",
            "cosine_embedding_loss(a, b, t, margin=0.5)"),
        *reduced("abn", "vectors vector nothing",
            "triplet_margin_loss(a, b, n)", "triplet_margin_loss(a, b, n, swap=True)",
            "triplet_margin_loss(a, b, n, margin=0.5, p=1)",
            "triplet_margin_loss(a, b, n, margin=2.5, p=3.0, eps=0.0, swap=True)",
            "triplet_margin_loss(a, b, n, margin=2.5, p=2, eps=0.0)"),
    ],
    "distances": [
        *[(call, "ab", on) for call, on in product(
            ["cosine_similarity(a, b)", "cosine_similarity(a, b, dim=0, eps=0.5)",
             "cosine_similarity(a, b, dim=-1)", "pairwise_distance(a, b)",
             *[f"pairwise_distance(a, b, p={p}, eps=0.0, keepdim=True)"
               for p in [1, 2, 3, 1.5, "inf"]]],
            ["vectors", "nothing"],
        )],
        *[(call, "ab", "vector") for call in
          ["cosine_similarity(a, b, 0)", "pairwise_distance(a, b)"]],
        *[(call, "ab", "vectors") for call in
          ["cosine_similarity(a, b[:1])", "cosine_similarity(a[:, None], b[None], dim=-1)",
           "pairwise_distance(a, b[0])", "pairwise_distance(a[:, None], b[None], p=1)"]],
    ],
}  # fmt: skip


def tensor(data, wanted):
    found = torch.tensor(data)
    if not found.dtype.is_floating_point:
        return found
    return torch.tensor(data, dtype=torch.float64, requires_grad=wanted)


def case(expression, leaves, on):
    given = {name: tensor(data, name in leaves) for name, data in INPUTS[on].items()}
    value = eval(f"functional.{expression}", {"functional": functional, "inf": inf} | given)
    weights = torch.arange(1.0, value.numel() + 1, dtype=torch.float64).reshape(value.shape)
    found = torch.autograd.grad(value, [given[leaf] for leaf in leaves], weights)
    return {
        "call": expression,
        "on": on,
        "value": value.tolist(),
        "gradients": {leaf: gradient.tolist() for leaf, gradient in zip(leaves, found)},
    }


def main():
    warnings.simplefilter("ignore")
    sections = {name: [case(*each) for each in cases] for name, cases in CASES.items()}
    golden = {"inputs": INPUTS, "sections": sections}
    text = json.dumps(golden, separators=(",", ":")).replace('{"call"', '\n{"call"')
    Path(__file__).with_name("losses.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
