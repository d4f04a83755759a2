"""One epoch of shuffled mini-batches: twingrad's DataLoader beside PyTorch's and plain NumPy.

Every contender goes once through all rows in random order and takes each batch as it comes; nothing
is computed with it. PyTorch runs ``DataLoader(TensorDataset(x, y))`` in the training process, as
is its default, and again with a sampler that draws whole batches, its fast way; NumPy is a
permutation and ``x[rows], y[rows]``. Then what augmentation adds, a batch at a time.

    python benchmarks/data_loading.py [--rounds 15]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from twingrad import Generator
from twingrad.benchmarks import measure
from twingrad.data import DataLoader, augmentation

WORK = {"60,000 x 784, batch 128": (60_000, 784, 128), "1,797 x 64, batch 32": (1_797, 64, 32)}
"""Rows, columns and the size of a batch: as MNIST and as scikit-learn's digits."""


def through(batches: Iterable[Any], rows: int) -> Callable[[], None]:
    """An epoch, checked to be of all rows."""

    def epoch() -> None:
        count = 0
        for _, y in batches:
            count += len(y)
        if count != rows:
            raise SystemExit(f"{count} rows in an epoch of {rows}")

    return epoch


class PlainNumPy:
    """What one writes without a loader."""

    def __init__(self, x: Any, y: Any, batch: int) -> None:
        self.x, self.y, self.batch = x, y, batch
        self.generator = np.random.default_rng(0)

    def __iter__(self) -> Any:
        order = self.generator.permutation(len(self.x))
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            yield self.x[rows], self.y[rows]


def contenders(x: Any, y: Any, batch: int) -> dict[str, Callable[[], None]]:
    loaders: dict[str, Any] = {}
    if torch := measure.installed("torch"):
        tools = torch.utils.data
        rows = tools.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        loaders["PyTorch"] = tools.DataLoader(rows, batch_size=batch, shuffle=True)
        whole = tools.BatchSampler(tools.RandomSampler(rows), batch, drop_last=False)
        loaders["PyTorch, batch sampler"] = tools.DataLoader(rows, sampler=whole, batch_size=None)
    loaders["NumPy"] = PlainNumPy(x, y, batch)
    loaders["twingrad"] = DataLoader((x, y), batch, shuffle=True, seed=0)
    return {name: through(loader, len(x)) for name, loader in loaders.items()}


def augmentations(x: Any, y: Any) -> dict[str, Callable[[], object]]:
    """Each on one batch of pictures in rows."""
    changes: list[augmentation.Augmentation] = [
        augmentation.Noise(0.1),
        augmentation.Mixup(0.2, classes=10),
        augmentation.HorizontalFlip(shape=(28, 28)),
        augmentation.Shift(2, shape=(28, 28)),
        augmentation.Cutout(8, shape=(28, 28)),
        augmentation.Rotate(15, shape=(28, 28)),
    ]
    generator = Generator().manual_seed(0)

    def applied(change: augmentation.Augmentation) -> Callable[[], object]:
        return lambda: change(x, y, generator)

    runs: dict[str, Callable[[], object]] = {"copy": x.copy}
    return runs | {type(change).__name__: applied(change) for change in changes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    measure.describe_machine()
    draws = np.random.default_rng(0)
    for name, (rows, columns, batch) in WORK.items():
        x, y = draws.random((rows, columns), np.float32), draws.integers(0, 10, rows)
        print(name)
        runs = contenders(x, y, batch)
        seconds = measure.turn_about(runs, arguments.rounds, fill=0.02)
        measure.print_table(seconds, next(iter(seconds)))
        print()
    print("augmentation of a batch of 128 x 784")
    x, y = draws.random((128, 784), np.float32), draws.integers(0, 10, 128)
    seconds = measure.turn_about(augmentations(x, y), arguments.rounds, fill=0.02)
    measure.print_table(seconds, "Rotate", 1e-6)


if __name__ == "__main__":
    main()
