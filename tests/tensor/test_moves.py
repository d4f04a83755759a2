"""Shapes, parts, copies and conversions of tensors: values, shared memory and gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.expressions import (
    OF_MOVES,
    check_results,
    evaluated,
    golden_expressions,
    golden_input,
    weighted_sum,
)
from support.golden import LAYOUTS
from twingrad import no_grad
from twingrad.tensor import Tensor
from twingrad.testing import gradcheck

GOLDEN = golden_expressions("moves")

REFUSALS = (ValueError, TypeError, IndexError, RuntimeError)

number_shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def results_of(expression, x):
    """What an expression of ``x`` gives, as a list of tensors."""
    return evaluated(expression, {"x": x, **OF_MOVES})


def labelled(case):
    return f"{case['on']}: {case['expression']}"


def tensor_on(array):
    """A tensor on this very array, whatever its layout."""
    x = Tensor.constant(array)
    return x.requires_grad_() if array.dtype.kind == "f" else x


CASES_AND_LAYOUTS = [
    pytest.param(case, layout, id=f"{labelled(case)}, {layout.__name__}")
    for case in GOLDEN["cases"]
    for layout in LAYOUTS
    # Seeing the same memory in another shape may rightly be refused in other layouts.
    if layout is np.array or "view" not in case["expression"]
]


@pytest.mark.parametrize(("case", "layout"), CASES_AND_LAYOUTS)
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    array = layout(golden_input(GOLDEN, case["on"]))
    x = tensor_on(array)
    results = results_of(case["expression"], x)
    check_results(results, case["results"])
    for each in results:
        assert each.requires_grad == (x.requires_grad and each.dtype.kind == "f")
    total = weighted_sum(results)
    if case["gradient"] is None:
        assert not isinstance(total, Tensor)
    else:
        total.backward()
        expected = np.array(case["gradient"]).reshape(array.shape)
        np.testing.assert_array_equal(x.grad.numpy(), expected)
        assert x.grad.dtype == x.dtype


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=labelled)
def test_memory_is_shared_where_pytorch_shares_it(case):
    x = tensor_on(golden_input(GOLDEN, case["on"]))
    for each, shares in zip(results_of(case["expression"], x), case["shares"], strict=True):
        if each.numel():
            assert np.shares_memory(each.detach().numpy(), x.detach().numpy()) == shares


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=labelled)
def test_what_pytorch_refuses_is_refused_with_a_sentence(case):
    with pytest.raises(REFUSALS) as refusal:
        results_of(case["expression"], tensor_on(golden_input(GOLDEN, case["on"])))
    name = case["expression"].removeprefix("x.").removeprefix("T.").partition("(")[0]
    beginnings = {"view_as": "view:", "len": "a tensor", "list": "a tensor"}
    message = str(refusal.value)
    assert message.startswith(beginnings.get(name, name)), message
    assert ": " in message
    if case["error"] == "IndexError":
        assert refusal.type is IndexError


DIFFERENTIABLE = [
    ("number", "x.unsqueeze(0).expand(3)"),
    ("vector", "x.repeat(2, 2)"),
    ("vector", "x.diag_embed(1)"),
    ("vector", "x.repeat_interleave(ints(0, 2, 1, 0, 3))"),
    ("vector", "pad(x, (-1, 2), value=3)"),
    ("vector", "x.roll(2)"),
    ("matrix", "x.reshape(3, 2).permute(1, 0)"),
    ("matrix", "x.T.reshape(-1)"),
    ("matrix", "x.expand(2, -1, -1)"),
    ("matrix", "x.unsqueeze(1).squeeze()"),
    ("matrix", "x.flip(0, 1)"),
    ("matrix", "x.roll((1, 2), (0, 1))"),
    ("matrix", "x.rot90()"),
    ("matrix", "x.diagonal(1)"),
    ("matrix", "x.trace()"),
    ("matrix", "x.tril()"),
    ("matrix", "x.triu(1)"),
    ("matrix", "x.split([1, 2], 1)"),
    ("matrix", "x.unbind(1)"),
    ("matrix", "x.clone().contiguous()"),
    ("matrix", "pad(x, (2, 1), 'reflect')"),
    ("matrix", "pad(x, (2, 1), 'replicate')"),
    ("matrix", "pad(x, (2, 1), 'circular')"),
    ("cube", "x.movedim(0, -1)"),
    ("cube", "x.transpose(0, 2)"),
    ("hollow", "x.repeat(2, 2)"),
]


@pytest.mark.parametrize(("on", "expression"), DIFFERENTIABLE)
def test_gradients_of_first_and_second_order_are_those_of_differences(on, expression):
    def function(x):
        return tuple(each * each * each for each in results_of(expression, x))

    gradcheck(function, golden_input(GOLDEN, on), order=2)


@given(number_shapes, st.data())
def test_a_shape_that_holds_the_elements_can_be_taken_and_given_back(shape, data):
    array = data.draw(hnp.arrays(np.float32, shape, elements=st.floats(-5, 5, width=32)))
    x = Tensor(array)
    order = data.draw(st.permutations(range(len(shape))))
    moved = x.permute(order)
    np.testing.assert_array_equal(moved.detach().numpy(), array.transpose(order))
    row = moved.reshape(-1)
    assert row.shape == (array.size,)
    np.testing.assert_array_equal(row.reshape(moved.shape).detach().numpy(), moved.detach().numpy())
    back = moved.permute([order.index(d) for d in range(len(shape))])
    np.testing.assert_array_equal(back.detach().numpy(), array)
    assert back.dtype == np.float32


@given(number_shapes, st.data())
def test_a_broadcast_gradient_is_summed_over_the_copies(shape, data):
    repeats = data.draw(st.lists(st.integers(0, 3), max_size=2))
    x = Tensor(np.ones(shape), requires_grad=True)
    wide = x.expand(*repeats, *shape)
    assert wide.shape == (*repeats, *shape)
    wide.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full(shape, float(np.prod(repeats))))


def test_size_names_the_shape_and_its_lengths():
    x = Tensor(np.zeros((2, 3)))
    assert x.shape == x.size() == (2, 3)
    assert (x.size(0), x.size(-1), len(x)) == (2, 3, 2)
    assert x.ndim == x.dim() == 2
    assert x.numel() == 6
    assert Tensor(1.0).shape == ()
    assert Tensor(1.0).numel() == 1


def test_iterating_gives_the_slices_along_the_first_dimension():
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    rows = list(x)
    assert [row.shape for row in rows] == [(3,), (3,)]
    (rows[1] * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 0, 0], [2, 2, 2]])
    with pytest.raises(TypeError, match="without dimensions cannot be iterated over"):
        iter(Tensor(1.0))


def test_lengths_may_be_numpy_integers_but_no_other_numbers():
    x = Tensor(np.zeros((2, 3)))
    assert x.reshape(np.int64(3), np.int32(-1)).shape == (3, 2)
    assert x.transpose(np.int64(0), np.int64(1)).shape == (3, 2)
    with pytest.raises(TypeError, match="reshape: length must be a whole number, got bool True"):
        x.reshape(True, 6)
    with pytest.raises(TypeError, match=r"transpose: dim must be a whole number, got float 0\.0"):
        x.transpose(0.0, 1)


VIEWS = [
    "x.reshape(3, 2)", "x.T", "x.unsqueeze(0)", "x.split(2, 1)[0]", "x.unbind()[1]", "x.diagonal()",
    "x.diagonal(1)", "x.flatten()", "x.chunk(3, 1)[1]", "x.T.unsqueeze(1)", "x.permute(1, 0)",
    "x.view(2, 3, 1).squeeze()", "x.T.diagonal(-1)", "x.split(1)[1].reshape(-1)",
]  # fmt: skip


@pytest.mark.parametrize("expression", VIEWS)
def test_a_change_of_a_view_changes_the_tensor_and_its_gradient(expression):
    leaf = Tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=True)
    x = leaf * 1.0
    (view,) = results_of(f"[{expression}]", x)
    before = x.detach().numpy().copy()
    view.mul_(10.0)
    changed = x.detach().numpy() != before
    assert changed.sum() == view.numel()
    np.testing.assert_array_equal(x.detach().numpy(), np.where(changed, 10 * before, before))
    (x * x).sum().backward()
    expected = np.where(changed, 200 * before, 2 * before)
    np.testing.assert_allclose(leaf.grad.numpy(), expected)


@pytest.mark.parametrize(
    "expression", ["x.T.reshape(6)", "x.T.flatten()", "x.T.ravel()", "x.T.reshape(2, 3)"]
)
def test_a_change_of_a_copy_leaves_the_tensor_as_it_was(expression):
    leaf = Tensor(np.arange(1.0, 7).reshape(2, 3), requires_grad=True)
    x = leaf * 1.0
    (copy,) = results_of(expression, x)
    copy.mul_(10.0)
    np.testing.assert_array_equal(x.detach().numpy(), leaf.detach().numpy())
    (x.sum() + copy.sum()).backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), np.full((2, 3), 11.0))


def test_a_change_of_a_tensor_shows_in_its_views():
    x = Tensor(np.zeros((2, 3)))
    column, diagonal = x.T.unbind(1)[0], x.diagonal()
    x.add_(1.0)
    np.testing.assert_array_equal(column.detach().numpy(), [1, 1, 1])
    np.testing.assert_array_equal(diagonal.detach().numpy(), [1, 1])


def test_a_tensor_whose_elements_share_memory_is_not_changed_in_place():
    wide = Tensor([[1.0], [2.0]]).expand(2, 3)
    with pytest.raises(RuntimeError, match=r"stand for several elements.*change a clone\(\)"):
        wide.add_(1.0)
    wide.clone().add_(1.0)


def test_without_a_graph_moves_give_constants():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    with no_grad():
        for each in [x.T, x.reshape(1, 2), x.expand(2, 2), x.flip(0), x.unsqueeze(0), x.double()]:
            assert not each.requires_grad
            assert each.grad_fn is None


def test_a_tensor_that_is_right_already_is_given_back():
    x = Tensor([[1.0, 2.0]])
    assert x.contiguous() is x
    assert x.to(np.float32) is x
    assert x.to(x) is x
    assert x.float() is x
    assert x.cpu() is x
    assert x.to("cpu") is x
    assert x.to("float32") is x
    row = Tensor([1.0, 2.0])
    assert row.flatten() is row
    assert x.to(np.float32, copy=True) is not x
    assert not np.shares_memory(x.to("float32", copy=True).detach().numpy(), x.detach().numpy())


def test_contiguous_copies_what_does_not_stand_row_by_row():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x.is_contiguous()
    assert not x.T.is_contiguous()
    copied = x.T.contiguous()
    assert copied.is_contiguous()
    np.testing.assert_array_equal(copied.detach().numpy(), x.detach().numpy().T)
    assert not np.shares_memory(copied.detach().numpy(), x.detach().numpy())


def test_a_gradient_comes_back_through_another_dtype_in_the_own_one():
    x = Tensor([1.5, -2.5], requires_grad=True)
    (x.double() * np.array([2.0, 3.0])).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), [2, 3])
    assert not x.long().requires_grad
    assert not x.bool().requires_grad


def test_the_only_device_is_the_cpu():
    x = Tensor([1.0])
    assert x.device == "cpu"
    assert x.to(device="cpu") is x
    assert x.to("cpu", np.float64).dtype == np.float64
    for other in ("cuda", "cuda:0", "flaot32"):
        with pytest.raises(ValueError, match=rf"to: device must be 'cpu', got '{other}'"):
            x.to(other)
    with pytest.raises(ValueError, match="device must be 'cpu', got 'mps'"):
        x.to(device="mps")


def test_one_dtype_is_enough():
    with pytest.raises(TypeError, match="to: dtype must be given once"):
        Tensor([1.0]).to("float64", "int64")
    with pytest.raises(TypeError, match="to: dtype must be one of"):
        Tensor([1.0]).to(np.complex64)


def test_padding_takes_what_pytorch_has_no_kernel_for():
    x = Tensor([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x.pad((2, 1), "reflect").detach().numpy(), [3, 2, 1, 2, 3, 2])
    np.testing.assert_array_equal(x.pad((1, 1), "circular").detach().numpy(), [3, 1, 2, 3, 1])
    wide = Tensor(np.arange(4.0).reshape(2, 2)).pad((1, 1, 1, 1), "replicate")
    np.testing.assert_array_equal(
        wide.detach().numpy(), np.pad(np.arange(4.0).reshape(2, 2), 1, mode="edge")
    )


def test_a_mask_can_be_padded_with_a_truth_value():
    mask = Tensor([True, False]).pad((1, 1), value=True)
    np.testing.assert_array_equal(mask.detach().numpy(), [True, True, False, True])


@pytest.mark.parametrize(
    ("refused", "error", "message"),
    [
        (lambda x: x.pad((1, 1), value=float("nan")), ValueError, "value must be finite.*int64"),
        (
            lambda x: x.pad((1, 1), value="a"),
            TypeError,
            "pad: value must be a real number, got str",
        ),
        (lambda x: x.repeat_interleave(Tensor([1.5])), TypeError, "repeats must be whole numbers"),
        (lambda x: x.repeat_interleave([[1]]), ValueError, "one number from 0, or one for each"),
        (lambda x: x.view(7), ValueError, r"view: shape must hold the 3 elements of \(3,\), got"),
        (lambda x: x.diag_embed(0.5), TypeError, "offset must be a whole number, got float"),
        (lambda x: x.chunk(1.5), TypeError, "chunks must be a whole number, got float"),
    ],
)
def test_other_refusals_name_the_argument_and_the_rule(refused, error, message):
    with pytest.raises(error, match=message):
        refused(Tensor([1, 2, 3]))
