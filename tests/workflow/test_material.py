"""The data of a run: read, divided, prepared, and looked through."""

import numpy as np
import pytest

from support.running import config, flats, write_table
from twingrad import data
from twingrad.data import Dataset, Table
from twingrad.workflow.augmenting import augmentations
from twingrad.workflow.material import digest_of, gather, picture_shape, scratch


def table(path, columns, **options):
    return gather(config(write_table(path / "flats.csv", columns), **options))


def test_parts_are_divided_before_anything_is_fitted(tmp_path):
    material = table(tmp_path, flats(), target="rent")
    mean = np.nanmean(material.parts.train.column("age"))
    prepared = material.prepared(material.parts.train, tmp_path, "train")
    assert prepared.x[:, prepared.features.index("age")].mean() == pytest.approx(0)
    assert mean != np.nanmean(material.source.column("age"))
    assert material.sizes == {"train": 48, "validation": 6, "test": 6}
    assert material.shape == (len(prepared.features),)
    assert not material.parts.test.opened


def test_the_same_seed_gives_the_same_parts(tmp_path):
    first, again, other = (table(tmp_path, flats(), target="rent", seed=seed) for seed in (1, 1, 2))
    assert first.parts.rows.test.tolist() == again.parts.rows.test.tolist()
    assert first.parts.rows.test.tolist() != other.parts.rows.test.tolist()


def test_classes_are_kept_in_proportion_whoever_says_that_they_are_classes(tmp_path):
    columns = {"x": [k * 0.5 for k in range(60)], "y": [k % 25 for k in range(60)]}
    assert table(tmp_path, columns, target="y").preparation.task == "regression"
    material = table(tmp_path, columns, target="y", task="classification")
    assert material.outputs == 25
    codes = material.parts.train.column("y")
    assert len(set(codes.tolist())) == 25, "each class has a row to train with"


def test_whether_a_target_is_classes_is_decided_by_all_rows(tmp_path):
    """Of 40 rows with 20 different numbers the rule makes classes, of fewer rows numbers."""
    columns = {"x": [k * 0.5 for k in range(40)], "y": [k % 20 for k in range(40)]}
    assert table(tmp_path, columns, target="y").preparation.task == "multiclass"


def test_columns_may_be_left_out(tmp_path):
    material = table(tmp_path, flats(), target="rent", ignore=["size", "heating"])
    assert material.source.names == ("age", "rent", "dear")
    with pytest.raises(ValueError, match="there is no column 'sise': did you mean 'size'"):
        table(tmp_path, flats(), target="rent", ignore=["sise"])
    with pytest.raises(ValueError, match="ignore must leave the target in"):
        table(tmp_path, flats(), target="rent", ignore=["rent"])
    with pytest.raises(ValueError, match="ignore must name columns of a table"):
        gather(config("iris", ignore=["petal width (cm)"]))


