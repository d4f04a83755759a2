"""LBFGS: PyTorch's numbers, its line search, its memory."""

import copy
import json
from itertools import count, pairwise
from math import nan

import numpy as np
import pytest

from support.optimizers import LBFGS, current, leaves, name, put_gradients
from support.twins import TWINS, operand
from twingrad import Tensor, Value, nn, optim

SEARCHES = [None, "strong_wolfe"]


def closure_of(problem, parameters):
    """The closure of a golden problem; it gives a plain number."""

    def closure():
        return put_gradients(problem, parameters)

    return closure


def check_case(case, twin, restarted=None):
    """Make the steps of a golden case; ``restarted`` gives the state dict to go on from."""
    problem = case["problem"]
    parameters = leaves(problem, twin)
    optimizer = optim.LBFGS(parameters, **case["options"])
    closure = closure_of(problem, parameters)
    for step, (seen, loss, counts) in enumerate(
        zip(case["seen"], case["losses"], case["counts"], strict=True), 1
    ):
        assert optimizer.step(closure) == pytest.approx(loss, rel=1e-9, abs=1e-15)
        for own, expected in zip(current(parameters), seen, strict=True):
            np.testing.assert_allclose(own, expected, rtol=1e-10, atol=1e-13, err_msg=f"{step}")
        (known,) = optimizer.state.values()
        assert [known["func_evals"], known["n_iter"]] == counts
        if restarted is not None and step == LBFGS["resumed"]:
            state = restarted(optimizer.state_dict())
            optimizer = optim.LBFGS(parameters)
            optimizer.load_state_dict(state)


@pytest.mark.parametrize("twin", [None, *TWINS])
@pytest.mark.parametrize("case", LBFGS["cases"], ids=name)
def test_every_twin_goes_where_pytorch_goes(case, twin):
    if twin is None and case["problem"] != "rosenbrock":
        return
    check_case(case, twin)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", LBFGS["cases"], ids=name)
def test_a_fresh_one_goes_on_from_a_state_dict(case, twin):
    check_case(case, twin, restarted=copy.deepcopy)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", [each for each in LBFGS["cases"] if each["state"]], ids=name)
def test_it_goes_on_from_a_state_dict_of_pytorch(case, twin):
    state = json.loads(json.dumps(case["state"]))
    entries = state["state"].pop("0")
    # PyTorch keeps a buffer of its first loop there too
    state["state"][0] = entries | {"al": [0.25, None]}
    check_case(case, twin, restarted=lambda _: state)


@pytest.mark.parametrize("case", [each for each in LBFGS["cases"] if each["state"]], ids=name)
def test_a_state_dict_has_the_entries_of_pytorch(case):
    def check(own):
        entries = own["state"][0]
        assert set(entries) == set(case["state"]["state"]["0"])
        assert set(own["param_groups"][0]) == set(case["state"]["param_groups"][0])
        assert isinstance(entries["d"], Tensor)
        for key in ("old_dirs", "old_stps", "ro"):
            assert len(entries[key]) == len(case["state"]["state"]["0"][key])
        return own

    check_case(case, "tensor", restarted=check)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("search", SEARCHES)
def test_a_quadratic_is_solved_with_gradients_of_the_graph(twin, search):
    x = operand(twin, [[3.0, -2.0], [0.5, 1.0]], requires_grad=True)
    scale = np.array([[1.0, 2.0], [3.0, 0.5]])
    optimizer = optim.LBFGS([x], line_search_fn=search)

    def closure():
        optimizer.zero_grad()
        loss = (scale * (x - 1.0) ** 2).sum()
        loss.backward()
        return loss

    first = optimizer.step(closure)
    assert first.item() == pytest.approx(4.0 + 18.0 + 0.75)
    optimizer.step(closure)
    np.testing.assert_allclose(x.tolist(), np.ones((2, 2)), atol=1e-6)


def test_parameters_without_a_gradient_stay():
    used, unused = Value(1.0), Value(5.0)
    optimizer = optim.LBFGS([used, unused], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = used**2
        loss.backward()
        return loss

    optimizer.step(closure)
    assert abs(used.data) < 1e-6
    assert unused.data == 5.0


def test_a_model_may_move_between_steps():
    model = nn.Linear(2, 1, backend="scalar")
    optimizer = optim.LBFGS(model.parameters(), max_iter=3, line_search_fn="strong_wolfe")
    inputs = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0]])
    targets = inputs @ np.array([[2.0], [-1.0]]) + 0.5

    def closure():
        optimizer.zero_grad()
        loss = ((model(inputs) - targets) ** 2).mean()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item()]
    for place, dtype in [("tensor", "float64"), (np.float32, "float32"), ("scalar", "float64")]:
        model.to(place)
        losses.append(optimizer.step(closure).item())
        entries = optimizer.state_dict()["state"][0]
        assert {entry.dtype for entry in [entries["d"], *entries["old_dirs"]]} == {np.dtype(dtype)}
    assert all(after < before for before, after in pairwise(losses))
    assert losses[-1] < 1e-2


def test_a_step_ends_where_all_elements_change_too_little():
    w = Value(1.0)
    optimizer = optim.LBFGS([w], lr=1e-10)
    calls = []

    def closure():
        calls.append(w.data)
        w.grad = 1e4
        return 1e4 * w.data

    optimizer.step(closure)
    assert len(calls) == 2


