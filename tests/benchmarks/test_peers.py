"""Peers do the same work: from the same weights they come to the same losses."""

import numpy as np
import pytest

import twingrad
from support.works import CHECKED, tiny
from twingrad.benchmarks.peers import PEERS, ours
from twingrad.benchmarks.peers.base import Settings
from twingrad.benchmarks.peers.limit import numbers_moved, operands
from twingrad.benchmarks.problem import Problem, one_cycle
from twingrad.benchmarks.processes import Process
from twingrad.benchmarks.works import RATE, WORKS, Recipe

IN_ORDER = Settings(threads=1, shuffled=False)
SHUFFLED = Settings(threads=1, shuffled=True)


def losses(name, work, settings=IN_ORDER, passes=3):
    return PEERS[name].make(work, Problem(work), settings).run(passes)


@pytest.mark.parametrize("recipe", [None, CHECKED], ids=["plain", "regularized"])
@pytest.mark.parametrize("kind", ["epoch", "step"])
@pytest.mark.parametrize("name", ["twingrad", "twingrad, eager"])
def test_we_come_to_the_losses_of_formulas_written_by_hand(name, kind, recipe):
    work = tiny(kind, recipe)
    expected = losses("NumPy by hand", work)
    assert losses(name, work) == pytest.approx(expected, rel=1e-4)
    assert expected[0] != expected[-1]


@pytest.mark.parametrize("sizes", [(3, 5, 4, 3), (2, 6, 2)])
def test_scikit_learn_comes_to_the_same_losses_also_for_two_classes(sizes):
    work = tiny(sizes=sizes)
    expected = losses("NumPy by hand", work)
    assert losses("scikit-learn", work) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["twingrad, eager", "NumPy by hand"])
def test_dropout_and_shuffling_change_the_losses_a_little(name):
    work = tiny(recipe=Recipe(dropout=0.2))
    expected = losses(name, tiny(recipe=CHECKED))
    found = losses(name, work, SHUFFLED)
    assert found != expected
    assert found == pytest.approx(expected, rel=0.5)


def test_micrograds_demo_has_the_same_loss_compiled_and_eager(tmp_path):
    # in a process, where the function that is compiled is no part of the package
    process = Process(PEERS["twingrad"], WORKS["scalar"], 1, str(tmp_path), shuffled=False)
    compiled = process.ask(run=2)["losses"]
    process.end()
    eager = losses("twingrad, eager", WORKS["scalar"], passes=1)
    assert compiled == pytest.approx(eager * 2, rel=1e-12)


def test_what_fails_in_an_endless_fit_is_raised(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("by intent")

    monkeypatch.setattr(ours, "train", fail)
    with pytest.raises(ZeroDivisionError, match="by intent"):
        losses("twingrad", tiny())


def test_one_cycle_is_the_schedule_of_the_library():
    weight = twingrad.zeros(1, requires_grad=True)
    optimizer = twingrad.optim.AdamW([weight], lr=RATE)
    scheduler = twingrad.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, total_steps=50, cycle_momentum=False
    )
    for step in range(49):
        rate = optimizer.param_groups[0]["lr"]
        assert float(one_cycle(np, step, 50)) == pytest.approx(rate, rel=1e-9)
        weight.grad = twingrad.zeros(1)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_ours_to_make_and_is_told_of_by_its_packages(name):
    peer = PEERS[name]
    assert peer.name == name
    assert set(peer.kinds) <= {"epoch", "step", "scalar"}
    absence = peer.absence()
    assert absence == "" or absence.startswith("not installed: pip install ")


def test_the_limit_makes_the_products_of_a_step():
    work = tiny()
    shapes = [(a.shape, b.shape) for a, b in operands(work)]
    forward = [((8, 3), (3, 5)), ((8, 5), (5, 4)), ((8, 4), (4, 3))]
    to_weights = [((5, 8), (8, 3)), ((4, 8), (8, 5)), ((3, 8), (8, 4))]
    to_inputs = [((8, 4), (4, 5)), ((8, 3), (3, 4))]
    assert sorted(shapes) == sorted(forward + to_weights + to_inputs)


def test_the_limit_moves_more_where_there_is_more_to_do():
    plain, regularized = numbers_moved(tiny()), numbers_moved(tiny(recipe=CHECKED))
    assert numbers_moved(tiny("step")) < plain < regularized
    assert plain == 7 * tiny().parameters + 2 * 8 * 3 + 5 * 8 * 9 + 2 * 8 * 3


def test_the_limit_runs_and_has_no_loss():
    assert np.isnan(losses("limit", tiny())).all()
