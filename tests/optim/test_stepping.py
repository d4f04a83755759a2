"""The steps of an update: what they say, and that replaying them is the update."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.twins import TWINS, numbers, operand
from support.updates import neuron, text
from twingrad import Array, Tensor, Value, nn, optim
from twingrad.engine.steps import State
from twingrad.engine.updates import Element, UpdateStep
from twingrad.optim.reading import lines_taken

RULED = [
    kind
    for kind in vars(optim).values()
    if inspect.isclass(kind) and issubclass(kind, optim.Optimizer) and "rule" in vars(kind)
]
"""Every optimizer that has a rule."""

OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "decoupled_weight_decay": True},
    {"maximize": True},
    {"amsgrad": True},
    {"centered": True},
    {"momentum": 0.9},
    {"momentum": 0.9, "centered": True},
    {"momentum": 0.9, "dampening": 0.1},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True},
    {"lr_decay": 0.1, "initial_accumulator_value": 0.5},
    {"t0": 1.0, "lambd": 0.1},
]
"""Sets of options; an optimizer is tried with those that it has."""

CASES = [
    pytest.param(kind, options, id=f"{kind.__name__}-{'-'.join(options)}")
    for kind in RULED
    for options in OPTIONS
    if options.keys() <= inspect.signature(kind).parameters.keys()
]


def bits(number):
    return "nan" if math.isnan(number) else float(number).hex()


def spread(steps):
    """The targets of steps, by parameter and index."""
    return {(id(step.update.parameter), step.update.index): step.target for step in steps}


def check_replay(optimizer, same=bits):
    """Make an update, and compare it with its steps, done and undone."""
    steps = optimizer.steps()
    start = {key: numbers(each).copy() for key, each in parameters(optimizer)}
    state = State()
    for step in steps:
        assert isinstance(step, UpdateStep)
        step.do(state)
    assert all(
        np.array_equal(numbers(each), start[key], True) for key, each in parameters(optimizer)
    )
    optimizer.step()
    targets = spread(steps)
    for key, parameter in parameters(optimizer):
        remembered = optimizer.state[parameter]
        for index in np.ndindex(start[key].shape):
            target = targets[key, index]
            assert same(state.values[target]) == same(numbers(parameter)[index])
            for name, of_rule in optimizer.rule.state.items():
                if (target, name) in state.memory:
                    known = remembered[of_rule.key]
                    after = known if isinstance(known, float) else numbers(known)[index]
                    assert same(state.memory[target, name]) == same(after)
    for step in reversed(steps):
        step.undo(state)
    assert state == State()


def parameters(optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                yield id(parameter), parameter


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_replaying_the_steps_is_the_update_bit_for_bit(twin, kind, options):
    matrix = operand(twin, [[1.0, -2.0, 0.5], [0.0, 3.0, -0.25]], requires_grad=True)
    single = operand(twin, 0.75, requires_grad=True)
    without = operand(twin, [1.0], requires_grad=True)
    optimizer = kind([matrix, single, without], **options)
    for count in range(6):
        loss = (matrix * (matrix - count)).sum() * single + single**2
        optimizer.zero_grad()
        loss.backward()
        check_replay(optimizer)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_steps_of_32_bit_tensors_are_the_update_to_their_rounding(kind, options):
    w = Tensor([1.0, -2.0, 0.5], requires_grad=True)
    optimizer = kind([w], **options)
    for count in range(6):
        optimizer.zero_grad()
        (w * (w - count)).sum().backward()
        check_replay(optimizer, lambda number: pytest.approx(float(number), rel=1e-5, abs=1e-6))


@pytest.mark.parametrize("twin", TWINS)
@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(RULED), st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=4)
)
def test_any_numbers_are_replayed(twin, kind, pairs):
    weights, gradients = zip(*pairs, strict=True)
    w = operand(twin, weights, requires_grad=True)
    optimizer = kind([w])
    for _ in range(2):
        w.grad = np.array(gradients) if twin == "scalar" else Tensor(np.array(gradients))
        check_replay(optimizer)


def test_an_update_of_adam_says_every_number():
    _, w, _ = neuron()
    optimizer = optim.Adam([w], lr=0.1)
    assert str(optimizer.steps()) == (
        "Adam (Kingma and Ba 2015; Reddi et al. 2018; Loshchilov and Hutter 2019)\n"
        "\n"
        "Update 1 of w by Adam\n"
        "  g = w.grad = 1.42316\n"
        "  m = beta1 * m + (1 - beta1) * g = 0.9 * 0.0 + (1 - 0.9) * 1.42316 = 0.142316\n"
        "  v = beta2 * v + (1 - beta2) * g * g"
        " = 0.999 * 0.0 + (1 - 0.999) * 1.42316 * 1.42316 = 0.00202537\n"
        "  m_hat = m / (1 - beta1**t) = 0.142316 / (1 - 0.9**1.0) = 1.42316\n"
        "  v_hat = v / (1 - beta2**t) = 0.00202537 / (1 - 0.999**1.0) = 2.02537\n"
        "  w = w - lr * m_hat / (sqrt(v_hat) + eps)"
        " = 0.8 - 0.1 * 1.42316 / (sqrt(2.02537) + 1e-08) = 0.7"
    )
    step = optimizer.steps()[1]
    assert (step.name, step.before, step.after) == ("m", 0.0, pytest.approx(0.142316, rel=1e-5))
    assert step.operands == {"beta1": 0.9, "m": 0.0, "g": w.grad}
    assert (step.target, step.update.parameter, step.update.index) == (w, w, ())
    assert step.latex == (
        r"m = \beta_{1} \cdot m + \left(1 - \beta_{1}\right) \cdot g = "
        r"0.9 \cdot 0.0 + \left(1 - 0.9\right) \cdot 1.42316 = 0.142316"
    )


def test_only_branches_taken_are_shown_and_lines_that_only_rename_are_not():
    _, w, _ = neuron()
    assert text(optim.SGD([w], lr=0.1).steps()) == [
        "g = w.grad = 1.42316",
        "w = w - lr * g = 0.8 - 0.1 * 1.42316 = 0.657684",
    ]
    assert text(optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.5, maximize=True).steps()) == [
        "g = -(w.grad) = -1.42316",
        "g = g + weight_decay * w = (-1.42316) + 0.5 * 0.8 = -1.02316",
        "b = g = -1.02316",
        "w = w - lr * b = 0.8 - 0.1 * (-1.02316) = 0.902316",
    ]


def test_a_branch_that_computed_numbers_decide_says_why():
    w = Tensor([1.0, 1.0, 1.0], requires_grad=True)
    optimizer = optim.Rprop([w], lr=0.1)
    for gradient in ([1.0, 1.0, 1.0], [2.0, -2.0, 0.0]):
        w.grad = Tensor(gradient)
        steps = optimizer.steps()
        optimizer.step()
    grown, shrunk, kept = [step for step in steps if step.symbols.startswith("step *")]
    assert (grown.symbols, grown.reason) == ("step * eta_plus", "since agreement > 0")
    assert shrunk.reason == "since agreement <= 0, agreement < 0"
    assert kept.reason == "since agreement <= 0, agreement >= 0"
    assert f"{grown}   since agreement > 0" in str(steps)
    w.grad = Tensor([math.nan, 1.0, 1.0])
    assert optimizer.steps(w, 0)[2].reason == "since not agreement > 0, not agreement < 0"


def test_lines_of_a_branch_that_is_not_taken_are_not_shown():
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.RAdam([w])
    names = []
    for _ in range(6):
        w.grad = Tensor([1.0])
        names.append([step.name for step in optimizer.steps()])
        optimizer.step()
    assert names[0] == ["g", "m", "v", "m_hat", "rho_max", "rho", "w"]
    assert "r" in names[-1]
    assert "scale" in names[-1]


def test_a_name_that_is_taken_gives_way():
    _, w, b = neuron()
    steps = optim.SGD([w, b], lr=0.1, momentum=0.9).steps(b)
    assert text(steps)[1:] == [
        "momentum_buffer = g = 0.711578",
        "b = b - lr * momentum_buffer = (-1.0) - 0.1 * 0.711578 = -1.07116",
    ]
    t = Value(1.0, "t")
    t.grad = 0.5
    assert "m / (1 - beta1**step)" in str(optim.Adam([t]).steps())
    g, lr = Value(1.0, "g"), Value(1.0, "lr")
    g.grad = lr.grad = 0.5
    assert text(optim.SGD([g, lr], lr=0.5).steps(g)) == [
        "g_2 = g.grad = 0.5",
        "g = g - lr_2 * g_2 = 1.0 - 0.5 * 0.5 = 0.75",
    ]


@pytest.mark.parametrize("twin", TWINS)
def test_elements_carry_the_names_of_a_model(twin):
    model = nn.Sequential(nn.Linear(2, 1, backend=twin), nn.Linear(1, 1, backend=twin))
    model(np.ones((1, 2))).sum().backward()
    for members in (model.parameters(), model.named_parameters()):
        optimizer = optim.SGD(members, lr=0.1)
        (_, last) = optimizer.steps(model[0].weight, (0, 1))
        assert str(last).startswith("weight0[0,1] = weight0[0,1] - lr * g = ")
        assert text(optimizer.steps("0.weight", [0, -1])) == text(
            optimizer.steps(model[0].weight, (0, 1))
        )


@pytest.mark.parametrize("twin", TWINS)
def test_parameters_without_a_name_are_counted(twin):
    one, other = (operand(twin, [1.0, 2.0], requires_grad=True) for _ in range(2))
    (one * other).sum().backward()
    assert [step.update.name for step in optim.SGD([one, other]).steps()[::2]] == [
        "w0[0]",
        "w0[1]",
        "w1[0]",
        "w1[1]",
    ]
    assert optim.SGD([one]).steps()[0].update.name == "w[0]"


def test_an_element_of_an_array_is_a_parameter_too():
    w = Array([[1.0, 2.0]], label="w")
    (w * w).sum().backward()
    steps = optim.SGD([w], lr=0.1).steps(w[0, 1])
    assert {step.target for step in steps} == {w[0, 1]}
    assert str(steps[-1]) == "w[0,1] = w[0,1] - lr * g = 2.0 - 0.1 * 4.0 = 1.6"


def test_elements_of_tensors_are_equal_by_parameter_and_index():
    w, other = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    assert Element(w, (0,), "w[0]") == Element(w, (0,), "another")
    assert hash(Element(w, (0,), "w[0]")) == hash(Element(w, (0,), "another"))
    assert Element(w, (0,), "w[0]") != Element(w, (1,), "w[1]")
    assert Element(w, (0,), "w[0]") != Element(other, (0,), "w[0]")


def test_steps_keep_the_numbers_of_when_they_were_asked_for():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    steps = optimizer.steps()
    before = text(optimizer.steps())
    optimizer.step()
    optimizer.zero_grad()
    assert text(steps) == before


def test_they_are_a_sequence_computed_when_asked_for():
    w = Tensor(np.ones((1000, 1000)), requires_grad=True)
    w.grad = Tensor(np.arange(1e6).reshape(1000, 1000))
    steps = optim.SGD([w], lr=0.1).steps()
    assert len(steps) == 2_000_000
    assert steps[-1].update.index == (999, 999)
    assert steps[2 * 1001].after == 1001.0
    assert text(steps[2002:2005]) == text([steps[2002], steps[2003], steps[2004]])
    with pytest.raises(IndexError):
        steps[2_000_000]
    assert repr(steps) == "<UpdateSteps: 1000000 elements, 2000000 steps>"
    assert str(steps).endswith("and 999950 more elements: steps(parameter, index) shows one")
    assert "and 999950 more elements" in steps._repr_html_()


def test_a_notebook_shows_a_table():
    w = Value(1.0, "<w>")
    w.grad = 2.0
    html = optim.SGD([w], lr=0.1).steps()._repr_html_()
    assert html.startswith("<table><caption>SGD (Robbins and Monro 1951")
    assert [each in html for each in ("formula</th>", "numbers</th>", "result</th>")] == [True] * 3
    assert "<w>" not in html
    assert "<code>0.8</code></td>" in html
    assert "<i>since t == 1</i>" in optim.SGD([w], momentum=0.9).steps()._repr_html_()


@pytest.mark.parametrize("twin", TWINS)
def test_parameters_without_a_gradient_or_elements_have_no_steps(twin):
    w, empty = operand(twin, [1.0], requires_grad=True), Tensor(np.ones(0), requires_grad=True)
    empty.grad = Tensor(np.ones(0))
    optimizer = optim.Adam([w, empty] if twin == "tensor" else [w])
    assert len(optimizer.steps()) == 0
    assert text(optimizer.steps()) == []
    assert "No parameter has a gradient" in str(optimizer.steps())
    with pytest.raises(RuntimeError, match=r"Adam: steps: w0? has no gradient and would not be"):
        optimizer.steps(w)


def test_what_is_no_parameter_is_refused():
    w = Tensor([[1.0, 2.0]], requires_grad=True)
    w.sum().backward()
    optimizer = optim.Adam([("layer.w", w)])
    for stranger in (Tensor([1.0]), Value(1.0), "v", 3):
        with pytest.raises(ValueError, match=r"steps: parameter must be one of .* are layer_w$"):
            optimizer.steps(stranger)
    for index in ((0, 2), (0,), 0, (-2, 0), (0, 0, 0)):
        with pytest.raises(IndexError, match=r"index must be of one element of the shape \(1, 2\)"):
            optimizer.steps(w, index)
    with pytest.raises(TypeError, match="steps: index must be"):
        optimizer.steps(w, (0, 0.5))
    with pytest.raises(ValueError, match="index must come with the parameter"):
        optimizer.steps(index=(0, 0))


def test_steps_follow_a_model_to_the_other_twin():
    model = nn.Linear(2, 1, backend="tensor").double()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    model(np.ones((1, 2))).sum().backward()
    optimizer.step()
    before = text(optimizer.steps())
    model.to("scalar")
    optimizer.zero_grad()
    model(np.ones((1, 2))).sum().backward()
    assert text(optimizer.steps("weight")) == before[:12]
    assert optimizer.steps()[0].target is model.weight[0, 0]
    check_replay(optimizer)


def test_an_optimizer_without_a_rule_says_so():
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="LBFGS: steps need a rule with one update for each number"):
        optim.LBFGS([w]).steps()


def test_a_copy_of_what_changes_later_is_a_line_of_its_own():
    rule = optim.Rule(
        "remembering",
        ["lr"],
        {"moved": "moved"},
        """
        old = w
        g = grad
        same = g
        w = w - lr * same
        moved = w - old
        """,
        reference="",
    )
    lines = [f"{line.target} = {line.expression}" for line in lines_taken(rule, {"lr": 0.1})]
    assert lines == ["old = w", "g = grad", "w = w - lr * g", "moved = w - old"]