def test_parameters_of_two_dtypes_keep_them():
    single = Tensor(np.array([1.0], np.float32), requires_grad=True)
    double = Tensor(np.array([2.0]), requires_grad=True)
    optimizer = optim.LBFGS([single, double], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (single**2).sum().double() + (double**4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert abs(single.item()) < 1e-3
    assert abs(double.item()) < 0.1


def test_it_is_copied_with_its_model():
    model = nn.Linear(3, 2)
    optimizer = optim.LBFGS(model.parameters(), max_iter=2)

    def closure_for(model, optimizer):
        def closure():
            optimizer.zero_grad()
            loss = (model(np.eye(3, dtype=np.float32)) ** 2).sum()
            loss.backward()
            return loss

        return closure

    optimizer.step(closure_for(model, optimizer))
    other, copied = copy.deepcopy((model, optimizer))
    before = model.weight.tolist()
    copied.step(closure_for(other, copied))
    assert model.weight.tolist() == before
    optimizer.step(closure_for(model, optimizer))
    assert model.weight.tolist() == other.weight.tolist() != before


def test_hooks_are_called_around_its_steps():
    w = Value(1.0)
    optimizer = optim.LBFGS([w], max_iter=1)
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(w.data))
    optimizer.register_step_post_hook(lambda *_: seen.append(w.data))

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    optimizer.step(closure)
    assert seen == [1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "LBFGS: lr must be at least 0"),
        ({"max_iter": 0}, "LBFGS: max_iter must be at least 1"),
        ({"max_eval": 0}, "LBFGS: max_eval must be at least 1"),
        ({"history_size": 0}, "LBFGS: history_size must be at least 1"),
        ({"tolerance_grad": -1e-9}, "LBFGS: tolerance_grad must be at least 0"),
        ({"tolerance_change": nan}, "LBFGS: tolerance_change must be at least 0"),
        ({"line_search_fn": "armijo"}, "LBFGS: line_search_fn must be 'strong_wolfe' or None"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        optim.LBFGS([Value(1.0)], **options)


def test_counts_must_be_whole():
    with pytest.raises(TypeError, match="LBFGS: max_iter must be a whole number, got float"):
        optim.LBFGS([Value(1.0)], max_iter=2.5)


def test_a_second_group_is_refused():
    groups = [{"params": [Value(1.0)]}, {"params": [Value(2.0)]}]
    with pytest.raises(ValueError, match="LBFGS: params must be one group, got another one"):
        optim.LBFGS(groups)
    optimizer = optim.LBFGS(groups[:1])
    with pytest.raises(ValueError, match="LBFGS: params must be one group"):
        optimizer.add_param_group(groups[1])


def test_a_step_needs_a_closure():
    with pytest.raises(TypeError, match="LBFGS: step needs a closure, got None"):
        optim.LBFGS([Value(1.0)]).step()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, TypeError, "LBFGS: closure must give the loss, got None: return the loss from the"),
        ("1", TypeError, "LBFGS: what the closure gives must be a real number, got str '1'"),
        (
            Tensor([1.0, 2.0]),
            ValueError,
            r"LBFGS: what the closure gives must be one number, got shape \(2,\)",
        ),
    ],
)
def test_a_closure_must_give_the_loss(given, error, message):
    with pytest.raises(error, match=message):
        optim.LBFGS([Value(1.0)]).step(lambda: given)


@pytest.mark.parametrize("twin", TWINS)
def test_a_state_dict_of_another_model_changes_nothing(twin):
    case = LBFGS["cases"][0]
    parameters = leaves("rosenbrock", twin)
    optimizer = optim.LBFGS(parameters, **case["options"])
    optimizer.step(closure_of("rosenbrock", parameters))
    before = repr(optimizer.state_dict())
    others = leaves("mlp", twin)[:1]
    other = optim.LBFGS(others, lr=0.5, max_iter=2)

    def closure():
        others[0].grad = 2 * current(others)[0] if twin == "scalar" else 2 * others[0].detach()
        return float((current(others)[0] ** 2).sum())

    other.step(closure)
    with pytest.raises(ValueError, match=r"directions of shape \(2,\), got \(15,\)"):
        optimizer.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match=r"groups of \[1\] parameters, got \[2\]"):
        optimizer.load_state_dict(optim.LBFGS([Value(1.0), Value(2.0)]).state_dict())
    assert repr(optimizer.state_dict()) == before


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("call", [1, 2, 4])
def test_a_closure_that_fails_leaves_everything_as_it_was(twin, search, call):
    parameters, others = (leaves("rosenbrock", twin) for _ in range(2))
    optimizer, other = (
        optim.LBFGS(each, max_iter=5, line_search_fn=search) for each in (parameters, others)
    )
    whole, expected = closure_of("rosenbrock", parameters), closure_of("rosenbrock", others)
    optimizer.step(whole)
    other.step(expected)
    before = repr(optimizer.state_dict())
    calls = count(1)

    def closure():
        if next(calls) == call:
            raise ArithmeticError("the power went off")
        return whole()

    with pytest.raises(ArithmeticError, match="power"):
        optimizer.step(closure)
    assert repr(optimizer.state_dict()) == before
    optimizer.step(whole)
    other.step(expected)
    for one, two in zip(current(parameters), current(others), strict=True):
        np.testing.assert_array_equal(one, two)


def test_before_its_first_step_it_remembers_nothing():
    optimizer = optim.LBFGS([Value(1.0)])
    assert optimizer.state == {}
    assert optimizer.state_dict()["state"] == {}
