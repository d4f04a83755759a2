"""``twingrad.compile``: a compiled step does what the step does, whatever happens around it."""

import copy
import functools
import gc
import pickle
import threading
import tracemalloc
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import twingrad
from support.steps_apart import Pair, check_alike, inputs, labels
from twingrad import nn, optim, tensor
from twingrad.nn import functional


def classifier(**options):
    """A small classifier with an optimizer, and a step of its training."""
    twingrad.manual_seed(0)
    model = nn.MLP(3, [5, 4], 3, activation="tanh", **options).to("float64")
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x, y):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return SimpleNamespace(model=model, optimizer=optimizer, step=step)


def first(part):
    """The first parameter of a classifier."""
    return next(iter(part.model.parameters()))


# What changes between calls


def freeze(part):
    first(part).requires_grad_(False)


def unfreeze(part):
    first(part).requires_grad_(True)


def set_rate(part):
    part.optimizer.param_groups[0]["lr"] = 0.3


def decay(part):
    part.optimizer.param_groups[0]["weight_decay"] = 0.1


def replace_data(part):
    first(part).data = tensor(np.ones((5, 3)))


def write_data(part):
    with twingrad.no_grad():
        first(part).mul_(0.5)


def drop_gradient(part):
    first(part).grad = None


def set_gradient(part):
    first(part).grad = tensor(np.ones((5, 3)))


def load_states(part):
    other = classifier(dropout=0.2)
    for k in range(2):
        other.step(inputs(k + 50), labels(k + 50))
    part.model.load_state_dict(other.model.state_dict())
    part.optimizer.load_state_dict(other.optimizer.state_dict())


