"""Reports: what they say in which words, as an object, as text and as plain data."""

import copy
import json
import pickle
import re
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.testing import Finding, GradientError, Judgement, Report, Verdict, Violation
from twingrad.testing.blame import Blame, Culprit
from twingrad.testing.figures import relation

OK, KINK, UNKNOWN, WRONG = Verdict.OK, Verdict.KINK, Verdict.UNKNOWN, Verdict.WRONG


def finding(verdict=WRONG, **changes):
    given = {
        "order": 1,
        "mode": "reverse",
        "input": "x",
        "index": (2, 1),
        "output": "loss",
        "output_index": (),
        "analytic": 2.0,
        "numeric": 1.0,
        "error": 1e-12,
    }
    return Finding(**{**given, **changes}, verdict=verdict)


def judgement(*findings, ok=0, kink=0, unknown=0, wrong=0):
    return Judgement({OK: ok, KINK: kink, UNKNOWN: unknown, WRONG: wrong}, [*findings])


def report(*judgements, **options):
    return Report("loss", [*judgements], **options)


BROKEN = Violation("shape", "the gradient of x must have its shape (3,), got (4,): sum it", "x")


@pytest.mark.parametrize(
    ("made", "verdict", "line"),
    [
        (report(judgement(ok=24)), OK, "all 24 derivatives are right"),
        (report(judgement(ok=1)), OK, "the derivative is right"),
        (report(judgement(ok=22, kink=2)), OK, "all 24 derivatives are right (2 at a kink)"),
        (report(judgement(kink=3)), KINK, "all 3 derivatives are right (3 at a kink)"),
        (
            report(judgement(ok=3, kink=1, unknown=2)),
            OK,
            "all 4 derivatives are right (1 at a kink, 2 more cannot be told)",
        ),
        (
            report(judgement(ok=3), judgement(ok=9)),
            OK,
            "all 3 derivatives and all 9 second derivatives are right",
        ),
        (
            report(judgement(ok=1), judgement(ok=2)),
            OK,
            "the derivative and both second derivatives are right",
        ),
        (
            report(judgement(unknown=3)),
            UNKNOWN,
            "cannot tell, none of 3 derivatives can be judged",
        ),
        (report(notes=("it is random",)), UNKNOWN, "cannot tell"),
        (report(judgement()), OK, "there is no derivative to check"),
        (report(judgement(finding(), wrong=1)), WRONG, "the derivative is wrong"),
        (report(judgement(finding(), wrong=2)), WRONG, "both derivatives are wrong"),
        (report(judgement(finding(), ok=23, wrong=1)), WRONG, "1 of 24 derivatives is wrong"),
        (
            report(judgement(ok=2), judgement(finding(order=2), ok=1, wrong=3)),
            WRONG,
            "3 of 4 second derivatives are wrong",
        ),
        (
            report(judgement(finding(), ok=1, wrong=1), judgement(finding(order=2), wrong=1)),
            WRONG,
            "1 of 2 derivatives is wrong and the second derivative is wrong",
        ),
        (
            report(judgement(finding(), ok=3, wrong=24, unknown=9)),
            WRONG,
            "at least 24 of 36 derivatives are wrong",
        ),
        (
            report(judgement(ok=17), judgement(ok=2), sizes=(400, 2)),
            OK,
            "all 17 sampled derivatives and both second derivatives are right",
        ),
        (
            report(judgement(finding(), wrong=1), sizes=(400,)),
            WRONG,
            "1 sampled derivative is wrong",
        ),
        (report(violations=[BROKEN]), WRONG, "a promise is broken"),
        (
            report(judgement(ok=4), violations=[BROKEN]),
            WRONG,
            "a promise is broken, though all 4 derivatives are right",
        ),
        (report(violations=[BROKEN, BROKEN]), WRONG, "2 promises are broken"),
    ],
)
def test_the_first_line_says_it_all(made, verdict, line):
    assert str(made).splitlines()[0] == f"gradcheck of loss: {line}"
    assert made.verdict is verdict
    assert made.ok is bool(made) is (verdict is not WRONG)


def test_what_is_right_takes_one_line():
    assert str(report(judgement(finding(OK), ok=5, unknown=1))).count("\n") == 0


def test_a_whole_report_is_calm_and_aligned():
    culprit = Culprit(
        "wrong_tanh",
        17,
        "model.py:12",
        ("x = 0.5",),
        "x",
        "1 - 0.9 * out * out",
        finding(analytic=0.80780, numeric=0.78645, index=(), output="wrong_tanh"),
    )
    findings = [
        finding(analytic=0.42005, numeric=0.42, error=2e-13),
        finding(input="batch['left']", index=(0,), analytic=-1.5, numeric=1.5),
        finding(input="w", index=(), analytic=0.0, numeric=12.0),
    ]
    made = report(
        judgement(*findings, ok=21, wrong=3),
        blame=Blame(50, culprit),
        snippet="from twingrad import testing\n\ntesting.gradcheck(loss, x)",
    )
    assert (
        str(made)
        == """\
gradcheck of loss: 3 of 24 derivatives are wrong

  input          index   output  analytic  numeric     +-
  x              [2, 1]  loss     0.42005     0.42  2e-13  1.00012 times what it should be
  batch['left']  [0]     loss        -1.5      1.5  1e-12  the opposite sign
  w                      loss           0       12  1e-12  nothing arrives

  Operation 17 of 50 is wrong: wrong_tanh, at model.py:12
    the derivative of wrong_tanh by x, 1 - 0.9 * out * out, is 0.8078, by differences 0.78645
    at x = 0.5

Reproduce:

from twingrad import testing

testing.gradcheck(loss, x)"""
    )
    assert made.operation == "wrong_tanh"


