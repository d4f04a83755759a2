"""Write clipping.json: norms of gradients, and what clipping makes of gradients, in PyTorch.

Run with PyTorch 2.13: ``python tests/golden/make_clipping.py``. Adaptive clipping is not part of
PyTorch: it is written here as in timm's ``adaptive_clip_grad``.
"""

import json
import math
from itertools import product
from pathlib import Path

import torch
from torch.nn import utils

inf, nan = math.inf, math.nan

GRADIENTS = {
    "plain": [[[0.5, -1.5, 2.0], [3.25, -0.75, 1.25]], [0.125, -2.5], -4.0],
    "missing": [[[0.5, -1.5, 2.0], [3.25, -0.75, 1.25]], None, -4.0],
    "none": [None, None],
    "nothing": [],
    "zeros": [[[0.0, 0.0]], [0.0]],
    "tiny": [[[1e-9, -2e-9]], [3e-9]],
    "nan": [[[0.5, nan]], [1.0]],
    "infinite": [[[0.5, inf]], [1.0]],
    "cube": [[[[1.0, 2.0], [-3.0, 4.0]], [[0.5, 0.0], [1.5, -2.0]]], [1.0, 2.0, 2.0]],
}
WEIGHTS = {
    "plain": [[[1.0, -0.5, 0.25], [0.0, 0.0, 1e-4]], [3.0, -4.0], 0.5],
    "cube": [[[[1.0, 2.0], [3.0, 4.0]], [[0.1, 0.2], [0.3, 0.4]]], [0.0, 0.0, 0.0]],
    "zeros": [[[1.0, 1.0]], [1.0]],
}
WITH_GRADIENTS = [on for on, gradients in GRADIENTS.items() if any(gradients)]
NORM_TYPES = [2.0, 1.0, inf, 0.5, 3.0, -inf, -1.0, 0.0]
MAX_NORMS = [0.5, 5.0, 1e3, 0.0, inf]
VALUES = [0.0, 0.75, 1e3]


def parameters(on):
    made = []
    for position, gradient in enumerate(GRADIENTS[on]):
        grad = None if gradient is None else torch.tensor(gradient, dtype=torch.float64)
        own = torch.zeros(2).double() if grad is None else torch.zeros_like(grad)
        if on in WEIGHTS:
            own = torch.tensor(WEIGHTS[on][position], dtype=torch.float64)
        own.requires_grad_()
        own.grad = grad
        made.append(own)
    return made


def gradients(parameters):
    return [None if each.grad is None else each.grad.tolist() for each in parameters]


def by_norm(on, norm_type, max_norm):
    own = parameters(on)
    total = utils.clip_grad_norm_(own, max_norm, norm_type)
    return {
        "on": on,
        "norm_type": norm_type,
        "max_norm": max_norm,
        "total": total.item(),
        "gradients": gradients(own),
    }


def by_value(on, value):
    own = parameters(on)
    utils.clip_grad_value_(own, value)
    return {"on": on, "clip_value": value, "gradients": gradients(own)}


def unitwise_norm(x):
    if x.ndim <= 1:
        return x.norm()
    return x.norm(dim=tuple(range(1, x.ndim)), keepdim=True)


def adaptively(on, clip_factor, eps):
    own = parameters(on)
    for each in own:
        longest = unitwise_norm(each.detach()).clamp(min=eps) * clip_factor
        length = unitwise_norm(each.grad)
        clipped = each.grad * (longest / length.clamp(min=1e-6))
        each.grad.copy_(torch.where(length < longest, each.grad, clipped))
    return {"on": on, "clip_factor": clip_factor, "eps": eps, "gradients": gradients(own)}


def main():
    golden = {
        "gradients": GRADIENTS,
        "weights": WEIGHTS,
        "by_norm": [by_norm(*each) for each in product(GRADIENTS, NORM_TYPES, MAX_NORMS)],
        "by_value": [by_value(*each) for each in product(WITH_GRADIENTS, VALUES)],
        "adaptively": [adaptively(*each) for each in product(WEIGHTS, [0.01, 0.5], [1e-3, 0.2])],
    }
    Path(__file__).with_name("clipping.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
