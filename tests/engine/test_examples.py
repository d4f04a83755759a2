"""The ready graphs: their numbers, their names, and the derivations written from them."""

import numpy as np
import pytest

from twingrad import Value
from twingrad.engine.derivation import derivation
from twingrad.engine.examples import EXAMPLES, binary_cross_entropy, squared_error
from twingrad.testing import from_numpy, gradcheck

NAMES = list(EXAMPLES)


def gradients(root):
    stepper = root.steps()
    return {stepper.names[node]: size for node, size in stepper.gradients.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_one_sentence(name):
    text = EXAMPLES[name].description
    assert text.endswith(".")
    assert text.count(". ") == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_node_has_a_name_of_its_own(name):
    labels = [node.label for node in EXAMPLES[name].build().steps().nodes]
    assert all(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_finite_differences(name):
    parameters = EXAMPLES[name].parameters

    def built(numbers):
        return EXAMPLES[name].build(**dict(zip(parameters, map(float, numbers), strict=True)))

    def slopes(numbers):
        found = gradients(built(numbers))
        if name == "vanishing":  # the networks share the numbers of their weights
            found |= {f"w{k}": found[f"ws{k}"] + found[f"wr{k}"] for k in range(1, 11)}
        return np.array([found[each] for each in parameters])

    numbers = np.array([*parameters.values()])
    gradcheck(from_numpy(lambda numbers: built(numbers).data, slopes), numbers)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_can_be_replaced(name):
    example = EXAMPLES[name]
    for parameter in example.parameters:
        numbers = dict.fromkeys(example.parameters, 0.5)
        changed = {**numbers, parameter: 0.9}
        assert example.build(**numbers).data != example.build(**changed).data


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_parameter_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match="q is not a parameter of this example: its parameters"):
        EXAMPLES[name].build(q=1.0)


def test_the_neuron_has_the_classic_numbers():
    root = EXAMPLES["neuron"].build()
    found = gradients(root)
    assert root.data == pytest.approx(0.7071067811865476)
    wanted = {"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "b": 0.5, "n": 0.5}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


def test_the_2_1_1_network_reads_like_a_textbook():
    root = EXAMPLES["2-1-1"].build()
    (path,) = root.paths("w1")
    assert path.symbols == "dL/da2 * da2/dz2 * dz2/da1 * da1/dz1 * dz1/dw1"
    assert path.product == pytest.approx(gradients(root)["w1"])


def test_xor_ends_in_the_difference_of_output_and_target():
    root = EXAMPLES["xor"].build()
    y = next(node for node in root.steps().nodes if node.label == "y")
    assert gradients(root)["z3"] == pytest.approx(y.data - 1.0)


def test_the_gradient_vanishes_through_sigmoids_and_not_through_relus():
    found = gradients(EXAMPLES["vanishing"].build())
    assert abs(found["ws1"]) < 1e-6
    assert found["wr1"] == 1.0


def test_the_closing_table_has_a_row_for_each_layer():
    example = EXAMPLES["vanishing"]
    assert example.closing is not None
    lines = example.closing(example.build().steps()).splitlines()
    assert [line.split()[0] for line in lines[3:]] == [str(k) for k in range(10, 0, -1)]
    assert lines[-1].split() == ["1", "2.78e-07", "1.0"]


@pytest.mark.parametrize("loss", [squared_error, binary_cross_entropy])
@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
def test_the_derivatives_of_a_loss_are_those_of_finite_differences(loss, t):
    gradcheck(loss, Value(0.3), Value(t), order=2)


def test_a_derivation_holds_the_steps_on_the_way_and_the_chain():
    text = derivation(EXAMPLES["2-1-1"].build().steps(), "w3")
    assert text.startswith("Backward\n  dL/dL = 1.0\n  dL/da2 += dL/dL * dL/da2 = ")
    assert "      where dz2/dw3 = a1 = 0.75026\n" in text
    assert "  dL/dw3 = dL/da2 * da2/dz2 * dz2/dw3 = (-1.14899) * 0.244451 * 0.75026 = " in text
    assert "z1" not in text


def test_a_derivation_by_an_inner_node_ends_there():
    text = derivation(EXAMPLES["2-1-1"].build().steps(), "z2")
    assert "dL/dz2 = dL/da2 * da2/dz2 = " in text
    assert "w3" not in text


def test_a_constant_has_no_derivation():
    with pytest.raises(ValueError, match="x1 is a constant here"):
        derivation(EXAMPLES["2-1-1"].build().steps(), "x1")
