"""The backward pass: accumulation, order, depth, modes, anomalies, gradients of gradients."""

import gc
import math
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from twingrad import Value
from twingrad.engine.backward import evaluation_order


def test_a_second_backward_adds_to_leaves_and_starts_interior_nodes_afresh():
    x = Value(2.0)
    square = x * x
    cube = square * x
    cube.backward()
    assert (x.grad, square.grad) == (12.0, 2.0)
    cube.backward()
    assert (x.grad, square.grad, cube.grad) == (24.0, 2.0, 1.0)
    assert (x**3).parents[0] is x


def test_x_to_the_third_gives_12_then_24():
    x = Value(2.0)
    y = x**3
    y.backward()
    assert x.grad == 12.0
    y.backward()
    assert x.grad == 24.0


def test_zero_grad_makes_the_gradient_unknown_again():
    x = Value(2.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad is None


def test_an_operand_used_twice_gets_both_contributions():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    a.zero_grad()
    (a * a * a).backward()
    assert a.grad == 27.0


def test_a_diamond_is_visited_once_per_node_and_once_per_edge():
    x = Value(1.5)
    node = x
    for _ in range(60):  # 2**60 paths
        node = node + node
    node.backward()
    assert x.grad == 2.0**60


def test_the_gradient_of_the_root_can_be_given():
    x = Value(3.0)
    (x * x).backward(gradient=0.5)
    assert x.grad == 3.0
    with pytest.raises(TypeError, match="backward: gradient must be a real number, got str 'a'"):
        (x * x).backward(gradient="a")


def test_a_leaf_differentiated_by_itself_is_one():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_backward_without_anything_to_differentiate_is_refused():
    with pytest.raises(RuntimeError, match="does not depend on any Value that requires a gradient"):
        (Value(1.0, requires_grad=False) * 2).backward()
    with twingrad.no_grad():
        y = Value(1.0) * 2
    with pytest.raises(RuntimeError, match=r"build it outside no_grad\(\)"):
        y.backward()


def test_the_local_derivatives_are_those_of_the_forward_pass():
    w, x = Value(3.0), Value(2.0)
    y = w * x
    w.data = 100.0
    y.backward()
    assert (w.grad, x.grad) == (2.0, 3.0)


def test_numbers_changed_since_are_refused_where_the_formula_is_read_again():
    w, x = Value(3.0), Value(2.0)
    y = w * x
    w.data = 100.0
    for read_again in (lambda: y.backward(create_graph=True), y.steps):
        with pytest.raises(RuntimeError, match=r"mul from numbers that have been changed since"):
            read_again()
    assert w.grad is None


def test_evaluation_order_puts_parents_first_and_skips_leaves():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a
    e = d * c
    assert evaluation_order(e) == [c, d, e]
    assert evaluation_order(a) == []


def test_a_chain_of_a_million_nodes_goes_there_and_back_and_away():
    x = one = Value(1.0)
    node = x
    for _ in range(1_000_000):
        node = node + one
    alive = weakref.ref(node)
    node.backward()
    assert node.data == 1_000_001.0
    assert one.grad == 1_000_001.0
    del node
    gc.collect()
    assert alive() is None


def test_a_graph_is_freed_by_reference_counting_alone():
    gc.disable()
    try:
        x = Value(1.0)
        middle = x.tanh()
        alive = weakref.ref(middle)
        root = middle * 2
        root.backward()
        del middle, root
        assert alive() is None
    finally:
        gc.enable()


def test_no_grad_builds_no_graph_and_ends_with_its_block():
    x = Value(2.0)
    with twingrad.no_grad():
        y = x * x
        with twingrad.enable_grad():
            z = x * x
        w = x * x
    assert [y.requires_grad, z.requires_grad, w.requires_grad] == [False, True, False]
    assert (x * x).requires_grad


def test_no_grad_is_a_decorator_too():
    @twingrad.no_grad()
    def predict(x):
        return x * x

    x = Value(2.0)
    assert not predict(x).requires_grad
    assert not predict(x).requires_grad
    assert (x * x).requires_grad


@pytest.mark.parametrize("mode", [twingrad.no_grad, twingrad.detect_anomaly])
def test_a_mode_is_put_back_when_its_block_fails(mode):
    before = twingrad.engine.modes.current_mode()
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert twingrad.engine.modes.current_mode() == before


def test_a_mode_can_be_entered_again_even_inside_itself():
    off = twingrad.no_grad()
    x = Value(2.0)
    with off, off:
        pass
    assert (x * x).requires_grad
    with off:
        assert not (x * x).requires_grad
    assert (x * x).requires_grad


def test_a_mode_belongs_to_its_thread():
    seen = []
    with twingrad.no_grad():
        thread = threading.Thread(target=lambda: seen.append((Value(1.0) * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda x: x.log(), r"log made the first inf: log\(x\) = log\(0.0\) = -inf; keep x > 0"),
        (lambda x: 1 / x, r"div made the first inf: a / b = 1.0 / 0.0 = inf; keep b != 0"),
        (lambda x: (x - 1).sqrt(), r"sqrt made the first nan.*sqrt\(-1.0\) = nan; keep x >= 0"),
        (lambda x: (x + 1000).exp(), r"exp made the first inf.*keep the numbers smaller"),
        (lambda x: (x - 2) ** 0.5, r"pow made the first nan: a\*\*b = \(-2.0\)\*\*0.5 = nan"),
    ],
)
def test_anomaly_detection_names_the_first_operation_to_make_a_nan_or_inf(compute, message):
    x = Value(0.0)
    assert not math.isfinite(compute(x).data)
    with twingrad.detect_anomaly(), pytest.raises(FloatingPointError, match=message):
        compute(x).tanh() * 2


def test_anomaly_detection_lets_pass_on_what_came_in():
    with twingrad.detect_anomaly():
        assert (Value(math.inf) * 2).data == math.inf
        assert math.isnan((Value(math.nan) + 1).data)
        assert Value(-math.inf).exp().data == 0.0


def test_anomaly_detection_names_the_first_operation_of_the_backward_pass():
    x = Value(0.0)
    with twingrad.detect_anomaly():
        y = x.sqrt() * 3
        with pytest.raises(
            FloatingPointError,
            match=r"backward pass of sqrt made the first inf.*3.0 \* \(0.5 / out = inf\), at x = 0",
        ):
            y.backward()
    assert x.grad is None


def test_anomaly_detection_names_a_sum_of_contributions_that_overflows():
    x = Value(0.5, label="x")
    with twingrad.detect_anomaly():
        y = x * 1.7e308 + x * 1.7e308
        with pytest.raises(FloatingPointError, match="inf where it added up the gradient of"):
            y.backward()


def test_anomaly_detection_ignores_edges_without_a_gradient():
    x = Value(-2.0)
    with twingrad.detect_anomaly():
        (x**2).backward()  # the slope by the constant exponent is nan, and nobody's concern
    assert x.grad == -4.0


def test_anomaly_detection_and_second_derivatives_ignore_edges_without_a_gradient():
    x = Value(-2.0)
    with twingrad.detect_anomaly():
        (x**3).backward(create_graph=True)
        slope, x.grad = x.grad, None
        slope.backward()
    assert x.grad == -12.0


def test_create_graph_adds_to_what_is_there_even_inside_no_grad():
    x = Value(2.0)
    (x * x).backward()
    y = x**3
    with twingrad.no_grad():
        y.backward(create_graph=True)
    assert x.grad.data == 4.0 + 12.0
    assert x.grad.requires_grad


def derivatives_of_sine(x, order):
    return [math.sin, math.cos, lambda t: -math.sin(t), lambda t: -math.cos(t)][order % 4](x)


@given(st.floats(-3, 3))
def test_gradients_of_gradients_go_to_any_order(number):
    x = Value(number)
    y = x.sin()
    for order in range(1, 6):
        y.backward(create_graph=True)
        y, x.grad = x.grad, None
        assert y.data == pytest.approx(derivatives_of_sine(number, order), abs=1e-15)


def test_create_graph_makes_every_gradient_a_value():
    x, w = Value(2.0), Value(3.0)
    y = w * x * x
    y.backward(create_graph=True)
    assert type(x.grad) is Value
    assert (x.grad.data, w.grad.data) == (12.0, 4.0)
    x.grad.backward()
    assert w.grad.data == 4.0 + 4.0  # dy/dw = x**2, and d(dy/dx)/dw = 2 * x is added to it


def test_a_gradient_penalty_can_be_descended():
    x, w = Value(0.5), Value(1.5)
    (w * x).tanh().backward(create_graph=True)
    penalty = x.grad**2
    w.grad = None
    penalty.backward()
    t = math.tanh(0.75)
    assert w.grad == pytest.approx(3.0 * (1 - t * t) ** 2 * (1 - 1.5 * t), rel=1e-12)


def test_create_graph_works_inside_no_grad():
    x = Value(2.0)
    y = x**3
    with twingrad.no_grad():
        y.backward(create_graph=True)
    assert x.grad.requires_grad
    x.grad.backward()


def test_graphs_in_different_threads_share_leaves_without_disturbing_each_other():
    shared = Value(2.0, requires_grad=False)
    results = []

    def work(k):
        x = Value(float(k))
        node = x
        for _ in range(200):
            node = node * shared - node
        node.backward()
        results.append(x.grad)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1.0] * 8
