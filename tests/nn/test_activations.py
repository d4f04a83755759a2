"""Activations: PyTorch's numbers and gradients on both twins, options, names, refusals."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value
from twingrad.nn import activations, functional
from twingrad.nn.activations import ACTIVATIONS, Activation, activation
from twingrad.nn.module import Module
from twingrad.tensor import autograd
from twingrad.testing import gradcheck

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "activations.json").read_text())
PUBLIC = [getattr(activations, name) for name in activations.__all__]
CLASSES = [item for item in PUBLIC if isinstance(item, type) and item is not Activation]
FUNCTIONS = sorted(set(vars(functional.activations)) & set(functional.__all__))


def described(case):
    options = ", ".join(f"{name}={option}" for name, option in case["options"].items())
    return f"{case['function']}({options}) on {case['on']}"


CASES = [pytest.param(case, id=described(case)) for case in GOLDEN["cases"]]


def outcome(output, *leaves):
    """The numbers of an output, and of the gradients of its sum weighted by 1, 2, 3 and so on."""
    weights = np.arange(1.0, output.numel() + 1).reshape(output.shape)
    (output * weights).sum().backward()
    return [numbers(output), *[numbers(leaf.grad) for leaf in leaves]]


def of_function(case, twin):
    x = operand(twin, GOLDEN["inputs"][case["on"]], requires_grad=True)
    function = getattr(functional, case["function"])
    if "weight" in case:
        weight = operand(twin, case["weight"], requires_grad=True)
        return outcome(function(x, weight), x, weight)
    training = {"training": case["training"]} if case["function"] == "rrelu" else {}
    return outcome(function(x, **case["options"], **training), x)


def of_module(case, twin):
    x = operand(twin, GOLDEN["inputs"][case["on"]], requires_grad=True)
    kind = getattr(activations, case["module"])
    if "weight" in case:
        module = kind(len(case["weight"]), backend=twin).to("float64")
        module.load_state_dict({"weight": np.array(case["weight"])})
        return outcome(module(x), x, module.weight)
    return outcome(kind(**case["options"]).train(case["training"])(x), x)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("found", [of_function, of_module])
def test_values_and_gradients_are_those_of_pytorch_on_both_twins(case, found):
    scalar, tensor = (found(case, twin) for twin in TWINS)
    # PyTorch takes the slope 1 / 6 of hardsigmoid in float32.
    tolerance = 1e-7 if case["function"] == "hardsigmoid" else 1e-10
    expected = [case[name] for name in ("output", "gradient", "weight_gradient") if name in case]
    for one, other, golden in zip(scalar, tensor, expected, strict=True):
        assert one.shape == other.shape == np.shape(golden)
        np.testing.assert_allclose(one, golden, rtol=tolerance, atol=1e-10)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_every_function_and_every_class_has_golden_numbers():
    functions = {case["function"] for case in GOLDEN["cases"]}
    assert functions == set(FUNCTIONS) - {"heaviside"}, "PyTorch cannot differentiate it"
    classes = {case["module"] for case in GOLDEN["cases"]}
    assert classes == {kind.__name__ for kind in CLASSES} - {"Heaviside"}


def test_every_activation_on_the_page_of_formulas_has_a_name():
    rows = list(twingrad.engine.formulas.table)
    page = rows[rows.index("sigmoid") : rows.index("hardswish") + 1]
    assert {"tanh", "heaviside", *page} <= set(ACTIVATIONS)


def made(kind):
    """A module of an activation, with the arguments that it needs."""
    arguments = {"Threshold": (0.5, -1.0), "Softmax": (-1,), "LogSoftmax": (-1,), "Softmin": (-1,)}
    return kind(*arguments.get(kind.__name__, ()))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.sampled_from([2, 4])),
        elements=st.floats(-30, 30) | st.sampled_from([-1e4, 0.0, 1e4]),
    )
)
def test_both_twins_agree_and_stay_finite(kind, data):
    leaves = [operand(twin, data, requires_grad=True) for twin in TWINS]
    modules = [made(kind).eval().to(twin).to("float64") for twin in TWINS]
    found = [outcome(module(x), x) for module, x in zip(modules, leaves, strict=True)]
    for one, other in zip(*found, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("twin", TWINS)
def test_the_step_has_any_number_at_0_and_no_slope(twin):
    x = operand(twin, [-0.5, 0.0, 2.0], requires_grad=True)
    output, slope = outcome(functional.heaviside(x, 0.25), x)
    assert output.tolist() == [0.0, 0.25, 1.0]
    assert slope.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_single_value_will_do(name):
    arguments = {"threshold": (0.5, 0.0), "prelu": (0.25,)}.get(name, ())
    arguments = (0,) if "soft" in name and name[-3:] in ("max", "min") else arguments
    if name == "glu":
        with pytest.raises(ValueError, match="glu: input must have an even length"):
            functional.glu(Value(0.75))
        return
    found = getattr(functional, name)(Value(0.75), *arguments)
    expected = getattr(functional, name)(Tensor(np.array(0.75)), *arguments)
    assert (found.data if type(found) is Value else found.item()) == pytest.approx(expected.item())


@pytest.mark.parametrize("name", ["hardshrink", "softshrink", "softplus", "tanhshrink", "glu"])
def test_gradients_of_what_is_composed_agree_with_differences(name):
    generator = np.random.default_rng(0)
    x = generator.uniform(0.6, 3, size=(2, 4)) * generator.choice([-1, 1], size=(2, 4))
    gradcheck(lambda x: getattr(functional, name)(x).sin(), x, order=2)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_float32_stays_float32_and_finite(kind):
    x = Tensor(np.array([[-1e4, -1.0, 0.0, 1e4]], np.float32), requires_grad=True)
    output = made(kind)(x)
    assert output.dtype == np.float32
    assert np.isfinite(numbers(output)).all()
    (slope,) = autograd.grad(output.sum(), x)
    assert slope.dtype == np.float32
    assert np.isfinite(numbers(slope)).all()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_plain_numbers_are_taken(kind):
    for twin, of_twin in zip(TWINS, (Array, Tensor), strict=True):
        with twingrad.backend(twin):
            for data in ([[-1.0, 2.0]], np.array([[-1.0, 2.0]])):
                assert type(made(kind).eval()(data)) is of_twin


def test_a_value_gives_a_value():
    for name in ("relu", "softplus", "hardshrink", "softshrink", "threshold", "tanhshrink"):
        arguments = (0.5, 0.0) if name == "threshold" else ()
        x = Value(2.0)
        result = getattr(functional, name)(x, *arguments)
        assert type(result) is Value
        result.backward()
        assert x.grad > 0


def test_nan_stays_nan():
    for name in FUNCTIONS:
        arguments = {"threshold": (0.0, 1.0), "prelu": (0.5,)}.get(name, ())
        if name.startswith(("soft", "log_")) and name not in ("softplus", "softshrink", "softsign"):
            arguments = (0,)
        output = getattr(functional, name)(Tensor([np.nan, np.nan]), *arguments)
        assert np.isnan(numbers(output)).all(), name


def test_prelu_learns_its_slopes():
    layer = activations.PReLU(3)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.tolist() == [0.25] * 3
    layer(Tensor(-np.ones((2, 3), np.float32))).sum().backward()
    assert layer.weight.grad.tolist() == [-2.0] * 3
    layer.load_state_dict({"weight": np.zeros(3, np.float32)})
    layer.reset_parameters()
    assert layer.weight.tolist() == [0.25] * 3
    scalar = activations.PReLU(init=0.1, backend="scalar")
    assert type(scalar.weight) is Array
    assert scalar.weight.tolist() == [0.1]


@pytest.mark.parametrize("twin", TWINS)
def test_the_slopes_of_rrelu_are_drawn_in_training_only(twin):
    layer = activations.RReLU(0.1, 0.3)
    x = operand(twin, [-1.0] * 400 + [1.0] * 100, requires_grad=True)
    twingrad.manual_seed(0)
    slopes, grad = outcome(layer(x) * np.arange(1.0, 501.0) ** -1, x)
    slopes = slopes * -np.arange(1.0, 501.0)
    np.testing.assert_allclose(slopes[400:], -1)
    np.testing.assert_allclose(grad[:400], slopes[:400])
    assert slopes[:400].min() >= 0.1
    assert slopes[:400].max() <= 0.3
    assert len(set(slopes[:400])) == 400
    assert slopes[:400].mean() == pytest.approx(0.2, abs=4 * 0.2 / np.sqrt(12 * 400))
    layer.eval()
    np.testing.assert_allclose(numbers(layer(x))[:400], -0.2)


def test_the_slopes_of_rrelu_are_the_same_on_both_twins():
    drawn = []
    for twin in TWINS:
        twingrad.manual_seed(3)
        drawn.append(numbers(functional.rrelu(operand(twin, [-1.0] * 9), training=True)))
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("twin", TWINS)
def test_the_step_passes_no_gradient(twin):
    x = operand(twin, [-2.0, 0.0, 2.0], requires_grad=True)
    assert outcome(activations.Heaviside()(x), x)[0].tolist() == [0, 0, 1]
    output, gradient = outcome(activations.Heaviside(values=1.0)(x), x)
    assert output.tolist() == [0, 1, 1]
    assert gradient.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: functional.celu([1.0], 0.0), ValueError, "celu: alpha must not be 0, got 0.0"),
        (lambda: activations.CELU(0), ValueError, "CELU: alpha must not be 0"),
        (lambda: activations.ELU("1"), TypeError, "ELU: alpha must be a real number, got str '1'"),
        (lambda: functional.gelu([1.0], "exact"), ValueError, "approximate must be 'none' or"),
        (
            lambda: functional.hardtanh([1.0], 1.0, -1.0),
            ValueError,
            "hardtanh: min_val must not be above max_val, got 1.0 and -1.0: exchange them",
        ),
        (lambda: activations.Hardtanh(2), ValueError, "Hardtanh: min_val must not be above"),
        (lambda: functional.rrelu([1.0], 0.5, 0.1), ValueError, "rrelu: lower must not be above"),
        (lambda: activations.RReLU(0.5), ValueError, "RReLU: lower must not be above upper, got"),
        (
            lambda: functional.softshrink([1.0], -1),
            ValueError,
            "softshrink: lambd must be at least",
        ),
        (lambda: activations.Softshrink(-0.5), ValueError, "Softshrink: lambd must be at least 0"),
        (
            lambda: functional.glu(np.ones((2, 3))),
            ValueError,
            r"even length along dim -1, got shap",
        ),
        (lambda: functional.glu(1.0), ValueError, r"even length along dim -1, got shape \(\)"),
        (lambda: functional.glu(np.ones(2), 1), IndexError, "glu: dim must lie between -1 and 0"),
        (
            lambda: functional.softmax([1.0], 1),
            IndexError,
            "softmax: dim must lie between -1 and 0",
        ),
        (lambda: activations.Softmax(0.5), TypeError, "Softmax: dim must be a whole number"),
        (lambda: activations.PReLU(0), ValueError, "PReLU: num_parameters must be at least 1, got"),
        (
            lambda: functional.prelu(np.ones((2, 3)), np.ones(2)),
            ValueError,
            r"weight must have shape \(1,\) or \(3,\) for an input of shape \(2, 3\), got \(2,\)",
        ),
        (lambda: functional.prelu(np.ones(3), np.ones(3)), ValueError, "prelu: weight must have"),
        (lambda: functional.prelu(np.ones((1, 1)), [[1.0]]), ValueError, "prelu: weight must have"),
        (
            lambda: functional.prelu(Array([1.0]), Tensor([0.5])),
            TypeError,
            "prelu: input and weight must be of one twin",
        ),
        (lambda: activation("rellu"), ValueError, "one of celu, .*, got 'rellu': did you mean 're"),
        (lambda: activation("ReLU"), ValueError, "got 'ReLU': did you mean 'relu'"),
        (lambda: activation("xyz"), ValueError, "got 'xyz': or pass a module of your own"),
        (lambda: activation(3), TypeError, "must be a name such as 'relu', a class .* got int 3"),
        (lambda: activation(dict), TypeError, "got type <class 'dict'>"),
    ],
)
def test_bad_calls_are_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_reprs_show_the_options():
    assert repr(activations.ReLU()) == "ReLU()"
    assert repr(activations.Hardtanh()) == "Hardtanh(min_val=-1.0, max_val=1.0)"
    assert repr(activations.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(activations.Softmax(1)) == "Softmax(dim=1)"
    for kind in CLASSES:
        assert all(f"{name}=" in repr(made(kind)) for name in kind.options)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_name_makes_a_new_module_with_every_call(name):
    factory = activation(name)
    first, second = factory(), factory()
    assert isinstance(first, Module)
    assert first is not second
    x = Tensor([[-1.0, 2.0]])
    if name not in ("identity", "rrelu", "prelu", "gelu_tanh"):
        arguments = (-1,) if name in ("softmax", "log_softmax", "softmin") else ()
        expected = getattr(functional, name)(x, *arguments)
        np.testing.assert_array_equal(numbers(first(x)), numbers(expected))


def test_a_class_is_its_own_factory_and_a_module_is_copied():
    assert activation(activations.SELU) is activations.SELU
    own = activations.PReLU(2, 0.5)
    factory = activation(own)
    first, second = factory(), factory()
    assert first.weight is not second.weight
    assert first.weight.tolist() == own.weight.tolist() == [0.5, 0.5]


def test_modules_are_copied_with_their_options():
    for kind in CLASSES:
        assert issubclass(kind, Activation)
        module = made(kind)
        assert repr(copy.deepcopy(module)) == repr(module)
