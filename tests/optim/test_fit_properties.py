"""Whatever arguments come together, a training does what they say."""

import math
from itertools import accumulate

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X, network
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader
from twingrad.data.augmentation import Noise
from twingrad.optim.names import OPTIMIZERS
from twingrad.optim.training.scheduling import SCHEDULES

TASKS = {
    "classes": (3, CLASSES, ["auto", "cross_entropy", "multi_margin"]),
    "one logit": (1, HALVES, ["auto", "hinge", "focal", "mse"]),
    "truth values": (2, HALVES == 1, ["auto"]),
    "numbers": (1, NUMBERS, ["auto", "huber", "log_cosh"]),
    "columns": (2, X[:, :2], ["mse", "l1"]),
    "probabilities": (3, np.eye(3)[CLASSES], ["cross_entropy"]),
}
FORMS = {
    "pair": lambda x, y, size: ((x, y), {"batch_size": size}),
    "tensors": lambda x, y, size: (
        (twingrad.tensor(x), twingrad.tensor(y)),
        {"batch_size": size},
    ),
    "loader": lambda x, y, size: (DataLoader((x, y), size, shuffle=True, seed=1), {}),
    "batches": lambda x, y, size: (
        [(x[k : k + size], y[k : k + size]) for k in range(0, len(x), size)],
        {},
    ),
}
options = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from([*OPTIMIZERS]),
        "epochs": st.integers(1, 3),
        "accumulate": st.integers(1, 4),
        "clip": st.sampled_from([None, 0.5]),
        "regularizer": st.sampled_from([None, nn.L2(0.01), [nn.L1(0.01), nn.L2(0.01)]]),
        "seed": st.sampled_from([None, 0, 3]),
        "early_stopping": st.sampled_from([None, 0, 1, 5]),
    }
)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_training_does_what_its_arguments_say(data):
    task = data.draw(st.sampled_from([*TASKS]))
    outputs, targets, losses = TASKS[task]
    form = data.draw(st.sampled_from([*FORMS]))
    rows, size = data.draw(st.integers(4, ROWS)), data.draw(st.integers(2, ROWS + 2))
    chosen = data.draw(options) | {"loss": data.draw(st.sampled_from(losses))}
    source, own = FORMS[form](X[:rows], targets[:rows], size)
    chosen |= own
    if form != "batches":
        chosen["schedule"] = data.draw(st.sampled_from([None, *SCHEDULES]))
        chosen["sample_weight"] = data.draw(st.sampled_from([None, np.arange(rows) + 1.0]))
    if own:
        chosen["augment"] = data.draw(st.sampled_from([None, Noise(0.1)]))
    twin = data.draw(st.sampled_from(TWINS))
    model = network(outputs, twin, dropout=data.draw(st.sampled_from([0.0, 0.25])))
    held_out = (X[:9], targets[:9])
    history = twingrad.fit(model, source, validation=held_out, **chosen)
    check(history, model, held_out, chosen, rows, size)


def check(history, model, held_out, chosen, rows, size):
    """What must be so behind any training."""
    epochs = len(history)
    assert epochs == chosen["epochs"] or chosen["early_stopping"] is not None
    updates = math.ceil(math.ceil(rows / size) / chosen["accumulate"])
    assert history["step"] == [*accumulate([updates] * epochs)]
    assert history["epoch"] == [*range(1, epochs + 1)]
    for name in {*history.names} - {"epoch", "step"}:
        assert np.isfinite(history[name]).all()
    assert ("penalty" in history) == (chosen["regularizer"] is not None)
    stopped = chosen["early_stopping"] is not None
    best = history.best_epoch if stopped else epochs
    measured = optim.evaluate(model, held_out, chosen["loss"])
    assert measured["loss"] == history["validation_loss"][best - 1]
    if epochs < chosen["epochs"]:
        assert "the validation loss has not become better" in history.stopped
    assert not any(module.training for module in model.modules())
