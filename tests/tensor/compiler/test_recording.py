"""What a recording makes of steps: the numbers for other arguments, and no more than needed."""

import numpy as np
import pytest

import twingrad
from support.recordings import check_step, kinds, recorded, replayed
from twingrad.tensor import Tensor
from twingrad.tensor.compiler.recording import Recorder, current


def tensors(*shapes, seed=0, requires_grad=False):
    rng = np.random.default_rng(seed)
    return [twingrad.tensor(rng.standard_normal(s), requires_grad=requires_grad) for s in shapes]


def pairs(*shapes):
    """Arguments to record with, and others to replay with."""
    return tensors(*shapes, seed=1), tensors(*shapes, seed=2)


# Arguments and memory


def test_an_argument_is_what_it_is_in_each_step():
    check_step(lambda x, y: x @ y.T + 1, *pairs((3, 4), (5, 4)))


def test_a_part_of_a_larger_array_is_an_argument_like_any_other():
    data = tensors((10, 4))[0]
    check_step(lambda x: (x.T * x[0, 0])[1:], [data[2:5]], [data[6:9]])


def test_an_argument_that_does_not_lie_row_by_row_is_refused():
    with Recorder() as recorder, pytest.raises(ValueError, match="row by row, got shape"):
        recorder.argument(tensors((3, 4))[0].T)


def test_captured_memory_is_read_anew_in_each_step():
    (w,) = tensors((3,))
    recorder = recorded(lambda x: x * w, *tensors((3,), seed=1))
    w.mul_(2.0)
    (x,) = tensors((3,), seed=2)
    np.testing.assert_array_equal(replayed(recorder, x).results[0], (x * w).numpy())
    assert [captured.tensor for captured in recorder.captured] == [w]


def test_a_part_of_captured_memory_is_known_to_be_one():
    (whole,) = tensors((4, 6))
    part = whole[1:3, ::2]

    def step(x):
        whole.mul_(x)
        return part + 0

    found = check_step(step, [twingrad.tensor(2.0).double()], [twingrad.tensor(3.0).double()])
    assert len(found.recorder.captured) == 1


def test_captured_memory_may_lie_column_by_column():
    w = twingrad.from_numpy(np.asfortranarray(np.random.default_rng(0).standard_normal((3, 4))))

    def step(x):
        w.add_(x)
        w[1] *= 2.0
        return w * w[:, :1]

    check_step(step, *pairs((3, 4)))


def test_what_a_step_writes_is_there_in_the_next():
    total = twingrad.zeros(3).double()

    def step(x):
        total.add_(x)
        total[0] = total[1] * 2
        return total.sum()

    check_step(step, *pairs((3,)))


def test_what_a_step_makes_is_made_anew_each_time():
    def step(x):
        sums = twingrad.zeros(3, 4).double()
        sums[1] += x[0]
        sums.T[2] = 5.0
        return sums, twingrad.tensor([1.0, 2.0]), twingrad.arange(3) * 2

    found = check_step(step, *pairs((2, 4)))
    assert all(m.after is m.before for m in found.recorder.graph.memories)


def test_numbers_in_a_list_are_constants():
    weights = [0.5, 2.0, 1.0]
    check_step(lambda x: x * twingrad.tensor(weights, dtype="float64"), *pairs((4, 3)))


def test_an_argument_cannot_be_changed_in_place():
    with pytest.raises(RuntimeError, match="an argument of the step, of shape"):
        recorded(lambda x: x[1].mul_(2.0), *tensors((3, 4)))


def test_a_numpy_array_is_taken_by_tensors_and_refuses_numpy():
    rng = np.random.default_rng(0)

    def step(x, y):
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((3, 4), 2, 12, float, 3)
        return twingrad.tensor(x, dtype="float32"), twingrad.as_tensor(x) * 2, y * x, x * y

    first, second = [
        [rng.standard_normal((3, 4)), twingrad.tensor(rng.standard_normal(4))] for _ in range(2)
    ]
    check_step(step, first, second, tolerance=1e-6)


@pytest.mark.parametrize(
    "use",
    [lambda x: np.exp(x), lambda x: np.asarray(x), lambda x: x[0], lambda x: x.mean()],
    ids=["ufunc", "asarray", "index", "method"],
)
def test_numpy_does_not_compute_with_the_numbers_of_an_argument(use):
    with pytest.raises((RuntimeError, AttributeError), match="NumPy array"):
        recorded(use, np.ones((2, 3)))


