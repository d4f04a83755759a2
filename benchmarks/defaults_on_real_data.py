"""What `twingrad train` reaches untouched, beside scikit-learn's MLP: real data, honest test parts.

For each seed, data are divided as the command divides them (10% to validate, 10% to test), and both
are trained on the same prepared rows: twingrad with the command's defaults, scikit-learn's
MLPClassifier or MLPRegressor with its own, for 1000 iterations at most, once as it comes and once
with its early stopping. The test part is opened once. Seconds are those of training alone.

    python benchmarks/defaults_on_real_data.py [--seeds 5] [--data digits wine ...]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

from twingrad import data, workflow
from twingrad.benchmarks.measure import describe_machine

SETS = ("digits", "breast_cancer", "wine", "iris", "diabetes")


class Outcome(NamedTuple):
    """The figures of a test part by name, and the seconds of training."""

    figures: dict[str, float]
    seconds: float


def ours(name: str, seed: int) -> Outcome:
    """What the command does."""
    with tempfile.TemporaryDirectory() as parent:
        config = workflow.Config(data=name, seed=seed)
        result = workflow.train(config, Path(parent) / "run", say=lambda said: None)
    figures: Any = result.metrics["test"]
    shown = {"accuracy": "accuracy", "r2": "R2", "rmse": "RMSE"}
    seconds = sum(result.history["seconds"])
    return Outcome({shown[each]: figures[each] for each in shown if each in figures}, seconds)


def theirs(name: str, seed: int, **options: Any) -> Outcome:
    """scikit-learn's network, on the same rows; all but the test part where it stops early."""
    parts: Any = data.split(data.load(name), seed=seed)
    preparation: Any = data.Preparation.fit(parts.train)
    train, test = preparation.apply(parts.train), preparation.apply(parts.test.open())
    x, y = np.asarray(train.x), np.asarray(train.y)
    if options:  # its early stopping splits off a part of its own
        held_out = preparation.apply(parts.validation)
        x, y = np.concatenate([x, held_out.x]), np.concatenate([y, held_out.y])
    kind = MLPRegressor if train.task == "regression" else MLPClassifier
    network = kind(max_iter=1000, random_state=seed, **options)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, y)
    seconds = time.perf_counter() - start
    truth, said = (preparation.inverse_target(each) for each in (test.y, network.predict(test.x)))
    if train.task == "regression":
        figures = {"R2": r2_score(truth, said), "RMSE": root_mean_squared_error(truth, said)}
    else:
        figures = {"accuracy": accuracy_score(truth, said)}
    return Outcome(figures, seconds)


CONTENDERS: dict[str, Callable[[str, int], Outcome]] = {
    "twingrad train": ours,
    "scikit-learn": theirs,
    "scikit-learn, early stopping": lambda name, seed: theirs(name, seed, early_stopping=True),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--data", nargs="+", default=SETS)
    chosen = arguments.parse_args()
    describe_machine()
    print(f"medians of {chosen.seeds} seeds, with the least and the greatest\n")
    for name in chosen.data:
        outcomes: dict[str, list[Outcome]] = {each: [] for each in CONTENDERS}
        for seed in range(chosen.seeds):  # turn about
            for contender, run in CONTENDERS.items():
                outcomes[contender].append(run(name, seed))
        for contender, found in outcomes.items():
            cells = []
            for figure in found[0].figures:
                values = [each.figures[figure] for each in found]
                middle = statistics.median(values)
                cells.append(f"{figure} {middle:.4g} ({min(values):.4g} .. {max(values):.4g})")
            seconds = statistics.median(each.seconds for each in found)
            print(f"{name:14} {contender:28}  {', '.join(cells)}  {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    main()
