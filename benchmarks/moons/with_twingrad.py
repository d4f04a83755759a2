"""Moons with twingrad."""

import sys

import numpy as np

import twingrad
from twingrad import nn, optim


def main() -> None:
    data = np.load(sys.argv[1])
    x, y = data["x"], data["y"]
    twingrad.manual_seed(0)
    model = nn.MLP(2, [16, 16], 2)
    twingrad.fit(
        model,
        (x, y),
        epochs=100,
        batch_size=100,
        optimizer=lambda parameters: optim.Adam(parameters, lr=0.01),
    )
    scores = model(twingrad.from_numpy(x))
    print((scores.argmax(1).numpy() == y).mean())


if __name__ == "__main__":
    main()
