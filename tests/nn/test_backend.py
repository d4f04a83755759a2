"""The two twins as networks see them, and which of them is selected."""

import asyncio
import threading

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value, nn
from twingrad.nn.backend import (
    backend_of,
    common_backend,
    named,
    numbers_of,
    operands,
    random_numbers_kept,
    twin_of,
    zeros_like,
)

KINDS = {"scalar": Array, "tensor": Tensor}


@pytest.fixture(autouse=True)
def nothing_leaks():
    before = named().name
    yield
    assert named().name == before == "tensor"


@pytest.mark.parametrize("twin", TWINS)
def test_a_block_selects_the_twin_of_what_is_built_in_it(twin):
    with twingrad.backend(twin):
        assert type(nn.Linear(2, 1).weight) is KINDS[twin]
        assert type(nn.Parameter([1.0])) is KINDS[twin]


def test_blocks_nest_and_an_argument_comes_first():
    with twingrad.backend("scalar"):
        with twingrad.backend("tensor"):
            assert named().name == "tensor"
            assert type(nn.Linear(2, 1, backend="scalar").weight) is Array
        assert named().name == "scalar"
    assert named().name == "tensor"


def leave_by_exception():
    with twingrad.backend("scalar"):
        raise KeyError("on purpose")


def test_the_selection_is_put_back_when_the_block_raises():
    with pytest.raises(KeyError, match="on purpose"):
        leave_by_exception()
    assert named().name == "tensor"


def test_the_selection_belongs_to_the_thread():
    found = []
    with twingrad.backend("scalar"):
        thread = threading.Thread(target=lambda: found.append(named().name))
        thread.start()
        thread.join()
    assert found == ["tensor"]


def test_the_selection_belongs_to_the_task():
    async def build(twin):
        with twingrad.backend(twin):
            await asyncio.sleep(0)
            return named().name

    async def both():
        return await asyncio.gather(build("scalar"), build("tensor"))

    assert asyncio.run(both()) == ["scalar", "tensor"]


def test_a_function_can_be_decorated():
    @twingrad.backend("scalar")
    def build():
        return nn.Linear(1, 1)

    assert [type(build().weight), type(build().weight)] == [Array, Array]


@pytest.mark.parametrize("name", ["torch", "Scalar", "", None, 3])
def test_another_name_is_refused_with_those_there_are(name):
    if name is None:
        assert named(name).name == "tensor"
        return
    with pytest.raises(ValueError, match="backend must be 'scalar' or 'tensor', got"):
        named(name)
    with pytest.raises(ValueError, match="backend must be"), twingrad.backend(name):
        pass


def test_operands_know_their_twin_and_numbers_have_none():
    assert backend_of(Array([1.0])).name == backend_of(Value(1.0)).name == "scalar"
    assert backend_of(Tensor([1.0])).name == "tensor"
    for plain in (1.0, [1.0], np.ones(2), None, "scalar"):
        assert backend_of(plain) is None


def test_numpy_arrays_are_the_buffers_of_integers_of_the_scalar_twin():
    assert twin_of(np.array(3)) is twin_of(Array([1.0])) is twin_of(Value(1.0)) is named("scalar")
    assert twin_of(Tensor([1.0])) is named("tensor")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (Array([1.0, 2.0]), [1.0, 2.0]),
        (Tensor([1, 2]), [1, 2]),
        (Value(3.0), 3.0),
        (np.ones(1), [1.0]),
        ([1.5], [1.5]),
        (4, 4),
    ],
)
def test_the_numbers_of_everything_that_holds_some(data, expected):
    assert numbers_of(data).tolist() == expected


def test_the_common_twin_is_that_of_the_operands_else_the_selected_one():
    assert common_backend("f", "c", a=Array([1.0]), b=[1.0], c=None).name == "scalar"
    assert common_backend("f", a=1.0, b=[[Tensor([1.0])]]).name == "tensor"
    assert common_backend("f", a=1.0).name == "tensor"
    with twingrad.backend("scalar"):
        assert common_backend("f", a=1.0).name == "scalar"


def test_a_mix_of_twins_is_refused_with_the_names_of_the_arguments():
    with pytest.raises(TypeError, match="mse_loss: input and target must be of one twin, got"):
        operands("mse_loss", input=Array([1.0]), target=Tensor([1.0]))
    with pytest.raises(TypeError, match="target of the scalar twin"):
        operands("mse_loss", input=Tensor([1.0]), target=[Value(1.0)])


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.MSELoss()(None, [1.0]),
        lambda: nn.CrossEntropyLoss()(None, [1]),
        lambda: nn.Linear(1, 1)(None),
        lambda: nn.ReLU()(None),
        lambda: nn.Dropout()(None),
        lambda: nn.Embedding(2, 2)(None),
        lambda: nn.LayerNorm(2)(None),
    ],
)
def test_what_a_forward_without_return_gives_is_refused(call):
    with pytest.raises(TypeError, match=r"input must be an operand or numbers, got None: .*return"):
        call()


