"""Write averaging.json: averages of weights as PyTorch's swa_utils make them while a model trains.

Run with PyTorch 2.13: ``python tests/golden/make_averaging.py``. A network with batch
normalisation is trained by SGD, batch by batch, and after every batch the averages take its
weights; at last the running statistics of each average are computed anew. The name of a case is
an expression of swa_utils, which the tests evaluate as it stands here.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.optim import swa_utils

RATE = 0.3
UPDATES = 6
CASES = {
    "None": [False, True],
    "get_swa_avg_fn()": [False, True],
    "get_ema_avg_fn()": [False],
    "get_ema_avg_fn(0.6)": [False, True],
    "get_ema_avg_fn(decay=1.0)": [False],
    "lambda average, current, count: (average + count * current) / (count + 1)": [False, True],
}


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2)).double()


def plain(state):
    return {name: entry.tolist() for name, entry in state.items()}


def case(expression, use_buffers, start, batches):
    model = network()
    model.load_state_dict(start)
    average = swa_utils.AveragedModel(
        model, avg_fn=eval(expression, vars(swa_utils)), use_buffers=use_buffers
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    states = [plain(average.state_dict())]
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        average.update_parameters(model)
        states.append(plain(average.state_dict()))
    average.eval()
    before = average(batches[0][0])
    swa_utils.update_bn(batches, average)
    return {
        "avg_fn": expression,
        "use_buffers": use_buffers,
        "states": states,
        "predictions": before.tolist(),
        "renewed": {name: entry.tolist() for name, entry in average.named_buffers()},
        "renewed_predictions": average(batches[0][0]).tolist(),
    }


def main():
    torch.manual_seed(0)
    start = network().state_dict()
    batches = [
        (torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64))
        for _ in range(UPDATES)
    ]
    golden = {
        "rate": RATE,
        "start": plain(start),
        "batches": [[x.tolist(), y.tolist()] for x, y in batches],
        "cases": [
            case(expression, use_buffers, start, batches)
            for expression, options in CASES.items()
            for use_buffers in options
        ],
    }
    text = json.dumps(golden, separators=(",", ":")).replace('{"avg_fn"', '\n{"avg_fn"')
    Path(__file__).with_name("averaging.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
