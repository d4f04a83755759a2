"""What cannot be compiled is refused by a sentence that says what to write instead."""

import copy
import math

import numpy as np
import pytest

import twingrad
from twingrad import Array, Tensor, Value
from twingrad.engine.tape.function import CompiledFunction

READING = {
    "if": lambda x: x if x > 0 else -x,
    "if of data": lambda x: x if x.data else -x,
    "while": lambda x: [None for _ in iter(lambda: x >= 1, False)],
    "and": lambda x: (x > 0) and x,
    "float": lambda x: float(x),
    "float of data": lambda x: float(x.data),
    "math": lambda x: math.exp(x.data),
    "int": lambda x: int(x),
    "int of data": lambda x: int(x.data),
    "round": lambda x: round(x, 2),
    "round of data": lambda x: round(x.data),
    "item": lambda x: x.item(),
    "text": lambda x: f"{x:.2f}",
    "text of data": lambda x: f"{x.data}",
    "index": lambda x: [1, 2, 3][x.data],
    "range": lambda x: range(x.data),
    "max": lambda x: max(x, Value(1.0)),
    "sorted": lambda x: sorted([x, x * 2]),
    "numpy": lambda x: np.array([x.data], dtype=float),
    "array item": lambda x: Array([x]).item(),
    "array numpy": lambda x: Array([x]).numpy(),
    "array tolist": lambda x: Array([x]).tolist(),
    "array argmax": lambda x: Array([x, x]).argmax(),
    "array max": lambda x: Array([x, x]).max(0),
    "array bool": lambda x: bool(Array([x])),
    "any": lambda x: (Array([x, x]) > 1.0).any(),
    "gradient": lambda x: ((x * x).backward(), float(x.grad)),
}


@pytest.mark.parametrize("name", READING)
def test_reading_a_number(name):
    with pytest.raises(RuntimeError, match=r"inside a compiled function.*where\(x, a, b\)"):
        CompiledFunction(READING[name])(Value(2.0))


def test_gradients_of_gradients():
    compiled = CompiledFunction(lambda x: (x * x).backward(create_graph=True))
    with pytest.raises(RuntimeError, match=r"create_graph=True\) cannot be compiled"):
        compiled(Value(1.0))
    with pytest.raises(RuntimeError, match=r"grad\(...\), cannot be compiled"):
        CompiledFunction(lambda x: twingrad.grad(lambda y: y * y)(x))(Value(1.0))
    outside = CompiledFunction(lambda x: x * x)
    with pytest.raises(RuntimeError, match=r"first derivatives only.*\.function"):
        outside(Value(1.0)).backward(create_graph=True)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        print(outside(Value(1.0)).steps())


def test_a_backward_pass_that_leaves_the_function():
    outer = Value(2.0) * 3
    with pytest.raises(RuntimeError, match=r"reaches its argument.*detach"):
        CompiledFunction(lambda x: (x * x).backward())(outer)
    with pytest.raises(RuntimeError, match=r"computed outside of it.*detach"):
        CompiledFunction(lambda: (outer * 2).backward())()


def test_backward_inside_and_outside():
    def function(x):
        y = x * x
        y.backward()
        return y

    compiled = CompiledFunction(function)
    for _ in range(2):
        y = compiled(Value(2.0))
        assert y.grad == 1.0
        with pytest.raises(RuntimeError, match="inside only, or outside only"):
            y.backward()


def test_a_value_both_passed_and_used():
    w = Value(1.0)
    compiled = CompiledFunction(lambda x: x * w)
    with pytest.raises(RuntimeError, match="pass it, or use it, but not both"):
        compiled(w)
    compiled(Value(2.0))
    with pytest.raises(RuntimeError, match="pass it, or use it, but not both"):
        compiled(w)


def test_operands_of_the_other_twin():
    with pytest.raises(TypeError, match="was given a Tensor: pass Values"):
        CompiledFunction(lambda x: x)(Tensor([1.0]))


def test_what_is_no_function():
    with pytest.raises(TypeError, match="function must be callable, got int"):
        CompiledFunction(3)


def test_anomalies_inside():
    def function(x):
        with twingrad.detect_anomaly():
            return x.log()

    with pytest.raises(RuntimeError, match="cannot look into a compiled function"):
        CompiledFunction(function)(Value(1.0))


def test_gradients_that_come_and_go_in_between():
    from twingrad.engine.tape.hooks import outside

    w = Value(1.0)
    clears = [False]

    def clear():
        if clears[0]:
            w.grad = None

    def step():
        (w * 2).backward()
        outside(clear)
        return Value(w.grad)

    compiled = CompiledFunction(step)
    assert [compiled().data for _ in range(3)] == [2.0, 4.0, 6.0]
    clears[0] = True
    with pytest.raises(RuntimeError, match="none where there were some"):
        compiled()


def test_numbers_do_not_outlive_the_recording():
    kept = []
    CompiledFunction(lambda x: kept.append(x.data))(Value(1.0))
    with pytest.raises(RuntimeError, match="kept and used outside of the call"):
        CompiledFunction(lambda x: x * kept[0])(Value(1.0))
    with pytest.raises(TypeError, match="must be a real number"):
        Value(kept[0])


def test_after_a_refusal_all_is_as_before():
    with pytest.raises(RuntimeError):
        CompiledFunction(float)(Value(1.0))
    assert float(Value(1.0)) == 1.0
    assert copy.copy(Value(1.0)).data == 1.0