@pytest.mark.parametrize("twin", TWINS)
def test_numbers_become_constants_beside_the_operands(twin):
    x = operand(twin, [1.0, 2.0], requires_grad=True)
    found = operands("f", "none", plain=[3, 4], none=None, own=x, array=np.array([5, 6]))
    assert found[1] is None
    assert found[2] is x
    for each in (found[0], found[3]):
        assert type(each) is KINDS[twin]
        assert not each.requires_grad
        assert each.data.dtype == np.float64


def test_an_operand_of_integers_does_not_make_integers_of_numbers():
    (probabilities,) = operands("f", target=Tensor([0, 1]), input=[0.25, 0.75])[1:]
    assert probabilities.tolist() == [0.25, 0.75]


@pytest.mark.parametrize(("before", "behind"), [([], [2.0]), ([2.0], []), ([2.0, 3.0], [4.0])])
def test_values_in_a_list_stay_the_values_that_they_are(before, behind):
    a = Value(1.0)
    (x,) = operands("f", x=[*before, a, *behind])
    assert x[len(before)] is a


def test_a_list_of_tensors_with_a_history_is_refused_as_it_would_be_lost():
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"would lose their history: join them with twingrad.stack"):
        operands("f", x=[[x, x]])
    with pytest.raises(TypeError, match="must be of one twin, got a Value among tensors: take its"):
        operands("f", x=[[Tensor(1.0)], [Value(2.0)]])
    (joined,) = operands("f", x=[Tensor(1.0), Tensor(2.0)])
    assert joined.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("twin", TWINS)
def test_operands_of_one_twin_are_given_as_they_are(twin):
    x, weight = operand(twin, [1.0]), operand(twin, [[1.0, 2.0]])
    found = operands("f", "bias", input=x, weight=weight, bias=None)
    assert found[0] is x
    assert found[1] is weight
    assert found[2] is None


def test_a_single_value_becomes_an_array_of_itself():
    a = Value(1.0)
    (x,) = operands("f", x=a)
    assert x.shape == ()
    assert x[()] is a


def test_an_input_of_the_other_twin_is_refused_with_both_cures():
    message = r"linear: input and weight must be of one twin, got .*move the model with to\(.*NumPy"
    for wrong in (Array([[1.0, 2.0]]), [[Value(1.0), 2.0]]):
        with pytest.raises(TypeError, match=message):
            nn.Linear(2, 1)(wrong)


@pytest.mark.parametrize("twin", TWINS)
def test_a_leaf_is_new_and_has_no_history(twin):
    x = operand(twin, [1.0, 2.0], requires_grad=True)
    leaf = named(twin).leaf(x * 2, requires_grad=True)
    assert leaf.requires_grad
    (leaf * 3).sum().backward()
    assert numbers(leaf.grad).tolist() == [3.0, 3.0]
    assert x.grad is None


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_what_is_written_has_no_history(twin, requires_grad):
    x = operand(twin, [1.0, 2.0], requires_grad=True)
    target = operand(twin, [0.0, 0.0], requires_grad=requires_grad)
    named(twin).write(target, x * 2)
    assert numbers(target).tolist() == [2.0, 4.0]
    assert target.requires_grad is requires_grad
    assert named(twin).is_leaf(target)


@pytest.mark.parametrize("twin", TWINS)
def test_zeros_like_have_shape_and_dtype_of_an_operand(twin):
    x = operand(twin, np.ones((2, 3)), requires_grad=True)
    zeros = zeros_like(x)
    assert zeros.tolist() == [[0.0] * 3] * 2
    assert zeros.data.dtype == np.float64
    assert not zeros.requires_grad
    assert zeros_like(Tensor([1.0])).dtype == np.float32


@pytest.mark.parametrize("twin", TWINS)
def test_both_twins_draw_the_same_numbers(twin):
    like = operand(twin, [0.0])
    twingrad.manual_seed(3)
    drawn = named(twin).rand((4,), like), named(twin).randn((2, 2), like)
    twingrad.manual_seed(3)
    expected = twingrad.rand(4, dtype="float64"), twingrad.randn(2, 2, dtype="float64")
    for own, golden in zip(drawn, expected, strict=True):
        assert numbers(own).tolist() == golden.tolist()


def draw_and_raise():
    with random_numbers_kept():
        twingrad.rand(5)
        raise KeyError("on purpose")


def test_random_numbers_go_on_as_if_a_block_had_drawn_none():
    twingrad.manual_seed(1)
    expected = twingrad.rand(3).tolist()
    twingrad.manual_seed(1)
    with pytest.raises(KeyError, match="on purpose"):
        draw_and_raise()
    assert twingrad.rand(3).tolist() == expected


@pytest.mark.parametrize("twin", TWINS)
def test_whole_numbers_are_checked(twin):
    assert named(twin).integers([1, 2], "target").tolist() == [1, 2]
    with pytest.raises(TypeError, match="target must hold whole numbers, got dtype float"):
        named(twin).integers([1.5], "target")


def test_the_scalar_twin_has_one_dtype():
    with pytest.raises(TypeError, match="computes with 64-bit floats, got dtype float32"):
        named("scalar").cast(Array([1.0]), "float32")
