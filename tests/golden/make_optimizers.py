"""Write optimizers.json: where PyTorch's optimizers lead, step by step, in float64.

Run with PyTorch 2.13: ``python tests/golden/make_optimizers.py``. Every set of options is tried on
three problems. The runs called variants, on least squares, have two groups, a rate that changes,
or gradients that are missing at some steps, and begin again midway from a state dict, which is
kept. A case whose numbers hang on the last digits of the gradients is refused.
"""

import json
import math
from pathlib import Path

import torch

STEPS = 200
INTERRUPTION = 77
CHANGE = {"at": 60, "factor": 0.3}
WITHOUT = 3
SEEN = {"rosenbrock": [1, 2, 3, 10, 50, 100, 150, 200], "squares": [1, 3, 50, 200]}
SEEN["mlp"] = SEEN["variants"] = SEEN["squares"]

BETAS = {"betas": [0.8, 0.99]}
DECAY = {"weight_decay": 0.02}
DECOUPLED = DECAY | {"decoupled_weight_decay": True}
UP = {"maximize": True}

# options, and the rate on Rosenbrock's valley and on the other problems
CASES = {
    "SGD": [
        ({}, 5e-4, 0.05),
        ({"momentum": 0.9}, 1e-4, 0.01),
        ({"momentum": 0.9, "dampening": 0.5}, 2e-4, 0.02),
        ({"momentum": 0.8, "nesterov": True}, 1e-4, 0.01),
        (DECAY, 5e-4, 0.05),
        ({"momentum": 0.9, "nesterov": True} | DECAY, 1e-4, 0.01),
        ({"momentum": 0.7} | DECAY | UP, 2e-4, 0.02),
    ],
    "Adam": [
        ({}, 0.02, 0.02),
        (BETAS | {"eps": 1e-3}, 0.02, 0.02),
        (DECAY, 0.02, 0.02),
        ({"amsgrad": True}, 0.02, 0.05),
        (DECOUPLED, 0.02, 0.02),
        ({"amsgrad": True} | DECAY | UP, 0.02, 0.02),
    ],
    "AdamW": [
        ({}, 0.02, 0.02),
        (BETAS | {"weight_decay": 0.3}, 0.01, 0.01),
        ({"amsgrad": True}, 0.02, 0.05),
        ({"eps": 1e-4} | UP, 0.01, 0.02),
    ],
    "NAdam": [
        ({}, 0.01, 0.01),
        (BETAS | {"momentum_decay": 0.05}, 0.01, 0.005),
        (DECAY, 0.01, 0.01),
        (DECOUPLED | UP, 0.01, 0.01),
    ],
    "RAdam": [
        ({}, 0.002, 0.02),
        (BETAS | {"eps": 1e-4}, 0.002, 0.02),
        (DECAY, 0.002, 0.02),
        (DECOUPLED | UP, 0.002, 0.02),
    ],
    "Adamax": [
        ({}, 0.02, 0.02),
        (BETAS | {"eps": 1e-3} | DECAY, 0.02, 0.02),
        (UP, 0.01, 0.02),
    ],
    "Adagrad": [
        ({}, 0.3, 0.3),
        ({"lr_decay": 0.01, "initial_accumulator_value": 0.2, "eps": 1e-6}, 0.3, 0.3),
        (DECAY | UP, 0.3, 0.1),
    ],
    "Adadelta": [
        ({}, 1.0, 1.0),
        ({"rho": 0.95, "eps": 1e-5}, 0.5, 0.5),
        (DECAY | UP, 0.3, 0.7),
    ],
    "RMSprop": [
        ({}, 0.003, 0.003),
        ({"alpha": 0.95, "eps": 1e-4} | DECAY, 0.001, 0.001),
        ({"momentum": 0.7}, 0.001, 0.001),
        ({"centered": True}, 0.001, 0.003),
        ({"centered": True, "momentum": 0.5} | DECAY | UP, 0.001, 0.001),
    ],
    "Rprop": [
        ({}, 0.01, 0.01),
        ({"etas": [0.4, 1.1], "step_sizes": [1e-4, 0.05]}, 0.02, 0.02),
        (UP, 0.005, 0.005),
    ],
    "ASGD": [
        ({}, 5e-4, 0.05),
        ({"lambd": 0.01, "alpha": 0.6, "t0": 20}, 5e-4, 0.05),
        ({"t0": 100} | DECAY | UP, 5e-4, 0.05),
    ],
}

VALLEY = [[-1.5, 2.0]]
INPUTS = [[0.4, -1.0, 0.3], [1.2, 0.5, -0.7], [-0.6, 0.9, 1.1], [0.1, -0.2, -1.3], [-1.4, 0.3, 0.8]]
SQUARES = {
    "inputs": INPUTS,
    "targets": [[0.5, -1.0], [2.0, 0.3], [-0.7, 1.9], [0.2, 0.6], [1.1, -0.4]],
    "start": [[[0.3, -0.2], [0.1, 0.4], [-0.5, 0.2]], [0.05, -0.1]],
}
MLP = {
    "inputs": INPUTS,
    "targets": [[0.3, -0.6], [0.9, 0.1], [-0.5, 0.8], [0.4, 0.2], [-0.2, -0.9]],
    "start": [
        [[round(math.sin(3.0 * i + j), 3) for j in range(3)] for i in range(5)],
        [0.1, -0.1, 0.05, 0.0, 0.2],
        [[round(math.cos(2.0 * i + j), 3) for j in range(5)] for i in range(2)],
        [-0.05, 0.1],
    ],
}


