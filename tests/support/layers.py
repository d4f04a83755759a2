"""Golden numbers from PyTorch: layers, the state they start from, and batches in sequence."""

import json
from pathlib import Path

import numpy as np
import pytest

from twingrad import nn

from .twins import integers, numbers, operand

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "layers.json").read_text())


def layer_cases(*kinds):
    """The cases of these layers as parameters for pytest."""
    return [
        pytest.param(case, id=f"{case['layer']}{tuple(case['arguments'])} {case['options'] or ''}")
        for case in GOLDEN["cases"]
        if case["layer"] in kinds
    ]


def check_golden(case, twin):
    """Outputs, gradients and buffers of every step must be the golden ones."""
    found = outcomes(case, twin)
    for step, outcome in zip(case["steps"], found, strict=True):
        assert [*outcome["gradients"]] == [*step["gradients"]]
        assert [*outcome["buffers"]] == [*step["buffers"]]
        assert list(outcome["output"].shape) == step["shape"]
        _compare(outcome, step, 1e-10)


def check_twins(case):
    """Both twins must give the same."""
    for scalar, tensor in zip(outcomes(case, "scalar"), outcomes(case, "tensor"), strict=True):
        _compare(scalar, tensor, 1e-12)


def outcomes(case, twin):
    """What a layer on a twin makes of every step."""
    with nn.backend(twin):
        layer = getattr(nn, case["layer"])(*case["arguments"], **case["options"]).double()
    shapes = {name: each.shape for name, each in layer.state_dict().items()}
    assert [*shapes] == [*case["state"]]
    state = {name: np.reshape(each, shapes[name]) for name, each in case["state"].items()}
    layer.load_state_dict(state)
    return [_outcome(layer, step, twin) for step in case["steps"]]


def _outcome(layer, step, twin):
    layer.train(step["training"])
    layer.zero_grad()
    inputs = [_input(name, twin) for name in step["inputs"]]
    output = layer(*inputs)
    if output.requires_grad:
        output.backward(_weights(output.shape))
    leaves = [each for each, name in zip(inputs, step["inputs"]) if name not in GOLDEN["whole"]]
    return {
        "output": numbers(output),
        "input gradients": [numbers(each.grad) for each in leaves],
        "gradients": {name: numbers(each.grad) for name, each in layer.named_parameters()},
        "buffers": {name: np.array(numbers(each)) for name, each in layer.named_buffers()},
    }


def _input(name, twin):
    data = np.array(GOLDEN["inputs"][name], np.float64)
    data = data.reshape(GOLDEN["shapes"].get(name, data.shape))
    if name in GOLDEN["whole"]:
        return integers(twin, data)
    return operand(twin, data, requires_grad=True)


def _weights(shape):
    """What an output of this shape is differentiated with."""
    return ((np.arange(float(np.prod(shape))) * 5 % 7 - 2.5) / 4).reshape(shape)


def _compare(found, golden, tolerance):
    _close(found["output"], golden["output"], tolerance)
    for own, expected in zip(found["input gradients"], golden["input gradients"], strict=True):
        _close(own, expected, tolerance)
    for kind in ("gradients", "buffers"):
        for name, expected in golden[kind].items():
            _close(found[kind][name], expected, tolerance)


def _close(found, expected, tolerance):
    if found is None or expected is None or not np.size(expected):
        assert not np.any(0 if found is None else found)  # of nothing there is no gradient, or 0
        assert not np.any(0 if expected is None else expected)
        return
    expected = np.reshape(expected, np.shape(found))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
