"""What all optimizers share: groups, packing, models that move, copies, state dicts, errors."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value, nn, optim
from twingrad.optim.packing import LARGE

KINDS = {
    "SGD": {"momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "NAdam": {},
    "RAdam": {"betas": (0.9, 0.9)},
    "Adamax": {},
    "Adagrad": {"initial_accumulator_value": 0.1},
    "Adadelta": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Rprop": {},
    "ASGD": {"t0": 1.0},
    "Lion": {"weight_decay": 0.1},
}
"""Every optimizer that has a rule, with options that make it remember much."""


def gradient_of(parameter, seed):
    """Numbers like a parameter, drawn anew for every seed."""
    shape = numbers(parameter).shape
    return np.random.default_rng(seed).normal(size=shape).astype(numbers(parameter).dtype)


def put(parameter, gradient):
    parameter.grad = Tensor(gradient) if isinstance(parameter, Tensor) else gradient


def train(optimizer, parameters, steps=5, seed=0):
    """Updates with random gradients; gives the numbers at the end."""
    for step in range(steps):
        for k, parameter in enumerate(parameters):
            put(parameter, gradient_of(parameter, seed + 100 * step + k))
        optimizer.step()
    return [np.array(numbers(parameter)) for parameter in parameters]


def leaf(shape, dtype=np.float64, seed=7):
    data = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return Tensor(data, requires_grad=True)


def check_equal(ones, others):
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=1, max_size=5),
    st.sampled_from([np.float32, np.float64]),
)
def test_packed_parameters_go_as_each_goes_alone(kind, shapes, dtype):
    def made():
        return [leaf(shape, dtype, seed=k) for k, shape in enumerate(shapes)]

    together, apart = made(), made()
    packed = train(getattr(optim, kind)(together, **KINDS[kind]), together)
    singles = [getattr(optim, kind)([each], **KINDS[kind]) for each in apart]
    for step in range(5):
        for k, (single, parameter) in enumerate(zip(singles, apart, strict=True)):
            put(parameter, gradient_of(parameter, 100 * step + k))
            single.step()
    check_equal(packed, [numbers(each) for each in apart])


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6))
def test_missing_gradients_leave_a_parameter_and_its_state_alone(kind, present):
    together, apart = ([leaf((2,), seed=k) for k in range(3)] for _ in range(2))
    optimizer = getattr(optim, kind)(together, **KINDS[kind])
    singles = [getattr(optim, kind)([each], **KINDS[kind]) for each in apart]
    for step, row in enumerate(present):
        for k, is_there in enumerate(row):
            gradient = gradient_of(together[k], 10 * step + k) if is_there else None
            for parameter in (together[k], apart[k]):
                parameter.grad = None if gradient is None else Tensor(gradient)
            singles[k].step()
        optimizer.step()
    check_equal([numbers(each) for each in together], [numbers(each) for each in apart])
    for one, other, single in zip(together, apart, singles, strict=True):
        known, expected = optimizer.state.get(one, {}), single.state.get(other, {})
        assert known.keys() == expected.keys()
        for key in known:
            np.testing.assert_array_equal(known[key], expected[key])


def test_scalars_are_remembered_for_each_parameter():
    together, apart = ([leaf((2,), seed=k) for k in range(2)] for _ in range(2))
    optimizer = optim.NAdam(together)
    singles = [optim.NAdam([each]) for each in apart]
    for k, decay in enumerate([0.004, 0.5]):
        optimizer.param_groups[0]["momentum_decay"] = decay
        singles[k].param_groups[0]["momentum_decay"] = decay
        optimizer.zero_grad()
        for parameter in (together[k], apart[k]):
            put(parameter, np.ones(2))
        optimizer.step()
        singles[k].step()
    singles[0].param_groups[0]["momentum_decay"] = 0.5
    ends = train(optimizer, together, steps=1)
    alone = [train(one, [each], 1, k)[0] for k, (one, each) in enumerate(zip(singles, apart))]
    check_equal(ends, alone)


def test_what_a_state_begins_with_is_decided_at_the_first_update():
    early, late = Value(0.0), Value(0.0)
    optimizer = optim.Rprop([early, late], lr=0.1)
    early.grad = 1.0
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.5
    late.grad = 1.0
    optimizer.step()
    assert late.data == -0.5
    assert early.data == pytest.approx(-0.1 - 0.12)


@pytest.mark.parametrize("kind", KINDS)
@given(st.permutations(range(3)))
def test_the_order_of_groups_and_parameters_does_not_matter(kind, order):
    def trained(order):
        parameters = [leaf((k + 1,), seed=k) for k in range(3)]
        groups = [{"params": [parameters[k]], "lr": 0.01 * (k + 1)} for k in order]
        return train(getattr(optim, kind)(groups, **KINDS[kind]), parameters)

    check_equal(trained(order), trained(range(3)))


def transposed(data):
    return Tensor(data.T).T


def strided(data):
    return Tensor(np.repeat(data, 2, axis=0))[::2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", [transposed, strided])
@pytest.mark.parametrize("rows", [3, LARGE // 4])
def test_parameters_may_lie_in_memory_as_they_like(kind, layout, rows):
    data = np.random.default_rng(0).normal(size=(rows, 4))
    odd, plain = layout(data).requires_grad_(), Tensor(data).requires_grad_()
    assert not odd.detach().numpy().flags.c_contiguous
    ends = [train(getattr(optim, kind)([each], **KINDS[kind]), [each]) for each in (odd, plain)]
    check_equal(*ends)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [LARGE - 1, LARGE])
def test_a_large_parameter_is_updated_where_it_lies(kind, size):
    data = np.random.default_rng(0).normal(size=size)
    whole = Tensor(data.copy(), requires_grad=True)
    parts = [Tensor(part.copy(), requires_grad=True) for part in np.array_split(data, 3)]
    one = getattr(optim, kind)([whole], **KINDS[kind])
    other = getattr(optim, kind)(parts, **KINDS[kind])
    memory = whole.detach().numpy()
    for step in range(3):
        gradient = gradient_of(whole, step)
        put(whole, gradient)
        for parameter, part in zip(parts, np.array_split(gradient, 3), strict=True):
            put(parameter, part)
        one.step()
        other.step()
    np.testing.assert_array_equal(memory, np.concatenate([numbers(each) for each in parts]))


@pytest.mark.parametrize("kind", KINDS)
def test_dtypes_may_be_mixed_in_a_group(kind):
    mixed = [leaf((3,), np.float32), leaf((2, 2)), leaf((4,), np.float32)]
    alone = [leaf((3,), np.float32), leaf((4,), np.float32)]
    optimizer = getattr(optim, kind)(mixed, **KINDS[kind])
    other = getattr(optim, kind)(alone, **KINDS[kind])
    for step in range(4):
        for parameter in [*mixed, *alone]:
            put(parameter, gradient_of(parameter, step))
        optimizer.step()
        other.step()
    check_equal([numbers(mixed[0]), numbers(mixed[2])], [numbers(each) for each in alone])
    for entries in optimizer.state_dict()["state"].values():
        for key, entry in entries.items():
            assert key in ("step", "mu_product", "eta", "mu") or isinstance(entry, Tensor)


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


def test_the_state_of_tensors_shares_the_memory_of_the_optimizer():
    w = leaf((3,))
    optimizer = optim.SGD([w], lr=0.0, momentum=0.5)
    train(optimizer, [w], steps=1)
    buffer = optimizer.state[w]["momentum_buffer"]
    before = buffer.tolist()
    put(w, np.zeros(3))
    optimizer.step()
    assert buffer.tolist() == [0.5 * each for each in before]


@pytest.mark.parametrize("size", [4, LARGE])
def test_a_graph_that_needs_the_old_weights_fails(size):
    w = leaf((size,))
    loss = (w * w).sum()
    put(w, np.ones(size))
    optim.SGD([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match="an update"):
        loss.backward()


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_leaves_no_history(kind):
    w = leaf((3,))
    train(getattr(optim, kind)([w]), [w])
    assert w.is_leaf
    assert w.requires_grad


@pytest.mark.parametrize("twin", TWINS)
def test_a_step_takes_a_closure_that_may_record(twin):
    w = operand(twin, [3.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with twingrad.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0
    assert w.tolist() == [1.5]
    assert optimizer.step() is None


@pytest.mark.parametrize("twin", [*TWINS, None])
def test_gradients_are_forgotten_or_set_to_zero(twin):
    w = Value(2.0) if twin is None else operand(twin, [2.0, 1.0], requires_grad=True)
    unused = operand("tensor", [1.0], requires_grad=True)
    optimizer = optim.SGD([w, unused])
    w.grad = Tensor(np.array([np.inf, np.nan])) if twin == "tensor" else np.nan
    optimizer.zero_grad(set_to_none=False)
    assert not np.any(numbers(w.grad))
    assert unused.grad is None
    optimizer.zero_grad()
    assert w.grad is None


def test_groups_have_options_of_their_own():
    first, second, third = Value(0.0), Value(0.0), Value(0.0)
    optimizer = optim.SGD(
        [{"params": [first]}, {"params": second, "lr": 0.1, "maximize": True}], lr=1.0
    )
    optimizer.add_param_group({"params": [third], "momentum": 0.5})
    for _ in range(2):
        for w in (first, second, third):
            w.grad = 1.0
        optimizer.step()
    assert [first.data, second.data, third.data] == [-2.0, 0.2, -1.0 - 1.5]
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.1, 1.0]
    assert optimizer.defaults["maximize"] is False


def test_options_may_change_between_steps():
    w = Value(0.0)
    optimizer = optim.Adam([w], lr=1.0)
    for rate, amsgrad in [(1.0, False), (0.0, False), (0.5, True)]:
        optimizer.param_groups[0] |= {"lr": rate, "amsgrad": amsgrad}
        w.grad = 2.0
        optimizer.step()
    assert w.data == pytest.approx(-1.5)
    assert "max_exp_avg_sq" in optimizer.state[w]


def test_named_parameters_keep_their_names():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_a_repr_lists_the_options_of_every_group():
    text = repr(optim.Rprop([{"params": [Value(1.0)]}, {"params": [Value(1.0)], "lr": 0.5}]))
    assert text.splitlines() == [
        "Rprop (",
        *["Parameter Group 0", "    etas: (0.5, 1.2)", "    lr: 0.01", "    maximize: False"],
        "    step_sizes: (1e-06, 50.0)",
        *["Parameter Group 1", "    etas: (0.5, 1.2)", "    lr: 0.5", "    maximize: False"],
        "    step_sizes: (1e-06, 50.0)",
        ")",
    ]


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
        with pytest.raises(ValueError, match="Adam: state_dict must hold 'state' and"):
            optimizer.load_state_dict(nonsense)
    assert repr(optimizer.state_dict()) == before
