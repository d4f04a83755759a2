"""Write layers.json: what PyTorch's layers make of several batches in sequence.

Run with PyTorch 2.13: ``python tests/golden/make_layers.py``. A case is a layer, the state it
starts from, and steps: a mode, the name of an input, and then what comes out, the gradients, and
the buffers behind it. Each output is differentiated with the weights of :func:`weights`.
"""

import json
import math
from pathlib import Path

import torch
from torch import nn

FAR = 2.0**16

INPUTS = {
    "plain": [[0.5, -1.5, 2.0], [3.25, -0.75, 1.25], [0.125, -2.5, 1.0], [4.5, -3.0, 0.25]],
    "other": [[1.0, 0.3, -0.7], [2.2, 5.0, 0.1], [-1.4, 0.9, 3.0]],
    "two": [[1.0, -2.0, 0.5], [3.0, 2.0, -1.5]],
    "one": [[1.0, -2.0, 0.5]],
    "row": [0.5, -1.0, 2.5],
    "constant": [[2.0, -0.1, 1e4]] * 4,
    "level": [[2.0, 2.0, 2.0], [-0.1, -0.1, -0.1]],
    "large": [[1e4, -1e4, 1e4], [-1e4, 1e4, 1e4], [1e4, 1e4, -1e4]],
    "far": [[FAR + 0.5, 0.5, -FAR], [FAR - 0.5, 1.5, 1 - FAR], [FAR, 2.0, 2 - FAR], [FAR, 0, -FAR]],
    "zeros": [[0.0] * 3] * 2,
    "empty": [],
    "long": [[[0.5, 1.0], [-1.5, 2.0], [0.25, 3.0]], [[2.0, -1.0], [0.75, 1.5], [-2.0, 1.0]]],
    "single": [[[0.5, 1.0, -2.0, 4.0], [-1.5, 2.0, 0.0, 1.0], [0.25, 3.0, 3.5, -1.0]]],
    "four": [[0.5, -1.5, 2.0, 4.0], [3.25, -0.75, 1.25, 0.0], [0.125, -2.5, 1.0, 7.0]],
    "four large": [[1e4, -1e4, 1e4, 0.0], [1e4, 1e4, 1e4, 1e4]],
    "four long": [[[0.5, 1.0], [-1.5, 2.0], [0.25, 3.0], [5.0, -2.0]],
                  [[2.0, -1.0], [0.75, 1.5], [-2.0, 1.0], [0.0, 1.0]]],
    "four deep": [[[[0.5, 1.0], [1.0, 4.0]], [[-1.5, 2.0], [0.25, 3.0]],
                   [[5.0, -2.0], [1.5, 0.5]], [[2.5, 2.0], [-3.0, 0.0]]]],
    "pairs": [[0.5, -1.0], [2.0, 0.25], [-3.0, 1.5], [0.0, 4.0]],
    "nothing": [[], []],
    "indices": [[1, 0, 1], [3, 1, 2]],
    "index": 2,
    "no indices": [],
}  # fmt: skip
WHOLE = {"indices", "index", "no indices"}
SHAPES = {"empty": (0, 3), "nothing": (2, 0), "no indices": (0,)}

SEQUENCE = ["train plain", "train other", "eval plain", "train two", "eval two", "train long"]
SINGLES = ["one", "empty", "single"]
EXTREMES = ["train constant", "train large", "train far", "eval far", "eval large"]
LINES = ["train plain", "eval other", "train row", "train long", "train level", "train empty"]
FOURS = ["train four", "eval four", "train four long", "train four deep", "train four large"]