def test_of_many_findings_the_worst_few_are_shown_and_the_others_counted():
    many = [finding(index=(k, 0)) for k in range(20)]
    text = str(report(judgement(*many, wrong=300)))
    assert text.count("loss ") == 4
    assert "  and 296 more" in text
    assert len(text.splitlines()) <= 10


def test_findings_that_read_alike_are_shown_once():
    text = str(report(judgement(finding(), finding(), finding(index=(0, 0)), wrong=3)))
    assert text.count("[2, 1]") == 1
    assert "and 1 more" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"analytic": 0.0}, "nothing arrives"),
        ({"analytic": -1.0}, "the opposite sign"),
        ({"analytic": 1.0001}, "1.0001 times what it should be"),
        ({"numeric": 0.0}, "should be 0"),
        ({"mode": "forward"}, "twice what it should be (forward mode)"),
        ({"left": -1.0, "right": 1.0, "reason": "the slopes are -1 and 1"}, "the slopes are -1"),
        ({"left": 1.0, "right": -1.0, "numeric": 0.0}, "2  -1 to 1  1e-12"),
        ({"analytic": nan, "reason": "it is nan"}, "it is nan"),
    ],
)
def test_what_is_wrong_is_told_in_a_few_words(changes, said):
    assert said in str(report(judgement(finding(**changes), wrong=1)))


def test_enough_digits_are_shown_to_see_the_difference():
    close = finding(analytic=0.1 + 1e-13, numeric=0.1)
    assert "0.1000000000001" in str(report(judgement(close, wrong=1)))


def test_a_direction_has_no_index_and_says_so():
    reason = f"the slopes are {'0.5 ' * 20} to the left and 1 to the right"
    along = finding(index=None, output_index=None, left=0.5, right=1.0, reason=reason)
    lines = str(report(judgement(along, wrong=1))).splitlines()
    assert re.split(" {2,}", lines[3].strip())[:4] == ["x", "a direction", "loss", "a sum"]
    assert lines[4].startswith("    the slopes are 0.5")
    assert max(map(len, lines)) <= 100
    unknown = finding(UNKNOWN, index=None, output_index=None, reason="along x, no slope")
    lines = str(report(judgement(unknown, unknown, unknown=2))).splitlines()
    assert lines[1:] == ["  a sum of loss by x: along x, no slope"]


def test_words_that_do_not_fit_beside_the_numbers_stand_below_them():
    long = "a" * 40
    same = [finding(index=(k,), input=long, analytic=1.01) for k in range(2)]
    lines = str(report(judgement(*same, wrong=2))).splitlines()
    assert lines[5:6] == ["  each: 1.01 times what it should be"]
    lines = str(report(judgement(same[0], finding(input=long, numeric=5.0), wrong=2))).splitlines()
    assert lines[4] == "    1.01 times what it should be"
    assert len(lines) == 6
    assert max(map(len, lines)) <= 100


def test_of_the_rest_that_was_not_looked_at_it_is_not_known_how_much_is_wrong():
    many = [finding(index=(k, 0)) for k in range(24)]
    assert "  and at least 20 more" in str(report(judgement(*many, wrong=24, unknown=76)))


@pytest.mark.parametrize(
    ("culprit", "said"),
    [
        (
            finding(output="cube", output_index=(1,), index=(0,)),
            "the derivative of cube[1] by x[0] is 2, by differences 1",
        ),
        (
            finding(output="cube", index=None),
            "the derivative of cube along a direction of x is 2, by differences 1",
        ),
        (
            finding(order=2, output="dcube/dx", output_index=(1,), index=(0,)),
            "the derivative of dcube/dx[1] by x[0] is 2, by differences 1",
        ),
    ],
)
def test_it_is_said_which_derivative_of_an_operation_is_wrong(culprit, said):
    found = Culprit("cube", 1, "", ("x = 2.0",), "x", "", culprit)
    assert said in str(report(judgement(finding(), wrong=1), blame=Blame(1, found)))


