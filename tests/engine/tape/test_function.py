"""A compiled function of Values does what the function does."""

import math
import random
import threading
import tracemalloc

import numpy as np
import pytest

import twingrad
from twingrad import Array, Value
from twingrad.engine.tape.function import MOST_TAPES, CompiledFunction
from twingrad.engine.tape.hooks import outside, watch


def both(make, *calls):
    """What a function gives as it is and compiled, with the Values it uses at the end.

    ``make`` gives the function and the Values that it uses directly.
    """
    found = []
    for compile in (lambda function: function, CompiledFunction):
        function, own = make()
        function = compile(function)
        results = []
        for call in calls:
            given = [Value(x) if isinstance(x, float) else x for x in call]
            result = function(*given)
            state = [(x.data, x.grad) for x in given if isinstance(x, Value)]
            results.append((result.data, result.grad, state, [(x.data, x.grad) for x in own]))
        found.append(results)
    eager, compiled = found
    assert len(eager) == len(compiled) == len(calls)
    for a, b in zip(eager, compiled):
        assert a == b
    return compiled


def descent():
    w, b = Value(0.5, label="w"), Value(-0.25)

    def step(x, y):
        w.zero_grad()
        b.grad = 0.0
        loss = (w * x + b - y) ** 2 + 0.1 * w.abs()
        loss.backward()
        for p in (w, b):
            p.data -= 0.05 * p.grad
        return loss

    return step, [w, b]


def test_a_training_step_in_the_style_of_micrograd():
    both(descent, *[(random.Random(k).random(), 0.3) for k in range(5)])


def test_gradients_add_up_over_calls():
    def make():
        w = Value(2.0)

        def add(x):
            out = w.exp() * x
            out.backward()
            return out

        return add, [w]

    results = both(make, (1.0,), (2.0,), (3.0,), (4.0,))
    assert results[-1][3][0][1] == pytest.approx(10 * math.e**2)


def test_two_backward_passes_add_up_in_leaves_alone():
    def make():
        w = Value(2.0)

        def twice(x):
            y = w * w
            z = y * x
            z.backward()
            z.backward(0.5)
            (y + w).backward()
            return y

        return twice, [w]

    both(make, (3.0,), (4.0,), (-1.0,))


def test_a_backward_pass_uses_the_numbers_of_the_forward_pass():
    def make():
        w = Value(2.0)

        def move(x):
            out = w.tanh() * x * w
            w.data = w.data * 0.5
            w.grad = None
            out.backward()
            return out

        return move, [w]

    both(make, (3.0,), (4.0,), (-1.0,))


def test_gradients_can_be_read_scaled_and_cleared():
    def make():
        w, v = Value(2.0), Value(1.0)

        def clip(x):
            w.grad = v.grad = None
            out = (w * x).exp() + v * x
            out.backward()
            norm = (w.grad * w.grad + v.grad**2) ** 0.5
            w.grad = w.grad / twingrad.maximum(norm, 1.0)
            v.zero_grad()
            return out

        return clip, [w, v]

    both(make, (0.1,), (2.0,), (-1.0,))


def test_interior_nodes_have_gradients_inside():
    def make():
        w = Value(2.0)

        def function(x):
            y = w * x
            z = y.sin()
            z.backward()
            return Value(y.grad) + z

        return function, []

    both(make, (0.1,), (2.0,), (-1.0,))


def test_what_is_given_back_can_be_differentiated():
    w, x = Value(0.5), Value(2.0)
    compiled = CompiledFunction(lambda x: ((w * x).tanh() + x, x * x))
    for _ in range(3):
        w.grad = x.grad = None
        y, square = compiled(x)
        (y * square).backward()
        compiled_gradients = w.grad, x.grad
        w.grad = x.grad = None
        y, square = compiled.function(x)
        (y * square).backward()
        assert compiled_gradients == pytest.approx((w.grad, x.grad), rel=1e-14)
        x.data += 0.5


def test_a_result_is_differentiated_at_the_numbers_of_its_own_call():
    compiled = CompiledFunction(lambda x: x**3)
    x, other = Value(2.0), Value(5.0)
    compiled(other)
    cube = compiled(x)
    compiled(other)
    x.data = 100.0
    cube.backward()
    assert x.grad == 12.0
    assert other.grad is None