# Numbers of the host


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_number_takes_the_dtype_of_the_tensor_it_meets(dtype):
    def step(x, rate):
        decay = 1 - rate / 2
        return x * rate, rate + x.sum(), x.sum() ** decay, x.long() * rate, x > rate

    numbers = [twingrad.tensor([1.0, 2.0, 3.0], dtype=dtype)]
    check_step(step, [*numbers, 0.1], [*numbers, 0.7], tolerance=1e-6)


def test_what_the_host_does_is_done_again_before_each_run():
    rates = iter([0.1, 0.2, 0.3, 0.4])
    recorder = Recorder()
    (x,) = tensors((3,))
    with recorder:
        recorder.argument(x)
        first, second = recorder.host(lambda: [next(rates), next(rates)])
        y = x * first + second
    recorder.finish([y])
    np.testing.assert_allclose(y.numpy(), x.numpy() * 0.1 + 0.2)
    np.testing.assert_allclose(replayed(recorder, x).results[0], x.numpy() * 0.3 + 0.4)


def test_events_and_words_are_actions_in_their_order():
    seen = []
    with Recorder() as recorder:
        recorder.event(lambda: seen.append("event"))
        words = recorder.words(lambda: [1, 2, 3])
        recorder.watch(lambda: len(seen), "how many")
    assert seen == ["event"]
    assert [word.dtype for word in words] == ["uint64"] * 3
    assert [(each.kind, each.count) for each in recorder.actions] == [("event", 0), ("words", 3)]
    assert [(each.value, each.what) for each in recorder.watches] == [(1, "how many")]


def test_memory_of_ones_own_is_captured_by_what_finds_it():
    state = {"m": np.zeros(3)}
    recorder = Recorder()
    (x,) = tensors((3,))
    with recorder:
        recorder.argument(x)
        m = recorder.memory(lambda: state["m"], "m")
        recorder.write(m, m + x)
    recorder.finish([])
    assert recorder.captured[0].label == recorder.graph.memories[0].before.label == "m"
    state["m"] = np.full(3, 2.0)
    np.testing.assert_array_equal(replayed(recorder, x).memories[0], 2.0 + x.numpy())


# Random numbers