CHANGES = [
    freeze, unfreeze, set_rate, decay, replace_data, write_data, drop_gradient, set_gradient,
    load_states,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_changes_between_calls_are_followed(change):
    pair = Pair(lambda: classifier(dropout=0.2))
    for k in range(6):
        if k == 3:
            pair.each(change)
        pair.step(inputs(k), labels(k))
    pair.check()


def test_modes_may_alternate():
    pair = Pair(lambda: classifier(dropout=0.3, norm="batch"))
    for k in range(12):
        pair.each(lambda part, k=k: part.model.train(k % 3 != 2))
        pair.step(inputs(k), labels(k))
    pair.check()
    assert pair.recordings() == 2


def test_a_smaller_last_batch_is_another_recording_but_only_once():
    pair = Pair(classifier)
    for k in range(12):
        rows = 3 if k % 4 == 3 else 8
        pair.step(inputs(k, rows), labels(k, rows))
    pair.check()
    assert pair.recordings() == 2


def test_arguments_of_other_dtypes_and_layouts():
    def make():
        return SimpleNamespace(step=lambda x: [x * 2, x.sum(0), x.T @ x], model=None)

    pair = Pair(make)
    whole = np.random.default_rng(0).normal(size=(8, 6))
    for dtype in ("float64", "float32"):
        for part in (whole[:4, :3], whole.T[:4, :3], whole[::2, ::2], whole[::-1][:4, :3]):
            pair.step(twingrad.from_numpy(part).to(dtype))
    for shape in [(0, 3), (3, 0), (1, 1), (1, 3)]:
        for _ in range(2):
            pair.step(tensor(np.ones(shape)))
    broadcast = tensor(np.ones((1, 3))).expand(4, 3)
    pair.step(broadcast)
    pair.step(broadcast)


# What is around a function


factor = 2.0


def times_factor(x):
    return x * factor


def test_numbers_and_objects_around_a_function_may_change():
    global factor
    weight, extra = tensor([1.0, 2.0]), 1.0
    settings, table = SimpleNamespace(shift=1.0), {"power": 2.0}

    def function(x):
        return (times_factor(x) * weight + extra + settings.shift) ** table["power"]

    compiled = twingrad.compile(function)
    x = tensor([0.5, -1.0])

    def check():
        for _ in range(3):
            check_alike(compiled(x), function(x))

    check()
    factor = 3.0
    check()
    weight = tensor([5.0, 6.0])
    check()
    extra = 7
    check()
    settings.shift = -1.0
    check()
    table["power"] = 3.0
    check()
    settings = SimpleNamespace(shift=4.0)
    check()


def test_names_of_attributes_are_not_taken_for_names_around(monkeypatch):
    calls = []
    parameter = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([parameter], lr=0.1)

    def train(x):
        calls.append(1)
        optimizer.zero_grad()
        (parameter * x).sum().backward()
        optimizer.step()

    compiled = twingrad.compile(train)
    for step in range(5):
        monkeypatch.setitem(globals(), "step", step)
        compiled(tensor([1.0, 1.0]))
    assert len(calls) == 1


def test_what_a_step_counts_itself_is_counted():
    owner = SimpleNamespace(count=0)

    def function(x):
        owner.count += 1
        return x * owner.count

    compiled = twingrad.compile(function)
    found = [compiled(tensor([1.0])).item() for _ in range(5)]
    assert found == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_too_many_recordings_are_told_and_given_up():
    compiled = twingrad.compile(lambda x, k: x * k)
    x = tensor([1.0, 2.0])
    for k in range(64):
        check_alike(compiled(x, k), x * k)
    with pytest.warns(RuntimeWarning, match="pass numbers that change as floats or tensors"):
        compiled(x, 64)
    for k in range(65, 70):
        check_alike(compiled(x, k), x * k)
    assert len(compiled._twin._recordings) < 70


# Arguments


class Both(NamedTuple):
    """A tensor and a number."""

    a: Any
    b: float


def test_lists_dictionaries_numbers_and_arrays_as_arguments():
    def make():
        def step(data, *rest, scale=1.0, name="add"):
            total = data["x"] * scale + data["pair"].a * data["pair"].b
            for each in rest:
                total = total + tensor(each) if name == "add" else total - tensor(each)
            return {"total": total, "parts": [total.sum(), (total.mean(), None)], "name": name}

        return SimpleNamespace(step=step, model=None)

    pair = Pair(make)
    for k in range(3):
        data = {"x": inputs(k), "pair": Both(inputs(k + 10), 0.5 * k)}
        pair.step(data)
        pair.step(data, inputs(k + 20).numpy(), scale=k - 0.5)
        pair.step(data, inputs(k + 20).numpy(), name="sub", scale=np.float64(k))
        pair.step(data, scale=k)


def test_an_argument_given_twice_or_known_otherwise_stands_for_itself():
    weight = tensor([1.0, 2.0])
    compiled = twingrad.compile(lambda a, b: (a * b + weight).sum())
    x, y = tensor([3.0, 4.0]), tensor([5.0, 6.0])
    for a, b in [(x, x), (x, y), (weight, x), (x, weight), (weight, weight), (y, y)]:
        assert compiled(a, b).item() == (a * b + weight).sum().item()


def test_results_are_constants_in_memory_of_their_own():
    weight = tensor([1.0, 2.0], requires_grad=True)
    compiled = twingrad.compile(lambda x: (weight, weight * x))
    x = tensor([1.0, 1.0])
    found = [compiled(x) for _ in range(3)]
    with twingrad.no_grad():
        weight.add_(1.0)
    for kept, product in found:
        assert kept.tolist() == product.tolist() == [1.0, 2.0]
        assert not kept.requires_grad
        assert not product.requires_grad


# Kinds of functions


class Scaled:
    """What has a compiled method."""

    def __init__(self, factor):
        self.factor = factor
        self.weight = tensor([1.0, 2.0])

    @twingrad.compile
    def __call__(self, x):
        return (x * self.weight).sum() * self.factor

    @twingrad.compile
    def other(self, x):
        return x - self.factor


class Shifted(Scaled):
    @twingrad.compile
    def other(self, x):
        return super().other(x) + 100.0


class Slotted:
    __slots__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor

    @twingrad.compile
    def scaled(self, x):
        return x * self.factor

    @classmethod
    @twingrad.compile
    def doubled(cls, x):
        return x * 2.0


def test_methods_belong_to_their_objects():
    one, two, three = Scaled(1.0), Scaled(2.0), Shifted(3.0)
    x = tensor([1.0, 1.0])
    for _ in range(3):
        assert [each(x).item() for each in (one, two, three)] == [3.0, 6.0, 9.0]
        assert one.other(x).tolist() == [0.0, 0.0]
        assert three.other(x).tolist() == [98.0, 98.0]
    assert one.other is one.other
    assert one.other is not two.other
    two.factor = 5.0
    assert two(x).item() == 15.0
    slotted = [Slotted(2.0), Slotted(3.0)]
    for _ in range(3):
        assert [each.scaled(x).tolist()[0] for each in slotted] == [2.0, 3.0]
        assert Slotted.doubled(x).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
)
def test_copies_of_objects_have_methods_of_their_own(copied):
    one = Shifted(1.0)
    x = tensor([1.0, 1.0])
    for _ in range(3):
        one(x), one.other(x)
    two = copied(one)
    two.weight, two.factor = tensor([10.0, 10.0]), 2.0
    for _ in range(3):
        assert two(x).item() == 40.0
        assert two.other(x).tolist() == [99.0, 99.0]
        assert one(x).item() == 3.0


