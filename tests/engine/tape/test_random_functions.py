"""Random functions, with backward passes and updates, give compiled what they give as they are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twingrad import Array, Value, no_grad, where
from twingrad.engine.formulas import table
from twingrad.engine.tape.function import CompiledFunction

ROWS = [
    table[name]
    for name in ("add", "sub", "mul", "div", "neg", "pos", "square", "tanh", "sigmoid", "relu")
]
"""Every function that is drawn uses them all, so that one compiled kernel serves all of them."""

OPERATIONS = [
    *ROWS,
    "sum",
    "dot",
    "amax",
    "amin",
    "clone",
    "detach",
    "no_grad",
    "where",
    "constant",
]
ACTIONS = ["backward", "twice", "update", "clear", "scale", "write"]

places = st.integers(0, 10**6)
programs = st.fixed_dictionaries(
    {
        "nodes": st.lists(
            st.tuples(st.sampled_from(OPERATIONS), places, places, places), min_size=1, max_size=25
        ),
        "actions": st.lists(st.tuples(st.sampled_from(ACTIONS), places), max_size=6),
        "numbers": st.lists(st.floats(-2, 2), min_size=5, max_size=5),
        "later": st.lists(st.floats(-2, 2), min_size=2, max_size=2),
    }
)


def node(operation, a, b, c):
    match operation:
        case "sum":
            return Array([a, b, c, a]).sum()[()]
        case "dot":
            return (Array([a, b]) @ Array([c, 1.5]))[()]
        case "amax":
            return Array([a, b, c]).amax()[()]
        case "amin":
            return Array([a, b, a]).amin()[()]
        case "clone":
            return Array([a]).clone()[0]
        case "detach":
            return a.detach() * b
        case "no_grad":
            with no_grad():
                frozen = a * b
            return frozen + c
        case "where":
            return where(a > b, b, c)
        case "constant":
            return a * 0.75 + Value(0.5) * 2
    return operation(*(a, b)[: len(operation.arguments)])


def act(action, root, own):
    match action:
        case "backward" if root.requires_grad:
            root.backward()
        case "twice" if root.requires_grad:
            root.backward(0.5)
            root.backward()
        case "update":
            for value in own:
                if value.grad is not None:
                    value.data -= 0.1 * value.grad
        case "clear":
            own[0].grad = None
        case "scale":
            for value in own:
                if value.grad is not None:
                    value.grad = value.grad * 0.5
        case "write":
            own[1].data = own[0].data * 0.5 - 1.0


def prepared(program):
    own = [Value(x) for x in program["numbers"][2:]]

    def function(x, y):
        nodes = [*own, x, y * 1.0]
        for operation, *operands in program["nodes"]:
            nodes.append(node(operation, *[nodes[-1 - k % len(nodes)] for k in operands]))
        for action, place in program["actions"]:
            act(action, nodes[-1 - place % min(4, len(nodes))], own)
        every = [row(*(x, y)[: len(row.arguments)]) for row in ROWS]
        rest = Array([*every, Array([x, y]).amax()[()], Array([x, y]).amin()[()]]).sum()
        rest = rest + where(x > y, x, y)
        rest.backward()
        return nodes[-1], nodes[len(nodes) // 2], rest[()]

    return function, own


@settings(max_examples=150, deadline=None)
@given(programs)
def test_a_random_function(program):
    found = []
    for compile in (lambda function: function, CompiledFunction):
        function, own = prepared(program)
        function = compile(function)
        results = []
        for shift in (0.0, *program["later"], 0.25):
            x, y = (Value(number + shift) for number in program["numbers"][:2])
            with np.errstate(all="ignore"):
                outputs = function(x, y)
            for value in (*outputs, x, y, *own):
                results += [value.data, np.inf if value.grad is None else value.grad]
        found.append(results)
    eager, compiled = found
    np.testing.assert_allclose(compiled, eager, rtol=1e-12, atol=1e-300)
