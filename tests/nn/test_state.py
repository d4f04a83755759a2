"""State dicts: what is saved of a module, and how it is put back, all or nothing."""

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, numbers
from twingrad import Array, Tensor, Value, nn


def network(twin="tensor", seed=0):
    twingrad.manual_seed(seed)
    with twingrad.backend(twin):
        return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).double()


NAMES = [
    "0.weight",
    "0.bias",
    "1.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.num_batches_tracked",
    "2.weight",
    "2.bias",
]


def arrays(module):
    return {name: each.numpy().copy() for name, each in module.state_dict().items()}


def check_same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name].dtype == expected[name].dtype
        np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.parametrize("twin", TWINS)
def test_it_holds_tensors_without_history_by_path(twin):
    model = network(twin)
    state = model.state_dict()
    assert [*state] == NAMES
    assert {type(each) for each in state.values()} == {Tensor}
    assert not any(each.requires_grad for each in state.values())
    assert [*model.state_dict(prefix="net.")] == [f"net.{name}" for name in NAMES]


def test_on_tensors_it_shares_memory_as_in_pytorch():
    model = network()
    state = model.state_dict()
    with twingrad.no_grad():
        model[0].bias += 1
    assert state["0.bias"].tolist() == model[0].bias.tolist()


@pytest.mark.parametrize("twin", TWINS)
def test_keep_vars_gives_the_parameters_themselves(twin):
    model = network(twin)
    state = model.state_dict(keep_vars=True)
    assert state["0.weight"] is model[0].weight
    assert state["1.running_mean"] is model[1].running_mean


def test_what_is_shared_stands_at_each_of_its_paths_and_what_is_none_nowhere():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    model.register_buffer("hidden", twingrad.ones(1), persistent=False)
    assert [*model.state_dict()] == ["0.weight", "1.weight"]


@pytest.mark.parametrize("target", TWINS)
@pytest.mark.parametrize("source", TWINS)
def test_a_state_dict_fits_either_twin(source, target):
    giver, taker = network(source, seed=1), network(target, seed=2)
    giver(np.array([[1.0, 2.0], [0.5, -1.0]]))
    parameters = [*taker.parameters()]
    assert taker.load_state_dict(giver.state_dict()) == ([], [])
    check_same(arrays(taker), arrays(giver))
    assert all(a is b for a, b in zip(parameters, taker.parameters(), strict=True))
    assert taker[0].weight.requires_grad


class Foreign:
    """An array of another library."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("kind", [np.asarray, Foreign, Array, Tensor, np.ndarray.tolist])
def test_entries_may_be_whatever_holds_numbers(twin, kind):
    model = network(twin)
    new = {name: np.full_like(each, 2) for name, each in arrays(model).items()}
    model.load_state_dict({name: kind(each) for name, each in new.items()})
    check_same(arrays(model), new)


def test_one_number_may_be_a_value():
    model = nn.Module()
    model.scale = nn.Parameter(np.array(1.0))
    model.register_buffer("open", Value(1.0))
    model.load_state_dict({"scale": Value(3.0), "open": 4})
    assert model.scale.item() == 3.0
    assert model.open.data == 4.0
    model.load_state_dict(model.state_dict())


def test_numbers_are_converted_to_the_dtypes_of_the_module():
    model = network().float()
    state = arrays(network(seed=5))
    model.load_state_dict(state | {"1.num_batches_tracked": np.array(7.0)})
    assert model[0].weight.dtype == np.float32
    np.testing.assert_array_equal(numbers(model[0].weight), state["0.weight"].astype(np.float32))
    assert model[1].num_batches_tracked.dtype == np.int64
    assert int(model[1].num_batches_tracked) == 7


def test_a_graph_notices_that_its_numbers_have_been_overwritten():
    model = network()
    loss = model(np.ones((2, 2))).sum()
    model.load_state_dict(arrays(network(seed=3)))
    with pytest.raises(RuntimeError, match="was changed in place"):
        loss.backward()


@pytest.mark.parametrize("twin", TWINS)
def test_all_that_does_not_fit_is_listed_and_nothing_is_written(twin):
    model = network(twin)
    before = arrays(model)
    wrong = {name: each + 1 for name, each in before.items()}
    del wrong["0.weight"], wrong["2.bias"]
    wrong |= {"1.weight": np.ones(4), "2.weight": np.ones((3, 1)), "1.bias": ["a", "b", "c"]}
    wrong |= {"extra": np.ones(1), "more": np.ones(1), "1.running_var": [[1.0], [1.0, 2.0]]}
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(wrong)
    message = str(caught.value)
    for part in (
        "load_state_dict: state_dict must have the names and shapes of Sequential, got ",
        "1.weight of shape (4,) where (3,) belongs",
        "2.weight of shape (3, 1) where (1, 3) belongs",
        "1.bias of dtype <U1 where real numbers belong",
        "1.running_var, which cannot be read as numbers (",
        "missing: 0.weight, 2.bias",
        "unexpected: extra, more",
        "build the same architecture",
    ):
        assert part in message
    assert "strict=False" not in message
    check_same(arrays(model), before)


@pytest.mark.parametrize("twin", TWINS)
def test_without_strict_names_may_differ_and_shapes_may_not(twin):
    model = network(twin)
    before = arrays(model)
    found = model.load_state_dict({"0.bias": [1.0, 2.0, 3.0], "extra": 1.0}, strict=False)
    assert found.missing_keys == [name for name in NAMES if name != "0.bias"]
    assert found.unexpected_keys == ["extra"]
    check_same(arrays(model), before | {"0.bias": np.array([1.0, 2.0, 3.0])})
    with pytest.raises(RuntimeError, match=r"0.bias of shape \(2,\) where \(3,\) belongs"):
        model.load_state_dict({"0.weight": np.zeros((3, 2)), "0.bias": [1.0, 2.0]}, strict=False)
    assert numbers(model[0].weight).any()


def test_complex_numbers_are_refused_and_what_is_no_dictionary_too():
    model = nn.Linear(1, 1, bias=False)
    with pytest.raises(RuntimeError, match="weight of dtype complex128 where real numbers belong"):
        model.load_state_dict({"weight": np.array([[1j]])})
    with pytest.raises(TypeError, match=r"state_dict must be a dictionary .* got list: pass what"):
        model.load_state_dict([("weight", 1.0)])


def test_an_array_that_cannot_be_read_says_why():
    class Locked:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("use detach() first")

    with pytest.raises(RuntimeError, match=r"cannot be read as numbers \(use detach\(\) first\)"):
        nn.Linear(1, 1, bias=False).load_state_dict({"weight": Locked()})
