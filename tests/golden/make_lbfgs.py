"""Write lbfgs.json: where PyTorch's LBFGS leads on the problems of make_optimizers, in float64.

Run with PyTorch 2.13: ``python tests/golden/make_lbfgs.py``. After each step the parameters, the
loss that the step gave, and the counts of evaluations and iterations are kept, and a state dict.
"""

import torch
from make_optimizers import PROBLEMS, difference, gradients, made, plain, write

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


def main():
    torch.set_default_dtype(torch.float64)
    write({"resumed": RESUMED, "cases": [*cases()]}, "lbfgs.json")


if __name__ == "__main__":
    main()