def rosenbrock(xy):
    x, y = xy
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def squares(weight, bias):
    inputs, targets = torch.tensor(SQUARES["inputs"]), torch.tensor(SQUARES["targets"])
    return ((inputs @ weight + bias - targets) ** 2).mean()


def mlp(w1, b1, w2, b2):
    inputs, targets = torch.tensor(MLP["inputs"]), torch.tensor(MLP["targets"])
    return ((torch.tanh(inputs @ w1.T + b1) @ w2.T + b2 - targets) ** 2).mean()


PROBLEMS = {
    "rosenbrock": (rosenbrock, VALLEY),
    "squares": (squares, SQUARES["start"]),
    "mlp": (mlp, MLP["start"]),
}


def made(name, start, options, second=None):
    parameters = [torch.tensor(each, requires_grad=True) for each in start]
    groups = parameters
    if second is not None:
        groups = [{"params": parameters[:1]}, {"params": parameters[1:], **second}]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return parameters, getattr(torch.optim, name)(groups, **options)


def gradients(loss, parameters, maximize, noise):
    value = loss(*parameters)
    for parameter, gradient in zip(parameters, torch.autograd.grad(value, parameters), strict=True):
        gradient *= 1 + noise * torch.randn_like(gradient)
        parameter.grad = -gradient if maximize else gradient


def run(problem, name, options, variant=None, second=None, noise=0.0):
    """The parameters at some steps, and the state dict from which it began again midway."""
    loss, start = PROBLEMS[problem]
    parameters, optimizer = made(name, start, options, second)
    seen, state = [], None
    for step in range(1, STEPS + 1):
        if variant == "rate" and step == CHANGE["at"]:
            for group in optimizer.param_groups:
                group["lr"] *= CHANGE["factor"]
        gradients(loss, parameters, options.get("maximize"), noise)
        if variant == "missing" and step % WITHOUT == 1:
            parameters[1].grad = None
        optimizer.step()
        if step in SEEN["variants" if variant else problem]:
            seen.append([parameter.tolist() for parameter in parameters])
        if step == INTERRUPTION:
            state = plain(optimizer.state_dict())
    return seen, state


def flat(nested):
    return [x for each in nested for x in flat(each)] if isinstance(nested, list) else [nested]


def difference(seen, other):
    """The greatest relative difference; numbers near 0 count as 0.001."""
    numbers, others = torch.tensor(flat(seen)), torch.tensor(flat(other))
    return ((numbers - others).abs() / (numbers.abs() + 1e-3)).max().item()


def checked(problem, *arguments, **keywords):
    """A run, if it hardly changes when the gradients are rounded differently."""
    seen, state = run(problem, *arguments, **keywords)
    other, _ = run(problem, *arguments, **keywords, noise=3e-16)
    wrong = difference(seen, other)
    if not wrong < 1e-11:
        raise SystemExit(f"{problem} {arguments} {keywords}: {wrong}")
    return seen, state


def plain(data):
    if isinstance(data, torch.Tensor):
        return data.tolist()
    if isinstance(data, dict):
        return {key: plain(each) for key, each in data.items()}
    return [plain(each) for each in data] if isinstance(data, list | tuple) else data


def rounded(data):
    """With 14 digits, which keeps the file small."""
    if isinstance(data, float):
        return float(f"{data:.14g}")
    if isinstance(data, dict):
        return {key: rounded(each) for key, each in data.items()}
    return [rounded(each) for each in data] if isinstance(data, list) else data


def cases():
    for name, sets in CASES.items():
        for options, valley, rate in sets:
            for problem in PROBLEMS:
                given = {"lr": valley if problem == "rosenbrock" else rate} | options
                seen, _ = checked(problem, name, given)
                yield {"optimizer": name, "options": given, "problem": problem, "seen": seen}


def variants():
    for name, sets in CASES.items():
        first, _, rate = sets[-1]
        options = {"lr": rate} | first
        second = {"lr": rate / 2}
        if "betas" in made(name, VALLEY, {})[1].defaults:
            second["betas"] = [0.7, 0.99]
        if "weight_decay" in made(name, VALLEY, {})[1].defaults:
            second["weight_decay"] = 0.1
        for variant in ("groups", "rate", "missing"):
            others = second if variant == "groups" else None
            seen, state = checked("squares", name, options, variant, others)
            case = {"optimizer": name, "options": options, "variant": variant, "second": others}
            yield case | {"seen": seen, "state": state}


def write(golden, name):
    text = json.dumps(rounded(golden), separators=(",", ":"))
    text = text.replace('{"optimizer"', '\n{"optimizer"')
    Path(__file__).with_name(name).write_text(text + "\n")


def main():
    torch.set_default_dtype(torch.float64)
    golden = {
        "interruption": INTERRUPTION,
        "change": CHANGE,
        "without": WITHOUT,
        "seen": SEEN,
        "problems": {"rosenbrock": {"start": VALLEY}, "squares": SQUARES, "mlp": MLP},
        "cases": [*cases()],
        "variants": [*variants()],
    }
    write(golden, "optimizers.json")


if __name__ == "__main__":
    main()
