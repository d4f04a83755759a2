"""Operations of one's own: what a Primitive may do, and what it is told when it does not."""

import numpy as np
import pytest

import twingrad
from twingrad import Primitive, Tensor, autograd
from twingrad.testing import gradcheck


def leaf(*numbers, dtype="float64"):
    return Tensor(np.array(numbers, dtype), requires_grad=True)


class Product(Primitive):
    arity = 2
    saves = (0, 1)

    def forward(self, a, b):
        return a * b

    def backward(self, gradient, call):
        a, b = call.inputs
        return (gradient * b, gradient * a)


def primitive(forward, backward, **attributes):
    """An operation of these two functions."""
    methods = {
        "forward": lambda self, *arrays: forward(*arrays),
        "backward": lambda self, gradient, call: backward(gradient, call),
    }
    return type("Own", (Primitive,), methods | attributes)()


def test_an_operation_of_ones_own_has_derivatives_of_every_order():
    product = Product()
    gradcheck(lambda a, b: product(product(a, b), b), np.ones(3) * 0.5, np.arange(3.0), order=2)
    assert product.name == "product"
    assert product(np.ones(2), np.ones(2)).tolist() == [1.0, 1.0]


def test_a_backward_that_forgets_the_comma_is_told():
    own = primitive(lambda x: x * 2, lambda g, call: g * 2)
    with pytest.raises(TypeError, match="own: backward must give a tuple of one gradient for each"):
        own(leaf(1.0, 2.0)).sum().backward()


def test_a_backward_with_too_few_gradients_is_told():
    own = primitive(lambda a, b: a + b, lambda g, call: (g,), arity=2)
    with pytest.raises(TypeError, match="for each of the 2 operands, got 1"):
        own(leaf(1.0), leaf(2.0)).sum().backward()


def test_a_gradient_of_another_shape_is_told():
    own = primitive(lambda x: x * 2, lambda g, call: (np.ones(7),))
    with pytest.raises(ValueError, match=r"operand 1 a gradient of its shape \(2,\), got \(7,\)"):
        own(leaf(1.0, 2.0)).sum().backward()


def test_too_few_operands_and_several_results_are_told():
    with pytest.raises(TypeError, match="product takes 2 operands, got 1"):
        Product()(leaf(1.0))
    own = primitive(lambda x: (x, x), lambda g, call: (g,))
    with pytest.raises(TypeError, match="forward must give one array, got tuple of 2"):
        own(leaf(1.0))


def test_results_and_gradients_share_no_memory_with_operands():
    same = primitive(lambda x: x, lambda g, call: (g,))
    h = leaf(1.0, 2.0) * 1.0
    same(h).mul_(5.0)
    assert h.tolist() == [1.0, 2.0]
    dot = primitive(
        lambda a, b: (a * b).sum(), lambda g, call: (call.inputs[1], call.inputs[0]),
        arity=2, saves=(0, 1),
    )  # fmt: skip
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    for _ in range(2):
        dot(a, b).backward()
    assert (a.tolist(), b.tolist()) == ([1.0, 2.0], [3.0, 4.0])
    assert a.grad.tolist() == [6.0, 8.0]


def test_a_gradient_has_the_dtype_of_its_leaf():
    own = primitive(lambda x: x * np.float64(2), lambda g, call: (g * np.float64(2),))
    x = leaf(1.0, dtype="float32")
    own(x).sum().backward()
    assert x.grad.dtype == np.float32


def test_rows_may_name_their_arguments_as_they_like():
    names = ["t1", "c0", "__c0__", "prod", "i", "one", "zero", "a1", "x_", "result0", "node"]
    for name in names:
        row = twingrad.formula(
            "own", f"{name}, x", f"{name}*{name}*3 + x*{name}", f"6*{name} + x ; {name}"
        )
        try:
            a, b = leaf(2.0), leaf(3.0)
            row(a, b).sum().backward()
            assert (row(2.0, 3.0), row(a, b).item()) == (18.0, 18.0), name
            assert (a.grad.item(), b.grad.item()) == (15.0, 2.0), name
        finally:
            row.remove()


def test_a_row_declared_anew_is_not_taken_for_the_old_one():
    slopes = []
    for value, slope in (("x", "1"), ("-x", "-1")):
        inner = twingrad.formula("inner", "x", value, slope)
        text = "x*x if inner(x) > 0 else 0"
        outer = twingrad.formula("outer", "x", text, "2*x if inner(x) > 0 else 0")
        x = leaf(2.0, -3.0)
        (found,) = autograd.grad(outer(x).sum(), x, create_graph=True)
        slopes.append(found.tolist())
        outer.remove()
        inner.remove()
    assert slopes == [[4.0, 0.0], [0.0, -6.0]]


def test_a_partial_may_call_a_row_that_ignores_an_argument():
    inner = twingrad.formula("inner", "a, b", "b", "0 ; 1")
    outer = twingrad.formula("outer", "x, y", "x + y*y", "inner(x, 1) ; 2*inner(x, y)")
    try:
        x, y = leaf(2.0), leaf(3.0)
        found = autograd.grad(outer(x, y).sum(), [x, y], create_graph=True)
        assert [each.item() for each in found] == [1.0, 6.0]
    finally:
        outer.remove()
        inner.remove()


def test_the_sign_of_a_zero_constant_counts():
    row = twingrad.formula("own", "x", "atan2(x, 0) - atan2(x, -0.0)", "0")
    try:
        assert row(leaf(0.0)).item() == row(0.0) == -np.pi
    finally:
        row.remove()


def test_a_primitive_is_called_as_its_own_class_unless_that_says_otherwise():
    class Halved(Product):
        name = "half"

    class Doubled(Halved):
        pass

    assert (Halved().name, Doubled().name) == ("half", "doubled")
