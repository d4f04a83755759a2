"""The figures of a report: how numbers are written, what is counted, which rows are chosen."""

import re
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, r2_score

from support.reports import history, of_classes, of_numbers, untested
from twingrad.workflow.report.canvas import drawn, finished, styled
from twingrad.workflow.report.captions import curve_caption, flow_caption, rate_caption
from twingrad.workflow.report.choosing import confident_mistakes, largest_errors, least_certain
from twingrad.workflow.report.confusion import (
    counted_pairs,
    most_confused,
    shares_of_rows,
    strength,
)
from twingrad.workflow.report.course import shown_epochs
from twingrad.workflow.report.curves import layer_norms
from twingrad.workflow.report.labels import cut
from twingrad.workflow.report.numerals import ABSENT, cells, column, drawable, percent, short, tick
from twingrad.workflow.report.palette import DARK, LIGHT
from twingrad.workflow.report.thumbnails import Tones, shades, tones
from twingrad.workflow.report.verdict import verdict, wilson

nan, inf = np.nan, np.inf


any_float = st.floats(-1e300, 1e300) | st.sampled_from([nan, inf, -inf])


@given(st.lists(st.none() | any_float | st.integers(-(10**6), 10**6), max_size=6))
def test_a_column_has_equally_many_decimals_and_loses_no_number(values):
    texts = column(values)
    numbers = [(t, v) for t, v in zip(texts, values, strict=True) if v is not None]
    finite = [(t.replace(",", ""), float(v)) for t, v in numbers if np.isfinite(v)]
    assert len({len(t.partition("e")[0].partition(".")[2]) for t, _ in finite}) <= 1
    for text, value in finite:
        assert float(text) == pytest.approx(value, rel=0.05)
    for text, value in numbers:
        if not np.isfinite(value):
            assert text == str(float(value))


COLUMNS = [
    ([], []),
    ([None, None], [ABSENT, ABSENT]),
    ([0.0, -0.5], ["0.0000", "-0.5000"]),
    ([1, 12000, None], ["1", "12,000", ABSENT]),
    ([2.302585, 0.0403125], ["2.303", "0.040"]),
    ([1e-3, 4e-8], ["1.00e-03", "4.00e-08"]),
    ([1234.5, 0.25], ["1,234.50", "0.25"]),
    ([1e15, 2.0], ["1.00e+15", "2.00e+00"]),
    ([nan, inf, -inf, 1], ["nan", "inf", "-inf", "1"]),
]


@pytest.mark.parametrize(("values", "texts"), COLUMNS)
def test_columns_align(values, texts):
    assert column(values) == texts


@given(st.floats(0, 1))
def test_only_all_is_a_hundred_percent_and_only_nothing_is_zero(share):
    text = percent(share)
    assert (text == "100%") == (share == 1)
    assert (text == "0%") == (share == 0)
    assert float(re.sub("[<>%]", "", text)) == pytest.approx(100 * share, abs=0.11)


def test_cells_of_data_are_written_as_they_were_given():
    assert cells([24.0, 26.8, None, nan]) == ["24.0", "26.8", "missing", "missing"]
    assert cells([1, 2, 3]) == ["1", "2", "3"]
    assert cells(["007", 1.5]) == ["007", "1.5"]
    assert cells([1e300, 0.5]) == ["1e+300", "0.5"]
    assert cells([0.123456, 12.5]) == ["0.12", "12.50"]
    assert cells([None, None]) == ["missing", "missing"]


@given(st.floats(-1e60, 1e60, allow_subnormal=False))
def test_ticks_and_short_numbers_are_short(value):
    assert len(tick(float(f"{value:.3g}"))) <= 15
    assert len(short(value)) <= 10