CASES = [
    *[("BatchNorm1d", [3], options, SEQUENCE) for options in [
        {}, {"eps": 0.1}, {"momentum": 0.5}, {"momentum": 1.0}, {"momentum": None},
        {"affine": False}, {"bias": False}, {"track_running_stats": False},
        {"affine": False, "track_running_stats": False, "momentum": None},
    ]],
    ("BatchNorm1d", [3], {}, EXTREMES),
    ("BatchNorm1d", [3], {}, ["train empty", "train single", *[f"eval {x}" for x in SINGLES]]),
    *[("LayerNorm", [3], options, ["train plain", "eval other"]) for options in [
        {"eps": 0.1}, {"elementwise_affine": False}, {"bias": False},
    ]],
    ("LayerNorm", [3], {}, ["train row", *LINES[:2], *LINES[4:], "train large", "train far"]),
    ("LayerNorm", [[3, 2]], {}, ["train long", "eval long"]),
    *[("GroupNorm", [groups, 4], {}, FOURS) for groups in [1, 2]],
    ("GroupNorm", [4, 4], {}, FOURS[:4]),
    *[("GroupNorm", [2, 4], options, FOURS[:3]) for options in [
        {"affine": False}, {"bias": False}, {"eps": 0.1},
    ]],
    ("RMSNorm", [3], {}, ["train row", *LINES[:2], *LINES[4:], "train large", "train zeros"]),
    *[("RMSNorm", [3], options, ["train plain", "eval other", "train zeros"]) for options in [
        {"eps": 0.1}, {"elementwise_affine": False, "eps": 1e-5},
    ]],
    ("RMSNorm", [[3, 2]], {}, ["train long", "eval long"]),
    ("Linear", [3, 2], {}, ["train row", "train plain", "train empty", "train large"]),
    ("Linear", [2, 4], {}, ["train long", "eval pairs"]),
    ("Linear", [3, 2], {"bias": False}, ["train row", "train plain", "train empty"]),
    ("Linear", [3, 0], {}, ["train plain"]),
    ("Linear", [0, 3], {}, ["train nothing"]),
    ("Linear", [0, 3], {"bias": False}, ["train nothing"]),
    ("Bilinear", [3, 2, 4], {}, ["train plain pairs"]),
    ("Bilinear", [3, 2, 4], {"bias": False}, ["train plain pairs"]),
    ("Bilinear", [3, 3, 1], {}, ["train row row", "train empty empty", "train plain plain"]),
    ("Flatten", [], {}, ["train long", "train four deep", "train plain"]),
    ("Flatten", [0, 1], {}, ["train long"]),
    ("Flatten", [-2], {}, ["train four deep"]),
    ("Unflatten", [1, [2, 2]], {}, ["train four"]),
    ("Unflatten", [-1, [1, -1]], {}, ["train plain"]),
    *[("Embedding", [4, 2], options, ["train indices", "train index", "train no indices"])
      for options in [{}, {"padding_idx": 1}, {"padding_idx": -4}]],
    *[(kind, [p], {}, ["train plain", "eval plain", "train row"])
      for kind in ["Dropout", "AlphaDropout"] for p in [0.0, 1.0]],
]  # fmt: skip


def weights(shape):
    """What an output of this shape is differentiated with."""
    count = torch.arange(math.prod(shape), dtype=torch.float64)
    return ((count * 5 % 7 - 2.5) / 4).reshape(shape)


def tensor(name):
    numbers = torch.tensor(INPUTS[name], dtype=torch.float64)
    if name in SHAPES:
        numbers = numbers.reshape(SHAPES[name])
    return numbers.long() if name in WHOLE else numbers.requires_grad_()


def started(layer):
    """The layer in float64, with parameters that differ."""
    layer.double()
    for shift, parameter in enumerate(layer.parameters(), 1):
        parameter.data = weights(parameter.shape) + 0.1 * shift
    return layer


def names_in(text):
    """The names of inputs in a step, such as ``"plain pairs"``."""
    if text in INPUTS:
        return [text]
    return text.split()


def step(layer, text):
    mode, _, names = text.partition(" ")
    layer.train(mode == "train")
    layer.zero_grad()
    inputs = [tensor(name) for name in names_in(names)]
    output = layer(*inputs)
    if output.requires_grad:
        output.backward(weights(output.shape))
    leaves = [each for each in inputs if each.is_floating_point()]
    return {
        "training": mode == "train",
        "inputs": names_in(names),
        "output": output.tolist(),
        "shape": list(output.shape),
        "input gradients": [each.grad.tolist() for each in leaves],
        "gradients": {
            name: None if parameter.grad is None else parameter.grad.tolist()
            for name, parameter in layer.named_parameters()
        },
        "buffers": {name: buffer.tolist() for name, buffer in layer.named_buffers()},
    }


def case(kind, arguments, options, steps):
    layer = started(getattr(nn, kind)(*arguments, **options))
    state = {name: each.tolist() for name, each in layer.state_dict().items()}
    return {
        "layer": kind,
        "arguments": arguments,
        "options": options,
        "state": state,
        "steps": [step(layer, text) for text in steps],
    }


def main():
    golden = {
        "inputs": INPUTS,
        "shapes": SHAPES,
        "whole": sorted(WHOLE),
        "cases": [case(*each) for each in CASES],
    }
    Path(__file__).with_name("layers.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
