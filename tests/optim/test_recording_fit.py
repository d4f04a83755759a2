"""The step of ``fit`` that is recorded: loss, penalties, right rows and norm as operands."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import twingrad
from support.replaying import Replayed, compare
from twingrad import Tensor, nn, optim
from twingrad.nn import functional
from twingrad.optim.training.batches import Batch
from twingrad.optim.training.descent import compute_gradients, descend
from twingrad.optim.training.objective import Objective

RNG = np.random.default_rng(8)
ROWS = 6


def planned(kind, loss, outputs, per_row=True, clip=True):
    twingrad.manual_seed(0)
    layers = [nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, outputs)]
    model = nn.Sequential(*layers).double()
    return SimpleNamespace(
        model=model,
        optimizer=optim.Adam(model.parameters(), lr=0.1),
        objective=Objective(loss, kind, "fit", per_row),
        regularizers=[nn.L2(0.1), nn.L1(0.2)],
        clip=(lambda p: nn.utils.clip_grad_norm_(p, 0.3)) if clip else None,
    )


def own_loss(output, target):
    return (output - target).square().mean()


CLASSES = partial(RNG.integers, 0, 2, ROWS)
SEVERAL = partial(RNG.integers, 0, 2, (ROWS, 2))
NUMBERS = partial(RNG.normal, size=ROWS)
CHANCES = partial(RNG.uniform, size=ROWS)
CASES = {
    "classes": ("classes", "auto", 2, CLASSES),
    "two classes by one output": ("classes", "auto", 1, CLASSES),
    "several classes": ("classes", "auto", 2, SEVERAL, False),
    "numbers": ("numbers", "auto", 1, NUMBERS),
    "classes as numbers": ("classes", "mse", 1, CLASSES),
    "hinges": ("classes", nn.HingeLoss(), 1, CLASSES),
    "margins": ("classes", nn.MultiMarginLoss(), 2, CLASSES),
    "smoothing": ("classes", nn.CrossEntropyLoss(label_smoothing=0.1), 2, CLASSES),
    "a function of ours": ("numbers", functional.l1_loss, 1, NUMBERS),
    "a function": ("numbers", own_loss, 1, NUMBERS),
    "a function of rows": ("numbers", lambda x, y: (x - y).abs(), 1, NUMBERS),
    "chances of two classes": ("numbers", nn.CrossEntropyLoss(), 2, CHANCES),
}


def results_of(found):
    norm = [] if found.gradient_norm is None else [found.gradient_norm]
    right = found.right or []
    return [*found.losses, *found.penalties, *norm, *map(tensor_of, right)]


def tensor_of(count):
    return count if isinstance(count, Tensor) else Tensor(np.array(count))


def check(plans, batches, parts=1):
    """Compare the recorded step of one plan with the eager step of the other."""
    plan, eager = plans

    def step(*given):
        group = [Batch(*given[3 * k : 3 * k + 3]) for k in range(parts)]
        return results_of(descend(plan, group))

    def all_given(*given):
        tensors = iter(given)  # there are no weights where there are none in the first batch
        return step(*[None if each is None else next(tensors) for each in batches[0]])

    replayed = Replayed(all_given)
    for batch in batches:
        triples = zip(batch[::3], batch[1::3], batch[2::3], strict=True)
        group = [Batch(Tensor(x), Tensor(y), weights) for x, y, weights in triples]
        measured = compute_gradients(eager, group)
        expected = [each.detach().numpy() for each in results_of(measured)]
        eager.optimizer.step()
        found = replayed(*[Tensor(each) for each in batch if each is not None])
        compare([np.asarray(each) for each in found], expected, 1e-10)
        for name in ("model", "optimizer"):
            own, other = getattr(plan, name), getattr(eager, name)
            compare(own.state_dict(), other.state_dict(), 1e-10)
    assert replayed.recordings == 1


def inputs():
    return RNG.normal(size=(ROWS, 3))


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_a_step_of_fit_is_that_of_other_batches_too(case, clip):
    kind, loss, outputs, targets, *per_row = CASES[case]
    plans = [planned(kind, loss, outputs, *per_row, clip=clip) for _ in range(2)]
    check(plans, [(inputs(), targets(), None) for _ in range(4)])


@pytest.mark.parametrize("case", ["classes", "numbers", "two classes by one output"])
def test_weights_of_rows_are_inputs_of_a_step(case):
    kind, loss, outputs, targets = CASES[case]
    plans = [planned(kind, loss, outputs) for _ in range(2)]
    weights = [RNG.uniform(size=ROWS), np.zeros(ROWS), np.eye(ROWS)[0], np.ones(ROWS)]
    check(plans, [(inputs(), targets(), each) for each in weights])


@pytest.mark.parametrize("weighted", [True, False])
def test_several_batches_make_one_step(weighted):
    plans = [planned("classes", "auto", 2) for _ in range(2)]

    def batch(rows):
        weights = RNG.uniform(size=rows) if weighted else None
        return RNG.normal(size=(rows, 3)), RNG.integers(0, 2, rows), weights

    check(plans, [(*batch(6), *batch(4)) for _ in range(4)], parts=2)


def test_a_loss_that_is_no_number_is_a_check():
    plan = planned("numbers", "auto", 1)

    def step(x, y):
        return results_of(descend(plan, [Batch(x, y, None)]))

    replayed = Replayed(step)
    replayed(Tensor(inputs()), Tensor(NUMBERS()))
    with pytest.raises(AssertionError, match="a check failed"):
        replayed(Tensor(inputs() * np.nan), Tensor(NUMBERS()))
    before = plan.model.state_dict()["0.weight"].numpy().copy()
    descend(plan, [Batch(Tensor(inputs() * np.nan), Tensor(NUMBERS()), None)])
    np.testing.assert_array_equal(plan.model.state_dict()["0.weight"].numpy(), before)


def test_an_output_too_few_is_refused_while_recording():
    plan = planned("classes", "auto", 1)
    step = Replayed(lambda x, y: results_of(descend(plan, [Batch(x, y, None)])))
    with pytest.raises(ValueError, match="got 1 for classes up to 2: give it 3 outputs"):
        step(Tensor(inputs()), Tensor(np.array([0, 1, 2, 0, 1, 2])))
