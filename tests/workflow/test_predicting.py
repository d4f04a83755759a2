"""What the model of a run says of other rows, and how good that is."""

import csv
import errno
import io
import json
import shutil

import numpy as np
import pytest

from support.running import flats, full, run, without_reports, write_table
from twingrad import data, workflow
from twingrad.engine import files
from twingrad.workflow import predicting


@pytest.fixture(scope="module")
def flat_runs(tmp_path_factory):
    """The folders of two runs, by target, beside the table that they were made from."""
    folder = tmp_path_factory.mktemp("runs")
    path = write_table(folder / "flats.csv", flats())
    with without_reports():
        for target in ("dear", "rent"):
            run(path, folder / target, target=target, epochs=60, lr=0.02)
    return folder


def without(columns, *names):
    return {name: cells for name, cells in columns.items() if name not in names}


def read(text):
    return [*csv.DictReader(io.StringIO(text))]


def test_classes_come_with_their_probabilities(flat_runs):
    predictions = workflow.predict(flat_runs / "dear", flat_runs / "flats.csv")
    rows = read(predictions.to_csv())
    assert [*rows[0]] == ["row", "prediction", "probability of no", "probability of yes"]
    assert [int(row["row"]) for row in rows] == [*range(1, 61)]
    for row in rows:
        chances = {name: float(row[f"probability of {name}"]) for name in ("no", "yes")}
        assert sum(chances.values()) == pytest.approx(1)
        assert row["prediction"] == max(chances, key=chances.get)
    right = [row["prediction"] == dear for row, dear in zip(rows, flats()["dear"])]
    assert np.mean(right) > 0.9


def test_numbers_are_in_their_own_unit(flat_runs):
    predictions = workflow.predict(flat_runs / "rent", flat_runs / "flats.csv")
    assert [*predictions.columns] == ["row", "prediction"]
    assert predictions.classes is predictions.probabilities is None
    assert np.corrcoef(predictions.prediction, flats()["rent"])[0, 1] > 0.95


def test_columns_are_matched_by_name_and_the_target_need_not_be_there(flat_runs, tmp_path):
    whole = workflow.predict(flat_runs / "rent", flat_runs / "flats.csv")
    columns = dict(reversed(without(flats(), "rent").items()))
    path = write_table(tmp_path / "new.csv", columns)
    np.testing.assert_array_equal(
        workflow.predict(flat_runs / "rent", path).prediction, whole.prediction
    )


def test_missing_columns_are_named(flat_runs, tmp_path):
    path = write_table(tmp_path / "new.csv", without(flats(), "age", "heating"))
    with pytest.raises(ValueError, match="none named 'heating', 'age': the columns are 'size'"):
        workflow.predict(flat_runs / "rent", path)


def test_other_columns_and_categories_are_told_of(flat_runs, tmp_path):
    columns = flats() | {"floor": [k % 5 for k in range(60)]}
    columns["heating"][0] = "wood"
    path = write_table(tmp_path / "new.csv", columns)
    with pytest.warns(UserWarning, match="'wood' did not occur in training.*'floor'"):
        workflow.predict(flat_runs / "rent", path)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("age", "inf", "'age' must hold finite numbers, got inf in row 8"),
        ("age", "old", "'age' must hold numbers, got 'old' in row 8"),
    ],
)
def test_cells_that_are_wrong_are_named(flat_runs, tmp_path, column, cell, message):
    columns = flats()
    columns[column][7] = cell
    path = write_table(tmp_path / "new.csv", columns)
    with pytest.raises(ValueError, match=message):
        workflow.predict(flat_runs / "rent", path)


