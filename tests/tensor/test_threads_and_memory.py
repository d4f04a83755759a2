"""What results may depend on and what they may not, and how much memory a training step takes."""

import os
import subprocess
import sys
import tracemalloc
from itertools import pairwise

import twingrad

PROGRAM = """
import hashlib, numpy as np, twingrad
twingrad.manual_seed(3)
x = twingrad.randn(400, 300, requires_grad=True)
y = (x * x + x).tanh().log_softmax(1)
loss = y.gather(1, twingrad.randint(0, 300, (400, 1))).mean() + x[:, ::3].std() + x.sum(0).norm()
loss.backward()
found = [y.detach(), loss.detach(), x.grad, x.detach().sort(0)[0], twingrad.randperm(1000)]
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in found)).hexdigest())
w = twingrad.randn(300, 200)
print((x.detach() @ w).abs().mean().item())
"""


def run(threads):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    bits, product = ran.stdout.split()
    return bits, float(product)


def test_results_do_not_depend_on_the_number_of_threads():
    """Matrix products are BLAS's: it rounds differently where it divides the work."""
    (bits, product), (others, other) = run(1), run(2)
    assert bits == others
    assert abs(product - other) <= 1e-5 * abs(product)


def test_a_training_step_needs_what_it_saves_and_its_gradients_and_little_more():
    batch, sizes = 2048, (64, 256, 128, 10)
    x = twingrad.randn(batch, sizes[0])
    y = twingrad.randint(0, sizes[-1], (batch, 1))
    layers = [(twingrad.randn(m, n) * 0.1, twingrad.zeros(n)) for m, n in pairwise(sizes)]
    parameters = [p.requires_grad_() for layer in layers for p in layer]

    def step():
        h = x
        for w, b in layers[:-1]:
            h = (h @ w + b).relu()
        w, b = layers[-1]
        loss = -(h @ w + b).log_softmax(1).gather(1, y).mean()
        for p in parameters:
            p.grad = None
        loss.backward()

    step()
    tracemalloc.start()
    try:
        step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    saved = 4 * batch * (256 + 128 + 3 * 10)
    gradients = 4 * sum(p.numel() for p in parameters) + 4 * batch * (256 + 256)
    assert peak <= 1.1 * (saved + gradients), f"{peak / (saved + gradients):.2f} of what it may be"
