"""What ``fit`` guards against: arguments that other libraries take, and what would end badly."""

from functools import partial

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, NUMBERS, ROWS, X, network
from twingrad import data, nn, optim
from twingrad.data.augmentation import Noise
from twingrad.optim import lr_scheduler


def fitted(model=None, **options):
    options = {"epochs": 2, "seed": 0} | options
    return twingrad.fit(network(3) if model is None else model, (X, CLASSES), **options)


def test_names_may_be_written_as_the_classes_are():
    assert fitted(optimizer="AdamW")["loss"] == fitted(optimizer="adamw")["loss"]


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: lr_scheduler.StepLR(optimizer, 1, 0.5),
        partial(lr_scheduler.StepLR, step_size=1, gamma=0.5),
        lambda optimizer: (lr_scheduler.StepLR(optimizer, 1, 0.5), "epoch"),
    ],
)
def test_what_makes_a_scheduler_of_the_optimizer_alone_steps_by_epochs(make):
    assert fitted(schedule=make, epochs=3)["lr"] == [0.001, 0.0005, 0.00025]


def test_what_is_given_the_number_of_updates_steps_with_each():
    seen = []

    def make(optimizer, updates):
        seen.append(updates)
        return lr_scheduler.LinearLR(optimizer, 1.0, 0.0, updates)

    history = fitted(schedule=make, batch_size="all", epochs=4)
    assert seen == [4]
    assert history["lr"] == pytest.approx([0.001, 0.00075, 0.0005, 0.00025])


def test_a_batch_of_one_row_is_no_batch_to_normalize():
    model = nn.MLP(X.shape[1], [4], 3, norm="batch")
    with pytest.raises(ValueError, match=f"got {ROWS - 1} for {ROWS} rows: choose another"):
        fitted(model, batch_size=ROWS - 1)
    loader = data.DataLoader((X, CLASSES), ROWS - 1, drop_last=True)
    twingrad.fit(model, loader, epochs=1)


def test_a_network_of_single_neurons_takes_no_batches():
    with pytest.raises(ValueError, match=r"write for example nn.MLP\(2, \[4\], 1\)"):
        fitted(nn.MLP(X.shape[1], [4, 1]))


def test_early_stopping_is_an_argument_of_its_own():
    with pytest.raises(TypeError, match="got an EarlyStopping: pass it as early_stopping="):
        fitted(callbacks=[optim.EarlyStopping()])


def test_what_is_measured_is_not_augmented():
    loader = data.DataLoader((X, CLASSES), augment=Noise(1.0))
    with pytest.raises(ValueError, match="fit: validation must be measured as it is"):
        fitted(validation=loader)
    with pytest.raises(ValueError, match="evaluate: data must be measured as it is"):
        optim.evaluate(network(3), loader)


def test_a_checkpoint_says_how_the_data_were_prepared(tmp_path):
    parts = data.split(data.load("iris"), seed=0)
    preparation = data.Preparation.fit(parts.train)
    train = preparation.apply(parts.train)
    twingrad.fit(nn.MLP(4, [3], 3), train, epochs=1, seed=0, checkpoints=tmp_path)
    saved = optim.Checkpoints(tmp_path).latest().state["preparation"]
    again = data.Preparation.from_dict(saved)
    assert (again.apply(parts.validation).x == preparation.apply(parts.validation).x).all()


def test_other_data_are_no_data_to_go_on_with(tmp_path):
    def run(x, resume):
        twingrad.manual_seed(0)
        model = nn.MLP(X.shape[1], [3], 1)
        options = {"epochs": 2, "seed": 0, "checkpoints": tmp_path, "resume": resume}
        return twingrad.fit(model, (x, NUMBERS), **options)

    run(X, False)
    assert len(run(X, True)) == 2
    with pytest.raises(ValueError, match="data: checksum of some rows must be"):
        run(np.flip(X, axis=0), True)
