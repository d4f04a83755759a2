"""Moons with PyTorch."""

import os
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def main() -> None:
    data = np.load(sys.argv[1])
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    for _ in range(100):
        for rows in torch.randperm(len(x)).split(100):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
    print((model(x).argmax(1) == y).float().mean().item())


if __name__ == "__main__":
    main()
