"""Updates behind a backward pass: what the stepper knows of them, and what its views show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.updates import neuron, stepped, text
from twingrad import Tensor, Value, optim
from twingrad.engine.drawing.progress import progress
from twingrad.engine.updates import Element


def test_behind_a_backward_pass_the_gradient_has_its_name():
    stepper, w, _ = stepped(optim.SGD)
    assert text(stepper[-4:]) == [
        "g = dL/dw = 1.42316",
        "w = w - lr * g = 0.8 - 0.1 * 1.42316 = 0.657684",
        "g = dL/db = 0.711578",
        "b = b - lr * g = (-1.0) - 0.1 * 0.711578 = -1.07116",
    ]
    assert stepper[-4].latex == r"g = \frac{\partial L}{\partial w} = 1.42316"
    stepper.jump(-1)
    assert stepper.values["w"] == pytest.approx(0.657684, rel=1e-5)
    assert stepper.state.memory[w, "g"] == w.grad
    stepper.jump(0)
    assert stepper.values["w"] == 0.8


def test_a_gradient_that_was_added_to_is_not_that_of_the_root():
    root, w, _ = neuron()
    root.backward()
    stepper = root.steps()
    stepper.extend(optim.SGD([w]).steps())
    assert str(stepper[-2]) == "g = w.grad = 2.84631"


def test_names_of_the_graph_are_kept_apart_from_those_of_the_rule():
    w, m = Value(0.5, "w"), Value(2.0, "m", requires_grad=False)
    root = w * m
    root.backward()
    stepper = root.steps()
    stepper.extend(optim.Adam([w]).steps())
    assert str(stepper[-5]).startswith("exp_avg = beta1 * exp_avg + (1 - beta1) * g = ")
    unnamed = Value(0.5)
    root = unnamed * 2
    root.backward()
    stepper = root.steps()
    stepper.extend(optim.SGD([unnamed]).steps())
    assert str(stepper[-1]).startswith("v1 = v1 - lr * g = 0.5 - ")


def test_what_a_rule_remembers_is_known_before_its_update():
    stepper, w, _ = stepped()
    assert stepper.state.memory[w, "m"] == 0.0
    assert (w, "g") not in stepper.state.memory


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_walk_over_updates_leads_to_the_state_that_its_position_has(data):
    root, w, b = neuron()
    optimizer = optim.Adam([w, b], lr=0.1)
    stepper = root.steps()
    for _ in range(2):
        stepper.extend(optimizer.steps())
        optimizer.step()
    straight = [stepper.state.copy()]
    while stepper.next() is not None:
        straight.append(stepper.state.copy())
    for _ in range(8):
        stepper.jump(data.draw(st.integers(0, len(stepper))))
        assert stepper.state == straight[stepper.position]


def test_breakpoints_stop_where_an_update_sets_the_weight():
    stepper, _, _ = stepped()
    stepper.jump(8)
    stepper.break_at("w")
    assert str(stepper.run()).startswith("w = w - lr * m_hat")
    assert stepper.run() is None
    stepper.jump(0)
    stepper.clear_breakpoints()
    stepper.break_at(gradient_above=1.4)
    assert str(stepper.run()).startswith("dL/dw += ")
    assert stepper.run() is None


def test_a_trace_holds_updates_and_pictures_know_what_the_stepper_knows():
    stepper, w, _ = stepped()
    trace = stepper.trace
    ids = {node: k for k, node in enumerate(stepper.nodes)}
    beyond = [(step.target, step.name) for step in stepper[8:] if not step.is_of_value]
    assert [each["name"] for each in trace["quantities"][:5]] == [
        "g of w",
        "m of w",
        "v of w",
        "m_hat of w",
        "v_hat of w",
    ]
    assert [each["before"] for each in trace["quantities"][:3]] == [None, 0.0, 0.0]
    second = trace["steps"][9]
    assert second["kind"] == "update"
    assert (second["node"], second["quantity"], second["name"]) == (ids[w], 1, "m of w")
    assert second["heading"] == "Update 1 of w by Adam"
    assert second["operands"] == [["beta1", 0.9], ["g", w.grad]]
    assert "value" not in second
    for position in range(len(stepper) + 1):
        stepper.jump(position)
        known = progress(trace, position)
        assert known.values == {ids[node]: x for node, x in stepper.state.values.items()}
        assert known.quantities == {beyond.index(key): x for key, x in stepper.state.memory.items()}


def test_text_has_a_heading_for_each_number_and_its_value_at_the_end():
    stepper, _, _ = stepped(optim.SGD, momentum=0.9)
    written = stepper.to_text()
    assert (
        "\n\nUpdate 1 of w by SGD\n"
        "  g = dL/dw = 1.42316\n"
        "  momentum_buffer = g = 1.42316   since t == 1\n"
        "  w = w - lr * momentum_buffer = 0.8 - 0.1 * 1.42316 = 0.657684\n\n"
        "Update 1 of b by SGD\n"
    ) in written
    assert written.endswith(
        "Results\n"
        "       value     gradient   updated\n"
        "  w    0.8       1.42316    0.657684\n"
        "  x    2.0       constant\n"
        "  b    -1.0      0.711578   -1.07116\n"
        "  v1   1.6       0.711578\n"
        "  v2   0.6       0.711578\n"
        "  L    0.53705   1.0\n"
    )


def test_an_update_of_what_is_not_in_the_graph_is_shown_too():
    root, _, _ = neuron()
    other = Tensor([1.0], requires_grad=True)
    other.grad = Tensor([0.5])
    stranger = Value(3.0, "s")
    stranger.grad = 1.0
    stepper = root.steps()
    stepper.extend(optim.SGD([other], lr=0.5).steps())
    stepper.extend(optim.SGD([stranger], lr=0.5).steps())
    stepper.jump(-1)
    assert stepper.state.values[Element(other, (0,), "w[0]")] == 0.75
    assert stepper.state.values[stranger] == 2.5
    assert [(each["name"], each["before"]) for each in stepper.trace["quantities"]] == [
        ("g of w[0]", None),
        ("w[0]", 1.0),
        ("g of s", None),
        ("s", 3.0),
    ]
    assert "w[0] = w[0] - lr * g = 1.0 - 0.5 * 0.5 = 0.75" in stepper.to_text()
    assert "updated" not in stepper.to_text()
    assert "w[0] = w[0] - lr * g" in stepper.to_html()
    assert stepper.to_svg().startswith("<svg")
