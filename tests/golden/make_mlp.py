"""Write mlp.json: checkpoints of PyTorch's networks, and what these make of several batches.

Run with PyTorch 2.13: ``python tests/golden/make_mlp.py``. What is differentiated is the sum of
the squared outputs.
"""

import json
from pathlib import Path

import torch
from torch import nn

INPUTS = {
    "plain": [[0.5, -1.5], [3.25, -0.75], [0.125, -2.5], [4.5, -3.0], [-1.0, 0.25]],
    "large": [[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4]],
    "two": [[1.0, 0.3], [-0.4, 2.0]],
}
STEPS = [(True, "plain"), (False, "two"), (True, "two"), (True, "large"), (False, "large")]
ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "prelu": nn.PReLU,
    "leaky_relu": nn.LeakyReLU,
}
NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, "rms": nn.RMSNorm}
CASES = [
    ([2, [4, 3], 2], {}),
    ([2, [], 3], {}),
    ([2, [4], 1], {"bias": False}),
    ([2, [4, 3], 1], {"activation": "tanh", "norm": "batch"}),
    ([2, [4, 3], 1], {"activation": "gelu", "norm": "layer"}),
    ([2, [4, 3], 1], {"activation": "prelu", "norm": "rms", "bias": False}),
    ([2, [4], 1], {"activation": "leaky_relu", "norm": "batch", "bias": False}),
]


def network(arguments, activation="relu", norm=None, bias=True):
    first, hidden, last = arguments
    widths = [first, *hidden]
    layers = []
    for before, width in zip(widths, hidden):
        layers.append(nn.Linear(before, width, bias))
        if norm is not None:
            layers.append(NORMS[norm](width))
        layers.append(ACTIVATIONS[activation]())
    return nn.Sequential(*layers, nn.Linear(widths[-1], last, bias)).double()


def step(model, training, name):
    model.train(training)
    model.zero_grad()
    x = torch.tensor(INPUTS[name], dtype=torch.float64, requires_grad=True)
    output = model(x)
    (output * output).sum().backward()
    return {
        "training": training,
        "input": name,
        "output": output.tolist(),
        "input gradient": x.grad.tolist(),
        "gradients": {name: each.grad.tolist() for name, each in model.named_parameters()},
        "buffers": {name: each.tolist() for name, each in model.named_buffers()},
    }


def case(arguments, options):
    torch.manual_seed(1)
    model = network(arguments, **options)
    return {
        "arguments": arguments,
        "options": options,
        "state": {name: each.tolist() for name, each in model.state_dict().items()},
        "steps": [step(model, *each) for each in STEPS],
    }


def main():
    golden = {"inputs": INPUTS, "cases": [case(*each) for each in CASES]}
    Path(__file__).with_name("mlp.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