compiled_times_two = twingrad.compile(times_factor)


@twingrad.compile
def squared(x):
    """Squares."""
    return x * x


def test_functions_keep_their_names_and_can_be_copied():
    assert squared.__name__ == "squared"
    assert squared.__doc__ == "Squares."
    assert repr(squared) == "<compiled squared>"
    assert pickle.loads(pickle.dumps(squared)) is squared
    assert copy.deepcopy(squared) is squared
    again = pickle.loads(pickle.dumps(compiled_times_two))
    assert again(tensor([1.0])).item() == compiled_times_two(tensor([1.0])).item()
    assert twingrad.compile(squared) is squared


def test_modules_partial_functions_and_objects_are_functions_too():
    model = nn.Linear(3, 2).to("float64")
    add = functools.partial(lambda a, b, c: a * b + c, tensor(2.0), c=tensor(1.0))
    for function in (model, add, functools.wraps(add)(lambda x: add(x))):
        compiled = twingrad.compile(function)
        for k in range(3):
            check_alike(compiled(inputs(k)), function(inputs(k)))


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="function must be a function or a module, got Tensor"):
        twingrad.compile(tensor(1.0))


def test_before_the_first_call_there_is_no_code():
    compiled = twingrad.compile(lambda x: x)
    for read in (lambda: compiled.source, lambda: compiled.graph, compiled.explain):
        with pytest.raises(RuntimeError, match="has not been recorded yet: call it once"):
            read()


# Exceptions, decisions and refusals


def test_an_exception_inside_leaves_the_function_as_it_was():
    is_bad = True

    def make():
        part = classifier()
        plain = part.step

        def step(x, y):
            loss = plain(x, y)
            if is_bad:
                raise KeyError("mine")
            return loss

        part.step = step
        return part

    pair = Pair(make)
    for _ in range(2):
        pair.fails(KeyError, inputs(1), labels(1))
    is_bad = False
    for k in range(3):
        pair.step(inputs(k), labels(k))
    pair.check()


def test_a_class_out_of_range_is_told_as_it_is_without():
    pair = Pair(lambda: classifier(dropout=0.3))
    wrong = tensor([0, 1, 2, 3, 0, 1, 2, 0])
    for k in range(9):
        if k in (3, 4, 5, 6, 8):
            pair.fails(IndexError, inputs(k), wrong)
        else:
            pair.step(inputs(k), labels(k))
    pair.check()


