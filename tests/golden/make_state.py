"""Write torch_mlp.safetensors and torch_mlp.json: a network that PyTorch trained and saved.

Run with PyTorch 2.13 and safetensors: ``python tests/golden/make_state.py``. With a path behind
it, nothing is written: a state dict that this package saved there from the same network is loaded
into PyTorch, and its predictions are compared.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

FOLDER = Path(__file__).parent
INPUTS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [-2.0, 1.0, 0.0], [0.1, 0.2, 0.3]]


def network():
    return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)).double()


def trained():
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(20, 3, dtype=torch.float64)
    y = torch.stack([x.sum(1), x.prod(1)], 1)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return model.eval()


def predictions(model):
    return model(torch.tensor(INPUTS, dtype=torch.float64)).tolist()


def check(path):
    """Compare the predictions of a file of ours with those in the JSON, to the last bit."""
    model = network()
    model.load_state_dict(load_file(path))
    golden = json.loads((FOLDER / "torch_mlp.json").read_text())
    assert predictions(model.eval()) == golden["predictions"]
    print(f"{path}: PyTorch loads it, and predicts the same")


def main():
    if len(sys.argv) > 1:
        check(sys.argv[1])
        return
    model = trained()
    save_file(model.state_dict(), FOLDER / "torch_mlp.safetensors")
    golden = {"inputs": INPUTS, "predictions": predictions(model)}
    (FOLDER / "torch_mlp.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
