"""What TensorBoard is given: read with its own reader, where the package is installed."""

import os
import sys

import numpy as np
import pytest

import twingrad
from twingrad import nn, optim
from twingrad.optim import Callback, TensorBoard

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
DATA = (X, (X[:, 0] > 0).astype(np.int64))


def train(*callbacks, epochs=4, **options):
    twingrad.manual_seed(0)
    options = {"validation": 0.2, "batch_size": 4, "seed": 0} | options
    model = nn.MLP(2, [4], 2)
    return twingrad.fit(model, DATA, epochs=epochs, callbacks=[*callbacks], **options)


def test_without_the_package_the_cure_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    for name in [name for name in sys.modules if name.startswith("tensorboard.")]:
        monkeypatch.delitem(sys.modules, name)
    sentence = r'TensorBoard needs tensorboard: pip install "twingrad\[tensorboard\]"'
    with pytest.raises(ModuleNotFoundError, match=sentence):
        TensorBoard(tmp_path)


@pytest.fixture
def reader():
    """What reads a run: the steps and values of its curves, and its histograms."""
    module = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="the package tensorboard is not installed, so nothing can be read as it does",
    )

    def read(run):
        found = module.EventAccumulator(str(run), {"scalars": 0, "histograms": 0}).Reload()
        tags = found.Tags()
        curves = {
            tag: [(each.step, each.value) for each in found.Scalars(tag)] for tag in tags["scalars"]
        }
        return curves, {tag: found.Histograms(tag) for tag in tags["histograms"]}

    return read


def curve(history, name):
    return [*zip(history["step"], map(pytest.approx, history[name]), strict=True)]


def test_columns_are_curves_over_the_steps(reader, tmp_path):
    history = train(TensorBoard(tmp_path / "new" / "board"))
    curves, histograms = reader(tmp_path / "new" / "board" / "training")
    names = ["loss", "accuracy", "lr", "gradient_norm", "seconds"]
    assert [*curves] == names
    assert all(curves[name] == curve(history, name) for name in names)
    assert histograms == {}
    curves, _ = reader(tmp_path / "new" / "board" / "validation")
    assert curves["loss"] == curve(history, "validation_loss")
    assert curves["accuracy"] == curve(history, "validation_accuracy")
    assert [*curves] == ["loss", "accuracy"]


def test_without_validation_there_is_one_run(reader, tmp_path):
    train(TensorBoard(tmp_path), validation=None)
    assert os.listdir(tmp_path) == ["training"]


def test_parameters_are_histograms_when_it_is_their_turn(reader, tmp_path):
    train(TensorBoard(tmp_path, histograms=2), epochs=5)
    _, histograms = reader(tmp_path / "training")
    assert [*histograms] == [f"weights/{k}.{name}" for k in (0, 2) for name in ("weight", "bias")]
    for events in histograms.values():
        assert len(events) == 2
    counts = [sum(events[0].histogram_value.bucket) for events in histograms.values()]
    assert counts == [8, 4, 8, 2]


def test_weights_that_are_no_numbers_are_left_out(reader, tmp_path):
    def spoil(training):
        training.model.get_parameter("0.weight").data.numpy()[:] = np.nan

    board = TensorBoard(tmp_path, histograms=1)
    train(spoil, board, epochs=1, validation=None)
    _, histograms = reader(tmp_path / "training")
    assert sum(histograms["weights/0.weight"][0].histogram_value.bucket) == 0
    assert sum(histograms["weights/0.bias"][0].histogram_value.bucket) == 4


class Stop(Callback):
    def on_epoch_end(self, training):
        if training.epoch == 3:
            raise InterruptedError


def test_training_that_is_resumed_goes_on_with_its_curves(reader, tmp_path):
    board, folder = tmp_path / "board", tmp_path / "checkpoints"
    kept = optim.Checkpoints(folder, every_steps=4, every_seconds=None)
    with pytest.raises(InterruptedError):
        train(TensorBoard(board), Stop(), epochs=6, checkpoints=kept)
    history = train(TensorBoard(board), epochs=6, checkpoints=folder, resume=True)
    assert len(os.listdir(board / "training")) == 2
    for run, name in (("training", "loss"), ("validation", "validation_loss")):
        assert reader(board / run)[0]["loss"] == curve(history, name)


def test_a_new_training_takes_the_place_of_one_before(reader, tmp_path):
    board = TensorBoard(tmp_path)
    train(board, epochs=6)
    history = train(board, epochs=2, validation=None)
    assert reader(tmp_path / "training")[0]["loss"] == curve(history, "loss")
    assert reader(tmp_path / "validation")[0].get("loss", []) == []


def test_what_others_add_to_the_history_is_drawn(reader, tmp_path):
    def add(training):
        own = {"validation_depth": 3, "note": "text", "nothing": None, "width": np.float32(0.5)}
        training.history.rows[-1] |= own

    train(add, TensorBoard(tmp_path))
    assert [value for _, value in reader(tmp_path / "training")[0]["width"]] == [0.5] * 4
    assert [value for _, value in reader(tmp_path / "validation")[0]["depth"]] == [3.0] * 4
    assert not {"note", "nothing"} & {*reader(tmp_path / "training")[0]}


def test_files_that_vanish_are_begun_again(reader, tmp_path):
    def remove(training):
        if training.epoch == 2:
            for file in (tmp_path / "training").iterdir():
                file.unlink()
            (tmp_path / "training").rmdir()

    history = train(TensorBoard(tmp_path), remove)
    assert reader(tmp_path / "training")[0]["loss"] == curve(history, "loss")[2:]


def test_arguments_are_checked(reader, tmp_path):
    with pytest.raises(TypeError, match="TensorBoard: folder must be a path, got 3"):
        TensorBoard(3)
    with pytest.raises(ValueError, match="TensorBoard: histograms must be at least 0, got -1"):
        TensorBoard(tmp_path, histograms=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="TensorBoard: folder must be one that can be written to"):
        train(TensorBoard(tmp_path / "file"))
