"""Write lbfgs.json: where PyTorch's LBFGS leads on the problems of make_optimizers, in float64.

Run with PyTorch 2.13: ``python tests/golden/make_lbfgs.py``. After each step the parameters, the
loss that the step gave, and the counts of evaluations and iterations are kept, and a state dict.
Its line search is also run alone, along curves.
"""

import math

import torch
from make_optimizers import PROBLEMS, difference, gradients, made, plain, write
from torch.optim.lbfgs import _strong_wolfe

SEARCH = {"line_search_fn": "strong_wolfe"}

# options, and how many steps to make on which problem
CASES = [
    (SEARCH, 2, ["rosenbrock", "squares", "mlp"]),
    (SEARCH | {"max_iter": 4, "history_size": 3}, 3, ["rosenbrock"]),
    (SEARCH | {"max_iter": 4, "history_size": 3}, 6, ["squares", "mlp"]),
    (SEARCH | {"max_iter": 10, "max_eval": 6, "lr": 0.3}, 5, ["rosenbrock", "mlp"]),
    (SEARCH | {"lr": 8.0, "max_iter": 3}, 4, ["rosenbrock", "squares"]),
    (SEARCH | {"tolerance_change": 1e-3}, 1, ["rosenbrock"]),
    (SEARCH | {"tolerance_change": 1e-3}, 3, ["mlp"]),
    (SEARCH | {"tolerance_grad": 0.05}, 3, ["squares", "mlp"]),
    ({}, 1, ["squares", "mlp"]),
    ({"lr": 0.1, "max_iter": 3}, 8, ["squares", "mlp", "rosenbrock"]),
    ({"lr": 0.3, "max_iter": 5, "max_eval": 3, "history_size": 2}, 8, ["squares", "mlp"]),
]
RESUMED = 2

# the value along a line and its slope, in t, the first step, and how many more may follow
SEARCHES = [
    ("(t - 3)**2", "2 * (t - 3)", 1.0, 25),
    ("(t - 3)**2", "2 * (t - 3)", 0.001, 25),
    ("(t - 3)**2", "2 * (t - 3)", 0.001, 2),
    ("(t - 3)**2", "2 * (t - 3)", 50.0, 0),
    ("(t - 3)**2", "2 * (t - 3)", 50.0, 25),
    ("t**8 - t", "8 * t**7 - 1", 20.0, 25),
    ("t**8 - t", "8 * t**7 - 1", 0.1, 25),
    ("t**4 - 4 * t**3 + 4 * t**2 - t", "4 * t**3 - 12 * t**2 + 8 * t - 1", 1.5, 25),
    ("cos(t) - t / 10 - t", "-sin(t) - 1.1", 0.1, 25),
    ("cos(3 * t) - t", "-3 * sin(3 * t) - 1", 0.01, 25),
    ("cos(3 * t) - t", "-3 * sin(3 * t) - 1", 7.7, 25),
    ("sin(9 * t) - 10 * t + t**2", "9 * cos(9 * t) - 10 + 2 * t", 0.002, 25),
    ("t**2 - 10 * t + sin(8 * t)", "2 * t - 10 + 8 * cos(8 * t)", 20.0, 25),
    ("t**2 - 10 * t + sin(12 * t)", "2 * t - 10 + 12 * cos(12 * t)", 1.1, 25),
    ("t**2 - 10 * t + sin(12 * t)", "2 * t - 10 + 12 * cos(12 * t)", 2.0, 25),
    ("-min(t, 1)", "-1 if t < 1 else -0.95", 0.5, 9),
    ("5 * abs(t - 1)", "5 if t > 1 else -5", 0.3, 100),
    ("5 * abs(t - 1)", "5 if t > 1 else -5", 4.0, 12),
    ("exp(-t) + 0.01 * t**6", "-exp(-t) + 0.06 * t**5", 0.05, 25),
    ("-t / (t**2 + 2)", "(t**2 - 2) / (t**2 + 2)**2", 0.5, 25),
    ("-t / (t**2 + 2)", "(t**2 - 2) / (t**2 + 2)**2", 90.0, 25),
    ("(t + 0.004)**5 - 2 * (t + 0.004)**4", "5 * (t + 0.004)**4 - 8 * (t + 0.004)**3", 1.0, 25),
    ("-t if t < 1 else 1e-3 * (t - 1) - 1", "-1 if t < 1.5 else -0.95", 0.5, 4),
    ("-t if t < 1 else -0.3 - 0.001 * t", "-1 if t < 1.5 else -0.95", 0.5, 9),
]


def descent(problem, options, steps, noise=0.0):
    """The parameters, the losses and the counts of LBFGS after each step."""
    loss, start = PROBLEMS[problem]
    parameters, optimizer = made("LBFGS", start, options)

    def closure():
        value = loss(*parameters)
        gradients(loss, parameters, False, noise)
        return value

    seen, losses, counts, state = [], [], [], None
    for step in range(1, steps + 1):
        losses.append(optimizer.step(closure).item())
        seen.append([parameter.tolist() for parameter in parameters])
        known = optimizer.state[parameters[0]]
        counts.append([known["func_evals"], known["n_iter"]])
        if step == RESUMED:
            state = plain(optimizer.state_dict())
            state["state"][0].pop("al", None)
    return {"seen": seen, "losses": losses, "counts": counts, "state": state}


def cases():
    for options, steps, problems in CASES:
        for problem in problems:
            found, other = descent(problem, options, steps), descent(problem, options, steps, 3e-16)
            wrong = difference(found["seen"], other["seen"])
            if found["counts"] != other["counts"] or not wrong < 1e-11:
                raise SystemExit(f"LBFGS {problem} {options}: {wrong} {found['counts']}")
            case = {"optimizer": "LBFGS", "options": options, "problem": problem}
            yield case | found


def search(value, slope, step, tries):
    """The steps that PyTorch's line search tries, and the one it takes."""
    tried = []

    def along(_, t, __):
        tried.append(float(t))
        here = vars(math) | {"t": float(t)}
        return float(eval(value, here)), torch.tensor([float(eval(slope, here))])

    f, g = along(None, 0.0, None)
    d = torch.ones(1)
    *_, taken, _ = _strong_wolfe(along, None, step, d, f, g, g.dot(d), max_ls=tries)
    found = {"value": value, "slope": slope, "step": step, "tries": tries}
    return found | {"tried": tried[1:], "taken": float(taken)}


def main():
    torch.set_default_dtype(torch.float64)
    searches = [search(*each) for each in SEARCHES]
    write({"resumed": RESUMED, "searches": searches, "cases": [*cases()]}, "lbfgs.json")


if __name__ == "__main__":
    main()
