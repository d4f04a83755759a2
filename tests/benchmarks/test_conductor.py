"""Peers in processes of their own: turns, what they find around them, and how they fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.works import CHECKED, tiny
from twingrad import benchmarks
from twingrad.benchmarks import conductor
from twingrad.benchmarks.conductor import Contender, Effort, compare, peers_for
from twingrad.benchmarks.peers import PEERS
from twingrad.benchmarks.peers.base import Peer
from twingrad.benchmarks.processes import PeerFailed, Process, environment, tuned
from twingrad.benchmarks.starting import compare_starts
from twingrad.benchmarks.works import WORKS

BRIEF = Effort(rounds=2, fill=0.001, pause=0.0, passes=2, warm=False)
HAND = "NumPy by hand"


def quietly(said):
    """Say nothing."""


def test_who_is_there_is_measured_and_who_is_not_is_named(monkeypatch):
    absent = Peer("PyTorch", ("no_such_package",), ("epoch",), PEERS[HAND].make)
    monkeypatch.setattr(conductor, "PEERS", {**PEERS, "PyTorch": absent})
    said = []
    names = ["twingrad, eager", "PyTorch", HAND]
    ours, missing, hand = compare(tiny(), names, 1, BRIEF, said.append)
    assert missing.note == "not installed: pip install no_such_package"
    assert missing.seconds == []
    for result in (ours, hand):
        assert result.note == ""
        assert len(result.seconds) == 2
        assert min(result.seconds) > 0
        assert result.cold > 0
        assert result.warm is None
        assert result.peak > 10
    assert said == [f"tiny-epoch, 1 thread: {name}" for name in names]


def test_caches_are_filled_before_turns_are_taken():
    effort = Effort(rounds=1, fill=0.001, pause=0.0, passes=2)
    (result,) = compare(tiny(recipe=CHECKED), [HAND], 1, effort, quietly)
    assert result.cold > 0
    assert result.warm > 0


def test_who_does_other_work_is_left_out():
    contenders = [Contender(PEERS[name], tiny(), 1, "") for name in ("twingrad", HAND)]
    contenders[0].losses, contenders[1].losses = [1.0, 0.9], [1.0, 0.8]
    conductor._exclude_who_disagrees(contenders)
    assert contenders[0].result.note.startswith("left out: twingrad and NumPy by hand differ")
    assert contenders[1].result.note == ""


def test_who_cannot_do_a_work_says_why():
    (result,) = compare(tiny(recipe=CHECKED), ["scikit-learn"], 1, BRIEF, quietly)
    assert result.note == "it has neither dropout nor batch normalization"


def test_a_process_that_fails_says_why(tmp_path):
    unknown = Peer("nobody", (), ("epoch",), PEERS[HAND].make)
    with pytest.raises(PeerFailed, match="KeyError: 'nobody'"):
        Process(unknown, tiny(), 1, str(tmp_path), shuffled=False)


def test_a_process_that_ends_is_noticed(tmp_path):
    process = Process(PEERS[HAND], tiny(), 1, str(tmp_path), shuffled=False)
    process._process.kill()
    process._process.wait()
    with pytest.raises(PeerFailed, match="its process ended: exit code -9"):
        process.ask(run=1)
    process.end()


def test_all_have_the_same_threads_and_no_library_is_tuned(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert {"OPENBLAS_CORETYPE", "OMP_NUM_THREADS"} <= {*tuned()}
    found = environment(2, "somewhere")
    assert "OPENBLAS_CORETYPE" not in found
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "2"
    assert found["NUMBA_CACHE_DIR"].startswith("somewhere")


def test_a_peer_does_not_pay_for_the_import_of_ours():
    folder = Path(benchmarks.__file__).parent
    code = (
        f"import sys; sys.path.insert(0, {str(folder.parent)!r}); "
        "import benchmarks.worker, benchmarks.process; "
        "print([name for name in ('twingrad', 'torch', 'jax', 'sklearn') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert ran.stdout == "[]\n", ran.stderr


def test_in_a_hurry_the_slow_ones_are_left_out():
    work = WORKS["tiny-epoch"]
    slow = {name for name, peer in PEERS.items() if peer.slow}
    assert {*peers_for(work, quick=False)} - {*peers_for(work, quick=True)} == slow
    assert "limit" not in peers_for(work, quick=False)
    assert "limit" in peers_for(WORKS["large"], quick=False)


def test_moons_are_trained_from_the_start_of_a_process():
    (*results, missing) = compare_starts(
        WORKS["start"], ["twingrad", "scikit-learn", "PyTorch"], 1, Effort(rounds=1), quietly
    )
    assert bool(missing.note) == bool(PEERS["PyTorch"].absence())
    for result in results:
        assert result.note == ""
        assert len(result.seconds) == 1
        assert result.peak > 10