DRAWS = {
    "rand": lambda x: twingrad.rand(5, 3, dtype="float64") * x,
    "rand32": lambda x: twingrad.rand(7),
    "randn": lambda x: twingrad.randn(5, 3, dtype="float64") + x,
    "bernoulli": lambda x: twingrad.bernoulli(x.sigmoid()),
    "bernoulli p": lambda x: twingrad.bernoulli(x, 0.3) * x,
    "bernoulli_": lambda x: (x * 1).bernoulli_(0.3),
    "bernoulli_ tensor": lambda x: (x * 1).bernoulli_(x.sigmoid()),
    "normal": lambda x: twingrad.normal(x, x.abs()),
    "normal_": lambda x: twingrad.zeros(3, 4).normal_(1.0, 2.0),
    "uniform_": lambda x: twingrad.zeros(3, 4).uniform_(-1.0, 2.0),
    "exponential_": lambda x: twingrad.zeros(3, 4).exponential_(2.0),
    "random_": lambda x: twingrad.zeros(3, 4).random_(10),
    "randint": lambda x: twingrad.randint(2, 9, (3, 4)),
    "randint_like": lambda x: twingrad.randint_like(x, 9),
    "randperm": lambda x: twingrad.randperm(9) * 2,
    "multinomial": lambda x: twingrad.multinomial(x.exp(), 2),
    "with replacement": lambda x: twingrad.multinomial(x.exp(), 9, replacement=True),
    "two draws": lambda x: twingrad.rand(3) + twingrad.randn(3),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_are_those_that_an_eager_step_would_draw(name):
    generator = twingrad.manual_seed(3)
    check_step(DRAWS[name], *pairs((5, 3)), generators=[generator])


def test_a_generator_of_ones_own_goes_on_as_it_would():
    generator = twingrad.Generator().manual_seed(5)
    found = check_step(
        lambda x: x + twingrad.rand(3, generator=generator), *pairs((3,)), generators=[generator]
    )
    assert "random" in kinds(found.recorder)


def test_words_that_were_taken_for_nothing_are_given_back():
    generator = twingrad.Generator().manual_seed(5)
    recorder = recorded(lambda: twingrad.randn(5, generator=generator))
    before = generator.get_state()
    (action,) = recorder.actions
    action.run()
    assert generator.get_state() != before
    action.undo()
    assert generator.get_state() == before


def test_seeding_belongs_to_the_step():
    generator = twingrad.Generator()

    def step():
        generator.manual_seed(7)
        return twingrad.rand(4, generator=generator)

    check_step(step, [], [], generators=[generator])


# Reading, and shapes that depend on numbers


READS = {
    "item": lambda x: x.sum().item(),
    "float": lambda x: float(x.sum()),
    "int": lambda x: int(x.long().sum()),
    "bool": lambda x: 1 if x.sum() > 0 else 2,
    "tolist": lambda x: x.tolist(),
    "numpy": lambda x: x.numpy(),
    "asarray": lambda x: np.asarray(x),
    "format": lambda x: f"{x.sum():.3f}",
    "equal": lambda x: x.equal(x + 1),
    "allclose": lambda x: x.allclose(x),
    "contains": lambda x: 0.5 in x,
    "index": lambda x: [1, 2, 3][x.argmax(1)[0]],
    "position": lambda x: x[x.argmax(1)[0]],
    "list": lambda x: twingrad.tensor([x[0, 0], x[0, 1]]),
    "full": lambda x: twingrad.full((2,), x.sum()),
}


@pytest.mark.parametrize("name", READS)
def test_numbers_are_not_handed_out(name):
    with pytest.raises(RuntimeError, match="cannot be read inside a compiled step"):
        recorded(READS[name], *tensors((3, 4)))


def test_numbers_that_never_change_are_handed_out():
    (recorder,) = [recorded(lambda x: x * twingrad.full((3,), 2.0).sum().item(), *tensors((2, 3)))]
    assert kinds(recorder) == ["elementwise"]


SHAPES = {
    "mask": lambda x: x[x > 0],
    "mask beside": lambda x: x[x[:, 0] > 0, 1:],
    "written mask": lambda x: (x * 1).index_put_((x > 0,), 0.0),
    "masked_select": lambda x: x.masked_select(x > 0),
    "masked_scatter": lambda x: x.masked_scatter(x > 0, x),
    "nonzero": lambda x: x.nonzero(),
    "unique": lambda x: x.unique(),
    "bincount": lambda x: x.long().abs().reshape(-1).bincount(),
    "repeat_interleave": lambda x: x.repeat_interleave(x[0].abs().long(), 1),
    "median": lambda x: x.median(),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_do_not_depend_on_numbers(name):
    with pytest.raises(RuntimeError, match="the shape of the result depends on numbers"):
        recorded(SHAPES[name], *tensors((3, 4)))


def test_masks_that_never_change_may_decide_about_shapes():
    mask = np.array([True, False, True])
    check_step(lambda x: (x[mask] * 2, x[mask, 1:], x[:, mask]), *pairs((3, 3)))


# Decisions


def test_decisions_of_the_library_are_checked_in_each_step():
    recorder = recorded(lambda x: 7 // x, twingrad.tensor([1, 2, 3]))
    (check,) = recorder.graph.checks
    assert check.expected
    replayed(recorder, twingrad.tensor([3, 2, 1]))
    with pytest.raises(AssertionError):
        replayed(recorder, twingrad.tensor([1, 0, 3]))


@pytest.mark.parametrize("wrong", [-1, 4])
def test_positions_are_checked_in_each_step(wrong):
    (x,) = tensors((3, 4))
    recorder = recorded(lambda i: x.gather(1, i), twingrad.tensor([[0], [1], [3]]))
    replayed(recorder, twingrad.tensor([[3], [2], [0]]))
    assert len(recorder.graph.checks) == 1
    with pytest.raises(AssertionError):
        replayed(recorder, twingrad.tensor([[0], [wrong], [0]]))


def test_negative_positions_of_an_index_are_within_bounds():
    (x,) = tensors((3, 4))
    recorder = recorded(lambda i: x[i], twingrad.tensor([0, 1, -1]))
    index = twingrad.tensor([-3, -2, 2])
    np.testing.assert_array_equal(replayed(recorder, index).results[0], x[index].numpy())
    with pytest.raises(AssertionError):
        replayed(recorder, twingrad.tensor([-4, 0, 0]))


# The context


def test_recordings_cannot_be_nested():
    with Recorder(), pytest.raises(RuntimeError, match="cannot be nested"):
        Recorder().__enter__()


def test_nothing_is_recorded_behind_the_block():
    with Recorder() as recorder:
        assert current() is recorder
        with twingrad.no_grad():
            assert current() is recorder
    assert current() is None
    with pytest.raises(ZeroDivisionError), Recorder():
        raise ZeroDivisionError
    assert current() is None


def test_real_numbers_come_out_of_a_step_that_is_recorded():
    (x,) = tensors((3, 4), requires_grad=True)
    with Recorder():
        y = x.log_softmax(1).sum()
        y.backward()
    other = Tensor(x.detach().numpy(), requires_grad=True)
    z = other.log_softmax(1).sum()
    z.backward()
    assert y.item() == z.item()
    np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), rtol=1e-15)
    assert x.grad._data.flags.owndata


# What is left of it


def test_a_linear_layer_is_a_product_and_one_pass():
    w, b = tensors((5, 4), (5,), requires_grad=True)

    def step(x):
        w.grad = b.grad = None
        loss = twingrad.linear(x, w, b).relu().mean() if hasattr(twingrad, "linear") else None
        if loss is None:
            loss = (x @ w.T + b).relu().mean()
        loss.backward()
        return loss

    found = check_step(step, *pairs((3, 4)))
    assert sorted(k for k in kinds(found.recorder) if k not in ("elementwise", "view")) == [
        "matmul",
        "matmul",
        "reduce",
        "reduce",
    ]


def test_a_mean_is_handed_back_as_one_number():
    (w,) = tensors((4,), requires_grad=True)

    def step(x):
        w.grad = None
        (x * w).mean().backward()

    recorder = check_step(step, *pairs((3, 4))).recorder
    (gradient,) = recorder.graph.gradients.values()
    (product,) = gradient.operands
    assert [each.kind for each in product.operands] == ["constant", "argument"]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.T.reshape(-1)[3:9:2],
        lambda x: x.flip(0)[:, 1:].permute(1, 0),
        lambda x: x.repeat(2, 3).unsqueeze(0),
        lambda x: x[[2, 1, 0]].diagonal(),
        lambda x: x.expand(2, 3, 4).clone().contiguous().double(),
        lambda x: x.split(2, 1)[1].squeeze(),
    ],
)
def test_moves_are_views(function):
    found = check_step(lambda x: function(x) * 1.0, *pairs((3, 4)))
    assert {*kinds(found.recorder)} <= {"view"}


