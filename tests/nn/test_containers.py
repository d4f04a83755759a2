"""Sequential, ModuleList and ModuleDict."""

import operator

import pytest

import twingrad
from twingrad import nn


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor

    def extra_repr(self):
        return str(self.factor)


def times(*factors):
    return [Times(factor) for factor in factors]


def factors(modules):
    return [module.factor for module in modules]


def names(module):
    return [name for name, _ in module.named_children()]


LISTS = {"Sequential": nn.Sequential, "ModuleList": lambda *modules: nn.ModuleList(modules)}


@pytest.fixture(params=LISTS)
def build(request):
    return LISTS[request.param]


def test_a_sequence_calls_one_module_behind_the_other():
    assert nn.Sequential(Times(2), Times(5))(3) == 30
    assert nn.Sequential()(3) == 3


def test_a_sequence_takes_names_from_a_mapping():
    model = nn.Sequential({"first": Times(2), "second": Times(5)})
    assert names(model) == ["first", "second"]
    assert model.first is model["first"] is model[0]
    assert model(1) == 10


def test_names_are_kept_as_long_as_modules_are_added_at_the_end():
    model = nn.Sequential({"first": Times(2), "second": Times(5)})
    model.insert(2, Times(3))
    model.append(Times(4))
    assert names(model) == ["first", "second", "2", "3"]
    model.insert(0, Times(1))
    assert (names(model), factors(model)) == (["0", "1", "2", "3", "4"], [1, 2, 5, 3, 4])


def test_a_list_is_not_called():
    for container in (nn.ModuleList(times(1)), nn.ModuleDict({"a": Times(1)})):
        with pytest.raises(NotImplementedError, match="has no forward: call the modules in it, or"):
            container(3)


def test_a_list_is_no_sequence_of_arguments():
    with pytest.raises(TypeError, match=r"one by one, got a list: write nn.Sequential\(\*layers\)"):
        nn.Sequential(times(1, 2))


def test_names_that_only_this_module_has_are_free_for_members():
    modules = nn.ModuleDict({"summary": Times(3)})
    assert modules["summary"](2) == 6
    assert [name for name, _ in modules.named_modules()] == ["", "summary"]
    del modules["summary"]
    assert not len(modules)
    with pytest.raises(KeyError, match="must be free, got 'keys'"):
        nn.ModuleDict({"keys": Times(1)})


def test_modules_are_found_by_number_and_slice(build):
    modules = build(*times(1, 2, 3, 4))
    assert len(modules) == 4
    assert names(modules) == ["0", "1", "2", "3"]
    assert factors(modules) == [1, 2, 3, 4]
    assert (modules[0].factor, modules[-1].factor) == (1, 4)
    part = modules[1:3]
    assert type(part) is type(modules)
    assert part[0] is modules[1]


def test_the_slice_of_a_sequence_keeps_the_names_as_in_pytorch():
    part = nn.Sequential(*times(1, 2, 3))[1:]
    assert names(part) == ["1", "2"]
    part.append(Times(9))
    assert (names(part), factors(part)) == (["1", "2", "3"], [2, 3, 9])
    assert names(nn.ModuleList(times(1, 2, 3))[1:]) == ["0", "1"]


def test_modules_are_put_in_and_taken_out(build):
    modules = build(*times(1, 2))
    assert modules.append(Times(3)) is modules
    assert modules.extend(times(4, 5)) is modules
    modules.insert(1, Times(9))
    modules.insert(-1, Times(8))
    modules.insert(len(modules), Times(7))
    assert factors(modules) == [1, 9, 2, 3, 4, 8, 5, 7]
    modules[0] = Times(0)
    del modules[1]
    del modules[-2:]
    assert factors(modules) == [0, 2, 3, 4, 8]
    assert (modules.pop().factor, modules.pop(0).factor) == (8, 0)
    assert factors(modules) == [2, 3, 4]
    assert names(modules) == ["0", "1", "2"]


