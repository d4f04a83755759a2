"""Losses in steps that are recorded: the same on other numbers, whatever options they have."""

import numpy as np
import pytest

from support.losses import CASES, inputs_of, value_of, weights_of
from support.replaying import Replayed, compare
from twingrad import Tensor, nn, tensor
from twingrad.nn import functional
from twingrad.tensor.autograd import grad


def turned(x):
    """The same rows in the opposite order."""
    return Tensor(x.detach().numpy()[::-1].copy() if x.ndim else x.detach().numpy())


def step_of(case, names):
    """A step that gives the loss of a case and the gradients of its leaves."""

    def step(*given):
        inputs = {
            name: each.requires_grad_() if name in case["gradients"] else each
            for name, each in zip(names, given, strict=True)
        }
        root = value_of(case, inputs)
        leaves = [inputs[leaf] for leaf in case["gradients"]]
        return [root, *grad((root * tensor(weights_of(root.shape))).sum(), leaves)]

    return step


@pytest.mark.parametrize("case", CASES)
def test_a_recorded_loss_is_that_of_other_numbers_too(case):
    names = inputs_of(case, "tensor")
    used = {name: x for name, x in names.items() if name in case["call"].split("(", 1)[1]}
    step = step_of(case, used)
    replayed = Replayed(step)
    for again in (False, True, False):
        batch = [turned(x) if again else x.detach().clone() for x in used.values()]
        expected = [each.detach().numpy() for each in step(*[x.clone() for x in batch])]
        compare(replayed(*[x.clone() for x in batch]), expected, 1e-10)


def cross_entropy(x, t):
    x.requires_grad_()
    loss = functional.cross_entropy(x, t)
    return [loss, *grad(loss, [x])]


SCORES = np.arange(12.0).reshape(4, 3) % 5
IGNORED = [[0, -100, 2, 1], [0, 1, 2, 1], [-100] * 4, [2, 2, -100, -100]]


def batches_of(targets):
    return [(Tensor(SCORES), Tensor(np.array(each))) for each in targets]


def test_how_many_classes_are_ignored_may_change_from_batch_to_batch():
    replayed = Replayed(cross_entropy)
    for x, t in batches_of(IGNORED):
        compare(replayed(x, t), [y.detach().numpy() for y in cross_entropy(x.clone(), t)], 1e-12)


@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss", "multi_margin_loss"])
@pytest.mark.parametrize("wrong", [3, -1])
def test_a_class_that_there_is_not_is_refused_while_recording_and_checked_later(loss, wrong):
    def step(x, t):
        return [getattr(functional, loss)(x, t)]

    (good, bad) = batches_of([[0, 1, 2, 1], [0, 1, wrong, 1]])
    with pytest.raises(IndexError, match=f"target must hold classes from 0 to 2, .* got {wrong}"):
        Replayed(step)(*bad)
    replayed = Replayed(step)
    replayed(*good)
    with pytest.raises(AssertionError, match="a check failed"):
        replayed(*bad)


REFUSED = {
    "probabilities": (functional.binary_cross_entropy, [0.5, 0.5], [0.5, 1.5], "target must lie"),
    "inputs": (lambda y, x: functional.binary_cross_entropy(x, y), [0.5, 1.0], [0.5, 2.0], "input"),
    "signs": (functional.hinge_loss, [1.0, -1.0], [1.0, 0.0], "target must hold -1 and 1 only"),
    "truths": (functional.focal_loss, [1.0, 0.0], [1.0, -1.0], "target must hold 0 and 1 only"),
    "variances": (
        lambda x, v: functional.gaussian_nll_loss(x, x, v),
        [1.0, 2.0],
        [1.0, -2.0],
        "var must not be negative, got -2.0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_numbers_out_of_range_are_refused_while_recording_and_checked_later(case):
    loss, good, bad, message = REFUSED[case]
    x = Tensor(np.array([0.25, 0.75]))

    def step(target):
        return [loss(x, target)]

    with pytest.raises(ValueError, match=message):
        Replayed(step)(Tensor(np.array(bad)))
    replayed = Replayed(step)
    replayed(Tensor(np.array(good)))
    with pytest.raises(AssertionError, match="a check failed"):
        replayed(Tensor(np.array(bad)))


@pytest.mark.parametrize("attribute", ["reduction", "label_smoothing", "ignore_index", "weight"])
def test_an_option_of_a_loss_that_changes_outdates_a_recording(attribute):
    new = {"reduction": "sum", "label_smoothing": 0.1, "ignore_index": 1, "weight": None}
    criterion = nn.CrossEntropyLoss(weight=tensor([1.0, 2.0, 3.0], dtype="float64"))
    replayed = Replayed(lambda x, t: [criterion(x, t)])
    replayed(*batches_of(IGNORED)[1])
    setattr(criterion, attribute, getattr(criterion, attribute))
    assert not replayed.is_outdated()
    setattr(criterion, attribute, new[attribute])
    assert replayed.is_outdated()
