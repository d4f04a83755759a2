"""Checkers at default floats: which functions, which draws, and what is counted."""

import sys

import numpy as np
import pytest

from twingrad.benchmarks import false_alarms
from twingrad.benchmarks.correct import FUNCTIONS
from twingrad.engine.formulas import table


def test_every_row_of_the_table_is_there():
    assert {*table} <= {*FUNCTIONS}


@pytest.mark.parametrize("count", [1, 3])
def test_draws_are_numbers_and_arrays_of_one_shape_and_the_same_again(count):
    found = false_alarms.draws(count, 40, seed=1)
    assert len(found) == 40
    assert all(len(inputs) == count for inputs in found)
    assert all(len({np.shape(each) for each in inputs}) == 1 for inputs in found)
    assert {np.ndim(inputs[0]) for inputs in found} >= {0, 1}
    assert repr(false_alarms.draws(count, 40, seed=1)) == repr(found)


def test_inputs_outside_of_a_domain_are_told_from_those_inside():
    log, amax = FUNCTIONS["log"], FUNCTIONS["amax"]
    assert log.is_defined((np.array([0.5, 2.0]),))
    assert not log.is_defined((np.array([0.5, -2.0]),))
    assert not log.is_defined((-1.0,))
    assert amax.is_defined((-1.0,))


def test_alarms_are_counted_and_the_first_is_kept():
    inputs = [(1.0,), (float("nan"),), (2.0,)]
    count = false_alarms.counted(lambda function, each: each[0] == 1.0, None, inputs)
    assert (count.checks, count.alarms, count.alarms_at_finite) == (3, 2, 1)
    assert np.isnan(count.first[0])


def test_the_script_prints_a_table_and_no_false_alarm(monkeypatch, capsys):
    words = ["false_alarms.py", "--draws", "8", "--only", "relu", "sort", "--without", "PyTorch"]
    monkeypatch.setattr(sys, "argv", [*words, "JAX"])
    false_alarms.main()
    printed = capsys.readouterr().out
    assert "twingrad: 0 false alarms in 16 draws of 2 functions (0.00%)" in printed
    assert "relu" in printed
