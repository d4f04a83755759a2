"""Parameters, buffers and modules as attributes: what may be assigned, and how it is found."""

import copy
import gc
import json
import pickle
import weakref
from pathlib import Path

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, numbers
from twingrad import Array, Tensor, Value, nn


class Net(nn.Module):
    """A module with everything in it, which shares a weight and a layer."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.scale = nn.Parameter([1.0])
        self.register_parameter("offset", None)
        self.register_buffer("mean", nn.Parameter([0.0]).detach())
        self.register_buffer("count", None)
        self.register_buffer("scratch", np.zeros(2), persistent=False)
        self.layers = nn.ModuleList([nn.Linear(2, 2, bias=False), self.first])
        self.last = nn.Linear(2, 2)
        self.last.weight = self.layers[0].weight
        self.extra = None
        self.register_module("nothing", None)

    def forward(self, x):
        return self.last(self.first(x)) * self.scale


@pytest.fixture(params=TWINS)
def net(request):
    with twingrad.backend(request.param):
        return Net()


def paths(pairs):
    return [path for path, _ in pairs]


def test_parameters_come_in_order_of_assignment_own_ones_first_shared_ones_once(net):
    expected = ["scale", "first.weight", "first.bias", "layers.0.weight", "last.bias"]
    assert paths(net.named_parameters()) == expected
    assert [*net.parameters()] == [p for _, p in net.named_parameters()]
    assert paths(net.named_parameters(prefix="net")) == [f"net.{path}" for path in expected]
    assert paths(net.named_parameters(recurse=False)) == ["scale"]


def test_shared_parameters_are_found_at_every_place_on_request(net):
    assert paths(net.named_parameters(remove_duplicate=False)) == [
        "scale",
        "first.weight",
        "first.bias",
        "layers.0.weight",
        "layers.1.weight",
        "layers.1.bias",
        "last.weight",
        "last.bias",
    ]


def test_modules_come_each_once_with_what_is_in_them(net):
    assert paths(net.named_modules()) == ["", "first", "layers", "layers.0", "last"]
    assert paths(net.named_modules(prefix="net"))[:2] == ["net", "net.first"]
    assert "layers.1" in paths(net.named_modules(remove_duplicate=False))
    assert next(net.modules()) is net
    assert paths(net.named_children()) == ["first", "layers", "last"]
    assert [*net.children()] == [net.first, net.layers, net.last]


def test_buffers_are_found_and_none_is_no_buffer(net):
    assert paths(net.named_buffers()) == ["mean", "scratch"]
    assert next(net.buffers()) is net.mean
    net.count = np.int64(3)
    assert paths(net.named_buffers()) == ["mean", "count", "scratch"]
    assert type(net.count) is np.ndarray


def test_members_are_plain_attributes(net):
    assert net.__dict__["scale"] is net.scale
    assert net.offset is None
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'nope'"):
        net.nope  # noqa: B018


def test_members_are_found_by_path(net):
    assert net.get_submodule("layers.0") is net.layers[0]
    assert net.get_submodule("") is net
    assert net.get_parameter("layers.0.weight") is net.last.weight
    assert net.get_parameter("scale") is net.scale
    assert net.get_buffer("mean") is net.mean


@pytest.mark.parametrize(
    ("method", "target", "message"),
    [
        ("get_submodule", "layers.5", "got 'layers.5': ModuleList has 0, 1, not '5'"),
        ("get_submodule", "scale", "has first, layers, last, nothing, not 'scale'"),
        ("get_submodule", "nothing", "must be the path of a module, got 'nothing'"),
        ("get_parameter", "first.mean", "Linear has weight, bias, not 'mean'"),
        ("get_parameter", "nope.weight", "get_submodule: target must be the path of a module"),
        ("get_buffer", "scale", "get_buffer: target must be the path of a buffer, got 'scale'"),
    ],
)
def test_a_path_to_nothing_is_refused_with_what_there_is(net, method, target, message):
    with pytest.raises(AttributeError, match=message):
        getattr(net, method)(target)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", 1.0, "Net.scale must be a Parameter or None, got float: write nn.Parameter"),
        ("scale", nn.Identity(), "Net.scale must be a Parameter or None, got Identity"),
        ("offset", Tensor([1.0]), "Net.offset must be a Parameter or None, got Tensor"),
        ("first", 3, "Net.first must be a Module or None, got int: assign a Module"),
        ("first", nn.Linear, "Net.first must be a Module or None, got type"),
        ("mean", 0.5, "Net.mean must be a tensor, an Array, a NumPy array or None, got float"),
    ],
)
def test_a_name_keeps_its_kind(net, name, value, message):
    before = getattr(net, name)
    with pytest.raises(TypeError, match=message):
        setattr(net, name, value)
    assert getattr(net, name) is before


def test_none_empties_a_place_and_a_parameter_fills_it_again(net):
    net.scale = None
    assert "scale" not in paths(net.named_parameters())
    net.offset = nn.Parameter([2.0])
    net.scale = nn.Parameter([3.0])
    assert paths(net.named_parameters())[:2] == ["scale", "offset"]
    net.first = None
    assert paths(net.named_modules())[:2] == ["", "layers"]
    net.mean = None
    assert paths(net.named_buffers()) == ["scratch"]


def test_what_is_assigned_over_another_kind_takes_its_name(net):
    net.extra = nn.Parameter([1.0])
    net.mean = nn.Parameter([1.0])
    net.layers = nn.Parameter([1.0])
    assert paths(net.named_parameters(recurse=False)) == ["scale", "extra", "mean", "layers"]
    assert paths(net.named_buffers()) == ["scratch"]
    assert paths(net.named_children()) == ["first", "last"]
    net.count = nn.Identity()
    assert paths(net.named_children()) == ["first", "last", "count"]


def test_what_is_deleted_is_gone(net):
    del net.scale, net.mean, net.layers, net.extra
    assert "scale" not in paths(net.named_parameters())
    assert paths(net.named_buffers()) == ["scratch"]
    assert paths(net.named_children()) == ["first", "last"]
    net.scale = 1.0
    assert net.scale == 1.0
    with pytest.raises(AttributeError):
        del net.mean


@pytest.mark.parametrize("method", ["register_parameter", "register_buffer", "add_module"])
def test_names_of_members_are_text_without_dots_and_not_taken(method):
    module = nn.Module()
    module.taken = 1
    register = getattr(module, method)
    with pytest.raises(ValueError, match=r"must be text without dots, got 'a\.b'"):
        register("a.b", None)
    with pytest.raises(ValueError, match="must be text without dots, got ''"):
        register("", None)
    with pytest.raises(TypeError, match="must be text, got int 0: write for example '0'"):
        register(0, None)
    for name in ("forward", "taken", "backend"):
        with pytest.raises(KeyError, match=f"must be free, got {name!r}, which is an attribute"):
            register(name, None)


def test_members_do_not_hide_methods():
    module = nn.Module()
    for value in (nn.Parameter([1.0]), nn.Identity()):
        for name in ("parameters", "backend"):
            with pytest.raises(KeyError, match=f"must be free, got '{name}'"):
                setattr(module, name, value)
    assert [*module.parameters()] == []


@pytest.mark.parametrize(
    ("method", "value", "message"),
    [
        ("register_parameter", 1.0, "register_parameter: param must be a Parameter or None"),
        ("register_parameter", Tensor([1.0]), "got Tensor: write nn.Parameter"),
        ("register_buffer", [1.0], "register_buffer: tensor must be a tensor, an Array, a NumPy"),
        ("add_module", len, "add_module: module must be a Module or None, got builtin_function"),
        ("register_module", nn.Identity, "got type: write a class with parentheses"),
    ],
)
def test_what_is_registered_must_be_of_the_kind(method, value, message):
    with pytest.raises(TypeError, match=message):
        getattr(nn.Module(), method)("name", value)


def test_registering_anew_replaces(net):
    net.register_parameter("scale", nn.Parameter([5.0]))
    net.register_buffer("mean", np.ones(3), persistent=False)
    net.add_module("first", nn.Identity())
    assert net.scale.tolist() == [5.0]
    assert "mean" not in net.state_dict()
    assert paths(net.named_children()) == ["first", "layers", "last"]


def test_properties_of_a_class_are_still_assigned_through():
    class Tempered(nn.Module):
        @property
        def temperature(self):
            return self.hidden

        @temperature.setter
        def temperature(self, value):
            self.hidden = 2 * value

    class Early(Tempered):
        def __init__(self):
            self.temperature = 4
            super().__init__()

    module = Tempered()
    module.temperature = 3
    assert (module.hidden, Early().hidden) == (6, 8)


class Forgetful(nn.Module):
    def __init__(self, early):
        self.number = 1  # plain attributes may come first, as in PyTorch
        if early is not None:
            self.member = early


@pytest.mark.parametrize("early", [nn.Identity(), nn.Parameter([1.0])])
def test_members_need_the_constructor_of_module(early):
    with pytest.raises(AttributeError, match=r"Forgetful: the __init__ of Module must run first"):
        Forgetful(early)


@pytest.mark.parametrize(
    "use",
    [
        lambda module: module(1),
        lambda module: [*module.parameters()],
        lambda module: [*module.parameters(recurse=False)],
        lambda module: module.state_dict(),
        lambda module: module.train(),
        lambda module: module.to("scalar"),
        lambda module: module.apply(print),
        lambda module: module.register_buffer("x", None),
        lambda module: module.register_forward_hook(print),
        lambda module: nn.Sequential(module),
    ],
)
def test_a_module_that_was_not_constructed_says_what_to_call(use):
    with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) at the beginning"):
        use(Forgetful(None))


def test_a_parameter_is_an_operand_with_a_mark():
    for data, kind in [(Tensor([1.0]), Tensor), (Array([1.0]), Array), (Value(1.0), Array)]:
        parameter = nn.Parameter(data)
        assert type(parameter) is kind
        assert isinstance(parameter, nn.Parameter)
        assert parameter.requires_grad
        assert not isinstance(data, nn.Parameter)
    assert not isinstance(parameter * 2, nn.Parameter)
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_a_parameter_shares_memory_with_a_tensor_and_not_with_values():
    data = np.zeros(2, np.float32)
    for shared in (Tensor.constant(data), data):
        parameter = nn.Parameter(shared)
        with twingrad.no_grad():
            parameter += 1
    assert data.tolist() == [2.0, 2.0]
    own = Array([1.0], label="w")
    parameter = nn.Parameter(own * 2)
    assert parameter[0].parents == ()
    assert nn.Parameter(own)[0].label == "w[0]"
    assert nn.Parameter(own)[0] is not own[0]


@pytest.mark.parametrize("data", [[1, 2], np.arange(2), Tensor([True])])
def test_parameters_are_floating_point_numbers(data):
    with pytest.raises(TypeError, match="Parameter: data must be floating point numbers, got dty"):
        nn.Parameter(data, requires_grad=False)
    with pytest.raises(TypeError, match="must be real numbers"):
        nn.Parameter("text")


def test_no_other_attribute_is_taken_for_a_parameter():
    class Odd:
        def __getattr__(self, name):
            return 1

    module = nn.Module()
    module.generator = twingrad.Generator()
    module.odd = Odd()
    module.tensor = Tensor([1.0])
    module.value = Value(1.0)
    assert [*module.parameters()] == []


def test_what_an_optimizer_is_given_does_not_become_a_parameter():
    tensor = twingrad.ones(2).requires_grad_()
    twingrad.optim.SGD([tensor], lr=0.1)
    assert not isinstance(tensor, nn.Parameter)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))]
)
def test_copies_have_parameters_of_their_own_that_are_shared_as_before(net, copied):
    net([[1.0, 2.0]]).sum().backward()
    net.eval()
    twin = copied(net)
    assert paths(twin.named_parameters()) == paths(net.named_parameters())
    assert twin.last.weight is twin.layers[0].weight
    assert twin.layers[1] is twin.first
    assert not twin.training
    for own, other in zip(net.parameters(), twin.parameters(), strict=True):
        assert other is not own
        assert isinstance(other, nn.Parameter)
        assert type(other) is type(own)
        np.testing.assert_array_equal(numbers(other), numbers(own))
        np.testing.assert_array_equal(numbers(other.grad), numbers(own.grad))
    twin.scale = twin.scale
    twin.first.weight = copied(twin.first.weight)
    assert isinstance(twin.first.weight, nn.Parameter)
    before = net.to("scalar").scale
    assert before is not twin.to("scalar").scale


def test_a_shallow_copy_shares_members_and_can_be_assigned_anew(net):
    twin = copy.copy(net)
    assert twin.scale is net.scale
    twin.more = nn.Parameter([1.0])
    del twin.first
    assert "more" not in paths(net.named_parameters())
    assert "first.weight" in paths(net.named_parameters())


def test_a_model_that_is_dropped_is_freed_at_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    model(twingrad.ones(1, 3)).sum().backward()
    model.double()
    watched = [weakref.ref(model), weakref.ref(model[0].weight), weakref.ref(model[2].bias)]
    gc.disable()
    try:
        del model
        assert [each() for each in watched] == [None] * 3
    finally:
        gc.enable()


VALUES = {
    "parameter": lambda: nn.Parameter([1.0]),
    "none": lambda: None,
    "module": lambda: nn.Linear(1, 1),
    "tensor": lambda: nn.Parameter([1.0]).detach(),
    "number": lambda: 1.0,
}
OPERATIONS = {
    "set": setattr,
    "delete": lambda module, name, value: delattr(module, name),
    "register_parameter": nn.Module.register_parameter,
    "register_buffer": nn.Module.register_buffer,
    "register_passing_buffer": lambda module, name, value: module.register_buffer(
        name, value, persistent=False
    ),
    "add_module": nn.Module.add_module,
}


@pytest.mark.parametrize("twin", TWINS)
def test_whatever_is_assigned_in_whatever_order_ends_as_in_pytorch(twin):
    golden = Path(__file__).parents[1] / "golden" / "members.json"
    with twingrad.backend(twin):
        for sequence in json.loads(golden.read_text()):
            module = nn.Module()
            for operation, name, value, error, expected in sequence:
                found = None
                try:
                    OPERATIONS[operation](module, name, VALUES[value]())
                except (AttributeError, KeyError, TypeError) as raised:
                    found = type(raised).__name__
                pairs = (module.named_parameters(), module.named_buffers())
                names = [*map(paths, pairs), paths(module.named_children())]
                assert (found, [*names, [*module.state_dict()]]) == (error, expected), sequence