@given(st.lists(st.floats(), max_size=5))
def test_what_is_drawn_never_overflows(values):
    found = drawable(values)
    with np.errstate(all="raise"):
        assert not np.isinf(found**2).any()
        assert ((found == 0) | (found**2 > 0) | np.isnan(found)).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_counts_are_those_of_scikit_learn(pairs):
    truth, predicted = np.array(pairs).T
    counts = counted_pairs(truth, predicted, 4)
    np.testing.assert_array_equal(counts, confusion_matrix(truth, predicted, labels=[0, 1, 2, 3]))
    shares = shares_of_rows(counts)
    assert np.allclose(shares.sum(axis=1)[counts.sum(axis=1) > 0], 1)
    mistakes = most_confused(counts, 99)
    assert sum(each.rows for each in mistakes) == (truth != predicted).sum()
    assert [each.rows for each in mistakes] == sorted([m.rows for m in mistakes], reverse=True)


def test_a_class_that_does_not_occur_has_no_share():
    assert np.isnan(shares_of_rows(np.array([[0, 0], [1, 3]]))[0]).all()
    assert strength(nan) == strength(0.0) == 0
    assert 0 < strength(1e-4) < strength(0.5) < strength(1.0) < 1


def test_rows_are_chosen_by_how_wrong_or_unsure_the_model_is():
    probabilities = np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5], [nan, nan]])
    fields = {"truth": np.array([1, 0, 0, 1]), "predicted": np.array([0, 1, 0, 0])}
    contents = of_classes(("a", "b"), 4, probabilities=probabilities, **fields)
    assert confident_mistakes(contents, 9) == [1, 0, 3]
    assert confident_mistakes(contents, 1) == [1]
    assert least_certain(contents, 9) == [2, 0, 1]
    without = of_classes(("a", "b"), 4, probabilities=None, **fields)
    assert confident_mistakes(without, 9) == [0, 1, 3]
    assert least_certain(without, 9) == []
    numbers = of_numbers(4, truth=np.array([1.0, 2, 3, 4]), predicted=np.array([1, -9, nan, 9]))
    assert largest_errors(numbers, 3) == [2, 1, 3]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_wilson(right_of_count):
    right, count = right_of_count
    expected = binomtest(right, count).proportion_ci(method="wilson")
    assert wilson(right, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_verdict_of_classes_is_their_share_and_what_it_is_worth():
    truth = np.array([0, 0, 0, 1])
    said = verdict(of_classes(("a", "b"), 4, truth=truth, predicted=np.array([0, 0, 1, 1])))
    assert said.figure == "75.0%"
    assert said.sentence == "of 4 test rows are classified correctly"
    assert "Always answering “a” would be right for 75.0%" in said.remark


def test_the_verdict_of_numbers_is_that_of_scikit_learn():
    contents = of_numbers()
    said = verdict(contents)
    assert float(said.figure) == pytest.approx(
        r2_score(contents.truth, contents.predicted), abs=5e-4
    )
    error = np.sqrt(np.mean((contents.truth - contents.predicted) ** 2))
    assert f"off by {short(error)}" in said.remark


VERDICTS = [
    (of_numbers(1), "", "is the typical error of “price” on 1 test row"),
    (of_numbers(predicted=np.full(30, nan)), "30 of 30", "predictions are not finite numbers"),
    (of_numbers(truth=np.ones(30), predicted=np.ones(30)), "0", "is the typical error"),
    (of_numbers(2, truth=np.array([1e300, -1e300]), predicted=np.zeros(2)), "0.000", "is R²"),
    (
        of_classes(**untested(probabilities=None), metrics={"validation": {"accuracy": 0.5}}),
        "50.0%",
        "of 20 validation rows are classified correctly",
    ),
    (
        of_numbers(**untested(), metrics={"validation": {"loss": 0.5}}),
        "0.5",
        "is the loss of 20 validation rows",
    ),
    (of_numbers(**untested(), metrics={}), ABSENT, "no rows were kept apart for a test"),
]


@pytest.mark.parametrize(("contents", "figure", "sentence"), VERDICTS)
def test_there_is_always_a_verdict(contents, figure, sentence):
    said = verdict(contents)
    assert said.figure.startswith(figure)
    assert said.sentence.startswith(sentence)


def test_the_best_epoch_is_found_by_its_number():
    rows = history(4, epoch=[3, 4, 5, 6])
    for best, place in [(4, 1), (6, 3), (9, None), (None, None)]:
        assert of_classes(history=rows, best_epoch=best).best_place() == place


@given(st.integers(1, 10_000), st.data())
def test_epochs_that_are_shown_hold_both_ends_and_the_best(count, data):
    best = data.draw(st.none() | st.integers(0, count - 1))
    shown = shown_epochs(count, best)
    assert shown == sorted(set(shown))
    assert {0, count - 1} | ({best} - {None}) <= set(shown) <= set(range(count))
    assert len(shown) <= 20


def test_the_gradient_of_a_layer_is_that_of_its_parameters_together():
    flow = [(1, {"a.b.weight": 3.0, "a.b.bias": 4.0, "scale": 2.0}), (2, {"a.b.weight": inf})]
    layers = layer_norms(flow)
    assert [*layers] == ["a.b", "scale"]
    np.testing.assert_array_equal(layers["a.b"], [5, inf])
    np.testing.assert_array_equal(layers["scale"], [2, nan])


def test_captions_say_what_the_curves_show():
    epochs = np.arange(1.0, 4)
    curves = {"training": np.array([2, inf, 0.5]), "validation": np.array([3.0, 1.0, 2.0])}
    assert curve_caption("loss", curves, epochs, 1) == (
        "Training loss goes from 2 to 0.5, validation loss from 3 to 2 (1 in epoch 2, the best). "
        "Not finite in 1 epoch, first in epoch 2."
    )
    assert curve_caption("accuracy", {"training": np.array([1.0])}, epochs[:1], 0) == (
        "Training accuracy is 100%."
    )
    assert rate_caption(np.array([0.1, 0.2])) == "It starts at 0.1 and ends at 0.2."
    faded = {"0": np.array([1e-6, nan]), "1": np.array([1.0, 1.0])}
    assert flow_caption(faded).endswith("It has vanished on its way.")
    assert "1e-06 times" in flow_caption(faded)
    assert flow_caption({"0": np.array([nan])}).startswith("The norm of the gradient")


@given(st.text(max_size=40), st.integers(4, 20))
def test_a_label_that_is_cut_keeps_both_ends(label, columns):
    found = cut(label, columns)
    assert "\n" not in found
    if label.isascii() and label.isprintable():
        assert len(found) <= columns
        assert found == label or found[0] == label.lstrip()[:1] or "…" in found
    assert cut("name of class 1", 9) != cut("name of class 2", 9)


def test_drawings_are_ink_on_paper_and_photographs_stay_as_they_are():
    drawing = np.zeros((2, 4, 4))
    drawing[:, 1:3] = 16.0
    assert tones(drawing) == Tones(0.0, 16.0, ink=True)
    assert shades(drawing[0], tones(drawing))[:, 0, 0].tolist() == [255, 0, 0, 255]
    photograph = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    assert not tones(photograph).ink
    colour = np.zeros((1, 2, 2, 3))
    colour[..., 0] = 1.0
    assert shades(colour[0], tones(colour))[0, 0].tolist() == [255, 0, 0]
    assert shades(np.full((1, 1), nan), Tones(-1e308, 1e308, ink=False)).shape == (1, 1, 3)


def test_pictures_are_on_white_and_their_text_is_text():
    with styled():
        figure, axes = drawn()
        axes.set_title("cost in $ or <€>")
        picture = finished(figure, "name", "A kind", "A caption")
    with Image.open(BytesIO(picture.png)) as image:
        assert image.size == (920, 600)
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert ">cost in $ or &lt;€&gt;</text>" in picture.svg
    assert picture.svg.startswith("<svg ")
    assert 'role="img" aria-label="A kind"' in picture.svg


def test_both_papers_know_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    for colours in (LIGHT, DARK):
        assert len(set(colours.values())) == len(colours)
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours.values())
