"""The problems of the golden runs of optimizers, with gradients by hand, and the runs."""

import json
from pathlib import Path

import numpy as np

from support.twins import numbers, operand
from twingrad import Tensor, Value, optim

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "optimizers.json").read_text())
LBFGS = json.loads((FOLDER / "lbfgs.json").read_text())
STEPS = 200


def rosenbrock(xy):
    x, y = xy
    steep = y - x * x
    loss = (1 - x) ** 2 + 100 * steep**2
    return loss, [np.array([-2 * (1 - x) - 400 * x * steep, 200 * steep])]


def squares(weight, bias):
    inputs, targets = _data("squares")
    difference = inputs @ weight + bias - targets
    slope = 2 * difference / difference.size
    return np.mean(difference**2), [inputs.T @ slope, slope.sum(0)]


def mlp(w1, b1, w2, b2):
    inputs, targets = _data("mlp")
    hidden = np.tanh(inputs @ w1.T + b1)
    difference = hidden @ w2.T + b2 - targets
    slope = 2 * difference / difference.size
    below = slope @ w2 * (1 - hidden**2)
    return np.mean(difference**2), [below.T @ inputs, below.sum(0), slope.T @ hidden, slope.sum(0)]


PROBLEMS = {"rosenbrock": rosenbrock, "squares": squares, "mlp": mlp}


def _data(problem):
    return [np.array(GOLDEN["problems"][problem][name]) for name in ("inputs", "targets")]


def leaves(problem, twin):
    """The parameters of a problem where the golden runs start; as Values if the twin is None."""
    start = GOLDEN["problems"][problem]["start"]
    if twin is None:
        return [Value(number) for each in start for number in np.ravel(each)]
    return [operand(twin, each, requires_grad=True) for each in start]


def current(parameters):
    """Copies of the numbers of the parameters; Values are together one parameter."""
    if isinstance(parameters[0], Value):
        return [np.array([each.data for each in parameters])]
    return [np.array(numbers(each)) for each in parameters]


def put_gradients(problem, parameters, maximize=False):
    """Set the gradients, of the opposite sign if the optimizer maximizes; gives the loss."""
    loss, gradients = PROBLEMS[problem](*current(parameters))
    if isinstance(parameters[0], Value):
        gradients = gradients[0].tolist()
    for parameter, gradient in zip(parameters, gradients, strict=True):
        signed = -gradient if maximize else gradient
        parameter.grad = Tensor(signed) if isinstance(parameter, Tensor) else signed
    return loss


def made(case, parameters):
    """The optimizer of a golden case: in two groups if the case says so."""
    second = case.get("second")
    groups = parameters
    if second is not None:
        groups = [{"params": parameters[:1]}, {"params": parameters[1:], **second}]
    return getattr(optim, case["optimizer"])(groups, **case["options"])


def trajectory(case, twin, resumed=None):
    """The parameters after each step, from the golden start.

    With ``resumed``, midway a fresh optimizer is made, which goes on with what that function
    makes of the state dict.
    """
    problem = case.get("problem", "squares")
    variant = case.get("variant")
    parameters = leaves(problem, twin)
    optimizer = made(case, parameters)
    seen = {}
    for step in range(1, STEPS + 1):
        if variant == "rate" and step == GOLDEN["change"]["at"]:
            for group in optimizer.param_groups:
                group["lr"] *= GOLDEN["change"]["factor"]
        put_gradients(problem, parameters, case["options"].get("maximize"))
        if variant == "missing" and step % GOLDEN["without"] == 1:
            parameters[1].grad = None
        optimizer.step()
        seen[step] = current(parameters)
        if resumed is not None and step == GOLDEN["interruption"]:
            state = resumed(optimizer.state_dict())
            optimizer = made(case, parameters)
            optimizer.load_state_dict(state)
    return seen


def table(seen):
    """The numbers of all parameters in a row for each step."""
    return np.array([np.concatenate([np.ravel(each) for each in row]) for row in seen.values()])


def check_seen(seen, case):
    """Compare with the golden numbers, to 1e-10."""
    steps = GOLDEN["seen"]["variants" if "variant" in case else case["problem"]]
    golden = table(dict(zip(steps, case["seen"], strict=True)))
    np.testing.assert_allclose(
        table({step: seen[step] for step in steps}), golden, rtol=1e-10, atol=1e-13
    )


def name(case):
    """How a golden case is called in reports."""
    parts = [case["optimizer"], case.get("problem", ""), case.get("variant", "")]
    options = [f"{key}={value}" for key, value in case["options"].items()]
    return " ".join([each for each in parts if each] + options)
