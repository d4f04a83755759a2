"""Graphs to be drawn: typical, extreme, and random ones with labels that mean harm."""

import math

import pytest
from hypothesis import strategies as st

from twingrad import Value

EVIL = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "<!--<script>",
    "]]>",
    "a\nb\r\tc\x00\x1b[31m\u2028\u2029\ud800\ufffe",
    'x"; n0 -> n9; "\\',
    "\\N \\l &amp; &lt;",
    "\u202egnp.exe",
    "${title} $script %s {0}",
    "の" * 90,
    "w" * 400,
]


def neuron():
    w, x = Value(-3.0, label="w"), Value(2.0, label="x", requires_grad=False)
    b = Value(6.88137, label="b")
    out = (w * x + b).tanh() + w * 0.5
    out.label = "out"
    return out


def duplicates():
    a = Value(3.0, label="a")
    return a + a


def chain(length=120):
    x = y = Value(0.5, label="x")
    for _ in range(length):
        y = (y * x).tanh()
    return y


def extremes():
    a, b = Value(math.inf, label="a"), Value(1e-300, label="b")
    return (a - a) * b + b * b * 1e300


def constants_only():
    return Value(2.0, requires_grad=False) * Value(3.0, requires_grad=False)


def wide(nodes=300):
    values = [Value(math.sin(k)) for k in range(nodes // 6)]
    k = 0
    while len(values) < nodes:
        k += 1
        a, b = values[-1 - (k * 7) % 40], values[-1 - (k * 13) % 45]
        values.append(a * b if k % 2 else a - b)
    return sum(values[-40:], start=values[0])


GRAPHS = {
    "a neuron": neuron,
    "a sum of one number twice": duplicates,
    "a chain": chain,
    "inf, nan and tiny numbers": extremes,
    "constants only": constants_only,
    "a single leaf": lambda: Value(1.0, label="a"),
    "300 nodes": wide,
}
every_graph = pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS.keys())

labels = st.one_of(st.text(max_size=60), st.sampled_from(EVIL))


@st.composite
def graphs(draw):
    """A small random graph of random labels: sums, products and tanh of earlier nodes."""
    nodes = [
        Value(draw(st.floats(-3, 3)), label=draw(labels), requires_grad=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 4)))
    ]
    for _ in range(draw(st.integers(0, 14))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        nodes.append(draw(st.sampled_from([a * b, a + b, a.tanh(), a - b * 2.0])))
        if draw(st.booleans()):
            nodes[-1].label = draw(labels)
    return nodes[-1]
