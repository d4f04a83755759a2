"""What is promised of gradients beside their numbers: nothing is mutated, shared, stale or lost.

Each check compares what a :class:`~twingrad.testing.subject.Subject` gives with what it gave
before. Differences that last-bit changes of the inputs make as well are rounding, and no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .figures import apart
from .findings import Violation
from .probe import Probe
from .subject import FloatArray, Passage, Subject

_FACTOR = -4.0
"""By what cotangents are scaled: a power of 2 changes no rounding, and the sign matters too."""

_UNDECIDED = (NotImplementedError, RuntimeError)
"""What libraries raise where a second backward pass is not offered."""


@np.errstate(all="ignore")
def broken_promises(subject: Subject, seed: int = 0) -> list[Violation]:
    """What a function and its gradient do that they must not, beside wrong numbers.

    A function that gives other results for the same inputs does nothing wrong: it is told by a
    violation of the rule ``"random"``, and not checked for what depends on its numbers.

    Parameters
    ----------
    subject : Subject
        What is checked, at its inputs.
    seed : int
        For the cotangents that gradients are taken with.

    Returns
    -------
    list of Violation
        A sentence for each, with the cure; empty for correct code.
    """
    probe = Probe(subject, seed)
    found = [*_forms(probe), *_memory(probe)]
    if not probe.is_steady(evaluations=1):
        return [*found, _random(subject)]
    if any(each.rule in ("shape", "mutation") for each in found):  # all else would follow
        return found
    numbers = [*_repetition(probe)] or [each for check in _CHECKS for each in check(probe)]
    if numbers and not probe.is_steady(evaluations=8):
        return [*found, _random(subject)]
    return [*found, *numbers]


def _random(subject: Subject) -> Violation:
    return Violation(
        "random",
        f"{subject.name} gives other results for the same inputs, so its gradient cannot be "
        "checked: seed what it draws inside the function, or pass it as an argument",
    )


def _forms(probe: Probe) -> Iterator[Violation]:
    """Shapes and dtypes of the gradients."""
    widest = np.result_type(*probe.inputs, *probe.values)
    for name, array, gradient in _each(probe):
        if gradient is None:
            continue
        if gradient.shape != array.shape:
            yield Violation(
                "shape",
                f"the gradient of {name} must have its shape {array.shape}, got "
                f"{gradient.shape}: {_reshaping(gradient.shape, array.shape)}",
                name,
            )
        dtype = gradient.dtype
        if dtype.kind != "f" or not array.dtype.itemsize <= dtype.itemsize <= widest.itemsize:
            yield Violation(
                "dtype",
                f"the gradient of {name} must have its dtype {array.dtype}, got {dtype}: "
                f"convert it with astype({name}.dtype)",
                name,
            )


def _reshaping(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """The cure for a gradient of a wrong shape."""
    if len(found) > 1 and found == wanted[::-1]:
        return "transpose it"
    if np.prod(found) == np.prod(wanted):
        return "reshape it"
    if np.prod(found) > np.prod(wanted):
        return "sum it over what was broadcast"
    return "give each element its own number"


def _memory(probe: Probe) -> Iterator[Violation]:
    """What one pass there and back writes to, and what its gradients share."""
    subject = probe.subject
    passage = subject.passage(probe.copies(), [array.copy() for array in probe.cotangents])
    if passage is None:
        return
    name, outputs = subject.name, subject.output_names()
    for which, before, after in zip(
        subject.input_names, probe.inputs, passage.inputs_after, strict=True
    ):
        if change := _change(before, after):
            yield Violation(
                "mutation",
                f"{name} or its backward pass changes the input {which} in place, {change}: "
                "compute out of place, or change a copy",
                which,
            )
    for which, before, after in zip(outputs, probe.cotangents, passage.cotangents, strict=True):
        if change := _change(before, after):
            yield Violation(
                "mutation",
                f"the backward pass of {name} changes the gradient that it is given for {which} "
                f"in place, {change}: compute out of place, others may need it",
            )
    for which, before, after in zip(outputs, passage.results_before, passage.results, strict=True):
        if change := _change(before, after):
            yield Violation(
                "mutation",
                f"the backward pass of {name} changes the result {which} in place, {change}: "
                "compute out of place, or change a copy",
            )
    yield from _sharing(probe, passage)


def _change(before: FloatArray, after: FloatArray) -> str:
    """Where bits differ, and how; empty where none do."""
    if before.shape != after.shape or before.dtype != after.dtype:
        return f"from shape {before.shape} to {after.shape}"
    if before.tobytes() == after.tobytes():
        return ""
    bits = f"u{before.dtype.itemsize}"
    where = np.argwhere(np.array(before).view(bits) != np.array(after).view(bits))[0]
    index = tuple(int(k) for k in where)
    at = f"at index {index} " if index else ""
    old, new = apart(float(before[index]), float(after[index]))
    return f"{at}from {old} to {new}"


def _sharing(probe: Probe, passage: Passage) -> Iterator[Violation]:
    """Gradients on memory that somebody else holds as well, and that can be written to."""
    subject = probe.subject
    kept = _named("the input", subject.input_names, passage.inputs)
    kept += _named("the result", subject.output_names(), passage.results)
    passing = _named("the gradient given for", subject.output_names(), passage.cotangents)
    for which, gradient in zip(subject.input_names, passage.gradients, strict=True):
        if gradient is None or not gradient.flags.writeable:
            continue
        shared = [name for name, array in kept if np.shares_memory(gradient, array)]
        # PyTorch and autograd hand gradients on as they are; in our graphs each has its own memory
        if (
            not shared
            and any(np.shares_memory(gradient, array) for _, array in passing)
            and subject.roots()
        ):
            shared = [name for name, array in passing if np.shares_memory(gradient, array)]
        if shared:
            yield Violation(
                "aliasing",
                f"the gradient of {which} shares memory with {shared[0]}, so that whoever changes "
                "the one in place changes the other: return a copy",
                which,
            )
        passing.append((f"the gradient of {which}", gradient))


def _named(
    what: str, names: Sequence[str], arrays: Sequence[FloatArray]
) -> list[tuple[str, FloatArray]]:
    return [(f"{what} {name}", array) for name, array in zip(names, arrays, strict=True)]


def _repetition(probe: Probe) -> Iterator[Violation]:
    """The same gradient for the same inputs and cotangents."""
    again = probe.pull(probe.inputs, probe.cotangents)
    yield from _told(
        probe,
        probe.gradients_that_differ(again),
        "repetition",
        "the gradient of {input} is another one when it is computed a second time at the same "
        "inputs: keep no state between calls",
    )


def _staleness(probe: Probe) -> Iterator[Violation]:
    """The gradient at one place, where the function has been at another one meanwhile."""
    elsewhere = [_moved(array) for array in probe.inputs]
    try:
        found = probe.subject.pending(probe.copies(), elsewhere, probe.cotangents)
    except Exception:  # the other place may be out of the function's domain
        return
    if found is not None:
        yield from _told(
            probe,
            probe.gradients_that_differ(found),
            "stale",
            "the gradient of {input} is another one when {name} has been computed with other "
            "numbers before the backward pass: keep what it needs with the call, not on self or "
            "in a global",
        )


def _moved(array: FloatArray) -> FloatArray:
    """Other numbers of the same signs, nearer to 0, in the same dtype."""
    factors = np.linspace(0.5, 0.875, array.size, dtype=array.dtype).reshape(array.shape)
    moved: FloatArray = np.where(array == 0, array.dtype.type(0.25), array * factors)
    return moved


def _accumulation(probe: Probe) -> Iterator[Violation]:
    """Twice the gradient after two backward passes."""
    try:
        found = probe.subject.accumulated(probe.copies(), probe.cotangents)
    except _UNDECIDED:
        return
    except Exception as error:
        yield Violation(
            "accumulation",
            f"a second backward pass of {probe.subject.name} over the same graph fails, with "
            f"{type(error).__name__} {str(error)!r:.80}: use up nothing that the first one needs",
        )
        return
    if found is not None:
        yield from _told(
            probe,
            probe.gradients_that_differ(found, factor=2.0),
            "accumulation",
            "the gradient of {input} is not twice as large after a second backward pass over the "
            "same graph: use up and change nothing that the first pass needs",
        )


def _layouts(probe: Probe) -> Iterator[Violation]:
    """The same for arrays whose elements do not lie one behind the other."""
    try:
        found = probe.subject.scattered(probe.copies(), probe.cotangents)
    except Exception:  # a function may take contiguous arrays only, and say so
        return
    if found is None:
        return
    values, gradients = found
    if probe.values_differ(values):
        yield Violation(
            "layout",
            f"{probe.subject.name} gives other results for transposed and strided arrays of the "
            "same numbers: go by indices, not by the order in memory",
        )
        return
    yield from _told(
        probe,
        probe.gradients_that_differ(gradients, same_sums=False),
        "layout",
        "the gradient of {input} is another one for transposed and strided arrays of the same "
        "numbers: go by indices, not by the order in memory",
    )


def _linearity(probe: Probe) -> Iterator[Violation]:
    """A multiple of the gradient for that multiple of the cotangents."""
    wrong: set[int] = {*range(len(probe.inputs))}
    for scale in (1.0, 64.0):  # tiny numbers lose digits, and at one scale more than at another
        cotangents = [each * each.dtype.type(scale) for each in probe.cotangents]
        base = probe.gradients if scale == 1.0 else probe.pull(probe.inputs, cotangents)
        found = probe.pull(probe.inputs, [each * each.dtype.type(_FACTOR) for each in cotangents])
        wrong &= {*probe.gradients_that_differ(found, base, _FACTOR)}
        if not wrong:
            return
    yield from _told(
        probe,
        sorted(wrong),
        "linearity",
        "the gradient of {input} is not multiplied by -4 when the gradients that the backward "
        "pass is given are: it must be linear in them",
    )


def _presence(probe: Probe) -> Iterator[Violation]:
    """A number in the place of None where a result changes with an input."""
    for position, (name, array, gradient) in enumerate(_each(probe)):
        if gradient is None and array.size and _slope_is_sure(probe, position):
            yield Violation(
                "missing",
                f"the gradient of {name} is None, but {probe.subject.name} changes with {name}: "
                "keep it in the graph, or, if that is meant, mark the other inputs with "
                "requires_grad=True",
                name,
            )


def _slope_is_sure(probe: Probe, position: int) -> bool:
    """Whether differences over steps of several sizes agree on a slope that is not 0."""
    is_wide = probe.inputs[position].dtype == np.float64
    steps = (2.0**-10, 2.0**-24, 2.0**-25) if is_wide else (2.0**-8, 2.0**-10, 2.0**-11)
    slopes = [_slope(probe, position, step) for step in steps]
    size = np.max(np.abs(slopes[-1]), initial=0.0)
    noise = max((np.max(np.abs(each), initial=0.0) for each in probe.values), default=0.0) * 1e-6
    spread = np.max(np.abs(np.subtract(slopes[:-1], slopes[-1])), initial=0.0)
    return bool(size > noise and spread < 0.01 * size)  # never where one is not finite


def _slope(probe: Probe, position: int, step: float) -> Any:
    """The change of all results for a relative step of one input."""
    ends = []
    for sign in (1.0, -1.0):
        inputs = probe.copies()
        array = inputs[position]
        away = sign * step * np.where(array == 0, 1.0, np.abs(array))
        inputs[position] = (array + away).astype(array.dtype)
        ends.append(np.concatenate([each.ravel() for each in probe.subject.values(inputs)]))
    return (ends[0].astype(np.float64) - ends[1]) / (2 * step)


def _told(probe: Probe, positions: Sequence[int], rule: str, sentence: str) -> Iterator[Violation]:
    """A violation for each of these inputs."""
    for position in positions:
        name = probe.subject.input_names[position]
        yield Violation(rule, sentence.format(input=name, name=probe.subject.name), name)


def _each(probe: Probe) -> Iterator[tuple[str, FloatArray, FloatArray | None]]:
    return zip(probe.subject.input_names, probe.inputs, probe.gradients, strict=True)


_CHECKS = (_staleness, _accumulation, _layouts, _linearity, _presence)