REFUSED = {
    "item": lambda x: x * x.sum().item(),
    "float": lambda x: x * float(x.sum()),
    "bool": lambda x: x if x.sum() > 0 else -x,
    "numpy": lambda x: tensor(np.sin(x.numpy())),
    "tolist": lambda x: tensor(x.tolist()),
    "int": lambda x: x[int(x.argmax())],
    "the shape of the result": lambda x: x[x > 0],
    "nonzero": lambda x: x.nonzero(),
    "unique": lambda x: twingrad.unique(x),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_depends_on_numbers_is_refused_with_a_sentence(what):
    compiled = twingrad.compile(REFUSED[what])
    for _ in range(2):
        with pytest.raises(RuntimeError, match=what) as refusal:
            compiled(tensor([1.0, -2.0, 3.0]))
    assert str(refusal.value).count(":") >= 1
    assert len(str(refusal.value).splitlines()) == 1


# Around a call


def test_modes_around_a_call():
    compiled = twingrad.compile(lambda x: x.log().sum())
    x = tensor([1.0, 0.0])
    for _ in range(3):
        assert compiled(x).item() == -np.inf
    with twingrad.detect_anomaly(), pytest.raises(FloatingPointError, match="log made the first"):
        compiled(x)
    with twingrad.no_grad():
        for _ in range(3):
            assert compiled(x).item() == -np.inf


def test_a_compiled_function_inside_of_another_is_part_of_it():
    inner = twingrad.compile(lambda x: (x * x).sum())
    outer = twingrad.compile(lambda x: inner(x) * 2)
    for k in range(3):
        check_alike(outer(inputs(k)), 2 * (inputs(k) ** 2).sum())
        check_alike(inner(inputs(k)), (inputs(k) ** 2).sum())


def test_gradients_that_somebody_holds_stay_what_they_were():
    pair = Pair(classifier)
    held = [[], []]
    for k in range(6):
        pair.step(inputs(k), labels(k))
        for part, kept in zip(pair.parts, held, strict=True):
            one, two, three, *_ = part.model.parameters()
            kept += [one.grad, two.grad.detach(), three.grad.numpy()[0]]
    for ours, theirs in zip(*held, strict=True):
        check_alike(tensor(ours), tensor(theirs))


def test_gradients_add_up_where_nobody_clears_them():
    def make():
        part = classifier()

        def step(x, y):
            (functional.cross_entropy(part.model(x), y) / 2).backward()

        part.step = step
        return part

    pair = Pair(make)
    for k in range(8):
        if k == 5:
            pair.each(lambda part: part.optimizer.zero_grad())
        pair.step(inputs(k), labels(k))
    pair.check()


def test_threads_may_call_one_step():
    part = classifier()
    part.optimizer.param_groups[0]["lr"] = 0.0
    compiled = twingrad.compile(part.step)
    data = [(inputs(k), labels(k)) for k in range(4)]
    expected = [part.step(*each).item() for each in data]
    compiled(*data[0])
    wrong = []

    def work(k):
        for _ in range(50):
            found = compiled(*data[k]).item()
            if abs(found - expected[k]) > 1e-12:
                wrong.append((k, found))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_of_a_model_is_not_trained_with_it(copied):
    part = classifier(norm="batch")
    compiled = twingrad.compile(part.step)
    for k in range(3):
        compiled(inputs(k), labels(k))
    other = copied(part.model)
    before = {name: each.numpy().copy() for name, each in other.state_dict().items()}
    compiled(inputs(4), labels(4))
    for name, each in other.state_dict().items():
        np.testing.assert_array_equal(each.numpy(), before[name])
    assert not np.array_equal(first(part).detach().numpy(), next(iter(before.values())))


def test_memory_does_not_grow_with_calls():
    part = classifier(dropout=0.1)
    compiled = twingrad.compile(part.step)
    x, y = inputs(0), labels(0)
    for _ in range(20):
        compiled(x, y)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(2000):
            compiled(x, y)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 20_000


def test_gradients_may_be_cleared_at_the_end():
    def make():
        part = classifier()

        def step(x, y):
            loss = functional.cross_entropy(part.model(x), y)
            loss.backward()
            part.optimizer.step()
            part.optimizer.zero_grad()
            return loss

        part.step = step
        part.model.parameters()
        return part

    pair = Pair(make)
    for k in range(9):
        if k in (0, 4, 6):
            pair.each(
                lambda part: functional.cross_entropy(part.model(inputs(9)), labels(9)).backward()
            )
        if k == 6:
            pair.each(lambda part: part.model.eval())
        pair.step(inputs(k), labels(k))
    pair.check()


def test_the_gradient_that_was_there_can_be_told_from_the_new_one():
    def make():
        part = classifier()

        def step(x, y):
            before = [each.grad.clone() for each in part.model.parameters()]
            functional.cross_entropy(part.model(x), y).backward()
            after = [each.grad for each in part.model.parameters()]
            return [(a * b).sum() for a, b in zip(before, after, strict=True)]

        part.step = step
        return part

    pair = Pair(make)
    pair.each(lambda part: functional.cross_entropy(part.model(inputs(9)), labels(9)).backward())
    for k in range(5):
        if k == 3:
            pair.each(
                lambda part: [setattr(p, "grad", p.grad * 2) for p in part.model.parameters()]
            )
        pair.step(inputs(k), labels(k))
    pair.check()