def test_tables_may_be_in_parquet(flat_runs, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame(without(flats(), "rent")).to_parquet(tmp_path / "new.parquet")
    whole = workflow.predict(flat_runs / "rent", flat_runs / "flats.csv")
    found = workflow.predict(flat_runs / "rent", tmp_path / "new.parquet")
    np.testing.assert_array_equal(found.prediction, whole.prediction)


@pytest.fixture(scope="module")
def array_run(tmp_path_factory):
    """The folder of a run on arrays, which are beside it in x.npy, y.npy and both.npz."""
    folder = tmp_path_factory.mktemp("arrays")
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = np.array(["left", "right"])[(x[:, 0] > 0).astype(int)]
    np.save(folder / "x.npy", x)
    np.savez(folder / "both.npz", x=x, y=y)
    with without_reports():
        run(folder / "both.npz", folder / "run", epochs=1)
    return folder


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_arrays_need_no_answers(array_run, tmp_path):
    x = np.load(array_run / "x.npy")
    expected = workflow.predict(array_run / "run", array_run / "both.npz")
    assert expected.rows.tolist() == [*range(40)]
    others = [array_run / "x.npy", saved(tmp_path / "one.npz", inputs=x)]
    others.append(saved(tmp_path / "test.npz", y_test=x[:, 0], X_test=x))
    for path in others:
        found = workflow.predict(array_run / "run", path)
        assert found.prediction.tolist() == expected.prediction.tolist()
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)


def test_idx_images_need_no_labels(tmp_path, undrawn):
    images = np.random.default_rng(0).integers(0, 256, size=(30, 4, 4), dtype=np.uint8)
    header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header + images.tobytes())
    labels = np.arange(30, dtype=np.uint8) % 3
    label_file = tmp_path / "train-labels-idx1-ubyte"
    label_file.write_bytes(b"\0\0\x08\x01" + np.array([30], ">u4").tobytes() + labels.tobytes())
    run(tmp_path, tmp_path / "run", epochs=1)
    label_file.unlink()
    found = workflow.predict(tmp_path / "run", tmp_path / "train-images-idx3-ubyte")
    assert len(found) == 30
    assert set(found.prediction.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"text"])
@pytest.mark.parametrize("name", ["new.npz", "new.npy"])
def test_damaged_arrays_are_refused(array_run, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"must lead to a whole \.np[yz] file") as caught:
        workflow.predict(array_run / "run", tmp_path / name)
    assert "\n" not in str(caught.value)


def test_arrays_of_objects_are_not_unpickled(array_run, tmp_path):
    np.savez(tmp_path / "new.npz", x=np.array([[object()]], dtype=object))
    with pytest.raises(ValueError, match=r"whole \.npz file"):
        workflow.predict(array_run / "run", tmp_path / "new.npz")


def test_inputs_must_be_known_among_several_arrays(array_run, tmp_path):
    with pytest.raises(ValueError, match=r"inputs must be an array called x.*got 'a', 'b'"):
        workflow.predict(array_run / "run", saved(tmp_path / "new.npz", a=np.ones(3), b=np.ones(3)))


@pytest.mark.parametrize(
    "x", [np.ones(5), np.ones((5, 2)), np.array(1.0), np.ones((5, 3)) * np.nan]
)
def test_arrays_of_another_shape_are_refused(array_run, tmp_path, x):
    with pytest.raises(ValueError, match=": ") as caught:
        workflow.predict(array_run / "run", saved(tmp_path / "new.npz", x=x))
    assert "\n" not in str(caught.value)


def test_several_numbers_have_a_column_each(tmp_path, undrawn):
    x = np.random.default_rng(0).normal(size=(40, 3))
    run(saved(tmp_path / "two.npz", x=x, y=x[:, :2]), tmp_path / "run")
    found = workflow.predict(tmp_path / "run", tmp_path / "two.npz")
    assert [*found.columns] == ["row", "prediction 1", "prediction 2"]


