"""Write init.json: PyTorch's gains, its bounds and deviations of weights, its Dirac weights.

Run with PyTorch 2.13: ``python tests/golden/make_init.py``.
"""

import json
from itertools import product
from pathlib import Path
from unittest.mock import patch

import torch
from torch.nn import init

NONLINEARITIES = [
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu",
]  # fmt: skip
SLOPES = [0, 0.2, 1, -0.5, 5.5]
DIRAC = [((2, 3, 3), 1), ((4, 2, 4), 2), ((6, 1, 1, 2), 3), ((2, 2, 3, 2, 3), 1), ((0, 2, 1), 1)]
SHAPES = [(3, 5), (5, 3), (1, 1), (7, 1), (4, 3, 2), (2, 3, 4, 5)]


def spread(function, shape, options):
    """The bound of a uniform distribution, or the deviation of a normal one, that is drawn from."""
    name = "uniform_" if "uniform" in function else "normal_"
    with patch.object(torch.Tensor, name) as drawn:
        getattr(init, function)(torch.empty(shape, dtype=torch.float64), **options)
    return drawn.call_args.args[1]


def main():
    gains = [[name, None, init.calculate_gain(name)] for name in NONLINEARITIES]
    gains += [["leaky_relu", slope, init.calculate_gain("leaky_relu", slope)] for slope in SLOPES]
    kaiming = [
        {"a": a, "mode": mode, "nonlinearity": nonlinearity}
        for a, mode, nonlinearity in product(
            [0, 0.2], ["fan_in", "fan_out"], ["leaky_relu", "relu", "tanh"]
        )
    ]
    xavier = [{}, {"gain": 5 / 3}]
    options = {
        "xavier_uniform_": xavier,
        "xavier_normal_": xavier,
        "kaiming_uniform_": [{}, *kaiming],
        "kaiming_normal_": [{}, *kaiming],
    }
    spreads = [
        {"function": function, "shape": shape, "options": each, "spread": spread(
            function, shape, each
        )}
        for function in options
        for shape, each in product(SHAPES, options[function])
    ]  # fmt: skip
    dirac = [
        {
            "shape": shape,
            "groups": groups,
            "weight": init.dirac_(torch.empty(shape), groups).tolist(),
        }
        for shape, groups in DIRAC
    ]
    golden = {"gains": gains, "spreads": spreads, "dirac": dirac}
    Path(__file__).with_name("init.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
