"""What `fit` costs beside the same loop by hand, and what a checkpoint costs beside its bytes.

A 64-64-32-10 MLP in float32 is trained with AdamW on scikit-learn's digits, in batches of 32, by
`twingrad.fit` and by the loop written out, which end with the same weights; the times are those of
a step. A checkpoint holds a 784-256-128-10 MLP and the state of Adam; for comparison the same bytes
are written and synced plainly. Contenders run turn about in one process.

    python benchmarks/fit_overhead.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import twingrad
from twingrad import data, nn, optim
from twingrad.benchmarks.measure import check_agreement, describe_machine, print_table, turn_about
from twingrad.nn import functional as F

EPOCHS = 4
BATCH = 32


def digits() -> Any:
    """All pictures, standardized, in float32."""
    whole = data.load("digits")
    return data.Preparation.fit(whole).apply(whole).astype("float32")


def network() -> nn.MLP:
    """The same first weights each time."""
    twingrad.manual_seed(0)
    return nn.MLP(64, [64, 32], 10)


def by_hand(train: Any) -> nn.MLP:
    """The loop written out."""
    model = network()
    optimizer = optim.AdamW(model.parameters())
    loader = data.DataLoader(train, BATCH, shuffle=True, seed=0)
    for _ in range(EPOCHS):
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
    return model


def fitted(train: Any) -> nn.MLP:
    """The same in one call."""
    model = network()
    twingrad.fit(model, train, epochs=EPOCHS, batch_size=BATCH, seed=0)
    return model


def compare_steps(rounds: int) -> None:
    """Print what a step takes."""
    train = digits()
    contenders: dict[str, Callable[[], Any]] = {
        "by hand": lambda: by_hand(train),
        "fit": lambda: fitted(train),
    }
    weights = {name: run()[0].weight.detach().numpy() for name, run in contenders.items()}
    check_agreement(weights, 0.0)
    steps = EPOCHS * -(-len(train) // BATCH)
    seconds = turn_about(contenders, rounds)
    print("a step")
    print_table(
        {name: [each / steps for each in taken] for name, taken in seconds.items()},
        "by hand",
        unit=1e-6,
    )


def compare_saves(rounds: int) -> None:
    """Print what saving and loading a checkpoint takes."""
    model = nn.MLP(784, [256, 128], 10)
    optimizer = optim.Adam(model.parameters())
    model(twingrad.zeros(1, 784)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = optim.Checkpoints(Path(folder) / "checkpoints")
        content = checkpoints.save(state, 1).read_bytes()

        def plain() -> None:
            with open(Path(folder) / "plain", "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

        contenders = {
            "write and sync the bytes": plain,
            "save a checkpoint": lambda: checkpoints.save(state, 1),
            "load it": checkpoints.latest,
        }
        print(f"\na checkpoint of {len(content) / 1e6:.2f} MB")
        print_table(turn_about(contenders, rounds), "write and sync the bytes")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    rounds = arguments.parse_args().rounds
    describe_machine()
    compare_steps(rounds)
    compare_saves(rounds)


if __name__ == "__main__":
    main()