def test_modules_are_joined(build):
    modules = build(*times(1, 2))
    joined = modules + build(*times(3))
    assert type(joined) is type(modules)
    assert factors(joined) == [1, 2, 3]
    assert joined[0] is modules[0]
    same = modules
    modules += times(5)
    assert same is modules
    assert factors(modules) == [1, 2, 5]


@pytest.mark.parametrize("index", [2, -3, "no", 1.0])
def test_an_index_to_nothing_is_refused(build, index):
    modules = build(*times(1, 2))
    message = "index must lie between -2 and 1, got .*: it has 2 modules"
    for use in (
        lambda: modules[index],
        lambda: modules.pop(index),
        lambda: modules.__delitem__(index),
        lambda: modules.__setitem__(index, Times(1)),
    ):
        with pytest.raises(IndexError, match=message):
            use()
    assert factors(modules) == [1, 2]


def test_a_place_beyond_the_ends_is_refused(build):
    modules = build(*times(1, 2))
    with pytest.raises(IndexError, match=r"index must lie between -2 and 2, got 3: append\(\)"):
        modules.insert(3, Times(1))


@pytest.mark.parametrize("wrong", [nn.Tanh, abs, None, 3])
def test_only_modules_are_taken(build, wrong):
    modules = build(*times(1))
    message = "modules must be Modules, got .*: write the class with parentheses, or wrap"
    for use in (
        lambda: build(wrong),
        lambda: modules.append(wrong),
        lambda: modules.extend([Times(2), wrong]),
        lambda: modules.insert(0, wrong),
        lambda: modules.__setitem__(0, wrong),
        lambda: operator.add(modules, [wrong]),
        lambda: nn.ModuleDict({"a": wrong}),
    ):
        with pytest.raises(TypeError, match=message):
            use()
    assert factors(modules) == [1]


def test_one_module_is_no_list_of_modules(build):
    with pytest.raises(
        TypeError, match=r"must be an iterable of Modules, got Times: write \[...\]"
    ):
        build().extend(Times(1))


def test_parameters_are_found_in_every_container():
    model = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.ModuleList([nn.Linear(1, 1)])})
    model["c"] = nn.Sequential(nn.Linear(1, 1, bias=False))
    assert [name for name, _ in model.named_parameters()] == [
        "a.weight",
        "a.bias",
        "b.0.weight",
        "b.0.bias",
        "c.0.weight",
    ]


def test_a_dictionary_of_modules_is_one():
    modules = nn.ModuleDict({"a": Times(1)})
    modules["b"] = Times(2)
    modules.update({"c": Times(3)})
    modules.update([("a", Times(9))])
    assert [*modules] == [*modules.keys()] == ["a", "b", "c"]
    assert factors(modules.values()) == [9, 2, 3]
    assert [(name, module.factor) for name, module in modules.items()][1] == ("b", 2)
    assert (len(modules), len(modules.keys()), "a" in modules, "d" in modules) == (
        3,
        3,
        True,
        False,
    )
    assert modules.a is modules["a"]
    assert modules.pop("a").factor == 9
    del modules["b"]
    assert [*modules] == ["c"]
    modules.clear()
    assert len(modules) == 0


def test_names_of_a_dictionary_that_are_not_there_or_taken_are_refused():
    modules = nn.ModuleDict({"a": Times(1)})
    for use in (lambda: modules["b"], lambda: modules.pop("b"), lambda: modules.__delitem__("b")):
        with pytest.raises(KeyError, match="there is no module 'b': the names are a"):
            use()
    with pytest.raises(KeyError, match="must be free, got 'keys', which is an attribute already"):
        modules["keys"] = Times(1)
    with pytest.raises(ValueError, match=r"must be text without dots, got 'a\.b'"):
        modules["a.b"] = Times(1)


def test_a_network_of_one_container_in_another_trains():
    twingrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh(), nn.Linear(3, 1)))
    model(twingrad.ones(4, 2)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
