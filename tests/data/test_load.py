"""One name for all sources: what there is, and what is said where there is nothing."""

import sys

import numpy as np
import pytest

from twingrad.data import Table, load, toys
from twingrad.data.sources.bundled import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_real_data_comes_with_its_names(name):
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    theirs = getattr(datasets, f"load_{name}")(**options)
    data = load(name)
    np.testing.assert_array_equal(data.x, theirs.data)
    np.testing.assert_array_equal(data.y, theirs.target)
    assert data.features == tuple(map(str, theirs.feature_names))
    assert data.name == name
    if name == "diabetes":
        assert data.task == "regression"
    else:
        assert data.classes == tuple(theirs.target_names.tolist())
        assert data.task == ("binary" if name == "breast_cancer" else "multiclass")


@pytest.mark.parametrize("name", ["blobs", "circles", "linear", "moons", "spirals", "xor"])
def test_toys_are_those_of_the_module(name):
    data, theirs = load(name), getattr(toys, name)()
    np.testing.assert_array_equal(data.x, theirs.x)
    np.testing.assert_array_equal(data.y, theirs.y)


def test_a_set_has_one_target():
    assert load("iris", target="species").target == "species"
    with pytest.raises(ValueError, match="target must be that of the data set, 'species', got 'x'"):
        load("iris", target="x")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("digit", ValueError, r"there is no data set 'digit': did you mean 'digits'\?"),
        ("MOONS", ValueError, r"did you mean 'moons'\?"),
        (
            "zzzz",
            ValueError,
            "there is no data set 'zzzz': the names are breast_cancer, .* xor, or",
        ),
        ("none.csv", FileNotFoundError, "read_csv: path must lead to a file, got 'none.csv'"),
        (
            "none/file",
            FileNotFoundError,
            "path must lead to a file, got 'none/file': there is none",
        ),
        ("none.pdf", FileNotFoundError, "path must lead to a file, got 'none.pdf': there is none"),
        (5, TypeError, "load: name_or_path must be a name or a path, got int 5"),
        (None, TypeError, "load: name_or_path must be a name or a path, got NoneType None"),
    ],
)
def test_names_that_are_not_known_are_refused_with_the_nearest(name, error, message):
    with pytest.raises(error, match=message):
        load(name)


def test_files_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("a")
    with pytest.raises(ValueError, match=r"a file must end in .csv, .* got '.*a.xlsx': rename it"):
        load(path)


def test_the_target_of_a_table_is_checked(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("size,price\n1,2\n")
    assert isinstance(load(path), Table)
    assert load(str(path), target="price").target == "price"
    with pytest.raises(ValueError, match=r"no column 'prize': did you mean 'price'\?"):
        load(path, target="prize")


@pytest.mark.parametrize(("name", "package"), [("iris", "sklearn"), ("a.parquet", "pandas")])
def test_a_package_that_is_not_installed_is_named_with_its_extra(monkeypatch, name, package):
    for module in [each for each in sys.modules if each.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ModuleNotFoundError, match=rf'needs {package}: pip install "twingrad\[cli\]"'
    ):
        load(name)
