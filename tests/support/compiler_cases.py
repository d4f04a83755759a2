"""A compiler's graph with arrays to run it on, and what a run has to give."""

import numpy as np

from twingrad.tensor.compiler.printing import GraphView

from .graph_interpreter import evaluate


class Case:
    """A graph, and what it is run on."""

    def __init__(self, graph, arguments=(), captured=(), numbers=()):
        self.graph = graph
        self.arguments, self.captured, self.numbers = [*arguments], [*captured], [*numbers]

    def __repr__(self):
        given = {"arguments": self.arguments, "captured": self.captured, "numbers": self.numbers}
        lines = [f"{name}: {array!r}" for name, arrays in given.items() for array in arrays]
        return "\n".join([f"Case of {GraphView(self.graph)}", *lines])

    def evaluated(self, noise=None):
        """What the graph gives, by the definition of its kinds."""
        return evaluate(self.graph, self.arguments, self.captured, self.numbers, noise)

    def check(self, found, runs=5):
        """Compare what a run has given with the definition, up to rounding.

        What rounding may do is seen by rounding otherwise: elements may differ from the
        definition by some times as much as differently rounded runs do, and those that become
        another kind of number in one of these runs are not looked at.
        """
        expected = dict(self.evaluated().everything())
        noisy = [
            dict(self.evaluated(np.random.default_rng(seed)).everything()) for seed in range(runs)
        ]
        results = dict(found.everything())
        assert results.keys() == expected.keys()
        for what, array in expected.items():
            _compare(what, results[what], array, [each[what] for each in noisy])


def _compare(what, found, expected, noisy):
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    with np.errstate(all="ignore"):
        if expected.dtype.kind != "f":
            settled = np.all([each == expected for each in noisy], axis=0)
            wrong = settled & (found != expected)
        else:
            settled = np.all([_kinds(each) == _kinds(expected) for each in noisy], axis=0)
            apart = np.max([np.abs(each - expected) for each in noisy], axis=0)
            allowed = 20 * apart + 32 * np.finfo(expected.dtype).eps * np.abs(expected)
            far = np.isfinite(expected) & ~(np.abs(found - expected) <= allowed)
            wrong = settled & (far | (_kinds(found) != _kinds(expected)))
    assert not np.any(wrong), f"{what}: {found[wrong]} is not {expected[wrong]}"


def _kinds(array):
    """0 for finite numbers, and a number each for nan and the infinities."""
    return np.isnan(array) + 2 * np.isposinf(array) + 4 * np.isneginf(array)
