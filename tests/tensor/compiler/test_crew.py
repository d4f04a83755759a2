"""Threads that share large loops and products."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import twingrad
from twingrad.tensor.compiler import crew

STEP = """
import hashlib, numpy as np, twingrad
rng = np.random.default_rng(0)
x, w = (twingrad.tensor(rng.normal(size=s).astype(np.float32)) for s in ((300, 400), (400, 520)))

@twingrad.compile
def step(x, scale):
    y = (x @ w) * scale
    return y.tanh().sum(), y * 2 + 1, w.T @ x.T

for _ in range(5):
    found = step(x, 0.5)
print(hashlib.sha256(b"".join(each.numpy().tobytes() for each in found)).hexdigest())
"""


def run(code, **environment):
    """What a new process prints."""
    variables = {k: v for k, v in os.environ.items() if not k.endswith("NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=variables | environment,
    )
    return found.stdout.strip()


def test_results_do_not_depend_on_the_number_of_threads():
    assert run(STEP) == run(STEP, OMP_NUM_THREADS="1")


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
def test_the_number_of_threads_is_what_the_environment_asks_for(monkeypatch, name):
    for each in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(each, raising=False)
    most = crew.threads()
    monkeypatch.setenv(name, "1")
    assert crew.threads() == 1
    monkeypatch.setenv(name, "1000")
    assert crew.threads() == most
    monkeypatch.setenv(name, "many")
    assert crew.threads() == most


def test_large_work_gives_what_eager_gives():
    rng = np.random.default_rng(1)
    x, w = (twingrad.tensor(rng.normal(size=s)) for s in ((260, 300), (300, 310)))
    shift = twingrad.tensor(0.25)

    def step(x):
        y = x @ w
        big = x.broadcast_to((3, 260, 300)) * 2
        return y, (w.T @ x.T), big.exp() * (y.sum() * 1e-3 + shift)

    compiled = twingrad.compile(step)
    compiled(x)
    for found, expected in zip(compiled(x), step(x)):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-10, atol=1e-12)
    assert "shared(" in compiled.source


def test_several_threads_may_run_steps_at_once():
    rng = np.random.default_rng(2)
    x, w = (twingrad.tensor(rng.normal(size=s)) for s in ((300, 300), (300, 300)))
    steps = [twingrad.compile(lambda x, k=k: (x @ w) * k) for k in range(1, 4)]
    for step in steps:
        step(x)
    expected = (x @ w).numpy()
    wrong = []

    def work(k, step):
        for _ in range(30):
            if not np.allclose(step(x).numpy(), k * expected, rtol=1e-9):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=each) for each in enumerate(steps, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_does_its_work_alone_or_with_threads_of_its_own():
    code = STEP.replace(
        "print(",
        """import os
if os.fork() == 0:
    found = step(x, 0.5)
    os._exit(0 if np.isfinite(found[0].item()) else 1)
_, status = os.wait()
assert status == 0
print(""",
    )
    assert run(code) == run(STEP)


def test_small_steps_start_no_threads():
    code = """
import threading, twingrad
step = twingrad.compile(lambda x: (x @ x).sum())
for _ in range(3):
    step(twingrad.ones(4, 4))
print([thread.name for thread in threading.enumerate() if "crew" in thread.name])
"""
    assert run(code) == "[]"