def test_a_column_called_target_is_the_target(tmp_path):
    columns = {"x": [1.5 * k for k in range(20)], "Label": ["a", "b"] * 10}
    assert table(tmp_path, columns).preparation.target == "Label"


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("age", {17: "inf"}, "'age' must hold finite numbers, got inf in row 18"),
        ("age", {17: "old"}, "'age' must hold numbers only, .* got 'old' in row 18"),
        ("rent", {17: ""}, "'rent' must be given in each row, got 1 missing, the first in row 18"),
        ("rent", {17: "-inf"}, "'rent' must hold finite numbers, got -inf in row 18"),
    ],
)
def test_a_bad_cell_is_found_in_whatever_part_it_is(tmp_path, column, cells, message):
    columns = flats()
    for row, cell in cells.items():
        columns[column][row] = cell
    for seed in range(6):
        with pytest.raises(ValueError, match=message):
            table(tmp_path, columns, target="rent", seed=seed)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1.0] * 9, "y": ["a"] * 9}, "must have at least two classes"),
        ({"x": [1.0] * 9, "y": [2.5] * 9}, "must differ between rows"),
        ({"x": [1.0], "y": [2.5]}, "there is nothing to learn"),
        ({"x": [1.0, 2.0], "y": [2.5, 3.0]}, "must leave rows to train"),
        ({"y": [2.5, 3.0] * 9}, "there must be a column to learn 'y' from"),
        ({"x": [None] * 9, "y": [k / 2 for k in range(9)]}, "'x' is left out: it is empty"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(tmp_path, columns, message):
    with pytest.raises(ValueError, match=message):
        table(tmp_path, columns, target="y")


def test_what_was_decided_is_said(tmp_path):
    sentences = table(tmp_path, flats(), target="rent").sentences()
    assert sentences[0] == (
        "data: 60 rows of 5 columns: 48 to train, 6 to validate, 6 to test at the end"
    )
    assert sentences[1].startswith("target 'rent': numbers for a regression")
    assert any("'size'" in each and "median" in each for each in sentences)
    untested = table(tmp_path, flats(), target="rent", test=0, validation=0).sentences()
    assert untested[0] == "data: 60 rows of 5 columns: 60 to train"
    assert any("test" in each and "not known" in each for each in untested)


def test_leaks_are_told_of_before_the_test_part_is_open(tmp_path):
    columns = {"x": [*range(15)] * 2, "y": [k % 15 / 2 for k in range(30)]}
    columns["copy"] = columns["y"]
    material = table(tmp_path, columns, target="y")
    found = material.leaks()
    assert not material.parts.test.opened
    assert any("'copy' is equal to the target 'y'" in each for each in found)
    (sentence,) = [each for each in found if "of test" in each and "in train" in each]
    assert sentence.endswith("as well: remove copies before splitting")


def test_a_preparation_that_is_known_is_not_fitted_again(tmp_path):
    path = write_table(tmp_path / "flats.csv", flats())
    known = gather(config(path, target="rent")).preparation
    assert gather(config(path, target="rent"), known).preparation is known


def test_pictures_are_divided_by_their_brightest_number(tmp_path):
    x = np.arange(40 * 6).reshape(40, 2, 3)
    np.savez(tmp_path / "p.npz", x=x, y=np.arange(40) % 2)
    material = gather(config(tmp_path / "p.npz"))
    prepared = material.prepared(material.parts.train, tmp_path, "train")
    assert material.picture == (2, 3)
    assert prepared.x.min() >= 0
    assert prepared.x.max() == 1
    assert "of 6 pixels" in material.sentences()[0]


def test_several_numbers_are_predicted_together(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.savez(tmp_path / "p.npz", x=x, y=x[:, :2])
    assert gather(config(tmp_path / "p.npz")).outputs == 2


@pytest.mark.parametrize(
    ("features", "shape", "expected"),
    [
        ((), (28, 28), (28, 28)),
        ((), (3, 8, 8), (3, 8, 8)),
        ((), (2, 3, 4, 5), None),
        (("a", "b"), (2,), None),
        (("pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"), (4,), (2, 2)),
        (("pixel_0_0", "pixel_1_0", "pixel_0_1", "pixel_1_1"), (4,), None),
        (("pixel_0_0", "pixel_99999999_99999999"), (2,), None),
        (("pixel_0_0", "x"), (2,), None),
    ],
)
def test_pictures_are_known_by_their_shape_or_names(features, shape, expected):
    assert picture_shape(features, shape) == expected


def test_digits_are_pictures():
    digits = data.load("digits")
    assert picture_shape(digits.features, digits.shape[1:]) == (8, 8)


def test_any_change_of_the_data_changes_the_checksum():
    columns = {"x": [1.0, None, 3.0], "y": ["a", None, "b"]}
    same = Table({"x": [1.0, None, 3.0], "y": ["a", None, "b"]}, name="other")
    assert digest_of(Table(columns)) == digest_of(same)
    for change in [{"x": [1.0, None, 3.5]}, {"y": ["a", "c", "b"]}, {"z": [1, 2, 3]}]:
        assert digest_of(Table(columns | change)) != digest_of(Table(columns))
    assert digest_of(Table({"z": columns["x"], "y": columns["y"]})) != digest_of(Table(columns))
    x = np.ones((4, 6))
    arrays = [Dataset(x, [0, 1, 0, 1]), Dataset(x.reshape(4, 2, 3), [0, 1, 0, 1])]
    arrays += [Dataset(x, [0, 1, 1, 1]), Dataset(x.astype(np.float32), [0, 1, 0, 1])]
    assert len({digest_of(each) for each in arrays}) == 4


def test_memory_maps_are_prepared_in_memory_maps(tmp_path):
    x = np.random.default_rng(0).normal(5, 3, size=(50, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.arange(50) % 2)
    material = gather(config(tmp_path / "x.npy"))
    with scratch(tmp_path / "scratch") as folder:
        prepared = material.prepared(material.parts.train, folder, "train")
        assert isinstance(prepared.x, np.memmap)
        np.testing.assert_allclose(prepared.x.mean(0), 0, atol=1e-6)
        del prepared
    assert not (tmp_path / "scratch").exists()


def test_augmentations_suit_the_data():
    made = augmentations(["noise=0.5", "shift=2", "mixup"], (8, 8), 10)
    assert [type(each).__name__ for each in made] == ["Noise", "Shift", "Mixup"]
    assert made[0].std == 0.5
    assert made[1].shape == (8, 8)
    assert made[2].classes == 10
    with pytest.raises(ValueError, match="augment must suit rows of numbers, got 'flip'"):
        augmentations(["flip"], None, 2)
