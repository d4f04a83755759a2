"""What all optimizers share: groups, packing, missing gradients, closures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.training import KINDS, check_equal, gradient_of, leaf, put, train
from support.twins import TWINS, numbers, operand
from twingrad import Tensor, Value, nn, optim
from twingrad.optim.packing import LARGE


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
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
@settings(max_examples=30)
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
@settings(max_examples=10)
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
def test_parameters_of_both_twins_may_be_in_one_group(kind):
    mixed = [operand(twin, [1.0, -2.0], requires_grad=True) for twin in TWINS]
    alone = [operand(twin, [1.0, -2.0], requires_grad=True) for twin in TWINS]
    optimizer = getattr(optim, kind)(mixed, **KINDS[kind])
    others = [getattr(optim, kind)([each], **KINDS[kind]) for each in alone]
    for step in range(4):
        for parameter in [*mixed, *alone]:
            put(parameter, gradient_of(parameter, step))
        for each in [optimizer, *others]:
            each.step()
    check_equal([numbers(each) for each in mixed], [numbers(each) for each in alone])


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
