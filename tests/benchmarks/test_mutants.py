"""Every planted bug is a bug, and what stands beside it is right."""

import json
import sys
from contextlib import nullcontext
from itertools import chain

import numpy as np
import pytest

from twingrad import Tensor, autograd
from twingrad.benchmarks import measure, mutation_study
from twingrad.benchmarks.checkers.base import Checker
from twingrad.benchmarks.checkers.ours import Twingrad, custom, function_of
from twingrad.benchmarks.mutants import KINDS, MUTANTS, OPERATIONS
from twingrad.benchmarks.mutants.inputs import drawn_inputs, normal_inputs
from twingrad.benchmarks.mutants.records import Row
from twingrad.benchmarks.mutants.texts import as_rule
from twingrad.benchmarks.mutants.trials import calm, hunt
from twingrad.testing import Verdict, gradcheck

HIDDEN = ["tie", "zero"]


def weights(shape, seed=1):
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape)


def pulled(function, inputs, order=1, between=None):
    """What each input gets of a weighted sum of the results, or of their first derivatives."""
    leaves = [Tensor(each, requires_grad=True) for each in inputs]
    with np.errstate(all="ignore"):
        out = function(*leaves)
        if between is not None:
            function(*map(Tensor, between))
        total = (out * weights(out.shape)).sum()
        given = autograd.grad(total, leaves, create_graph=order > 1, allow_unused=True)
        if order > 1:
            total = sum((each * weights(each.shape, 9)).sum() for each in given if each is not None)
            given = [None] * len(leaves)
            if total.requires_grad:
                given = autograd.grad(total, leaves, allow_unused=True)
    return [
        np.zeros(leaf.shape) if each is None else each.detach().numpy()
        for leaf, each in zip(leaves, given, strict=True)
    ]


def distance(found, expected):
    """The largest relative difference; infinity where only one of them is no number."""
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        if one.shape != other.shape or (np.isnan(one) != np.isnan(other)).any():
            return np.inf
        with np.errstate(all="ignore"):
            gap = np.abs(one - other) / np.maximum(np.abs(other), np.abs(one))
        worst = max(worst, np.nan_to_num(gap, nan=0.0).max(initial=0.0))
    return worst


def differences(mutant, examples, order=1):
    """How far the mutant's derivatives are from the right ones at each of the inputs."""
    operation = mutant.operation
    with (
        function_of(operation, mutant.make()) as wrong,
        function_of(operation, operation.make()) as right,
    ):
        for number, inputs in enumerate(examples):
            between = examples[number - 1] if mutant.between else None
            try:
                found = pulled(wrong, inputs, order, between)
            except ValueError:  # a shape that the library refuses
                yield np.inf
            else:
                yield distance(found, pulled(right, inputs, order))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_the_right_derivative_is_right(operation):
    (inputs,) = normal_inputs(operation, 1, seed=3)
    with function_of(operation, operation.make()) as function:
        assert gradcheck(function, *inputs, order=2).verdict is Verdict.OK


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_every_mutant_is_wrong_at_inputs_of_the_study(mutant):
    order = 2 if mutant.kind == "second" else 1
    batches = chain(
        [normal_inputs(mutant.operation, 4, seed=0)],
        (drawn_inputs(mutant.operation, 50, seed) for seed in range(8)),
    )
    assert any(max(differences(mutant, batch, order)) > 1e-5 for batch in batches)


@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.kind == "second"], ids=lambda each: each.name
)
def test_bugs_of_the_second_order_have_the_right_first_derivatives(mutant):
    examples = [*normal_inputs(mutant.operation, 3, seed=0)]
    assert max(differences(mutant, examples)) < 1e-12


@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.kind in HIDDEN], ids=lambda each: each.name
)
def test_bugs_of_ties_and_zeros_are_right_elsewhere(mutant):
    examples = normal_inputs(mutant.operation, 5, seed=0)
    assert max(differences(mutant, examples)) < 1e-9


@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.kind == "factor"], ids=lambda each: each.name
)
def test_bugs_of_factors_are_small(mutant):
    (first,) = normal_inputs(mutant.operation, 1, seed=0)
    assert 1e-7 < max(differences(mutant, [first])) < 0.05


