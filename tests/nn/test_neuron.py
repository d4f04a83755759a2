"""micrograd's interface: its demo, its own tests, its drawing, on our Values."""

import copy
import json
import random
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_moons

from twingrad import Value
from twingrad.nn import MLP, Layer, Module, Neuron, Sequential
from twingrad.optim import SGD

PUBLISHED = json.loads((Path(__file__).parent / "golden" / "micrograd_demo.json").read_text())


def demo(network, steps):
    """micrograd's demo.ipynb, from the seeds to the last printed loss."""
    np.random.seed(1337)
    random.seed(1337)
    X, y = make_moons(n_samples=100, noise=0.1)
    y = y * 2 - 1
    model = network(2, [16, 16, 1])

    def loss():
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    history = []
    for k in range(steps):
        total_loss, accuracy = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        history.append((total_loss.data, accuracy * 100))
    return history


def test_the_demo_gives_the_published_losses():
    history = demo(MLP, len(PUBLISHED))
    for (loss, accuracy), (published_loss, published_accuracy) in zip(
        history, PUBLISHED, strict=True
    ):
        assert loss == pytest.approx(published_loss, abs=1e-9)
        assert accuracy == pytest.approx(published_accuracy)


class PlainNeuron(Neuron):
    """A neuron as micrograd writes it: one node per product and per sum."""

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.relu() if self.nonlin else act


class PlainMLP(MLP):
    def __init__(self, nin, nouts):
        super().__init__(nin, nouts)
        for layer in self.layers:
            for neuron in layer.neurons:
                neuron.__class__ = PlainNeuron


def test_the_demo_gives_the_published_losses_in_single_products_and_sums_too():
    for (loss, _), (published, _) in zip(demo(PlainMLP, 5), PUBLISHED, strict=False):
        assert loss == pytest.approx(published, abs=1e-12)


def test_micrograds_sanity_check():
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_micrograds_more_ops():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert g.data == pytest.approx(24.70408163265306, abs=1e-12)
    assert a.grad == pytest.approx(138.83381924198252, abs=1e-12)
    assert b.grad == pytest.approx(645.5772594752186, abs=1e-12)


def test_micrograds_trace_walks_the_graph():
    random.seed(1337)
    y = Neuron(2)([Value(1.0), Value(-2.0)])
    y.backward()
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(y)
    labels = [f"{{ data {n.data:.4f} | grad {n.grad:.4f} }} {n._op}" for n in nodes]
    assert len(labels) == 7
    assert len(edges) == 6


def test_micrograds_drawing_of_every_node_works_with_plain_numbers_in_the_graph():
    x = Value(1.0)
    y = (x * 2 + 1).relu()
    y.backward()
    nodes, pending = set(), [y]
    while pending:
        node = pending.pop()
        nodes.add(node)
        pending += node._prev
    labels = sorted("{ data %.4f | grad %.4f }" % (n.data, n.grad) for n in nodes)  # noqa: UP031
    assert labels == [
        "{ data 1.0000 | grad 1.0000 }",
        "{ data 1.0000 | grad 2.0000 }",
        "{ data 2.0000 | grad 1.0000 }",
        "{ data 2.0000 | grad 1.0000 }",
        "{ data 3.0000 | grad 1.0000 }",
        "{ data 3.0000 | grad 1.0000 }",
    ]


def test_a_neuron_is_one_sum_and_one_relu():
    neuron = Neuron(3)
    out = neuron([1.0, 2.0, 3.0])
    assert out._op == "relu"
    (z,) = out.parents
    assert z._op == "dot"
    assert z.parents[:3] == tuple(neuron.w)
    assert z.parents[-1] is neuron.b
    assert z.data == pytest.approx(sum(w.data * x for w, x in zip(neuron.w, [1, 2, 3])))


def test_a_neuron_draws_its_weights_as_micrograd_does():
    random.seed(7)
    expected = [random.uniform(-1, 1) for _ in range(3)]
    random.seed(7)
    neuron = Neuron(3)
    assert [w.data for w in neuron.w] == expected
    assert neuron.b.data == 0.0


def test_a_neuron_refuses_another_number_of_inputs():
    with pytest.raises(ValueError, match="Neuron: x must hold 2 inputs, got 3"):
        Neuron(2)([1.0, 2.0, 3.0])


def test_a_network_refuses_a_number_where_layers_are_listed():
    with pytest.raises(TypeError, match=r"nouts must list the neurons of each layer, got 3: write"):
        MLP(2, 3)


def test_layers_and_networks_collect_their_parameters_and_print():
    layer = Layer(2, 3)
    assert len(layer.parameters()) == 9
    assert len(layer([1.0, 2.0])) == 3
    network = MLP(2, [2, 1])
    assert repr(network) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    network([1.0, 2.0]).backward()
    network.zero_grad()
    assert all(p.grad is None for p in network.parameters())
    assert [*Module().parameters()] == []


def test_networks_of_neurons_are_modules():
    network = MLP(2, [3, 1])
    assert isinstance(network, MLP)
    assert all(isinstance(module, Module) for module in network.modules())
    names = [name for name, _ in network.named_parameters()]
    assert names[:3] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
    ]
    assert [parameter for _, parameter in network.named_parameters()] == network.parameters()
    assert network.get_submodule("layers.0.neurons.2") is network.layers[0].neurons[2]
    assert not network.eval().layers[1].neurons[0].training
    assert network.backend == "scalar"


def test_networks_of_neurons_stand_among_other_modules():
    network = Sequential(MLP(2, [3, 2]))
    assert [*network.parameters()] == network[0].parameters()
    assert [name for name, _ in network.named_parameters()][-1] == "0.layers.1.neurons.1.b"
    assert repr(network).splitlines()[-1] == "17 parameters, all trainable"


def test_states_of_networks_of_neurons_are_saved_and_loaded():
    network, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    other.load_state_dict(network.state_dict())
    assert other([0.5, -1.0]).data == network([0.5, -1.0]).data
    assert other.parameters()[0] is not network.parameters()[0]
    copied = copy.deepcopy(network)
    network.layers[0].neurons[0].w[0].data = 7.0
    assert copied.parameters()[0].data == other.parameters()[0].data != 7.0


def test_networks_of_neurons_are_trained_by_an_optimizer():
    random.seed(1)
    network = MLP(2, [3, 1])
    optimizer = SGD(network.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        loss = (network([1.0, 2.0]) - 3.0) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.5 * losses[0]


def test_parameters_of_neurons_are_frozen():
    network = MLP(2, [3, 1]).requires_grad_(False)
    assert not network([1.0, 2.0]).requires_grad
    network.layers[1].requires_grad_()
    network([1.0, 2.0]).backward()
    assert network.layers[0].neurons[0].b.grad is None


def test_hooks_are_called_with_what_a_neuron_gets_and_gives():
    seen = []
    layer = Layer(2, 2)
    layer.neurons[1].register_forward_hook(lambda module, args, out: seen.append((args, out)))
    outputs = layer([1.0, 2.0])
    assert seen == [(([1.0, 2.0],), outputs[1])]


@pytest.mark.parametrize("network", [MLP(2, [3, 1]), Layer(2, 3), Sequential(Neuron(2))])
def test_a_network_of_neurons_stays_on_the_scalar_twin(network):
    before = [*network.parameters()]
    with pytest.raises(TypeError, match="a Neuron must stay on the scalar twin, as its parameters"):
        network.to("tensor")
    assert [*network.to("scalar").double().parameters()] == before
