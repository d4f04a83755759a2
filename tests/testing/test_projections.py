"""Large functions are judged along directions, and the guilty element is found."""

import numpy as np
import pytest

from support.written import Written
from twingrad.testing.findings import Verdict
from twingrad.testing.judging import judge

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(16, 40))
LABELS = GENERATOR.integers(0, 5, 16)
WEIGHTS = (
    GENERATOR.normal(size=(40, 30)) / 6,
    GENERATOR.normal(size=30) / 10,
    GENERATOR.normal(size=(30, 5)) / 5,
    GENERATOR.normal(size=5) / 10,
)


def forward(first, first_bias, second, second_bias):
    hidden = np.maximum(X @ first + first_bias, 0)
    logits = hidden @ second + second_bias
    logits = logits - logits.max(axis=1, keepdims=True)
    return hidden, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def loss(*weights):
    return -forward(*weights)[1][np.arange(16), LABELS].mean()


def gradients(cotangent, *weights):
    hidden, logs = forward(*weights)
    outer = (np.exp(logs) - np.eye(5)[LABELS]) * cotangent / 16
    inner = outer @ weights[2].T * (hidden > 0)
    return [X.T @ inner, inner.sum(axis=0), hidden.T @ outer, outer.sum(axis=0)]


def spoiled(position, index, factor):
    def vjp(cotangent, *weights):
        found = gradients(cotangent, *weights)
        found[position][index] *= factor
        return found

    return vjp


def judged(vjp, **options):
    (judgement,) = judge(Written(loss, vjp, *WEIGHTS), **options)
    return judgement


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_right_network_passes(seed):
    judgement = judged(gradients, seed=seed)
    assert judgement.counts[Verdict.OK] == sum(judgement.counts.values()) >= 20
    assert judgement.evaluations < 600


@pytest.mark.parametrize(
    ("position", "index", "factor"),
    [(0, (3, 4), -1.0), (1, (7,), 0.0), (2, (11, 2), 1.5), (3, (4,), 1 + 1e-3)],
)
def test_one_wrong_element_is_named(position, index, factor):
    findings = judged(spoiled(position, index, factor)).findings
    (finding,) = [each for each in findings if each.verdict is Verdict.WRONG]
    assert (finding.input, finding.index) == ("abcd"[position], index)
    assert finding.analytic == pytest.approx(factor * finding.numeric, rel=1e-4, abs=1e-9)


def test_a_small_factor_on_a_whole_input_is_found():
    findings = judged(spoiled(0, slice(None), 1 + 1e-4)).findings
    wrong = [each for each in findings if each.verdict is Verdict.WRONG]
    assert {each.input for each in wrong} == {"a"}


@pytest.mark.parametrize("projections", [1, 5])
def test_their_number_can_be_chosen(projections):
    judgement = judged(gradients, projections=projections)
    assert judgement.counts[Verdict.OK] >= 4 * projections


def test_many_results_are_weighted():
    def vjp(cotangent, x):
        return cotangent * np.cos(x)

    def flipped(cotangent, x):
        return cotangent * np.cos(x) * np.where(np.arange(x.size) == 77, -1, 1)

    x = GENERATOR.normal(size=2000)
    assert judge(Written(np.sin, vjp, x))[0].counts[Verdict.WRONG] == 0
    (judgement,) = judge(Written(np.sin, flipped, x))
    wrong = [each for each in judgement.findings if each.verdict is Verdict.WRONG]
    assert {each.index for each in wrong} == {(77,)}


def test_what_is_not_finite_is_left_out():
    x = GENERATOR.normal(size=2000)
    x[5], x[6] = np.nan, np.inf
    with np.errstate(all="ignore"):
        (judgement,) = judge(Written(np.sin, lambda cotangent, x: cotangent * np.cos(x), x))
    assert judgement.counts[Verdict.OK] > 0
    assert judgement.counts[Verdict.WRONG] == 0


@pytest.mark.parametrize("projections", [None, 4])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 1 + 1e-3, np.nan])
def test_wrong_gradients_take_few_evaluations(factor, projections):
    def vjp(cotangent, *weights):
        return [factor * each for each in gradients(cotangent, *weights)]

    judgement = judged(vjp, projections=projections)
    assert judgement.counts[Verdict.WRONG] == 4
    assert all(each.index is not None for each in judgement.findings[:4])
    assert judgement.evaluations < 2500


def test_forward_mode_is_looked_at_along_the_same_directions():
    def of(jvp):
        x = np.linspace(-2.0, 2.0, 2000).reshape(40, 50)
        return judge(Written(np.sin, lambda cotangent, x: cotangent * np.cos(x), x, jvp=jvp))[0]

    def flipped(x, tangent):
        return np.cos(x) * tangent * np.where(np.arange(x.size).reshape(x.shape) == 77, -1, 1)

    right = of(lambda x, tangent: np.cos(x) * tangent)
    assert right.counts[Verdict.OK] == 2 * of(None).counts[Verdict.OK]
    found = [each for each in of(flipped).findings if each.verdict is Verdict.WRONG]
    assert {(each.mode, each.index) for each in found} == {("forward", (1, 27))}
