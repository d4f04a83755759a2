"""Contents of reports, made up: enough of everything, and each oddity by itself."""

import numpy as np

from twingrad.workflow.report import Boundary, Contents


def history(epochs, **changes):
    """Rows as a training writes them, with columns of one's own in place of some."""
    losses = np.geomspace(2.0, 0.01, epochs)
    columns = {
        "epoch": range(1, epochs + 1),
        "step": range(10, 10 * epochs + 1, 10),
        "loss": losses,
        "accuracy": 1 - losses / 3,
        "validation_loss": losses + np.linspace(0, 0.5, epochs),
        "validation_accuracy": 1 - losses / 2.5,
        "lr": [0.001] * epochs,
        **changes,
    }
    kept = {name: values for name, values in columns.items() if values is not None}
    return [dict(zip(kept, row, strict=True)) for row in zip(*kept.values(), strict=True)]


def of_classes(labels=("a", "b", "c"), tested=40, epochs=12, **changes):
    """The contents of a report on classes; ``changes`` are fields of one's own."""
    generator = np.random.default_rng(0)
    count = len(labels)
    truth = generator.integers(0, count, tested)
    scores = generator.exponential(size=(tested, count))
    scores[np.arange(tested), truth] += 2
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    fields = {
        "title": "letters",
        "command": "twingrad train letters --seed 0",
        "task": "binary" if count == 2 else "multiclass",
        "target": "letter",
        "classes": tuple(labels),
        "notes": ["The loss is cross-entropy."],
        "parts": {"train": 120, "validation": 20, "test": tested},
        "model": "layer   class\n0       Linear",
        "history": history(epochs),
        "best_epoch": 7,
        "rates": np.linspace(0.01, 0.0, 10 * epochs),
        "metrics": {"train": {"loss": 0.01}, "test": {"loss": 0.02, "accuracy": 0.9}},
        "truth": truth,
        "predicted": probabilities.argmax(axis=1),
        "probabilities": probabilities,
        "features": ("width", "height"),
        "inputs": generator.normal(size=(tested, 2)),
        "rows": np.arange(tested) * 3 + 1,
        "flow": [(k + 1, {"0.weight": 0.1 / (k + 1), "2.weight": 0.2}) for k in range(epochs)],
        "facts": {"seed": "0", "duration": "1.5 s"},
        **changes,
    }
    return Contents(**fields)


def of_numbers(tested=30, **changes):
    """The contents of a report on a regression."""
    generator = np.random.default_rng(0)
    truth = generator.normal(100, 20, tested)
    fields = {
        "task": "regression",
        "target": "price",
        "classes": None,
        "truth": truth,
        "predicted": truth + generator.normal(0, 5, tested),
        "probabilities": None,
        "history": history(12, accuracy=None, validation_accuracy=None),
        **changes,
    }
    return of_classes(tested=tested, **fields)


UNTRAINED = {"history": [], "rates": [], "flow": []}
"""Fields for contents without a training, whose report is written sooner."""


def untested(**changes):
    """Fields for contents without a test part."""
    none = np.empty(0, dtype=int)
    inputs = np.empty((0, 2))
    return {"truth": none, "predicted": none, "rows": none, "inputs": inputs, **changes}


def plane(classes=2, side=20, **changes):
    """A boundary between so many classes; between none it is a slope of numbers."""
    across, up = np.linspace(-1, 1, side), np.linspace(0, 5, side)
    points = np.random.default_rng(0).uniform((-1, 0), (1, 5), (60, 2))
    slope = across + up[:, None]
    if not classes:
        fields = {"answers": slope, "targets": points.sum(axis=1)}
    else:
        scores = np.exp(-((slope[..., None] - np.arange(classes)) ** 2))
        probabilities = scores / scores.sum(axis=2, keepdims=True)
        answers = probabilities.argmax(axis=2)
        fields = {"answers": answers, "probabilities": probabilities}
        fields["targets"] = np.arange(60) % classes
    return Boundary(**{"across": across, "up": up, "points": points, **fields, **changes})
