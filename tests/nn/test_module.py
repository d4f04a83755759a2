"""What a module does with what it is made of: calls, modes, gradients, names of Values."""

from inspect import signature

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, numbers
from twingrad import Array, nn
from twingrad.nn.labels import label_of


class Affine(nn.Module):
    def __init__(self, a, b=0.0):
        super().__init__()
        self.a, self.b = nn.Parameter([a]), nn.Parameter([b])

    def forward(self, x, *, twice=False):
        return self.a * x + self.b if not twice else 2 * self(x)


def test_calling_a_module_calls_its_forward_with_all_arguments():
    affine = Affine(3.0, b=1.0)
    assert affine(2.0).tolist() == [7.0]
    assert affine(2.0, twice=True).tolist() == [14.0]
    assert affine(x=2.0).tolist() == [7.0]


def test_a_module_without_a_forward_says_what_to_write():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty has no forward: write `def forward"):
        Empty()(1)


def test_a_class_that_is_called_in_the_place_of_a_module_says_so():
    class Double(nn.Module):
        def forward(self, x):
            return 2 * x

    message = r"Double: too many positional arguments: .* call that, as in Double\(\)\(x\)"
    with pytest.raises(TypeError, match=message):
        Double(3)
    assert Double()(3) == 6


INPLACE = [
    (lambda given: nn.ReLU(**given), lambda: nn.ReLU(True), "ReLU"),
    (lambda given: nn.LeakyReLU(0.2, **given), lambda: nn.LeakyReLU(0.2, True), "LeakyReLU"),
    (lambda given: nn.Dropout(0.5, **given), lambda: nn.Dropout(0.5, False), "Dropout"),
]


@pytest.mark.parametrize(("named", "in_place", "name"), INPLACE)
def test_inplace_is_left_out(named, in_place, name):
    for make in (lambda: named({"inplace": True}), lambda: named({"inplace": False}), in_place):
        with pytest.raises(TypeError, match=f"^{name}: .*: leave inplace out, as no module"):
            make()


def test_a_module_of_ones_own_takes_what_its_signature_says():
    class Own(nn.Module):
        def __init__(self, width, inplace=False, *rest, **options):
            super().__init__()
            self.given = width, inplace, rest, options

    assert Own(3, True).given == (3, True, (), {})
    assert Own(3, inplace=True, other=1).given == (3, True, (), {"other": 1})
    assert Own(3, False, 4).given == (3, False, (4,), {})
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'width'"):
        Own()
    with pytest.raises(TypeError, match="unexpected keyword argument 'wide'"):
        nn.Linear(2, 1, wide=True)


def test_signatures_are_those_of_the_constructors():
    assert [*signature(nn.LeakyReLU).parameters] == ["negative_slope"]
    assert [*signature(nn.ReLU).parameters] == []


def test_the_name_of_the_twin_is_not_assigned():
    message = r"Identity.backend must not be assigned, got 'x': .* move them with to\(...\)"
    with pytest.raises(AttributeError, match=message):
        nn.Identity().backend = "x"


def test_only_functions_are_applied():
    with pytest.raises(TypeError, match="apply: fn must be a function, got int 3: pass the"):
        nn.Identity().apply(3)


def test_modes_are_set_in_all_modules():
    model = nn.Sequential(nn.Linear(1, 1), nn.ModuleList([nn.Identity()]))
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    model.train()
    assert all(module.training for module in model.modules())


def test_a_module_that_stays_in_evaluation_may_say_so_in_its_train():
    class Frozen(nn.Module):
        def train(self, mode=True):
            return super().train(False)

    model = nn.Sequential(nn.ModuleList([Frozen()]), nn.Identity()).train()
    assert [module.training for module in model.modules()] == [True, True, False, True]


@pytest.mark.parametrize("mode", [1, None, "eval"])
def test_modes_are_true_or_false(mode):
    with pytest.raises(ValueError, match="train: mode must be True or False, got"):
        nn.Identity().train(mode)


def test_apply_comes_to_the_inner_modules_first():
    inner, outer = nn.Linear(1, 1), nn.Sequential()
    outer.append(inner)
    seen = []
    assert outer.apply(seen.append) is outer
    assert seen == [inner, outer]


@pytest.mark.parametrize("twin", TWINS)
def test_gradients_are_forgotten_or_set_to_zero(twin):
    model = nn.Linear(2, 1, backend=twin)
    unused = model.register_parameter("unused", nn.Parameter(model.bias.detach()))
    assert unused is None
    model([[np.inf, 1.0]]).sum().backward()
    assert numbers(model.weight.grad).tolist() == [[np.inf, 1.0]]
    model.zero_grad(set_to_none=False)
    assert numbers(model.weight.grad).tolist() == [[0.0, 0.0]]
    assert not isinstance(model.weight.grad, Array)
    assert model.unused.grad is None
    model.zero_grad()
    assert model.weight.grad is None


@pytest.mark.parametrize("twin", TWINS)
def test_parameters_are_frozen_and_thawed(twin):
    model = nn.Sequential(nn.Linear(2, 1, backend=twin))
    assert model.requires_grad_(False) is model
    assert not model([[1.0, 2.0]]).requires_grad
    model.requires_grad_()
    assert model([[1.0, 2.0]]).requires_grad


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("weight", "weight"),
        ("0.weight", "weight0"),
        ("0.1.weight", "weight0_1"),
        ("fc1.weight", "fc1_weight"),
        ("fc1.0.weight", "fc1_0_weight"),
        ("encoder.2.norm.bias", "encoder2_norm_bias"),
        ("my-net.0.1.bias", "my_net0_1_bias"),
    ],
)
def test_a_path_becomes_a_word_that_formulas_can_hold(path, label):
    assert label_of(path) == label
    assert label.isidentifier()


def labels(parameter):
    return [value.label for value in parameter.flatten()]


def test_every_value_of_a_parameter_is_named_after_its_path():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
            self.gain = nn.Parameter(1.0)

    with twingrad.backend("scalar"):
        layer = nn.Linear(2, 1)
        net = Net()
    assert labels(layer.weight) == ["weight[0,0]", "weight[0,1]"]
    assert labels(net.body[0].weight) == ["body0_weight[0,0]", "body0_weight[0,1]"]
    assert labels(net.body[1].bias) == ["body1_bias[0]"]
    assert labels(net.gain) == ["gain"]


def test_names_that_people_gave_are_kept():
    with twingrad.backend("scalar"):
        layer = nn.Linear(2, 1)
        layer.weight[0, 1].label = "mine"
        model = nn.Sequential(layer)
        own = Affine(1.0)
        own.c = nn.Parameter(Array([1.0], label="theirs"))
    assert labels(model[0].weight) == ["weight0[0,0]", "mine"]
    assert labels(own.c) == ["theirs[0]"]


def test_a_shared_parameter_keeps_the_name_of_its_first_place():
    with twingrad.backend("scalar"):
        first, second = nn.Linear(2, 2), nn.Linear(2, 2)
        model = nn.Sequential(first)
        second.weight = first.weight
    assert labels(model[0].weight)[0] == "weight0[0,0]"


def test_the_steps_of_a_network_name_its_weights():
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh(), nn.Linear(1, 1)).to("scalar")
    for parameter in model.parameters():
        parameter.data = np.full(parameter.shape, 0.5)
    steps = [str(step) for step in model([[1.0, 2.0]]).steps()]
    assert steps[0] == (
        "v1 = weight0[0,0] * 1.0 + weight0[0,1] * 2.0 + bias0[0] = 0.5 * 1.0 + 0.5 * 2.0 + 0.5 "
        "= 2.0"
    )
    assert steps[-2] == "dv3/dweight0[0,1] += dv3/dv1 * dv1/dweight0[0,1] = 0.0353254 * 2.0 = " + (
        "0.0706508"
    )
