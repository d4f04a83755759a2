"""The table of works: networks as they are named, aims against peers that there are."""

import pytest

import twingrad
from support.works import CHECKED, tiny
from twingrad.benchmarks.peers import PEERS
from twingrad.benchmarks.peers.base import Settings
from twingrad.benchmarks.peers.dialect import training
from twingrad.benchmarks.problem import Problem
from twingrad.benchmarks.starting import STARTERS
from twingrad.benchmarks.worker import work_of
from twingrad.benchmarks.works import WORKS


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_aims_are_against_peers_that_can_do_the_work(work):
    able = STARTERS if work.kind == "start" else PEERS
    for aim in work.aims:
        for name in (aim.ours, *aim.peers):
            assert name in able
            assert work.kind == "start" or work.kind in PEERS[name].kinds
        assert aim.share is None or work.limited


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_a_title_says_which_network_it_is(work):
    assert work.kind == "scalar" or "-".join(map(str, work.sizes)) in work.title
    assert ("dropout" in work.title) == (work.recipe is not None)


@pytest.mark.parametrize("recipe", [None, CHECKED])
def test_parameters_are_counted(recipe):
    work = tiny(recipe=recipe)
    model = training(twingrad, work, Problem(work)).model
    assert work.parameters == sum(each.numel() for each in model.parameters())


def test_a_work_goes_to_another_process_and_is_the_same_there():
    from dataclasses import asdict, replace

    for work in WORKS.values():
        fields = {name: each for name, each in asdict(work).items() if name != "aims"}
        plain = replace(work, aims=(), quick=False, limited=False)
        assert work_of(fields) == plain


def test_data_and_first_weights_are_the_same_each_time():
    first, second = Problem(tiny()), Problem(tiny())
    assert (first.x == second.x).all()
    assert all((a[0] == b[0]).all() for a, b in zip(first.layers, second.layers))
    PEERS["NumPy by hand"].make(tiny(), first, Settings(1, False)).run(1)
    PEERS["twingrad"].make(tiny(), first, Settings(1, False)).run(1)
    assert all((a[0] == b[0]).all() for a, b in zip(first.layers, second.layers))