def test_what_an_argument_was_computed_from_gets_its_gradient():
    compiled = CompiledFunction(lambda x: x * x)
    a = Value(3.0)
    for _ in range(2):
        a.grad = None
        compiled(2 * a).backward()
        assert a.grad == 24.0


def test_what_a_result_does_not_depend_on_gets_no_gradient():
    compiled = CompiledFunction(lambda x, y: (x * 2, y * 3))
    for _ in range(2):
        x, y = Value(1.0), Value(1.0)
        compiled(x, y)[0].backward()
        assert (x.grad, y.grad) == (2.0, None)


def test_detached_numbers_pass_no_gradient():
    compiled = CompiledFunction(lambda x: x * x.detach())
    for _ in range(3):
        x = Value(3.0)
        compiled(x).backward()
        assert x.grad == 3.0


def test_no_grad_inside_and_outside():
    def function(x):
        with twingrad.no_grad():
            y = x * x
        return y * x

    compiled = CompiledFunction(function)
    for _ in range(2):
        x = Value(3.0)
        compiled(x).backward()
        assert x.grad == 9.0
        with twingrad.no_grad():
            assert not compiled(x).requires_grad


def test_arguments_given_back_are_the_same_objects():
    w = Value(1.0)
    compiled = CompiledFunction(lambda x, k: {"x": x, "w": w, "k": [k, None], "y": (x * w,)})
    for _ in range(3):
        x = Value(3.0)
        found = compiled(x, 7)
        assert found["x"] is x
        assert found["w"] is w
        assert found["k"] == [7, None]
        assert found["y"][0].data == 3.0


def test_numbers_arrays_and_structures_are_arguments():
    def function(x, *, options, rate=2.0):
        total = sum(Value(number) * rate for number in x.ravel())
        return total * options["w"][0] + options["b"]

    compiled = CompiledFunction(function)
    for k in range(4):
        x = np.arange(6.0).reshape(2, 3) + k
        options = {"w": [Value(0.5 + k)], "b": float(k)}
        expected = function(x, options=options, rate=1.5 * k).data
        assert compiled(x, options=options, rate=1.5 * k).data == expected
    assert repr(compiled) == "<compiled function, recorded 1 times>"


def test_integers_text_and_lengths_are_recorded_anew():
    compiled = CompiledFunction(lambda values, power, kind: sum(v**power for v in values))
    for values, power in [([1.0], 2), ([2.0], 2), ([2.0], 3), ([1.0, 2.0], 2), ([3.0], 3)]:
        given = [Value(x) for x in values]
        expected = sum(x**power for x in values)
        assert compiled(given, power, "text").data == expected
    assert "3 times" in repr(compiled)


def test_methods_and_numpy_integers():
    class Model:
        def __init__(self):
            self.w = Value(2.0)

        @CompiledFunction
        def step(self, x, k):
            return self.w * x * int(k)

    first, second = Model(), Model()
    second.w.data = 3.0
    for _ in range(2):
        for k in np.arange(1, 3):
            assert first.step(Value(1.0), k).data == 2.0 * k
            assert second.step(Value(1.0), k).data == 3.0 * k
    assert "4 times" in repr(Model.step)


def test_a_function_recorded_again_and_again_warns_and_forgets():
    compiled = CompiledFunction(lambda x, k: x * k)
    for k in range(MOST_TAPES):
        compiled(Value(1.0), k)
    with pytest.warns(RuntimeWarning, match="recorded 17 times"):
        compiled(Value(1.0), -1)
    assert compiled(Value(3.0), 0).data == 0.0


def test_requires_grad_and_modes_are_followed():
    w, v = Value(2.0), Value(3.0)

    def function():
        w.grad = v.grad = None
        out = w * v
        out.backward()
        return out

    compiled = CompiledFunction(function)
    compiled(), compiled()
    assert (w.grad, v.grad) == (3.0, 2.0)
    w.requires_grad = False
    for _ in range(2):
        compiled()
        assert (w.grad, v.grad) == (None, 2.0)


def test_the_same_value_twice():
    compiled = CompiledFunction(lambda a, b: a * b + a)
    a, b = Value(2.0), Value(5.0)
    for _ in range(2):
        assert [compiled(a, b).data, compiled(a, a).data] == [12.0, 6.0]
    a.grad = None
    compiled(a, a).backward()
    assert a.grad == 5.0