def test_of_many_large_operands_each_has_a_line():
    operands = tuple(f"x{k} = [[0.5, 0.25, 0.125], [0.5, 0.25, 0.125]]" for k in range(3))
    culprit = Culprit("cube", 1, "", operands, "x", "", finding(output="cube"))
    text = str(report(judgement(finding(), wrong=1), blame=Blame(1, culprit)))
    assert "\n    at x0 = [[0.5, 0.25, 0.125], [0.5, 0.25, 0.125]]\n       x1 = [[" in text
    assert "\n  Its operation is wrong: cube\n" in text


@given(st.floats(1e-3, 1e3), st.floats(1e-6, 1e6), st.sampled_from([-1, 1]))
def test_what_is_said_of_a_factor_is_true(factor, right, sign):
    words = relation(sign * factor * right, right, 0.0)
    assert ("sign" in words) is (sign < 0)
    assert "opposite" not in words or factor == pytest.approx(1, rel=1e-5)
    number = re.search(r"([\d.]+)(/\d+)? (times|of)", words)
    if number:
        top, bottom = float(number[1]), float((number[2] or "/1")[1:])
        assert factor == pytest.approx(top / bottom, rel=0.051 if "about" in words else 1e-5)
    for word, size in {"twice": 2, "half of": 1 / 2, "a third of": 1 / 3}.items():
        assert word not in words or factor == pytest.approx(size, rel=0.051)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.97, "0.97 times what it should be"),
        (1 + 1e-9, "1.000000001 times what it should be"),
        (2.0, "twice what it should be"),
        (2.06, "about twice what it should be"),
        (0.5, "half of what it should be"),
        (1 / 3, "a third of what it should be"),
        (64.0, "64 times what it should be"),
        (1 / 64, "1/64 of what it should be"),
        (64.3, ""),
        (5.33, ""),
        (-1.0, "the opposite sign"),
        (-0.97, "the wrong sign"),
        (-0.444, "the wrong sign"),
        (-2.0, "the wrong sign"),
    ],
)
def test_only_factors_that_help_are_told(factor, words):
    assert relation(factor * 3.0, 3.0, 1e-12) == words


def test_reasons_and_notes_are_told_where_nothing_can_be_judged():
    told = finding(UNKNOWN, reason="the values nearby are not finite", output_index=(1,))
    lines = str(report(judgement(told, unknown=1))).splitlines()
    assert lines[1:] == ["  loss[1] by x[2, 1]: the values nearby are not finite"]
    assert "  it is random" in str(report(notes=("it is random",)))


def test_long_sentences_are_broken_into_lines():
    long = Violation("layout", "word " * 60, "x")
    assert max(map(len, str(report(violations=[long])).splitlines())) <= 100


def test_where_each_operation_is_right_the_report_says_where_else_to_look():
    made = report(judgement(finding(), wrong=1), blame=Blame(50))
    assert "Each of its 50 operations is right by itself: look for detach()" in str(made)
    assert made.operation is None
    assert "operation" not in str(report(violations=[BROKEN], blame=Blame(50)))
    assert "operation" not in str(report(judgement(finding(), wrong=1), blame=Blame(0)))


def test_a_broken_promise_of_an_operation_is_told_in_its_sentence():
    culprit = Culprit("cube", 2, "", ("x = 2.0",), violation=BROKEN)
    text = str(report(violations=[BROKEN], blame=Blame(3, culprit)))
    assert text.count("the gradient of x must have") == 1
    assert text.endswith("\n  Operation 2 of 3 breaks this promise: cube")
    text = str(report(judgement(finding(), wrong=1), blame=Blame(3, culprit)))
    assert "  Operation 2 of 3 breaks a promise: cube\n    the gradient of x must have" in text


def test_a_report_is_plain_data_for_json():
    wrong = finding(numeric=nan, error=inf, index=None)
    culprit = Culprit("tanh", 1, "a.py:3", ("x = 1",), "x", "1", wrong)
    made = report(
        judgement(wrong, ok=1, wrong=1),
        violations=[BROKEN],
        notes=("note",),
        blame=Blame(2, culprit),
        snippet="code",
    )
    data = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert data["function"] == "loss"
    assert data["verdict"] == "wrong"
    assert data["ok"] is False
    assert data["operation"] == "tanh"
    assert data["notes"] == ["note"]
    assert data["snippet"] == "code"
    (only,) = data["judgements"]
    assert only["counts"] == {"ok": 1, "at a kink": 0, "cannot tell": 0, "wrong": 1}
    assert only["findings"][0]["numeric"] == "nan"
    assert only["findings"][0]["error"] == "inf"
    assert only["findings"][0]["index"] is None
    assert only["findings"][0]["verdict"] == "wrong"
    assert data["violations"][0]["rule"] == "shape"
    assert data["blame"]["culprit"]["place"] == "a.py:3"
    assert json.dumps(report(judgement(ok=1), blame=None).to_dict())
    assert report(judgement(wrong=1), blame=Blame(2)).to_dict()["blame"]["culprit"] is None


def test_errors_carry_their_report_also_to_other_processes():
    error = GradientError(report(judgement(finding(), wrong=1)))
    for made in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert made.report.to_dict() == error.report.to_dict()
        assert str(made) == str(error)
