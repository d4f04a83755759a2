"""One code for several numbers of rows."""

import numpy as np
import pytest

import twingrad
from twingrad import nn, optim
from twingrad.nn import functional as F
from twingrad.tensor.compiler.row_steps import RowSteps
from twingrad.tensor.compiler.sizes import sized

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 3)), RNG.integers(0, 4, 50)


def made(seed=0):
    """A step on rows, and its model."""
    twingrad.manual_seed(seed)
    model = nn.MLP(3, [5], 4).to(twingrad.float64)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return [loss]

    return step, model


def recorded(rows, step):
    steps = RowSteps(step, [X, Y], "a step")
    steps.record(np.arange(rows))
    return steps


def test_codes_that_differ_in_numbers_become_one():
    step, _ = made()
    texts = [recorded(rows, step).bound.source.text for rows in (20, 7, 11)]
    shared = {sized(a, b).text for a in texts for b in texts if a != b}
    assert len(shared) == 1


def test_codes_that_differ_otherwise_do_not():
    step, _ = made()
    other = RowSteps(lambda x, y: [x.sum()], [X, Y], "a step")
    other.record(np.arange(7))
    assert sized(recorded(20, step).bound.source.text, other.bound.source.text) is None


def test_equal_codes_need_no_variables():
    step, _ = made()
    text = recorded(20, step).bound.source.text
    assert sized(text, text).text == text


def test_both_sizes_compute_what_the_step_does():
    step, model = made()
    full, short = recorded(20, step), recorded(7, step)
    assert full.share(short)
    for steps in (full, short):
        steps.compile()
    expected, other = made()
    expected(twingrad.tensor(X[:20]), twingrad.tensor(Y[:20]))
    expected(twingrad.tensor(X[:7]), twingrad.tensor(Y[:7]))
    found = [full.run(np.arange(40))[:, 0], short.run(np.arange(40, 47))[:, 0]]
    losses = [
        expected(twingrad.tensor(X[a:b]), twingrad.tensor(Y[a:b]))[0].item()
        for a, b in ((0, 20), (20, 40), (40, 47))
    ]
    np.testing.assert_allclose(np.concatenate(found), losses, rtol=1e-12)
    for mine, theirs in zip(model.parameters(), other.parameters()):
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-10)


@pytest.mark.parametrize("rows", [1, 2])
def test_sizes_whose_code_is_another_one_are_compiled_apart(rows):
    step, _ = made()
    full, short = recorded(20, step), recorded(rows, step)
    if not full.share(short):
        short.compile()
        assert short.run(np.arange(rows)).shape == (1, 1)