def test_comparisons_are_numbers_for_where_and_counts():
    def function(x, y):
        larger = twingrad.where(x > y, x * x, y)
        hits = [(x.data > 1.0) == (y.data > 1.0), x < y, y >= 2.0]
        return larger + sum(hits) * 10.0

    def make():
        return function, []

    both(make, (0.5, 2.0), (3.0, 2.0), (3.0, 1.0), (0.0, 0.0))


def test_constants_made_inside_are_known_numbers():
    def function(x):
        limit = Value(2.0)
        return x * limit if limit > 1.0 else x

    compiled = CompiledFunction(function)
    assert [compiled(Value(3.0)).data for _ in range(2)] == [6.0, 6.0]


def test_arrays_of_values():
    rng = np.random.default_rng(0)

    def make():
        w = Array(rng.normal(size=(4, 3)) * 0 + np.arange(12.0).reshape(4, 3) / 7)

        def function(scale):
            w.grad = None
            x = w * scale
            out = (
                (x @ w.T).log_softmax(1).mean()
                + x.softmax(0).amax(1).sum()
                + x.logsumexp(None)
                + x.amin()
                + (x > 0.5).sum() * x.mean()
            )
            out.backward()
            w.data -= 0.1 * w.grad
            with twingrad.no_grad():
                flat = w.reshape(12)
                flat *= 0.99
            return out[()]

        return function, [w[0, 0], w[3, 2]]

    both(make, (1.0,), (-0.5,), (2.0,))


def test_logsumexp_of_infinities():
    compiled = CompiledFunction(lambda x: x.logsumexp(1))
    for rows in ([[1.0, 2.0], [0.0, 3.0]], [[-math.inf, -math.inf], [math.inf, 1.0]]):
        expected = Array(rows).logsumexp(1).tolist()
        for _ in range(2):
            assert compiled(Array(rows)).tolist() == expected


def test_extremes_share_ties():
    def make():
        def function(a, b, c):
            out = Array([a, b, c, 2.0]).amax() * Array([a, b]).amin()
            out.backward()
            return out[()]

        return function, []

    both(make, (1.0, 2.0, 3.0), (2.0, 2.0, 1.0), (3.0, 3.0, 3.0), (0.0, -0.0, 2.0))


def test_formulas_of_a_user():
    cube = twingrad.formula(
        "kernel",
        "x, gradient",
        "x**3 + sigmoid(gradient) / x",
        "3 * x**2 - sigmoid(gradient) / x**2 if x > 0 else 3 * x**2 ;"
        " sigmoid(gradient) * sigmoid(-gradient) / x",
    )
    range_ = twingrad.formula("range", "x", "kernel(x, 1) + x", "1")
    try:

        def make():
            def function(a, b):
                out = cube(a, b) + range_(a)
                out.backward()
                return out

            return function, []

        both(make, (1.0, 2.0), (-2.0, 0.5), (1.0, 0.0))
    finally:
        range_.remove()
        cube.remove()


def test_python_may_do_something_in_between():
    def make():
        w = Value(1.0)
        seen = []

        def move():
            seen.append((w.data, w.grad))
            w.data = w.data - 0.1 * w.grad * len(seen)

        def step(x):
            w.grad = None
            loss = (w * x).exp()
            loss.backward()
            outside(move)
            after = w * loss
            w.grad = None
            after.backward()
            return after

        return step, [w]

    both(make, (1.0,), (0.5,), (2.0,), (-1.0,))


def test_what_is_done_in_between_may_call_the_function_again():
    w = Value(1.0)
    depth = [0]

    def again():
        if depth[0]:
            depth[0] -= 1
            nested.append(compiled(Value(10.0)).data)

    def function(x):
        y = x * w + 1.0
        outside(again)
        return y * x

    nested = []
    compiled = CompiledFunction(function)
    compiled(Value(1.0)), compiled(Value(1.0))
    depth[0] = 2
    assert compiled(Value(2.0)).data == 6.0
    assert nested == [110.0, 110.0]


def test_a_parameter_made_at_the_first_call_is_one_afterwards():
    def run(compile):
        own = {}

        def step(x):
            if "w" not in own:
                own["w"] = Value(1.0)
            w = own["w"]
            w.grad = None
            loss = (w * x - 3.0) ** 2
            loss.backward()
            w.data -= 0.1 * w.grad
            return loss

        step = compile(step)
        return [step(Value(1.0)).data for _ in range(5)], own["w"].data

    assert run(CompiledFunction) == run(lambda function: function)


