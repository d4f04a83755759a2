"""Trainings that are broken off and gone on with, beside the same ones that never were."""

import math
import os
from unittest import mock

from support.fitting import CLASSES, X, check_same, network, state_of
from support.states import bits
from support.twins import numbers
from twingrad import Array, Tensor, Value, fit, optim

HELD_OUT = (X[:7], CLASSES[:7])
"""What may be validated with."""


def of(outputs=3, targets=CLASSES, twin="tensor", layers=None, **options):
    """What makes a training anew: its model, its data, its options."""
    return lambda: (network(outputs, twin, **(layers or {})), (X, targets), options)


class PowerFailure(BaseException):
    """What ends a training at once; all that it had in memory is given up."""


class Watched(optim.Callback):
    """Notes all there is to a training behind each update, and ends it behind some of them."""

    def __init__(self, updates=math.inf):
        self.updates = updates
        self.states = {}
        self.done = 0

    def on_step_end(self, training):
        self.states[training.step] = fixed(training.state_dict())
        self.done += 1
        if self.done >= self.updates:
            raise PowerFailure


class Course:
    """What became of a training: its history, its weights, and all there was to it on the way.

    ``history`` is None where the power has failed.
    """

    def __init__(self, history, model, watched):
        self.history = history
        self.weights = state_of(model)
        self.states = watched.states
        self.updates = watched.done


def fixed(entry):
    """What is equal only for states with the same bits, whatever time they took."""
    if isinstance(entry, dict):
        return {key: fixed(each) for key, each in entry.items() if key != "seconds"}
    if isinstance(entry, list | tuple):
        return type(entry)(map(fixed, entry))
    return bits(numbers(entry) if isinstance(entry, Tensor | Array | Value) else entry)


def course(make, updates=math.inf, **options):
    """The course of a training, until it is done or the power fails behind so many updates.

    ``make`` gives a new model, the data and the options of ``fit``.
    """
    model, data, own = make()
    watched = Watched(updates)
    options = {"epochs": 3, "batch_size": 8, "seed": 1} | own | options
    options["callbacks"] = [*options.get("callbacks", ()), watched]
    try:
        with mock.patch.object(os, "fsync"):  # the training fails, but not the system
            history = fit(model, data, **options)
    except PowerFailure:
        history = None
    return Course(history, model, watched)


def saving(folder, every_steps=1, **options):
    """Checkpoints behind so many updates, whatever the clock says."""
    return optim.Checkpoints(folder, every_steps=every_steps, every_seconds=None, **options)


def broken(make, folder, failures, every_steps=1, keep=1, **options):
    """The course of a training whose power fails again and again.

    ``failures`` are the updates that the runs have made when it fails, one after the other; those
    of all runs if it is one number.
    """
    states = {}
    failures = [failures] * 500 if isinstance(failures, int) else [*failures, math.inf]
    for number, updates in enumerate(failures):
        checkpoints = saving(folder, every_steps, keep=keep)
        found = course(make, updates, checkpoints=checkpoints, resume=number > 0, **options)
        for step, state in found.states.items():
            assert states.setdefault(step, state) == state, f"update {step} differs now"
        if found.history is not None:
            found.states = states
            return found
    raise AssertionError("the training does not get anywhere")


def check_same_course(found, expected):
    """That a training went as another did, to the bit."""
    for step in sorted(found.states.keys() & expected.states.keys()):
        for name, part in expected.states[step].items():
            assert found.states[step][name] == part, f"{name} differs behind update {step}"
    assert fixed(found.history.rows) == fixed(expected.history.rows)
    assert found.history.stopped == expected.history.stopped
    check_same(found.weights, expected.weights)
