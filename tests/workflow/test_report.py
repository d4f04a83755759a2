"""The report of a run: whatever the contents, it is written, whole, and nothing else changes."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from support.markup import Parsed
from support.reports import UNTRAINED, history, of_classes, of_numbers, plane, untested
from twingrad.engine import files
from twingrad.workflow.report import Boundary, Contents, write_report
from twingrad.workflow.report.page import page
from twingrad.workflow.report.pictures import pictures_of

nan, inf = np.nan, np.inf
DRAW = np.random.default_rng(5)
ALPHABET = [chr(97 + k) for k in range(26)]

TRAININGS = {
    "one epoch": {"epochs": 1},
    "a hundred epochs": {"epochs": 100},
    "no epoch": UNTRAINED,
    "no validation": {"history": history(9, validation_loss=None, validation_accuracy=None)},
    "validation now and then": {"history": history(40, validation_loss=[1.0, None] * 20)},
    "a loss that breaks": {"history": history(8, loss=[1, nan, inf, -inf, 1e308, 1e-320, 0, None])},
    "nothing finite": {
        "history": history(3, loss=[nan] * 3, validation_loss=[inf] * 3, accuracy=[nan] * 3),
        "rates": [nan] * 9,
        "flow": [(1, {"a.weight": nan}), (2, {"a.weight": inf})],
    },
    "losses below zero": {"history": history(3, loss=[1, -2, -3])},
    "text in the history": {"history": history(3, mood=["good", "<b>", None])},
    "a constant loss": {"history": history(3, loss=[0, 0, 0], validation_loss=[5, 5, 5])},
    "rates that swing": {"rates": np.sin(np.arange(50_000) / 99) ** 2},
    "a rate of zero": {"rates": [0.0] * 9},
    "gradients of zero": {"flow": [(1, {"a.weight": 0.0, "b.weight": 0.0})]},
    "gradients of other layers": {"flow": [(1, {"a.weight": 1.0}), (5, {"b": 1e300, "c": 1e-300})]},
    "thirty layers": {"flow": [(k, {f"{j}.w": 0.1**j for j in range(30)}) for k in (1, 2)]},
    "no best epoch": {"best_epoch": None},
    "a best epoch that is not there": {"best_epoch": 700},
}
"""Fields of contents without a test part."""

TESTS = {
    "two classes": of_classes(("no", "yes"), **UNTRAINED, boundary=plane()),
    "three classes": of_classes(**UNTRAINED, boundary=plane(3)),
    "26 classes": of_classes(ALPHABET, **UNTRAINED, boundary=plane(26, 8)),
    "100 classes": of_classes(range(100), 300, **UNTRAINED, boundary=plane(100)),
    "one row": of_classes(tested=1, **UNTRAINED),
    "one row of 100 classes": of_classes(range(100), 1, **UNTRAINED),
    "always the same class": of_classes(predicted=np.zeros(40, int), **UNTRAINED),
    "all right": of_classes(predicted=of_classes().truth, **UNTRAINED),
    "no probabilities": of_classes(
        probabilities=None, **UNTRAINED, boundary=plane(3, probabilities=None)
    ),
    "nan as probabilities": of_classes(
        probabilities=np.full((40, 3), nan),
        **UNTRAINED,
        boundary=plane(3, probabilities=np.full((20, 20, 3), nan)),
    ),
    "a plane of one class": of_classes(
        **UNTRAINED, boundary=plane(3, answers=np.zeros((20, 20), int), probabilities=None)
    ),
    "a plane without points": of_classes(
        boundary=plane(3, points=np.empty((0, 2)), targets=np.empty(0, int)), **UNTRAINED
    ),
    "cells of every kind": of_classes(
        inputs=np.array([[None, "red"], [1.5, nan], [True, b"x"], [3, 1e300]] * 10, dtype=object),
        **UNTRAINED,
    ),
    "300 inputs": of_classes(
        inputs=DRAW.random((40, 300)), features=tuple(map(str, range(300))), **UNTRAINED
    ),
    "inputs without names": of_classes(features=(), **UNTRAINED),
    "inputs of no known shape": of_classes(inputs=DRAW.random((40, 2, 8, 8)), **UNTRAINED),
    "grey images": of_classes(inputs=DRAW.integers(0, 255, (40, 28, 28), np.uint8), **UNTRAINED),
    "images of colour": of_classes(inputs=DRAW.random((40, 32, 20, 3)), **UNTRAINED),
    "images of nothing": of_classes(inputs=np.zeros((40, 8, 8)), **UNTRAINED),
    "images of nan": of_classes(inputs=np.full((40, 1, 300), nan), **UNTRAINED),
    "numbers": of_numbers(**UNTRAINED, boundary=plane(0)),
    "numbers of images": of_numbers(inputs=DRAW.random((30, 8, 8)), **UNTRAINED),
    "one number": of_numbers(1, **UNTRAINED),
    "the same number": of_numbers(truth=np.ones(30), predicted=np.ones(30), **UNTRAINED),
    "only zero": of_numbers(truth=np.zeros(30), predicted=np.zeros(30), **UNTRAINED),
    "huge numbers": of_numbers(
        truth=np.linspace(-1, 1, 30) * 1e308,
        predicted=np.linspace(1, -1, 30) * 1e308,
        **UNTRAINED,
        boundary=plane(0, answers=np.full((20, 20), 1e308)),
    ),
    "tiny numbers": of_numbers(
        truth=np.linspace(1, 2, 30) * 1e-300, predicted=np.zeros(30), **UNTRAINED
    ),
    "predictions of nan": of_numbers(predicted=np.full(30, nan), **UNTRAINED),
    "an infinite prediction": of_numbers(predicted=np.append(np.ones(29), inf), **UNTRAINED),
    "whole numbers": of_numbers(truth=np.arange(30), predicted=np.arange(30) + 1, **UNTRAINED),
    "many rows": of_numbers(4000, **UNTRAINED),
    "no test part of numbers": of_numbers(**untested(), **UNTRAINED),
}
"""Contents without a history."""


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("fields", TRAININGS.values(), ids=TRAININGS)
def test_a_report_of_any_training_is_written(fields, tmp_path):
    contents = of_classes(**{**untested(probabilities=None), **fields})
    check(contents, write_report(contents, tmp_path))


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("contents", TESTS.values(), ids=TESTS)
def test_a_report_of_any_test_is_written(contents, tmp_path):
    check(contents, write_report(contents, tmp_path))


def check(contents, written):
    """The page is whole, and each picture is a file that can be opened."""
    assert [path.name for path in written[:1]] == ["report.html"]
    parsed = Parsed(written[0].read_text(encoding="utf-8"))
    assert contents.title in parsed.text
    assert "nan%" not in parsed.text
    identities = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(set(identities)) == len(identities)
    for _, attributes in parsed.elements:
        for value in attributes.values():
            if value and value.startswith(("#", "url(#")):
                assert value.strip("url()").lstrip("#") in identities
    for path in written[1:]:
        with Image.open(path) as image:
            image.load()
            assert image.width >= 100


def test_the_files_are_those_that_there_is_something_to_show_in(tmp_path):
    contents = of_classes(boundary=plane(3), inputs=np.ones((40, 8, 8)))
    names = ["loss", "accuracy", "rate", "gradients", "confusion", "boundary", "worst"]
    expected = [tmp_path / "report.html", *[tmp_path / "pictures" / f"{n}.png" for n in names]]
    assert write_report(contents, str(tmp_path)) == expected
    assert sorted(tmp_path.rglob("*.*")) == sorted(expected)


def test_a_report_replaces_an_earlier_one_and_nothing_else(tmp_path):
    write_report(of_classes(title="first", **UNTRAINED), tmp_path)
    (tmp_path / "pictures" / "mine.png").write_bytes(b"mine")
    write_report(of_classes(title="second", **UNTRAINED), tmp_path)
    assert "second" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "pictures" / "mine.png").read_bytes() == b"mine"


def test_the_same_contents_are_the_same_bytes(tmp_path):
    contents = of_classes(("no", "yes"), boundary=plane(), **UNTRAINED)
    first = [path.read_bytes() for path in write_report(contents, tmp_path / "a" / "b")]
    assert [path.read_bytes() for path in write_report(contents, tmp_path / "c")] == first


def test_pictures_have_the_same_size_whatever_they_show():
    few = pictures_of(of_classes(epochs=2, boundary=plane(3)))
    long = {"rates": [1e-9, 1e9], "flow": [(1, {"a very long name of a layer.weight": 1e9})]}
    many = pictures_of(of_classes(epochs=40, tested=900, boundary=plane(3), **long))
    assert few.keys() == many.keys()
    for name, picture in few.items():
        assert picture.png[16:24] == many[name].png[16:24], name  # width and height of a PNG


def test_settings_of_matplotlib_neither_matter_nor_change(tmp_path):
    contents = of_classes(epochs=3, rates=[], flow=[])
    expected = [path.read_bytes() for path in write_report(contents, tmp_path)]
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        before = dict(matplotlib.rcParams)
        assert [path.read_bytes() for path in write_report(contents, tmp_path)] == expected
        assert dict(matplotlib.rcParams) == before


def test_pyplot_is_not_loaded_and_matplotlib_only_for_a_report():
    code = (
        "import sys, numpy, tempfile; import twingrad.workflow.report as report; "
        "print('matplotlib' in sys.modules); none = numpy.empty(0); "
        "contents = report.Contents(title='', task='regression', target='', truth=none, "
        "predicted=none, inputs=none, rows=none, history=[{'loss': 1.0}]); "
        "report.write_report(contents, tempfile.mkdtemp()); "
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True", "False"]


def test_without_matplotlib_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        ModuleNotFoundError,
        match=r'report of a training run needs .*: pip install "twingrad\[cli\]"',
    ):
        write_report(of_classes(), tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_report_that_cannot_be_written_leaves_the_one_before(monkeypatch, tmp_path):
    write_report(of_classes(title="first", **UNTRAINED), tmp_path)
    before = (tmp_path / "report.html").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_report(of_classes(title="second", **UNTRAINED), tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before
    assert not [*tmp_path.rglob("*.tmp")]


any_float = st.floats(width=64) | st.sampled_from([0.0, 1e300, -1e300, 5e-324, 1.0])


# The contents are small already, and each try draws pictures.
@settings(max_examples=5, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_any_numbers_make_a_report(data):
    epochs = data.draw(st.integers(1, 6))
    numbers = st.lists(any_float, min_size=epochs, max_size=epochs)
    names = ("loss", "validation_loss", "accuracy", "lr")
    columns = {name: data.draw(numbers | st.none()) for name in names}
    rows = data.draw(st.integers(1, 4))
    answers = st.lists(any_float, min_size=rows, max_size=rows)
    contents = of_numbers(
        rows,
        history=history(epochs, **columns),
        rates=data.draw(st.lists(any_float, max_size=5)),
        flow=[(1, {"a.b": each, "c": 1.0}) for each in data.draw(st.lists(any_float, max_size=3))],
        truth=np.array(data.draw(answers)),
        predicted=np.array(data.draw(answers)),
        inputs=np.array(data.draw(st.lists(answers, min_size=1, max_size=3))).T,
        metrics={"test": {"loss": data.draw(any_float)}},
    )
    Parsed(page(contents, pictures_of(contents)))


REFUSED = [
    (lambda: of_classes(task="other"), "task must be 'regression' or 'binary' or 'multiclass'"),
    (lambda: of_classes(classes=None), "classes must be the labels, .* got None"),
    (lambda: of_numbers(classes=("a",)), "classes must be the labels, and None for a regression"),
    (lambda: of_classes(predicted=np.zeros(39, int)), r"predicted must have the shape \(40,\)"),
    (lambda: of_classes(rows=np.zeros(3)), r"rows must have the shape \(40,\), got \(3,\)"),
    (lambda: of_classes(probabilities=np.ones((40, 2))), r"probabilities must have .*\(40, 3\)"),
    (lambda: of_classes(inputs=np.ones((3, 2))), "inputs must have 40 rows, as truth has, got 3"),
    (lambda: of_classes(truth=np.full(40, 3)), "truth must be codes from 0 to 2, .* got 3 to 3"),
    (
        lambda: of_classes(boundary=plane(4)),
        "boundary.answers must be codes .* got 0 to 3",
    ),
    (lambda: of_classes(boundary=plane()), r"boundary.probabilities must have .*\(20, 20, 3\)"),
    (lambda: plane(side=1), "across and up must be at least 2 places each, got 1 and 1"),
    (lambda: plane(answers=np.ones((3, 3))), r"answers must have the shape \(20, 20\)"),
    (lambda: plane(probabilities=np.ones((3, 3, 2))), r"probabilities must have the shape \(20"),
    (lambda: plane(points=np.ones((60, 3))), r"points must have the shape \(60, 2\)"),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED)
def test_contents_that_do_not_fit_together_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_contents_are_plain_and_final():
    for kind in (Contents, Boundary):
        assert kind.__final__
        assert all(name in kind.__doc__ for name in kind.__dataclass_fields__)