@pytest.mark.filterwarnings("default")
def test_a_state_that_goes_on_from_call_to_call_is_right_and_warned_of():
    def run(compile):
        state = [Value(0.5)]

        def step(x):
            state[0] = (state[0] * x).tanh().detach()
            return state[0] * 2

        step = compile(step)
        return [step(Value(x)).data for x in (1.0, 2.0, 3.0, 4.0, 5.0)]

    with pytest.warns(RuntimeWarning, match="keeps Values that it makes"):
        found = run(CompiledFunction)
    assert found == run(lambda function: function)


def test_values_in_cycles_are_not_taken_for_kept():
    def function(x):
        def down(k):
            return x if k == 0 else down(k - 1) * y

        y = x.sin()
        return down(3)

    compiled = CompiledFunction(function)
    for _ in range(3):
        compiled(Value(2.0))
    assert "1 times" in repr(compiled)


def test_notebooks_show_the_text_of_a_result():
    compiled = CompiledFunction(lambda x: x * 2)
    y = compiled(Value(1.0))
    assert y._repr_svg_() is None
    assert repr(y) == "Value(data=2.0, grad=None)"


def test_what_is_watched_is_recorded_anew():
    factors = [2.0]

    def function(x):
        factor = factors[0]
        watch(lambda: factors[0] == factor)
        return x * factor

    compiled = CompiledFunction(function)
    assert [compiled(Value(1.0)).data for _ in range(3)] == [2.0] * 3
    factors[0] = 5.0
    assert [compiled(Value(1.0)).data for _ in range(3)] == [5.0] * 3
    assert "2 times" in repr(compiled)


def test_a_compiled_function_inside_another():
    inner = CompiledFunction(lambda x: x.tanh())
    outer = CompiledFunction(lambda x: inner(x) * 2)
    for _ in range(3):
        x = Value(0.5)
        outer(x).backward()
        assert x.grad == pytest.approx(2 * (1 - math.tanh(0.5) ** 2))


def test_threads_do_not_mix_their_numbers():
    compiled = CompiledFunction(lambda x: sum((x * k).sin() for k in range(1, 200)))
    compiled(Value(0.0)), compiled(Value(0.0))
    wrong = []

    def work(x):
        expected = compiled.function(Value(x)).data
        wrong.extend(k for k in range(200) if compiled(Value(x)).data != expected)

    threads = [threading.Thread(target=work, args=(float(x),)) for x in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_exception_leaves_what_was_done():
    def function(x):
        (x * 2).backward()
        raise KeyError("stop")

    x = Value(1.0)
    with pytest.raises(KeyError):
        CompiledFunction(function)(x)
    assert x.grad == 2.0


def test_anomalies_are_looked_for_in_the_function_itself():
    compiled = CompiledFunction(lambda x: x.log() * 2)
    compiled(Value(1.0)), compiled(Value(1.0))
    with twingrad.detect_anomaly(), pytest.raises(FloatingPointError, match="first inf"):
        compiled(Value(0.0))


def test_it_explains_itself():
    compiled = CompiledFunction(descent()[0])
    assert "not been called" in compiled.explain()
    compiled(Value(1.0), Value(2.0))
    assert "next call compiles" in compiled.explain()
    assert compiled.source == ""
    compiled(Value(1.0), Value(2.0))
    assert "sums of" in compiled.explain()
    assert "abs(x)" in compiled.explain()
    assert "def kernel(numbers, groups, at):" in compiled.source


def test_a_hundred_thousand_nodes():
    w = Value(0.5)

    def chain(x):
        w.grad = None
        for _ in range(16_000):
            x = (x * w).tanh() + 0.1
        total = sum([x * w for _ in range(25_000)])
        total.backward()
        return total

    compiled = CompiledFunction(chain)
    expected = chain(Value(0.3)), w.grad
    for _ in range(2):
        found = compiled(Value(0.3))
        assert found.data == pytest.approx(expected[0].data, rel=1e-12)
        assert w.grad == pytest.approx(expected[1], rel=1e-12)
    tracemalloc.start()
    compiled(Value(0.3))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000