def test_predictions_are_written_whole_or_not_at_all(flat_runs, tmp_path, monkeypatch):
    predictions = workflow.predict(flat_runs / "dear", flat_runs / "flats.csv")
    predictions.save(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == predictions.to_csv()

    monkeypatch.setattr(files, "_replace", full)
    with pytest.raises(
        OSError, match=r"out\.csv' \(no space left on device\): make room"
    ) as caught:
        predictions.save(tmp_path / "out.csv")
    assert caught.value.errno == errno.ENOSPC
    assert (tmp_path / "out.csv").read_text() == predictions.to_csv()


def test_labels_with_commas_and_quotes_are_quoted(tmp_path, undrawn):
    columns = {"x": [1.5 * k for k in range(20)], "y": ['a,"b"\nc', "d"] * 10}
    path = write_table(tmp_path / "my.csv", columns)
    run(path, tmp_path / "run", target="y", epochs=1)
    rows = read(workflow.predict(tmp_path / "run", path).to_csv())
    assert {row["prediction"] for row in rows} <= {'a,"b"\nc', "d"}


def test_figures_of_the_test_rows_are_those_of_the_run(flat_runs, tmp_path):
    table = data.read_csv(flat_runs / "flats.csv", target="rent")
    rows = data.split(table, 0.1, 0.1, False, 0).rows.test
    columns = {name: [cells[row] for row in rows] for name, cells in flats().items()}
    path = write_table(tmp_path / "test.csv", columns)
    expected = json.loads((flat_runs / "rent" / "metrics.json").read_text())["test"]
    assert workflow.evaluate(flat_runs / "rent", path) == pytest.approx(expected)


def test_figures_of_the_training_rows_are_too_good(flat_runs):
    with pytest.warns(UserWarning, match="was trained on most of these rows"):
        figures = workflow.evaluate(flat_runs / "dear", flat_runs / "flats.csv")
    assert figures["accuracy"] > 0.9


def test_what_is_not_defined_is_none(flat_runs, tmp_path):
    columns = {name: cells[:1] for name, cells in flats().items()}
    assert (
        workflow.evaluate(flat_runs / "rent", write_table(tmp_path / "one.csv", columns))["r2"]
        is None
    )


def test_targets_must_be_there_to_evaluate(flat_runs, tmp_path):
    path = write_table(tmp_path / "new.csv", without(flats(), "dear"))
    with pytest.raises(ValueError, match="none named 'dear'"):
        workflow.evaluate(flat_runs / "dear", path)
    columns = flats() | {"dear": ["perhaps"] * 60}
    with pytest.raises(ValueError, match="must be one of the classes that were trained on"):
        workflow.evaluate(flat_runs / "dear", write_table(tmp_path / "new.csv", columns))


def test_archives_are_evaluated_with_the_answers_that_were_trained_on(tmp_path, undrawn):
    x = np.random.default_rng(0).normal(size=(40, 3))
    path = saved(tmp_path / "my.npz", x=x, truth=x[:, 0])
    run(path, tmp_path / "run", target="truth")
    other = saved(tmp_path / "other.npz", x=x[:9], truth=x[:9, 0])
    assert workflow.evaluate(tmp_path / "run", other)["r2"] is not None


@pytest.mark.parametrize("use", [workflow.predict, workflow.evaluate])
def test_there_must_be_a_run_with_a_model(flat_runs, tmp_path, use):
    with pytest.raises(FileNotFoundError, match=r"there must be a run in the folder, got .*/no'"):
        use(tmp_path / "no", flat_runs / "flats.csv")
    (tmp_path / "run").mkdir()
    text = (flat_runs / "dear" / "run.json").read_text()
    (tmp_path / "run" / "run.json").write_text(text.replace('"finished"', '"begun"'))
    with pytest.raises(
        FileNotFoundError, match=r"is missing: write it again with .*--resume \S+/run"
    ):
        use(tmp_path / "run", flat_runs / "flats.csv")
    digest = json.loads(text)["weights"]
    (tmp_path / "run" / "run.json").write_text(text.replace(f'"{digest}"', "null"))
    with pytest.raises(FileNotFoundError, match=r"has none yet: go on with .*--resume \S+/run"):
        use(tmp_path / "run", flat_runs / "flats.csv")


@pytest.mark.parametrize("use", [workflow.predict, workflow.evaluate])
def test_damaged_weights_are_not_used(flat_runs, tmp_path, use):
    copy = shutil.copytree(flat_runs / "dear", tmp_path / "run")
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-2] ^= 4
    (copy / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"must be as training wrote it.* --resume \S+/run"):
        use(copy, flat_runs / "flats.csv")


def test_predictions_that_are_no_numbers_are_warned_of(flat_runs, monkeypatch):
    usual = predicting.answers

    def broken(*given):
        found = usual(*given)
        found.outputs[3:5] = np.nan
        return found

    monkeypatch.setattr(predicting, "answers", broken)
    with pytest.warns(UserWarning, match="2 predictions of 60 are not finite"):
        workflow.predict(flat_runs / "rent", flat_runs / "flats.csv")


def test_rows_that_are_not_there_are_named(flat_runs):
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        workflow.predict(flat_runs / "dear", "no.csv")
    with pytest.raises(FileNotFoundError, match=r"no\.npz"):
        workflow.predict(flat_runs / "dear", "no.npz")
