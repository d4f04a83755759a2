"""Results: ratios, aims, tables, pictures."""

import doctest
import json

import pytest

from twingrad.benchmarks import conductor, results, table
from twingrad.benchmarks.plot import picture
from twingrad.benchmarks.results import Result, as_data, measured, verdicts
from twingrad.benchmarks.works import WORKS

OURS = Result("large", "twingrad", 1, "1.0", [1e-3, 1.1e-3, 1e-3], 0.1, 2.0, 0.2, 100.0)
TORCH = Result("large", "PyTorch", 1, "2.4", [2e-3, 2.2e-3, 2.4e-3], 1.0, 3.0, 2.0, 300.0)
JAX = Result("large", "JAX, lax.scan", 1, "0.4", [1e-3, 1.1e-3, 1.2e-3], 1.0, 4.0, 3.0, 250.0)
LIMIT = Result("large", "limit", 1, "", [0.9e-3, 0.99e-3, 0.9e-3], 0.0, 0.1, 0.1, 50.0)
MISSING = Result("large", "scikit-learn", 1, note="not installed: pip install scikit-learn")
ALL = [OURS, MISSING, TORCH, JAX, LIMIT]


@pytest.mark.parametrize("module", [conductor, results, table])
def test_examples_in_docstrings_run(module):
    assert doctest.testmod(module).failed == 0


def test_a_ratio_is_taken_round_by_round():
    slow = Result("large", "twingrad", 1, seconds=[1.0, 10.0, 1.0])
    other = Result("large", "PyTorch", 1, seconds=[2.0, 20.0, 3.0])
    assert slow.ratio(other) == 2.0


def test_the_fastest_comes_first_and_who_is_missing_not_at_all():
    assert measured(ALL)[0] is LIMIT
    assert MISSING not in measured(ALL)


def test_aims_are_against_the_fastest_peer_and_the_limit():
    fastest, limit, memory = verdicts(WORKS["large"], ALL)
    assert (fastest.against, fastest.found, fastest.reached) == ("JAX, lax.scan", 1.0, False)
    assert limit.found == pytest.approx(0.9)
    assert str(limit) == "aim: speed of twingrad, 85% of the limit: 90.0%, reached"
    assert (memory.against, memory.found, memory.reached) == ("JAX, lax.scan", 2.5, True)


def test_there_are_no_verdicts_without_ourselves_or_without_peers():
    assert verdicts(WORKS["large"], [TORCH, JAX]) == []
    assert verdicts(WORKS["large"], [OURS, MISSING]) == []


def test_a_table_has_the_fastest_first_and_says_who_is_missing():
    lines = table.table(WORKS["large"], 1, ALL).splitlines()
    assert lines[0] == "epoch of 784-1024-1024-10, batch 256, 1 thread (a step)"
    assert [line.split("  ")[0] for line in lines[2:6]] == [
        "limit",
        "twingrad 1.0",
        "JAX, lax.scan 0.4",
        "PyTorch 2.4",
    ]
    assert lines[6] == "scikit-learn: not installed: pip install scikit-learn"
    assert lines[7].startswith("aim: ")
    assert "2.00x as fast" in lines[5]


def test_a_table_of_nobody_says_so():
    lines = table.table(WORKS["large"], 2, [MISSING]).splitlines()
    assert len(lines) == 2


def test_all_of_it_is_plain_data():
    data = json.loads(json.dumps(as_data("a machine", ALL)))
    assert data["machine"] == "a machine"
    assert [each["peer"] for each in data["results"]] == [each.peer for each in ALL]
    assert data["results"][0]["median"] == 1e-3
    assert data["aims"][0]["reached"] is False


def test_a_picture_has_a_panel_for_each_work():
    other = Result("scalar", "twingrad", 1, seconds=[0.1])
    text = picture([*ALL, other], "a machine", "svg").decode()
    assert text.startswith("<?xml")
    assert picture([], "a machine", "png").startswith(b"\x89PNG")
