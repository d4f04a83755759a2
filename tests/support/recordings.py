"""Steps that are recorded on one set of numbers and held against eager runs on another."""

from types import SimpleNamespace

import numpy as np

from twingrad.tensor import Tensor
from twingrad.tensor.compiler.recording import Recorder

from .graph_interpreter import evaluate


def recorded(step, *arguments):
    """The recorder of a step that has been run on these tensors, arrays and numbers."""
    recorder = Recorder()
    with recorder:
        given = [_given(recorder, each) for each in arguments]
        results = step(*given)
    recorder.finish(_listed(results))
    return recorder


def replayed(recorder, *arguments):
    """What the graph of a recording gives for other arguments, and for memory as it is now."""
    numbers = []
    for action in recorder.actions:
        given = action.run()
        numbers += [] if action.kind == "event" else given
    arrays = [each._data if type(each) is Tensor else np.asarray(each) for each in arguments]
    captured = [np.array(each.locate()) for each in recorder.captured]
    found = evaluate(recorder.graph, arrays, captured, numbers)
    assert found.checks == [check.expected for check in recorder.graph.checks]
    return found


def check_step(step, first, second, generators=(), tolerance=1e-12):
    """Record a step on the first arguments and hold it against the eager step on the second."""
    recorder = recorded(step, *first)
    assert all(watch.read() == watch.value for watch in recorder.watches)
    states = [each.get_state() for each in generators]
    found = replayed(recorder, *second)
    after = [each.get_state() for each in generators]
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(state)
    results = _listed(step(*second))
    assert [each.get_state() for each in generators] == after
    for ours, tensor in zip(found.results, results, strict=True):
        close(ours, tensor._data, tolerance)
    for position, gradient in found.gradients.items():
        close(gradient, recorder.captured[position].tensor.grad._data, tolerance)
    _check_memories(recorder, found, tolerance)
    for leaf in recorder.cleared:
        assert leaf.grad is None
    return SimpleNamespace(recorder=recorder, found=found, results=results)


def _check_memories(recorder, found, tolerance):
    """What is written is as it should be, and what is not lies in no memory that has changed."""
    arrays = [captured.locate() for captured in recorder.captured]
    written = [memory.after is not memory.before for memory in recorder.graph.memories]
    changed = [array for array, is_written in zip(arrays, written) if is_written]
    for ours, array, is_written in zip(found.memories, arrays, written, strict=True):
        if is_written or not any(np.shares_memory(array, each) for each in changed):
            close(ours, array, tolerance)


def close(ours, theirs, tolerance):
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if ours.dtype.kind == "f":
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(ours, theirs)


def kinds(recorder):
    """The kinds of the values that a recording needs, leaves aside."""
    leaves = ("argument", "captured", "constant", "number", "position")
    return [each.kind for each in recorder.graph.needed() if each.kind not in leaves]


def _listed(results):
    if results is None:
        return []
    return list(results) if isinstance(results, list | tuple) else [results]


def _given(recorder, argument):
    if type(argument) is Tensor:
        recorder.argument(argument)
        return argument
    if isinstance(argument, np.ndarray):
        return recorder.array_argument(argument)
    return recorder.number_argument(argument)
