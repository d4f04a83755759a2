"""The stepper: its steps, its sentences, its cursor, its breakpoints, and its paths."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad import Array, Stepper, Value
from twingrad.engine.steps import BackwardStep, ForwardStep, SeedStep, Step
from twingrad.testing.strategies import programs


def neuron():
    w, x, b = Value(-3.0, "w"), Value(2.0, "x"), Value(6.5, "b")
    z = w * x + b
    z.label = "z"
    root = z.tanh()
    root.label = "L"
    return root


def product():
    a, b = Value(-2.0, "a"), Value(3.0, "b")
    c = a * b
    c.label = "c"
    root = c * 2
    root.label = "L"
    return root


def test_every_forward_step_comes_before_every_backward_step():
    kinds = [type(step) for step in neuron().steps()]
    assert kinds == [ForwardStep] * 3 + [SeedStep] + [BackwardStep] * 5


def test_a_step_says_the_chain_rule_in_symbols_and_numbers():
    lines = [str(step) for step in product().steps()]
    assert lines == [
        "c = a * b = (-2.0) * 3.0 = -6.0",
        "L = c * 2.0 = (-6.0) * 2.0 = -12.0",
        "dL/dL = 1.0",
        "dL/dc += dL/dL * dL/dc = 1.0 * 2.0 = 2.0",
        "dL/da += dL/dc * dc/da = 2.0 * 3.0 = 6.0",
        "dL/db += dL/dc * dc/db = 2.0 * (-2.0) = -4.0",
    ]


def test_a_backward_step_knows_its_edge_and_its_numbers():
    root = product()
    c = root.parents[0]
    step = root.steps()[4]
    assert (step.root, step.node, step.parent, step.position) == (root, c, c.parents[0], 0)
    assert step.edge == (c.parents[0], c, 0)
    assert (step.upstream, step.derivative, step.contribution) == (2.0, 3.0, 6.0)
    assert (step.before, step.after) == (None, 6.0)
    assert step.local == "dc/da = b = 3.0"
    assert step.symbols == "dL/dc * dc/da"
    assert step.numbers == "2.0 * 3.0"
    assert step.latex == (
        r"\frac{\partial L}{\partial a} \mathrel{+}= \frac{\partial L}{\partial c} \cdot "
        r"\frac{\partial c}{\partial a} = 2.0 \cdot 3.0 = 6.0"
    )


def test_the_local_derivative_shows_the_formula_and_of_a_conditional_the_branch_taken():
    x = Value(-3.0, "x")
    y = x.relu()
    y.label = "y"
    steps = y.steps()
    assert str(steps[0]) == "y = relu(x) = relu(-3.0) = 0.0"
    assert steps[2].local == "dy/dx = 0 if y <= 0 else 1 = 0.0"
    t = Value(0.5, "t").tanh()
    t.label = "o"
    assert t.steps()[2].local == "do/dt = 1 - o * o = 1 - 0.462117 * 0.462117 = 0.786448"


def test_a_value_with_a_branch_shows_the_call_and_the_branch_taken():
    x = Value(-2.0, "x")
    y = x.leaky_relu(0.5)
    y.label = "y"
    assert str(y.steps()[0]) == (
        "y = leaky_relu(x, 0.5) = leaky_relu(-2.0, 0.5) = 0.5 * (-2.0) = -1.0"
    )


def test_a_condition_that_constants_settle_is_not_shown():
    x = Value(3.0, "x")
    y = 2**x
    y.label = "y"
    assert y.steps()[2].local.startswith("dy/dx = y * log(2.0) = 8.0 * log(2.0)")
    assert (x**2).steps()[2].local.startswith("dv1/dx = 2.0 * x**(2.0 - 1)")


def test_numbers_assigned_later_change_no_step():
    w, x = Value(0.8, "w"), Value(2.0, "x")
    stepper = (w * x).steps()
    before = [str(step) for step in stepper], stepper[3].local, stepper.to_json()
    w.data = 5.0
    fresh = [str(step) for step in stepper], stepper[3].local
    assert (*fresh, stepper.to_json()) == before


def test_a_wide_node_is_written_in_time_linear_in_its_width():
    total = Array(range(2000), label="x").square().sum()
    assert str(total.steps()[-1]).startswith("dv2001/dx[0] += dv2001/dv1 * dv1/dx[0] = 1.0 * 0.0")
    assert len(total.steps().to_text().splitlines()) > 4000


def test_nodes_without_a_label_are_numbered_and_labels_are_kept_apart():
    x = Value(2.0, "v1")
    y = (x * x) + Value(3.0, "v1")
    names = [y.steps().names[node] for node in y.steps().nodes]
    assert names == ["v1", "v1_2", "v2", "v3"]


def test_a_label_that_is_an_expression_is_put_in_parentheses():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    c = a * b
    c.label = "a*b"
    root = c + a
    root.label = "L"
    assert str(root.steps()[1]) == "L = (a*b) + a = 2.0 + 1.0 = 3.0"
    assert "dL/d(a*b)" in str(root.steps()[3])


def test_it_does_not_touch_the_gradients_of_the_graph():
    root = neuron()
    stepper = root.steps()
    stepper.jump(-1)
    assert root.grad is None
    root.backward()
    again = root.steps()
    assert [str(step) for step in again] == [str(step) for step in stepper]


def test_at_first_only_the_leaves_are_known():
    stepper = neuron().steps()
    assert stepper.values == {"w": -3.0, "x": 2.0, "b": 6.5, "v1": None, "z": None, "L": None}
    assert set(stepper.gradients_so_far.values()) == {None}


def test_it_steps_forwards_and_backwards():
    stepper = neuron().steps()
    assert str(stepper.next()) == "v1 = w * x = (-3.0) * 2.0 = -6.0"
    assert stepper.values["v1"] == -6.0
    assert stepper.position == 1
    assert stepper.back() is stepper[0]
    assert stepper.values["v1"] is None
    assert stepper.back() is None
    stepper.jump(-1)
    assert stepper.position == len(stepper)
    assert stepper.next() is None


def test_jumps_outside_are_refused():
    stepper = neuron().steps()
    with pytest.raises(IndexError, match="position must lie between -10 and 9, got 10"):
        stepper.jump(10)
    assert stepper.position == 0


@given(programs(), st.data())
def test_any_walk_leads_to_the_state_that_its_position_has(program, data):
    stepper = program.build().steps()
    straight = [stepper.state.copy()]
    while stepper.next() is not None:
        straight.append(stepper.state.copy())
    for _ in range(8):
        move = data.draw(st.sampled_from(["next", "back", "jump", "run"]))
        if move == "jump":
            stepper.jump(data.draw(st.integers(0, len(stepper))))
        else:
            getattr(stepper, move)()
        assert stepper.state == straight[stepper.position]
        for mine, theirs in [
            (stepper.state.values, straight[stepper.position].values),
            (stepper.state.gradients, straight[stepper.position].gradients),
        ]:
            assert [math.copysign(1, x) for x in mine.values()] == [
                math.copysign(1, theirs[node]) for node in mine
            ]


@given(programs())
def test_contributions_add_up_to_the_gradients_bit_for_bit(program):
    root = program.build()
    root.backward()
    totals = {root: 1.0}
    for step in root.steps():
        if isinstance(step, BackwardStep):
            assert step.contribution == step.upstream * step.derivative
            assert step.upstream == totals[step.node]
            known = totals.get(step.parent)
            assert step.before == known
            totals[step.parent] = step.contribution if known is None else known + step.contribution
            assert step.after == totals[step.parent]
    for node, total in totals.items():
        assert node.grad.hex() == total.hex()


def test_a_breakpoint_at_a_node_or_its_label_stops_after_each_step_that_sets_it():
    root = neuron()
    stepper = root.steps()
    stepper.break_at("z")
    assert str(stepper.run()).startswith("z = v1 + b")
    assert str(stepper.run()).startswith("dL/dz +=")
    assert stepper.run() is None
    stepper.jump(0)
    stepper.clear_breakpoints()
    stepper.break_at(root.parents[0])
    assert stepper.run() is stepper[1]


def test_a_breakpoint_at_a_large_gradient_stops_where_one_appears():
    x = Value(2.0, "x")
    y = (x * 3) * 50
    y.label = "y"
    stepper = y.steps()
    stepper.break_at(gradient_above=100)
    assert str(stepper.run()) == "dy/dx += dy/dv1 * dv1/dx = 50.0 * 3.0 = 150.0"


def test_a_breakpoint_at_a_large_gradient_stops_at_nan_too():
    stepper = (Value(0.0, "x") * math.inf).steps()
    stepper.break_at(gradient_above=1e9)
    assert stepper.run() is stepper[-1]


def test_a_breakpoint_that_is_no_node_is_refused():
    stepper = neuron().steps()
    with pytest.raises(ValueError, match="break_at: node must be a node of this graph or its name"):
        stepper.break_at("nobody")
    with pytest.raises(ValueError, match=r"got Value.*this graph has w, x, b, v1, z, L"):
        stepper.break_at(Value(1.0))
    for both in ({}, {"node": "w", "gradient_above": 1.0}):
        with pytest.raises(ValueError, match="takes either a node or gradient_above"):
            stepper.break_at(**both)


@pytest.mark.parametrize("position", [1.5, "a", None])
def test_jumps_to_what_is_no_number_are_refused(position):
    with pytest.raises(TypeError, match="jump: position must be a whole number, got"):
        neuron().steps().jump(position)


def test_a_breakpoint_above_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="gradient_above must be a real number, got str 'a'"):
        neuron().steps().break_at(gradient_above="a")


class Update(Step):
    """What an optimizer may append: a new value for a leaf."""

    def __init__(self, leaf, value):
        self.leaf, self.value = leaf, value

    @property
    def target(self):
        return self.leaf

    def do(self, state):
        self.before = state.values[self.target]
        state.values[self.target] = self.value

    def undo(self, state):
        state.values[self.target] = self.before

    symbols, numbers, latex = "a - 0.1 * dL/da", "-2.0 - 0.1 * 6.0", "a"

    def __str__(self):
        return f"a = {self.symbols} = {self.numbers} = {self.value}"


def test_further_steps_can_be_appended_and_every_view_shows_them():
    stepper = product().steps()
    assert len(stepper.trace["steps"]) == 6
    node = stepper.names.find("a", "")
    stepper.extend([Update(node, -2.6)])
    stepper.jump(-1)
    assert stepper.state.values[node] == -2.6
    stepper.back()
    assert stepper.state.values[node] == -2.0
    assert len(stepper.trace["steps"]) == 7
    for view in (stepper.to_text(), stepper.to_html()):
        assert "a = a - 0.1 * dL/da = -2.0 - 0.1 * 6.0 = -2.6" in view


def test_a_root_of_constants_has_no_backward_steps():
    stepper = Value(2.0, requires_grad=False).steps()
    assert len(stepper) == 0
    assert json.loads(stepper.to_json())["nodes"][0]["kind"] == "constant"


def test_a_leaf_alone_has_the_seed_only():
    assert [str(step) for step in Value(2.0, "x").steps()] == ["dx/dx = 1.0"]


def test_the_trace_is_plain_json_with_null_for_what_is_not_computed():
    x = Value(0.0, "x")
    trace = json.loads((x.log() * 2).steps().to_json())
    assert trace["format"] == "twingrad-trace"
    values = {node["name"]: node["value"] for node in trace["nodes"]}
    assert values["v1"] == "-inf"
    assert [node["gradient"] for node in trace["nodes"] if node["kind"] == "constant"] == [None]
    backward = [step for step in trace["steps"] if step["kind"] == "backward"]
    assert [step["before"] for step in backward] == [None, None]
    assert backward[-1]["after"] == "inf"


@given(programs())
def test_the_trace_holds_every_edge_and_every_step(program):
    stepper = program.build().steps()
    trace = stepper.trace
    assert len(trace["edges"]) == sum(len(node.parents) for node in stepper.nodes)
    assert [step["text"] for step in trace["steps"]] == [str(step) for step in stepper]
    assert json.loads(stepper.to_json()) == trace


def test_paths_write_the_chain_rule_out():
    w, a = Value(0.5, "w"), Value(2.0, "a")
    z = w * a
    z.label = "z"
    s = z.sigmoid()
    s.label = "s"
    loss = (s - 1) ** 2
    loss.label = "J"
    (path,) = loss.paths(w)
    assert path.symbols == "dJ/dv1 * dv1/ds * ds/dz * dz/dw"
    assert str(path).startswith("dJ/dw = dJ/dv1 * dv1/ds * ds/dz * dz/dw = ")
    assert path.nodes == (loss, loss.parents[0], s, z, w)
    loss.backward()
    assert path.product == pytest.approx(w.grad)
    assert str(loss.paths("w")[0]) == str(path)


def test_paths_keep_duplicate_edges_apart():
    a = Value(3.0, "a")
    paths = (a * a).paths(a)
    assert [path.product for path in paths] == [3.0, 3.0]
    assert str(paths[0]) == "dv1/da along this edge = 3.0"


@given(programs(longest=25))
def test_the_products_of_all_paths_add_up_to_the_gradient(program):
    root = program.build()
    stepper = root.steps()
    root.backward()
    for leaf in [node for node in stepper.nodes if node.is_leaf and node.requires_grad]:
        try:
            paths = stepper.paths(leaf, limit=2000)
        except ValueError:
            continue
        products = [path.product for path in paths]
        scale = max([1.0, *map(abs, products)])
        assert math.fsum(products) == pytest.approx(leaf.grad, abs=1e-12 * scale, rel=1e-9)


def test_too_many_paths_are_refused_with_their_count():
    x = node = Value(1.0, "x")
    for _ in range(40):
        node = node + node
    with pytest.raises(ValueError, match=f"paths: {2**40} paths lead from v40 to x, more than"):
        node.paths(x)


def test_paths_to_the_root_itself_and_to_strangers():
    root = neuron()
    (path,) = root.paths(root)
    assert (path.product, path.symbols) == (1.0, "1")
    with pytest.raises(ValueError, match="leaf must be a node of this graph"):
        root.paths(Value(1.0))


def test_a_variadic_sum_is_one_readable_step():
    w = Array([1.0, -2.0, 3.0], label="w")
    x = Array([0.5, 1.0, 2.0], label="x")
    steps = (w @ x).steps()
    assert str(steps[0]).endswith(
        "= w[0] * x[0] + w[1] * x[1] + w[2] * x[2] = 1.0 * 0.5 + (-2.0) * 1.0 + 3.0 * 2.0 = 4.5"
    )
    assert steps[2].local.endswith("= x[0] = 0.5")


def test_a_long_sum_is_shortened():
    total = Array(range(50), label="x").sum()
    assert "sum(x[0], x[1], x[2], ..., x[49])" in str(total.steps()[0])


def test_a_deep_graph_steps_too():
    node = Value(1.0)
    for _ in range(5000):
        node = node * 1.0001
    stepper = node.steps()
    stepper.jump(-1)
    assert isinstance(stepper, Stepper)
    assert len(stepper) == 2 * 5000 + 1
    assert repr(stepper) == "<Stepper of v5001: 10001 nodes, step 10001 of 10001>"


def test_a_notebook_is_shown_small_graphs_as_pictures_and_spared_large_ones():
    small, large = neuron(), Value(1.0)
    for _ in range(400):
        large = large + 1
    assert small.steps()._repr_svg_().startswith("<svg")
    assert "<iframe" in small.steps()._repr_html_()
    assert small._repr_svg_().startswith("<svg")
    assert large._repr_svg_() is None
    assert large.steps()._repr_html_() is None


def test_only_steps_extend_a_stepper():
    stepper = (Value(2.0, label="x") * 3).steps()
    with pytest.raises(TypeError, match=r"steps must hold steps, got int 1.*optimizer\.steps"):
        stepper.extend([1])
