"""Rules: their language, what they come to for arrays, and both ways to run that."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from twingrad import Value, optim
from twingrad.engine.formula import number
from twingrad.optim import rules
from twingrad.optim.rule import Rule
from twingrad.optim.variant import Variants

RULES = {name: rule for name, rule in vars(rules).items() if isinstance(rule, Rule)}

SETTINGS = {
    "lr": 0.1,
    "momentum": 0.9,
    "dampening": 0.1,
    "weight_decay": 0.01,
    "nesterov": 0.0,
    "maximize": 1.0,
    "beta1": 0.9,
    "beta2": 0.99,
    "eps": 1e-8,
    "amsgrad": 1.0,
    "decoupled": 0.0,
    "momentum_decay": 0.004,
    "lr_decay": 0.01,
    "initial_accumulator_value": 0.1,
    "rho": 0.9,
    "alpha": 0.95,
    "centered": 1.0,
    "eta_minus": 0.5,
    "eta_plus": 1.2,
    "least": 1e-3,
    "greatest": 2.0,
    "lambd": 0.01,
    "t0": 2.0,
}
"""Hyperparameters with every option on that adds lines."""


def variant_of(rule, t=10.0, **changed):
    """The variant for these settings at an update, and the numbers of its program."""
    variants = Variants(rule)
    scalars = [{**SETTINGS, "t": t, **changed}.get(name, 0.5) for name in variants.scalars]
    variant = variants.variant(variants.decide(*scalars))
    return variant, variant.numbers(*scalars)[len(variant.kept) :]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_says_where_it_comes_from(name):
    assert RULES[name].reference
    assert str(RULES[name]).count("\n") == len(RULES[name].lines) - 1


@cache
def updates(rule, dtype):
    """The update of a rule as NumPy computes it, and as a compiled loop."""
    plain, fast = (variant_of(rule)[0].update(np.dtype(dtype)) for _ in range(2))
    fast.compile(frozenset())
    assert plain.loop is None
    assert fast.loop is not None
    return plain, fast


@pytest.fixture(scope="module", params=[*RULES])
def compiled(request):
    """Both updates of a rule, the numbers they take, and how many arrays."""
    variant, scalars = variant_of(RULES[request.param])
    return *updates(variant.rule, np.float32), scalars, 2 + len(variant.state)


def check_same_bits(plain, fast, scalars, one):
    """Compare both updates; only the sign of a zero is left open, as maximum(0, -0) has either."""
    other = one.copy()
    plain([*one], scalars)
    fast([*other], scalars)
    np.testing.assert_array_equal(one, other)


@settings(max_examples=60)
@given(data=st.data())
def test_numpy_and_the_compiled_loop_give_the_same_bits(compiled, data):
    plain, fast, scalars, count = compiled
    elements = st.floats(width=32)
    one = data.draw(arrays.arrays(np.float32, (count, 7), elements=elements))
    check_same_bits(plain, fast, scalars, one)


@pytest.mark.parametrize("name", ["ADAM", "RPROP"])
@given(data=st.data())
def test_both_ways_agree_in_double_precision(name, data):
    variant, scalars = variant_of(RULES[name])
    one = data.draw(arrays.arrays(np.float64, (2 + len(variant.state), 5), elements=st.floats()))
    check_same_bits(*updates(variant.rule, np.float64), scalars, one)


def test_the_sign_of_a_zero_is_a_zero_without_a_sign():
    rule = Rule("signs", [], {}, "w = sign(grad)", reference="-")
    for update in updates(rule, np.float64):
        w, grad = np.ones(4), np.array([-0.0, 0.0, -2.0, np.nan])
        update((w, grad), ())
        assert np.signbit(w[:2]).tolist() == [False, False]
        np.testing.assert_array_equal(w, [0.0, 0.0, -1.0, np.nan])


@pytest.mark.parametrize("name", RULES)
def test_every_step_of_a_rule_is_exact_so_that_a_loop_can_take_over(name):
    variant, _ = variant_of(RULES[name])
    assert variant.program.is_exact


def test_conditions_on_scalars_leave_one_branch_and_no_idle_lines():
    variant, _ = variant_of(rules.SGD, momentum=0.0, weight_decay=0.0, maximize=0.0)
    assert [str(line) for line in variant.lines] == ["g = grad", "d = g", "w = w - lr * d"]
    assert variant.state == ()
    assert variant.changed == ("w",)


def test_what_is_made_of_scalars_is_computed_once():
    variant, scalars = variant_of(rules.ADAM, t=2.0, amsgrad=0.0, weight_decay=0.0, maximize=0.0)
    assert sorted(scalars) == pytest.approx(
        sorted([0.9, 1 - 0.9, 0.99, 1 - 0.99, 1 - 0.9**2, 1 - 0.99**2, 0.1, 1e-8])
    )
    assert len(variant.program.arguments) == 4 + len(scalars)


def test_a_condition_is_decided_where_it_stands():
    rule = Rule(
        "late",
        ["lr"],
        {"gain": "gain = 1"},
        """
        w = w - lr * grad if gain == 1 else w
        gain = gain + 1
        w = w if gain == 1 else w - 100
        """,
        reference="none",
    )
    variant, scalars = variant_of(rule, gain=1.0)
    w, grad = np.array([1.0]), np.array([2.0])
    variant.update(w.dtype)((w, grad), scalars)
    assert w == [1.0 - 0.1 * 2.0 - 100]


def test_a_scalar_counts_as_it_is_where_it_is_used():
    rule = Rule(
        "doubling",
        [],
        {"gain": "gain = 1"},
        """
        w = w + gain * gain * grad
        gain = 2 * gain
        w = w + gain * gain * grad
        """,
        reference="none",
    )
    variant, _ = variant_of(rule)
    kept, *scalars = variant.numbers(10.0, 3.0)
    assert (variant.kept, kept) == (("gain",), 6.0)
    w, grad = np.zeros(2), np.ones(2)
    variant.update(w.dtype)((w, grad), scalars)
    assert w.tolist() == [9.0 + 36.0] * 2


@pytest.mark.parametrize("has_loop", [False, True])
def test_what_is_remembered_may_be_the_weight_before(has_loop):
    rule = Rule(
        "swap", [], {"before": "before"}, "old = w\nw = before + grad\nbefore = old", reference="-"
    )
    variant, scalars = variant_of(rule)
    w, grad, before = np.array([1.0, 2.0]), np.array([0.5, 0.5]), np.array([10.0, 20.0])
    update = variant.update(w.dtype)
    if has_loop:
        update.compile(frozenset())
    update((w, grad, before), scalars)
    assert (w.tolist(), before.tolist()) == ([10.5, 20.5], [1.0, 2.0])


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_conditions_may_be_on_elements(w, grad, bound):
    rule = Rule("choosing", ["lr"], {}, "w = w - lr if w * grad > grad else w + lr", reference="-")
    variant, scalars = variant_of(rule)
    weights = np.array([w, bound, 0.0])
    gradients = np.array([grad, grad, grad])
    expected = [
        number(rule.lines[0].expression, {"w": w, "grad": grad, "lr": 0.1}) for w in weights
    ]
    variant.update(weights.dtype)((weights, gradients), scalars)
    assert weights.tolist() == expected


def test_an_optimizer_of_ones_own_is_a_rule_and_its_options():
    class SignDescent(optim.Optimizer):
        rule = Rule("sign descent", ["lr"], {}, "w = w - lr * sign(grad)", reference="folklore")

    w = Value(1.0)
    (w**4).backward()
    SignDescent([w], {"lr": 0.25}).step()
    assert w.data == 0.75


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("w - lr * grad", "rule bad: a line must be of the form 'name = formula', got 'w - lr"),
        ("pi = 3\nw = w", "rule bad: a line must be of the form 'name = formula', got 'pi = 3'"),
        ("exp = w\nw = w", "rule bad: a line must be of the form 'name = formula', got 'exp = w'"),
        ("w = w - rate * grad", "rule bad: w 'w - rate [*] grad' uses the unknown name 'rate'"),
        ("w = w - lr * roott(grad)", "rule bad: w .* calls the unknown function 'roott'"),
        ("w = w - later\nlater = lr * grad", "uses the unknown name 'later'"),
        ("w = w > 0", "rule bad: w 'w > 0' uses the condition 'w > 0' as a number"),
        ("w = __import__('os')", "rule bad: w .* holds \"'os'\", which is not allowed"),
        ("m = beta * grad", "rule bad: one line must set w, got m = beta [*] grad"),
    ],
)
def test_what_is_no_rule_is_refused(lines, message):
    with pytest.raises(ValueError, match=message):
        Rule("bad", ["lr", "beta"], {"m": "m"}, lines, reference="none")
