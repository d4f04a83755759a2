"""The state of optimizers: models that move, copies, pickles, state dicts."""

import copy
import pickle

import numpy as np
import pytest

import twingrad
from support.training import KINDS, check_equal, leaf, train
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value, nn, optim


def batch_of(model):
    return np.linspace(-1, 1, 12).reshape(4, 3)


def learn(model, optimizer, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        (model(batch_of(model)) ** 2).mean().backward()
        optimizer.step()


@pytest.fixture
def model():
    twingrad.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(np.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_an_optimizer_follows_a_model_to_the_other_twin_and_back(kind, model):
    other = copy.deepcopy(model)
    optimizer = getattr(optim, kind)(model.parameters(), **KINDS[kind])
    stays = getattr(optim, kind)(other.parameters(), **KINDS[kind])
    for place in ("scalar", "tensor", "scalar"):
        learn(model, optimizer, 2)
        learn(other, stays, 2)
        model.to(place)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(numbers(one), numbers(two), rtol=1e-12, atol=1e-15)
    assert all(isinstance(each, Array) for each in optimizer.param_groups[0]["params"]) is False
    optimizer.step()
    assert all(isinstance(each, Array) for each in optimizer.param_groups[0]["params"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_takes_the_dtype_of_a_model_that_has_moved(kind, model):
    optimizer = getattr(optim, kind)(model.parameters(), **KINDS[kind])
    learn(model, optimizer)
    model.to(np.float32)
    learn(model, optimizer)
    for parameter, entries in optimizer.state.items():
        assert parameter.dtype == np.float32
        arrays = [entry for entry in entries.values() if isinstance(entry, Tensor)]
        assert {entry.dtype for entry in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_and_its_optimizer_are_copied_together(kind, model):
    optimizer = getattr(optim, kind)(model.parameters(), **KINDS[kind])
    learn(model, optimizer, 3)
    other, copied = copy.deepcopy((model, optimizer))
    before = [np.array(numbers(each)) for each in model.parameters()]
    learn(other, copied, 2)
    check_equal([numbers(each) for each in model.parameters()], before)
    learn(model, optimizer, 2)
    check_equal(*[[numbers(each) for each in one.parameters()] for one in (model, other)])
    assert repr(copied.state_dict()) == repr(optimizer.state_dict())


@pytest.mark.parametrize("twin", TWINS)
def test_a_model_and_its_optimizer_are_pickled_together(twin, model):
    model.to(twin)
    optimizer = optim.Adam(model.parameters())
    learn(model, optimizer, 2)
    other, pickled = pickle.loads(pickle.dumps((model, optimizer)))
    learn(model, optimizer)
    learn(other, pickled)
    check_equal(*[[numbers(each) for each in one.parameters()] for one in (model, other)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("twin", TWINS)
def test_a_state_dict_is_a_copy_and_can_be_pickled(kind, twin):
    w = operand(twin, [1.0, -2.0], requires_grad=True)
    optimizer = getattr(optim, kind)([w], **KINDS[kind])
    train(optimizer, [w])
    given = optimizer.state_dict()
    state, text = pickle.loads(pickle.dumps(given)), repr(given)
    assert repr(state) == text
    train(optimizer, [w])
    assert repr(given) == text != repr(optimizer.state_dict())
    optimizer.load_state_dict(state)
    fresh = operand(twin, numbers(w), requires_grad=True)
    other = getattr(optim, kind)([fresh])
    other.load_state_dict(state)
    check_equal(train(optimizer, [w], seed=9), train(other, [fresh], seed=9))
    assert repr(state) == text


def test_a_state_dict_fits_the_other_twin():
    scalar, tensor = (operand(twin, [1.0, -2.0], requires_grad=True) for twin in TWINS)
    first, second = optim.Adam([scalar]), optim.Adam([tensor])
    train(first, [scalar])
    twingrad.no_grad()(lambda: tensor.copy_(Tensor(scalar.data)))()
    second.load_state_dict(first.state_dict())
    check_equal(train(first, [scalar], seed=5), train(second, [tensor], seed=5))


@pytest.mark.parametrize("twin", TWINS)
def test_a_state_dict_that_does_not_fit_changes_nothing(twin):
    def made(*shapes):
        parameters = [operand(twin, np.ones(shape), requires_grad=True) for shape in shapes]
        optimizer = optim.Adam(parameters)
        train(optimizer, parameters)
        return optimizer

    optimizer = made((2, 3), (3,))
    before = repr(optimizer.state_dict())
    for other, message in [
        (made((2, 3)), r"groups of \[2\] parameters, got \[1\]"),
        (made((2, 3), (4,)), r"exp_avg of shape \(4,\) for a parameter of shape \(3,\)"),
        (made((3, 2), (3,)), r"exp_avg of shape \(3, 2\) for a parameter of shape \(2, 3\)"),
    ]:
        with pytest.raises(ValueError, match=f"Adam: state_dict must have .*{message}"):
            optimizer.load_state_dict(other.state_dict())
        assert repr(optimizer.state_dict()) == before
    for nonsense in ({}, {"state": {}}, [1, 2]):
        with pytest.raises(ValueError, match="Adam: state_dict must hold state, param_groups"):
            optimizer.load_state_dict(nonsense)
    assert repr(optimizer.state_dict()) == before


@pytest.mark.parametrize(("kind", "other"), [("Adam", "SGD"), ("SGD", "Adam"), ("SGD", "LBFGS")])
def test_the_state_of_another_class_is_refused(kind, other):
    optimizer = getattr(optim, kind)([Value(1.0)])
    state = getattr(optim, other)([Value(1.0)]).state_dict()
    message = rf"{kind}: param_groups\[0\] of state_dict must hold params, lr, .*got \['lr'"
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)


def test_all_shapes_that_do_not_fit_are_listed():
    def made(*shapes):
        parameters = [leaf(shape) for shape in shapes]
        optimizer = optim.Adam(parameters)
        train(optimizer, parameters, steps=1)
        return optimizer

    with pytest.raises(ValueError, match="build the same model") as error:
        made((2,), (3,), (4,)).load_state_dict(made((2,), (5,), (6,)).state_dict())
    for key in ("exp_avg", "exp_avg_sq"):
        for found, wanted in ((5, 3), (6, 4)):
            text = f"{key} of shape ({found},) for a parameter of shape ({wanted},)"
            assert text in str(error.value)


def test_a_saved_list_of_options_is_a_copy():
    optimizer = optim.Adam([Value(1.0)], betas=[0.5, 0.6])
    state = optimizer.state_dict()
    state["param_groups"][0]["betas"][0] = 0.9
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.param_groups[0]["betas"] == [0.5, 0.6]


@pytest.mark.parametrize("kind", ["SGD", "LBFGS", "Lookahead"])
def test_the_state_is_read_only(kind):
    w = Value(1.0)
    sgd = optim.SGD([w], momentum=0.9)
    optimizer = {"SGD": sgd, "LBFGS": optim.LBFGS([w]), "Lookahead": optim.Lookahead(sgd)}[kind]

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    optimizer.step(closure)
    for entries in (optimizer.state, optimizer.state[w]):
        with pytest.raises(TypeError, match="does not support item assignment"):
            entries[w] = {}
        with pytest.raises(AttributeError, match="clear"):
            entries.clear()
    with pytest.raises(AttributeError, match="state"):
        optimizer.state = {}


def test_a_state_of_no_steps_starts_afresh():
    w = leaf((3,))
    optimizer = optim.Adam([w])
    begin = optimizer.state_dict()
    train(optimizer, [w])
    assert optimizer.state
    optimizer.load_state_dict(begin)
    assert optimizer.state == {}