def test_one_label_of_each_row_is_told_by_comparison():
    def step(x, labels):
        x = x.detach().requires_grad_()
        loss = -x.log_softmax(1).gather(1, labels[:, None]).mean()
        return twingrad.autograd.grad(loss, x)

    rng = np.random.default_rng(0)
    labels = [twingrad.tensor(rng.integers(0, 4, 3)) for _ in range(2)]
    first, second = pairs((3, 4))
    found = check_step(step, [*first, labels[0]], [*second, labels[1]])
    assert "scatter" not in kinds(found.recorder)
    assert len(found.recorder.graph.checks) == 1


def pieces(x):
    a, b, c, d = x.chunk(4, 1)
    return a.tanh() * b + c * d.exp()


def a_walk(x):
    state = x[:, 0]
    for k in range(1, x.shape[1]):
        state = (state * x[:, k]).tanh()
    return state


@pytest.mark.parametrize("function", [pieces, a_walk, lambda x: x[0] * x[1] * x[2] * x[3]])
def test_gradients_of_neighbouring_slices_are_joined(function):
    def step(x):
        x = x.detach().requires_grad_()
        return twingrad.autograd.grad(function(x).sum(), x)

    found = check_step(step, *pairs((4, 8)))
    assert kinds(found.recorder).count("join") == 1
    assert "place" not in kinds(found.recorder)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 2:5] * x[:, 5:8],
        lambda x: x[:, 0:3].sum() * x[:, 4:8],
        lambda x: x[0, 1] * x[0, 2] + x[1],
        lambda x: x[::2] * x[1::2],
        lambda x: x[:1] * x[:, :1] * x[1:2],
        lambda x: x.diagonal() * x.diagonal(1)[:4],
    ],
)
def test_gradients_of_other_slices_are_added(function):
    def step(x):
        x = x.detach().requires_grad_()
        return twingrad.autograd.grad(function(x).sum(), x)

    check_step(step, *pairs((4, 8)))
