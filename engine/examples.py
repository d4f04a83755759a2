"""Ready graphs to step through: the classics of the first lessons on backpropagation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .formula import Formula
from .notation import number
from .primitives import DOT
from .value import Value

if TYPE_CHECKING:
    from .stepper import Stepper

LAYERS = 10
"""How deep the two networks of ``vanishing`` are."""


@dataclass(frozen=True, slots=True)
class Example:
    """A graph that is ready to be stepped through.

    Attributes
    ----------
    description : str
        What it shows, and what to look at.
    parameters : mapping of str to float
        The numbers it is built from, which may be replaced.
    function : callable
        Takes the parameters by name; gives the root, its nodes labelled.
    closing : callable or None
        Takes the stepper; gives a text to show behind the last step.
    """

    description: str
    parameters: Mapping[str, float]
    function: Callable[..., Value]
    closing: Callable[[Stepper], str] | None = None

    def build(self, **parameters: float) -> Value:
        """The root of the graph, with some parameters replaced.

        Raises ``ValueError`` for a name that is not a parameter.
        """
        for name in parameters:
            if name not in self.parameters:
                raise ValueError(
                    f"{name} is not a parameter of this example: "
                    f"its parameters are {', '.join(self.parameters)}"
                )
        return self.function(**{**self.parameters, **parameters})

    def steps(self, **parameters: float) -> Stepper:
        """The stepper of the graph, with the description before and the closing text behind."""
        stepper = self.build(**parameters).steps()
        stepper.introduction = self.description
        stepper.conclusion = self.closing(stepper) if self.closing else ""
        return stepper


squared_error = Formula(
    "squared_error",
    "y, t",
    "(y - t)**2",
    "2 * (y - t) ; 2 * (t - y)",
    symbol="(y - t)**2",
)
"""The loss as one node, so that a chain begins with dL/dy, as in a textbook."""

binary_cross_entropy = Formula(
    "binary_cross_entropy",
    "y, t",
    "-(t * log(y) + (1 - t) * log(1 - y))",
    "(y - t) / (y * (1 - y)) ; log(1 - y) - log(y)",
    symbol="-(t*log(y) + (1-t)*log(1-y))",
)
"""The loss of a probability y for a target t of 0 or 1, as one node."""


def neuron(*, x1: float, x2: float, w1: float, w2: float, b: float) -> Value:
    """One artificial neuron, ``o = tanh(x1*w1 + x2*w2 + b)``, step by step."""
    first = _named("x1w1", _leaf("x1", x1) * _leaf("w1", w1))
    second = _named("x2w2", _leaf("x2", x2) * _leaf("w2", w2))
    n = _named("n", _named("x1w1x2w2", first + second) + _leaf("b", b))
    return _named("o", n.tanh())


def network_2_1_1(
    *,
    x1: float,
    x2: float,
    w1: float,
    w2: float,
    b1: float,
    w3: float,
    b2: float,
    t: float,
) -> Value:
    """Two inputs, one hidden and one output neuron with sigmoids, and the squared error."""
    inputs = [_constant("x1", x1), _constant("x2", x2)]
    weights = [_leaf("w1", w1), _leaf("w2", w2)]
    a1 = _named("a1", _weighted("z1", weights, inputs, _leaf("b1", b1)).sigmoid())
    a2 = _named("a2", _weighted("z2", [_leaf("w3", w3)], [a1], _leaf("b2", b2)).sigmoid())
    return _named("L", squared_error(a2, _constant("t", t)))


def xor(
    *,
    x1: float,
    x2: float,
    t: float,
    w11: float,
    w12: float,
    b1: float,
    w21: float,
    w22: float,
    b2: float,
    v1: float,
    v2: float,
    b3: float,
) -> Value:
    """One sample of XOR through two hidden tanh neurons, a sigmoid, and the cross-entropy."""
    inputs = [_constant("x1", x1), _constant("x2", x2)]
    first = [_leaf("w11", w11), _leaf("w12", w12)]
    second = [_leaf("w21", w21), _leaf("w22", w22)]
    a1 = _named("a1", _weighted("z1", first, inputs, _leaf("b1", b1)).tanh())
    a2 = _named("a2", _weighted("z2", second, inputs, _leaf("b2", b2)).tanh())
    last = [_leaf("v1", v1), _leaf("v2", v2)]
    y = _named("y", _weighted("z3", last, [a1, a2], _leaf("b3", b3)).sigmoid())
    return _named("L", binary_cross_entropy(y, _constant("t", t)))


def vanishing(*, x: float, **weights: float) -> Value:
    """The same weights twice: through layers of sigmoids (ws, s), and of ReLUs (wr, r)."""
    s = r = _constant("x", x)
    for k in range(1, LAYERS + 1):
        weight = weights[f"w{k}"]
        s = _named(f"s{k}", _named(f"zs{k}", _leaf(f"ws{k}", weight) * s).sigmoid())
        r = _named(f"r{k}", _named(f"zr{k}", _leaf(f"wr{k}", weight) * r).relu())
    return _named("out", s + r)


def vanishing_table(stepper: Stepper) -> str:
    """The size of the gradient of every weight, layer by layer, for both networks."""
    gradients = {stepper.names[node]: size for node, size in stepper.gradients.items()}
    rows = [("layer", "|dout/dws|, sigmoid", "|dout/dwr|, ReLU")]
    rows += [
        (str(k), number(abs(gradients[f"ws{k}"]), 3), number(abs(gradients[f"wr{k}"]), 3))
        for k in range(LAYERS, 0, -1)
    ]
    lines = [f"{layer:>5}   {sigmoid:>19}   {relu:>16}" for layer, sigmoid, relu in rows]
    return "\n".join(["The size of the gradients, from the last layer to the first", "", *lines])


def _leaf(name: str, value: float) -> Value:
    return Value(value, name)


def _constant(name: str, value: float) -> Value:
    """A number that is given, such as a sample of the data: nothing is differentiated by it."""
    return Value(value, name, requires_grad=False)


def _named(name: str, node: Value) -> Value:
    node.label = name
    return node


def _weighted(name: str, weights: Sequence[Value], inputs: Sequence[Value], bias: Value) -> Value:
    """``w1*x1 + ... + wn*xn + b`` as the one node that a textbook calls z."""
    node: Value = Value.apply(DOT, *weights, *inputs, bias)
    return _named(name, node)


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "neuron": Example(
            "An artificial neuron with two inputs, o = tanh(x1*w1 + x2*w2 + b): the derivative "
            "of tanh scales whatever flows back, and the gradient of a weight is that times its "
            "input, so that a weight whose input is 0 gets none.",
            {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432},
            neuron,
        ),
        "2-1-1": Example(
            "A complete forward and backward pass of a 2-1-1 network: two inputs, one hidden "
            "neuron a1 = sigmoid(z1), one output neuron a2 = sigmoid(z2), and the squared error "
            "L of a2 against the target t; what is upstream of a1 is computed once and used "
            "by w1, w2 and b1.",
            {
                "x1": 1.0,
                "x2": -2.0,
                "w1": 0.5,
                "w2": -0.25,
                "b1": 0.1,
                "w3": -0.8,
                "b2": 0.3,
                "t": 1.0,
            },
            network_2_1_1,
        ),
        "xor": Example(
            "One sample of XOR through a 2-2-1 network: two hidden neurons with tanh, a sigmoid "
            "that gives the probability y of a 1, and the binary cross-entropy L of y against "
            "the target t; dL/dy * dy/dz3 comes out as y - t.",
            {
                "x1": 1.0,
                "x2": 0.0,
                "t": 1.0,
                "w11": 1.2,
                "w12": 0.9,
                "b1": -0.4,
                "w21": 0.7,
                "w22": 1.1,
                "b2": -1.3,
                "v1": 1.5,
                "v2": -1.4,
                "b3": -0.6,
            },
            xor,
        ),
        "vanishing": Example(
            "The vanishing gradient: ten layers of sigmoids (s1 to s10) beside ten layers of "
            "ReLUs (r1 to r10) with the same weights; a sigmoid passes on at most a quarter of "
            "what comes back, a ReLU that is on passes on all of it.",
            {"x": 1.0, **{f"w{k}": 1.0 for k in range(1, LAYERS + 1)}},
            vanishing,
            vanishing_table,
        ),
    }
)
"""The examples by the names that ``twingrad step --example`` takes."""
