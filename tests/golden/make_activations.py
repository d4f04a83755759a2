"""Write activations.json: what PyTorch's activations give, with gradients.

Run with PyTorch 2.13: ``python tests/golden/make_activations.py``. A case is a function of
``torch.nn.functional`` and the module of ``torch.nn`` that belongs to it, which must agree. The
options are powers of 2 where PyTorch would divide by them in float32, as ``celu`` does.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional

INPUTS = {
    "ordinary": [[-7.5, -3.25, -1.5, -0.3], [-0.01, 0.02, 0.4, 0.9], [1.7, 3.5, 6.25, 25.0]],
    "kinks": [[0.0, 0.5, -0.5, 1.0], [-1.0, 3.0, -3.0, 6.0], [20.0, -2.0, 2.0, 10.0]],
    "extreme": [[1e4, -1e4], [1e4, 1e4], [-1e4, -1e4], [1e4, 9999.5], [-800.0, 800.0]],
    "cube": [
        [[0.5, -1.0], [2.0, 0.0], [-0.25, 3.0], [1.5, -2.5]],
        [[-4.0, 1.0], [0.75, -0.5], [2.25, -3.5], [0.0, 0.1]],
    ],
    "one": -1.5,
}
ELEMENTWISE = ["ordinary", "kinks", "extreme", "cube", "one"]

FUNCTIONS = {
    "relu": ("ReLU", [{}]),
    "relu6": ("ReLU6", [{}]),
    "leaky_relu": ("LeakyReLU", [{}, {"negative_slope": 0.2}, {"negative_slope": -0.5}]),
    "elu": ("ELU", [{}, {"alpha": 0.5}, {"alpha": -1.5}]),
    "selu": ("SELU", [{}]),
    "celu": ("CELU", [{}, {"alpha": 2.0}, {"alpha": 0.25}, {"alpha": -1.0}]),
    "gelu": ("GELU", [{}, {"approximate": "tanh"}]),
    "silu": ("SiLU", [{}]),
    "mish": ("Mish", [{}]),
    "softplus": (
        "Softplus",
        [{}, {"beta": 2.0}, {"beta": 0.5, "threshold": 1.0}, {"threshold": 0.0}],
    ),
    "softsign": ("Softsign", [{}]),
    "tanh": ("Tanh", [{}]),
    "sigmoid": ("Sigmoid", [{}]),
    "logsigmoid": ("LogSigmoid", [{}]),
    "hardtanh": ("Hardtanh", [{}, {"min_val": -2.0, "max_val": 0.5}]),
    "hardsigmoid": ("Hardsigmoid", [{}]),
    "hardswish": ("Hardswish", [{}]),
    "tanhshrink": ("Tanhshrink", [{}]),
    "hardshrink": ("Hardshrink", [{}, {"lambd": 2.0}, {"lambd": 0.0}, {"lambd": -1.0}]),
    "softshrink": ("Softshrink", [{}, {"lambd": 2.0}, {"lambd": 0.0}]),
    "threshold": (
        "Threshold",
        [{"threshold": 0.0, "value": 7.0}, {"threshold": 0.5, "value": -1.0}],
    ),
    "rrelu": ("RReLU", [{}, {"lower": 0.1, "upper": 0.2}, {"lower": 0.2, "upper": 0.2}]),
    "softmax": ("Softmax", [{"dim": 0}, {"dim": -1}]),
    "log_softmax": ("LogSoftmax", [{"dim": 0}, {"dim": -1}]),
    "softmin": ("Softmin", [{"dim": 0}, {"dim": -1}]),
}


def cases():
    for name, (module, option_sets) in FUNCTIONS.items():
        for options in option_sets:
            for on in ELEMENTWISE:
                yield case(name, module, options, on)
    yield case("rrelu", "RReLU", {"lower": 0.2, "upper": 0.2}, "kinks", training=True)
    for options, on in [({}, "ordinary"), ({}, "extreme"), ({"dim": 1}, "cube"), ({}, "cube")]:
        yield case("glu", "GLU", options, on)
    for weight, on in [
        ([0.25], "kinks"),
        ([-0.5], "extreme"),
        ([0.25], "one"),
        ([0.1, -0.2, 0.3, 2.0], "ordinary"),
        ([0.1, -0.2, 0.3, 2.0], "cube"),
    ]:
        yield case("prelu", "PReLU", {}, on, weight=weight)


def case(name, module_name, options, on, training=False, weight=None):
    """The output for one input, and the gradients of its sum weighted by 1, 2, 3 and so on."""
    x = torch.tensor(INPUTS[on], dtype=torch.float64, requires_grad=True)
    found = {"function": name, "module": module_name, "options": options, "on": on}
    if weight is None:
        module = getattr(torch.nn, module_name)(**options).train(training)
        arguments = {"training": training} if name == "rrelu" else {}
        output = getattr(functional, name)(x, **options, **arguments)
        found["training"] = training
    else:
        module = torch.nn.PReLU(len(weight), dtype=torch.float64)
        w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
        module.weight = torch.nn.Parameter(w.detach())
        output = functional.prelu(x, w)
        found["weight"] = weight
    torch.testing.assert_close(module(x), output, rtol=0, atol=0)
    weights = torch.arange(1, output.numel() + 1, dtype=torch.float64).reshape(output.shape)
    (output * weights).sum().backward()
    found |= {"output": output.tolist(), "gradient": x.grad.tolist()}
    return found if weight is None else found | {"weight_gradient": w.grad.tolist()}


golden = {"torch": torch.__version__, "inputs": INPUTS, "cases": list(cases())}
target = Path(__file__).with_name("activations.json")
target.write_text(json.dumps(golden) + "\n")
print(f"{len(golden['cases'])} cases in {target.stat().st_size / 1000:.0f} kB")
