"""What functions of all kinds are called with."""

import math
from functools import partial

import pytest

import twingrad
from twingrad import nn
from twingrad.testing import from_numpy
from twingrad.testing.signatures import signature_of


def plain(x, y, scale=2.0, *, power=1):
    return scale * (x + y) ** power


def gathering(*parts):
    return sum(parts)


class Scaled(twingrad.Primitive):
    arity = 2

    def forward(self, x, by):
        return x * by

    def backward(self, gradient, call):
        return (gradient, gradient)


@pytest.mark.parametrize(
    ("function", "names", "required"),
    [
        (plain, ("x", "y", "scale", "power"), ("x", "y")),
        (partial(plain, power=2), ("x", "y", "scale", "power"), ("x", "y")),
        (lambda: 3, (), ()),
        (twingrad.huber, ("x", "delta"), ("x", "delta")),
        (nn.Linear(2, 3), ("input",), ("input",)),
        (nn.CrossEntropyLoss(), ("input", "target"), ("input", "target")),
        (Scaled(), ("x", "by"), ("x", "by")),
        (from_numpy(plain, gradient=plain), ("x", "y", "scale", "power"), ("x", "y")),
        (gathering, (), ()),
    ],
)
def test_arguments_have_names_in_order(function, names, required):
    found = signature_of(function)
    assert (found.names, found.required) == (names, required)


@pytest.mark.parametrize("function", [gathering, max])
def test_open_ones_take_any_name(function):
    found = signature_of(function)
    assert found.open
    found.check({"anything": 1})
    assert found.call({"b": 1, "a": 2}) == (function, [1, 2])


def test_a_wrong_name_is_refused():
    with pytest.raises(ValueError, match="plain has no argument 'sclae': did you mean 'scale'"):
        signature_of(plain).check({"x": 1, "sclae": 2})
    with pytest.raises(ValueError, match="tanh has no argument 'zz': its arguments are x"):
        signature_of(twingrad.tanh).check({"zz": 1})


def test_a_call_puts_arguments_in_their_places():
    function, inputs = signature_of(plain).call({"y": 2, "x": 1})
    assert (function, inputs) == (plain, [1, 2])
    function, inputs = signature_of(plain).call({"power": 3, "y": 2, "x": 1})
    assert inputs == [1, 2]
    assert function(*inputs) == 54


def test_a_place_before_a_given_argument_is_not_left_open():
    def function(x, y=1, z=2):
        return x

    with pytest.raises(ValueError, match="function takes y before z: give it a value too"):
        signature_of(function).call({"x": 0, "z": 1})


def test_a_function_without_a_signature_takes_what_it_is_given():
    assert signature_of(math.hypot).call({"a": 3.0, "b": 4.0})[1] == [3.0, 4.0]