def test_there_are_bugs_of_all_kinds_in_all_places():
    assert len(MUTANTS) >= 120
    assert {each.kind for each in MUTANTS} == set(KINDS)
    places = {each.place for each in OPERATIONS}
    assert places == {"row", "primitive", "module", "loss", "user's function"}
    names = [each.name for each in MUTANTS]
    assert len(set(names)) == len(names)
    assert all(each.why.strip() and "\n" not in each.why for each in MUTANTS)


ROWS = [each for each in (*MUTANTS, *OPERATIONS) if isinstance(each.make(), Row)]


@pytest.mark.parametrize("written", ROWS, ids=lambda each: each.name)
def test_a_row_is_the_same_as_text_and_as_functions(written):
    """The text is what we run, the functions are what the other libraries run."""
    operation = getattr(written, "operation", written)
    row = written.make()
    functions = custom(as_rule(row))
    with function_of(operation, row) as formula:
        for inputs in normal_inputs(operation, 2, seed=5):
            expected = formula(*map(Tensor, inputs)).numpy()
            np.testing.assert_allclose(functions(*inputs), expected, rtol=1e-13, atol=1e-15)
            for order in (1, 2):
                found = pulled(functions, inputs, order)
                for one, other in zip(found, pulled(formula, inputs, order), strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


def test_inputs_are_arrays_also_without_dimensions():
    assert any(wanted.shape == () for each in OPERATIONS for wanted in each.inputs.values())
    for operation in OPERATIONS:
        (inputs,) = normal_inputs(operation, 1, seed=0)
        assert {type(each) for each in inputs} == {np.ndarray}


def test_inputs_keep_to_their_ranges_and_come_again():
    for operation in OPERATIONS[::20]:
        for make in (normal_inputs, drawn_inputs):
            drawn = make(operation, 5, 7)
            assert len(drawn) == 5
            for inputs, again in zip(drawn, make(operation, 5, 7), strict=True):
                for wanted, x, y in zip(operation.inputs.values(), inputs, again, strict=True):
                    assert x.shape == wanted.shape
                    assert x.tobytes() == y.tobytes()
                    assert wanted.domain == "real" or (x > 0).all()
                    assert wanted.domain != "share" or (x < 1).all()


class Nervous(Checker):
    """Finds fault with every second derivative that it sees, right or wrong."""

    name = "nervous"

    def __init__(self, patience):
        self.patience = patience
        self.checks = 0

    def checking(self, operation, made):
        return nullcontext(self.check)

    def check(self, inputs):
        self.checks += 1
        if self.checks > self.patience:
            raise AssertionError("I do not\n  like it")


def test_what_is_said_of_the_right_derivative_as_well_is_no_catch():
    mutant = MUTANTS[0]
    examples = normal_inputs(mutant.operation, 4, seed=0)
    right = calm(mutant.operation, Nervous(2), "normal", examples)
    assert right.alarms == dict.fromkeys((2, 3), "AssertionError: I do not like it")
    assert len(right.seconds) == 4
    assert hunt(mutant, Nervous(0), right, examples).caught == 0
    assert hunt(mutant, Nervous(1), right, examples).caught == 1
    assert hunt(mutant, Nervous(2), right, examples).caught is None


def test_the_study_prints_a_table_and_writes_everything(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(measure, "installed", lambda name: None)
    chosen = [each for each in MUTANTS if each.operation.name in ("sub", "add of (3, 4) and (4,)")]
    monkeypatch.setattr(mutation_study, "MUTANTS", chosen)
    file = tmp_path / "study.json"
    words = ["--only", "sign", "unbroadcast", "--examples", "2", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["mutation_study.py", *words])
    mutation_study.main()
    printed = capsys.readouterr().out
    assert "| wrong sign | 1 | 100% | 100% |" in printed
    assert "| caught in all | 3 | 100% | 100% |" in printed
    assert "| right ones that were blamed | 2 | 0% | 0% |" in printed
    assert "missed by twingrad at drawn inputs: 0" in printed
    assert "not counted for torch: add of (3, 4) and (4,)" in printed
    written = json.loads(file.read_text())
    assert {each["caught"] for each in written["bugs"]} == {0}
    assert all(each["alarms"] == {} for each in written["right"])


def test_peers_that_are_not_there_are_left_out(monkeypatch):
    monkeypatch.setattr(measure, "installed", lambda name: None)
    assert [type(each) for each in mutation_study.installed_checkers()] == [Twingrad]
