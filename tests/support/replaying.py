"""Steps that are recorded once, and then run by what was recorded, beside those that are not."""

from copy import copy

import numpy as np

from support.graph_interpreter import evaluate
from twingrad import Tensor
from twingrad.tensor.compiler.graph import Memory
from twingrad.tensor.compiler.recording import Recorder


class Replayed:
    """A step on tensors: recorded at its first call, computed by its graph from then on.

    It is recorded anew where something that a recording was to hold for has changed, or shapes
    have; ``recordings`` counts how often.
    """

    def __init__(self, step):
        self._step = step
        self._shapes = None
        self.recorder = None
        self.recordings = 0

    def __call__(self, *arguments):
        shapes = [each.shape for each in arguments]
        if self.recorder is None or shapes != self._shapes or self.is_outdated():
            self._shapes = shapes
            return self._record(arguments)
        return self._replay(arguments)

    def is_outdated(self):
        return any(watch.read() != watch.value for watch in self.recorder.watches)

    def _record(self, arguments):
        self.recordings += 1
        with Recorder() as recorder:
            for each in arguments:
                recorder.argument(each)
            results = self._step(*arguments)
        recorder.finish(results)
        self.recorder = recorder
        return [each.detach().numpy().copy() for each in results]

    def _replay(self, arguments):
        recorder, graph = self.recorder, self.recorder.graph
        numbers = [n for action in recorder.actions for n in action.run() or ()]
        captured = [each.locate() for each in recorder.captured]
        given = ([each.numpy() for each in arguments], captured, numbers)
        checked = evaluate(questions_of(graph), *given).checks
        assert checked == [check.expected for check in graph.checks], "a check failed"
        found = evaluate(graph, *given)
        for memory, place, new in zip(graph.memories, captured, found.memories, strict=True):
            if memory.after is not memory.before:
                place[...] = new
        for leaf in recorder.cleared:
            leaf.grad = None
        for position, gradient in found.gradients.items():
            recorder.captured[position].tensor.grad = Tensor(gradient)
        return found.results


def questions_of(graph):
    """A graph with the checks of another, which come before everything else."""
    found = copy(graph)
    found.results, found.gradients = [], {}
    found.memories = [Memory(each.before, each.before) for each in graph.memories]
    return found


def check_replayed(made, batches, recordings=1, tolerance=1e-10):
    """Compare a step that is replayed with one that is run eagerly, on the same batches.

    ``made()`` gives a step, a function of tensors that gives a list of tensors, and what it
    changes: objects that have a ``state_dict``.
    """
    eager, eager_parts = made()
    step, parts = made()
    replayed = Replayed(step)
    for batch in batches:
        expected = [each.detach().numpy() for each in eager(*map(Tensor, batch))]
        compare(replayed(*map(Tensor, batch)), expected, tolerance)
        for own, other in zip(parts, eager_parts, strict=True):
            compare(own.state_dict(), other.state_dict(), tolerance)
    assert replayed.recordings == recordings
    return replayed


def compare(found, expected, tolerance):
    """Compare nested dictionaries and lists of numbers."""
    if isinstance(expected, dict):
        assert [*found] == [*expected]
        found, expected = [*found.values()], [*expected.values()]
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for own, other in zip(found, expected, strict=True):
            compare(own, other, tolerance)
    elif expected is None or isinstance(expected, str | bool):
        assert found == expected
    else:
        found, expected = np.asarray(found), np.asarray(expected)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
