"""Parameters that a function uses without being passed them."""

import numpy as np
import pytest

import twingrad as tg
from support.subjects import cotangents_of, pulled, verdict
from twingrad import nn
from twingrad.testing import Verdict
from twingrad.testing.parameters import Held
from twingrad.testing.subjects import subject_of
from twingrad.testing.twin_functions import TENSORS, VALUES

X = np.array([[0.1, -0.7, 1.3], [0.4, 2.0, -0.2], [1.1, 0.3, 0.6], [-0.5, 0.9, -1.2]])
W = np.array([0.5, -1.5])
BACKENDS = ("tensor", "scalar")


def state(module):
    """The bits of everything that a module holds, and the objects that hold it."""
    members = [*module.named_parameters(), *module.named_buffers()]
    return [
        (
            name,
            id(each),
            np.asarray(each.detach().numpy() if hasattr(each, "detach") else each).tobytes(),
        )
        for name, each in members
    ]


def network(backend):
    tg.manual_seed(1)
    layers = [nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.3), nn.Linear(4, 1)]
    return nn.Sequential(*layers).to("float64").to(backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("training", [True, False])
def test_a_module_is_checked_with_its_parameters_and_left_as_it_was(backend, training):
    module = network(backend).train(training)
    before, stream = state(module), tg.get_rng_state()
    subject = subject_of(module, (X,))
    assert subject.input_names[:3] == ("input", "0.weight", "0.bias")
    assert verdict(subject, projections=1) is Verdict.OK
    assert verdict(subject.derived(), projections=1) is Verdict.OK
    cotangents = cotangents_of(subject)
    subject.accumulated(subject.inputs, cotangents)
    subject.scattered(subject.inputs, cotangents)
    subject.pending(subject.inputs, [2 * each for each in subject.inputs], cotangents)
    subject.passage([each + 1 for each in subject.inputs], cotangents)
    assert state(module) == before
    assert tg.get_rng_state() == stream
    assert all(each.grad is None for each in module.parameters())


@pytest.mark.parametrize("backend", BACKENDS)
def test_batch_normalisation_gives_the_same_in_every_evaluation(backend):
    module = nn.BatchNorm1d(3, momentum=0.5).to("float64").to(backend)
    subject = subject_of(module, (X,))
    first, second = (subject.values(subject.inputs)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(np.asarray(module.num_batches_tracked), 0)


def test_numbers_run_on_the_twin_of_the_module():
    assert type(subject_of(network("scalar"), (X,)).roots()[0]) is tg.Array
    assert type(subject_of(network("tensor"), (X,)).roots()[0]) is tg.Tensor


def test_frozen_parameters_are_no_inputs():
    module = network("tensor")
    module[0].requires_grad_(False)
    names = subject_of(module, (X,)).input_names
    assert names == ("input", "1.weight", "1.bias", "4.weight", "4.bias")


def test_a_module_of_whole_numbers_has_its_parameters_as_inputs_only():
    module = nn.Embedding(5, 2).double()
    subject = subject_of(module, (np.array([1, 3, 1]),))
    assert subject.input_names == ("weight",)
    assert verdict(subject) is Verdict.OK


def test_micrograd_modules_of_single_values_are_checked():
    module = nn.Neuron(2)
    values = [tg.Value(0.3), tg.Value(-0.8)]
    subject = subject_of(module, (values,))
    assert subject.input_names[0] == "x[0]"
    assert len(subject.inputs) == 5
    assert verdict(subject) is Verdict.OK


def test_shared_parameters_are_one_input():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).double()
    module[1].weight = module[0].weight
    subject = subject_of(module, (X,))
    assert subject.input_names == ("input", "0.weight", "0.bias", "1.bias")
    assert verdict(subject) is Verdict.OK


@pytest.mark.parametrize("kind", [tg.Tensor, tg.Array, tg.Value])
@pytest.mark.parametrize("given", ["mapping", "list", "generator", "one"])
def test_leaves_of_a_closure_are_inputs(kind, given):
    w = kind(2.0, requires_grad=True) if kind is tg.Value else kind(X, requires_grad=True)
    w.grad = None
    before = w.data if kind is not tg.Tensor else w.detach().numpy().copy()
    forms = {"mapping": {"w": w}, "list": [w], "generator": (each for each in [w]), "one": w}
    names = {"mapping": "w", "one": "parameters"}
    subject = subject_of(lambda x: x * w * w, (2.0,), parameters=forms[given])
    assert subject.input_names == ("x", names.get(given, "parameters[0]"))
    assert verdict(subject) is Verdict.OK
    assert verdict(subject.derived()) is Verdict.OK
    np.testing.assert_array_equal(np.asarray(w.detach()) if kind is tg.Tensor else w.data, before)
    assert w.grad is None


def test_a_function_without_arguments_has_its_parameters():
    w = tg.tensor(X.tolist(), requires_grad=True)
    subject = subject_of(lambda: w.tanh(), (), parameters={"w": w})
    assert subject.input_names == ("w",)
    assert pulled(subject)[0].shape == w.shape


def test_a_function_may_give_its_parameter():
    w = tg.Tensor(W, requires_grad=True)
    subject = subject_of(lambda x: (w, x * w), (2.0,), parameters=[w])
    moved = [each + 1 for each in subject.inputs]
    np.testing.assert_array_equal(subject.values(moved)[0], W + 1)
    assert verdict(subject) is Verdict.OK
    assert verdict(subject.derived()) is Verdict.OK
    assert w.tolist() == W.tolist()


def test_a_module_in_a_closure_is_moved_and_its_buffers_are_put_back():
    module = network("tensor")
    before = state(module)
    subject = subject_of(lambda x: (module(x) ** 2).sum(), (X,), parameters=module)
    assert "4.bias" in subject.input_names
    assert verdict(subject) is Verdict.OK
    assert state(module) == before


def test_names_that_are_there_already_become_others():
    layer, other = nn.Linear(3, 3).double(), nn.Linear(3, 3).double()
    subject = subject_of(layer, (X,), parameters=other)
    assert subject.input_names == (
        "input",
        "weight",
        "bias",
        "parameters['weight']",
        "parameters['bias']",
    )


def test_gradients_that_parameters_had_stay():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    grad = w.grad
    subject = subject_of(lambda x: x * w, (2.0,), parameters=[w])
    subject.accumulated(subject.inputs, cotangents_of(subject))
    assert w.grad is grad
    assert grad.tolist() == [2.0, 4.0]


def test_a_graph_that_waits_for_its_backward_pass_is_not_disturbed():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    subject = subject_of(lambda x: x * w, (2.0,), parameters=[w])
    subject.values([each + 1 for each in subject.inputs])
    loss.backward()
    assert w.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_parameters_are_put_back_when_the_function_raises(backend):
    layer = nn.Linear(3, 1).double().to(backend)
    before, stream = state(layer), tg.get_rng_state()

    def f(x):
        tg.rand(3)
        if np.asarray(layer.weight.detach().numpy())[0, 0] > 50:
            raise KeyError("too large")
        return layer(x)

    subject = subject_of(f, (X,), parameters=layer)
    with pytest.raises(KeyError, match="too large"):
        subject.values([each + 100 for each in subject.inputs])
    assert state(layer) == before
    assert tg.get_rng_state() == stream


@pytest.mark.parametrize("special", [-0.0, np.inf, 5e-324, np.nan])
def test_bits_are_put_back(special):
    w = tg.Tensor(np.array([special, 1.0]), requires_grad=True)
    value = tg.Value(special)
    with Held(TENSORS, {"w": w}).at([np.zeros(2)]), Held(VALUES, {"v": value}).at([np.ones(())]):
        assert w.tolist() == [0.0, 0.0]
        assert value.data == 1.0
    assert w.detach().numpy().tobytes() == np.array([special, 1.0]).tobytes()
    assert np.float64(value.data).tobytes() == np.float64(special).tobytes()


def test_memory_that_is_shared_follows():
    memory = np.ones((2, 2))
    w = nn.Parameter(memory)
    with Held(TENSORS, {"w": w}).at([np.zeros((2, 2))]):
        assert memory.sum() == 0
    assert memory.sum() == 4


def test_memory_that_cannot_be_written_to_is_replaced_for_a_moment():
    memory = np.ones(2)
    memory.setflags(write=False)
    w = nn.Parameter(memory)
    subject = subject_of(lambda: w * w, (), parameters=[w])
    assert verdict(subject) is Verdict.OK
    assert w.detach().numpy().tolist() == [1.0, 1.0]


def test_precise_modules_have_parameters_and_buffers_in_float64_for_a_moment():
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    module(tg.rand(6, 3))
    module.eval()
    before = state(module)
    seen = []
    module.register_forward_hook(
        lambda module, args, output: seen.append((output.dtype, module[1].running_mean.dtype))
    )
    precise = subject_of(module, (X.astype(np.float32),)).precise()
    assert seen[-1] == (np.float64, np.float64)
    assert verdict(precise) is Verdict.OK
    assert verdict(precise.derived()) is Verdict.OK
    assert state(module) == before
    assert module[0].weight.dtype == np.float32


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (3, TypeError, "parameters must be a Module, a mapping .* got int 3: pass for example"),
        ("w", TypeError, "got str 'w'"),
        (np.ones(2), TypeError, "got ndarray"),
        ([np.ones(2)], TypeError, r"parameters\[0\] must be a Tensor .* got ndarray"),
        ([tg.tensor([1, 2])], TypeError, "floating point numbers, got Tensor"),
        ({"w": tg.Value(1.0)}, TypeError, "w must be a Tensor"),
        ([tg.ones(2, requires_grad=True) * 2], ValueError, "must be a leaf, .* was computed"),
        ({"w": tg.ones(2)}, ValueError, "require a gradient, .* got w, none of which does"),
    ],
)
def test_what_is_no_parameter_is_said_in_one_sentence(parameters, error, message):
    with pytest.raises(error, match=message) as caught:
        subject_of(lambda x: x * 2.0, (tg.ones(2),), parameters=parameters)
    assert "\n" not in str(caught.value)
