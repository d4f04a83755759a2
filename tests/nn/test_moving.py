"""Modules that move to the other twin and to other dtypes, with all that belongs to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twingrad
from support.twins import TWINS, numbers
from twingrad import Array, Tensor, nn
from twingrad.nn.parameter import place_of

KINDS = {"scalar": Array, "tensor": Tensor}
OTHER = {"scalar": "tensor", "tensor": "scalar"}


class Net(nn.Module):
    """Shared parameters and modules, buffers of floats and integers, one that is frozen."""

    def __init__(self, twin="tensor", seed=0):
        super().__init__()
        twingrad.manual_seed(seed)
        self.first = nn.Linear(2, 3, backend=twin)
        self.norm = nn.BatchNorm1d(3, backend=twin)
        self.last = nn.Linear(3, 3, backend=twin)
        self.again = self.last
        self.tied = nn.Linear(2, 3, backend=twin)
        self.tied.weight = self.first.weight
        self.tied.bias.requires_grad = False
        self.double()

    def forward(self, x):
        return self.last(self.norm(self.first(x) - self.tied(x * 2)).tanh())


X = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])


def state(module):
    """The bytes of all numbers and gradients, the modes, and what is trained."""
    parameters = [
        (name, p.shape, p.requires_grad, numbers(p).tobytes(), p.grad is not None)
        for name, p in module.named_parameters()
    ]
    gradients = [numbers(p.grad).tobytes() for p in module.parameters() if p.grad is not None]
    buffers = [
        (name, np.asarray(b).tobytes(), np.asarray(b).dtype) for name, b in module.named_buffers()
    ]
    return parameters, gradients, buffers, [each.training for each in module.modules()]


@pytest.mark.parametrize("twin", TWINS)
def test_a_move_there_and_back_changes_no_bit(twin):
    model = Net(twin)
    model.norm.eval()
    (model(X) ** 2).sum().backward()
    before = state(model)
    assert model.to(OTHER[twin]) is model
    assert state(model) == before
    assert {type(p) for p in model.parameters()} == {KINDS[OTHER[twin]]}
    assert model.to(twin).backend == twin
    assert state(model) == before
    assert {type(p) for p in model.parameters()} == {KINDS[twin]}


@pytest.mark.parametrize("twin", TWINS)
def test_a_model_that_has_moved_computes_the_same(twin):
    model, other = Net(twin), Net(twin).to(OTHER[twin])
    for each in (model, other):
        (each(X) ** 2).sum().backward()
    for own, moved in zip(model.parameters(), other.parameters(), strict=True):
        if own.requires_grad:
            np.testing.assert_allclose(
                numbers(own.grad), numbers(moved.grad), rtol=1e-12, atol=1e-14
            )
    for own, moved in zip(model.buffers(), other.buffers(), strict=True):
        np.testing.assert_allclose(np.asarray(own), np.asarray(moved), rtol=1e-12)


@given(hnp.arrays(np.float64, (2, 2), elements=st.floats(width=64)))
def test_every_number_survives(data):
    layer = nn.Module()
    layer.weight = nn.Parameter(data)
    layer.to("scalar").to("tensor")
    assert numbers(layer.weight).tobytes() == data.tobytes()


def test_a_model_of_float32_comes_back_as_float64_with_the_same_numbers():
    layer = nn.Linear(3, 2)
    assert layer.weight.dtype == np.float32
    before = numbers(layer.weight).copy()
    layer.to("scalar").to("tensor")
    assert layer.weight.dtype == np.float64
    np.testing.assert_array_equal(numbers(layer.weight), before)
    layer.to("scalar").to("tensor", "float32")
    assert numbers(layer.weight).tobytes() == before.tobytes()


@pytest.mark.parametrize("target", ["scalar", "float32", "float64"])
def test_what_is_shared_stays_shared(target):
    model = Net().to(target)
    assert model.tied.weight is model.first.weight
    assert model.again is model.last
    assert len([*model.parameters()]) == 7


def test_integers_stay_integers():
    model = Net()
    model(X)
    for target, kind in [("scalar", np.ndarray), ("tensor", Tensor), ("float32", Tensor)]:
        count = model.to(target).norm.num_batches_tracked
        assert type(count) is kind
        assert count.dtype == np.int64
        assert int(count) == 1


def test_a_place_leads_from_the_old_parameter_to_the_new_one():
    model = nn.Linear(2, 1)
    old = model.weight
    model.to("scalar").to("tensor").double()
    assert place_of(old).operand is model.weight
    assert place_of(model.weight) is place_of(old)
    assert isinstance(model.weight, nn.Parameter)


@pytest.mark.parametrize("make", [twingrad.optim.SGD, twingrad.optim.Adam])
def test_an_optimizer_goes_on_after_the_move(make):
    staying, moving = (
        nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double() for _ in range(2)
    )
    moving.load_state_dict(staying.state_dict())
    optimizers = [make(model.parameters(), lr=0.05) for model in (staying, moving)]
    for step in range(6):
        if step:
            moving.to(("scalar", "tensor")[step % 2])
        for model, optimizer in zip((staying, moving), optimizers, strict=True):
            optimizer.zero_grad()
            (model(X) ** 2).sum().backward()
            optimizer.step()
    for own, moved in zip(staying.parameters(), moving.parameters(), strict=True):
        np.testing.assert_allclose(numbers(own), numbers(moved), rtol=1e-12, atol=1e-14)


def test_dtypes_are_converted_where_there_are_floats():
    model = Net().float()
    model(X.astype(np.float32)).sum().backward()
    assert {p.dtype.name for p in model.parameters()} == {"float32"}
    assert model.first.weight.grad.dtype == np.float32
    assert model.norm.running_mean.dtype == np.float32
    model.double()
    assert model.first.weight.grad.dtype == np.float64
    assert model.to(dtype=np.float32).last.weight.dtype == np.float32


@pytest.mark.parametrize("target", ["tensor", "float32", "cpu", np.float32])
def test_where_nothing_is_to_be_done_parameters_stay_the_same_objects(target):
    layer = nn.Linear(2, 1)
    before = [*layer.parameters()]
    layer.to(target)
    assert all(a is b for a, b in zip(before, layer.parameters(), strict=True))


def test_a_part_moves_alone():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0].to("scalar")
    assert [type(layer.weight) for layer in model] == [Array, Tensor]
    assert model[0].weight[0, 0].label == "weight0[0,0]"


@pytest.mark.parametrize("twin", TWINS)
def test_values_are_named_by_their_paths_after_the_move(twin):
    model = Net(twin).to("tensor").to("scalar")
    assert model.first.weight[2, 1].label == "first_weight[2,1]"
    assert model.norm.bias[0].label == "norm_bias[0]"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("cuda",), ValueError, "to: target must be 'scalar', 'tensor' or a floating point dtype"),
        (("int64",), TypeError, "floating point dtypes only, got int64"),
        ((3,), ValueError, "got 3"),
        ((), TypeError, "got nothing"),
        (("float32", "float64"), TypeError, "name one dtype"),
        (("tensor", "float16"), TypeError, "float16"),
        (("scalar", "float32"), TypeError, "the scalar twin computes with 64-bit floats"),
    ],
)
def test_what_is_no_target_is_refused_and_moves_nothing(arguments, error, message):
    model = Net().float()
    before, old = state(model), [*model.parameters()]
    with pytest.raises(error, match=message):
        model.to(*arguments)
    assert state(model) == before
    assert all(place_of(p).operand is p for p in old)


def test_the_twin_of_a_module_is_that_of_its_parameters_or_buffers():
    buffered = nn.Module()
    buffered.register_buffer("mean", Array([0.0]))
    assert nn.Linear(1, 1).backend == "tensor"
    assert buffered.backend == "scalar"
    assert nn.Tanh().backend == "tensor"
    with twingrad.backend("scalar"):
        assert nn.Tanh().backend == "scalar"
