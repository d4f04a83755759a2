"""What subjects say of their derivatives, and what differences say of them."""

import numpy as np

from twingrad.testing.judging import judge
from twingrad.testing.report import Report


def cotangents_of(subject, seed=0):
    """Random cotangents, one for each result."""
    generator = np.random.default_rng(seed)
    values = subject.values(subject.inputs)
    return [np.asarray(generator.uniform(0.5, 1.5, y.shape), y.dtype) for y in values]


def pulled(subject):
    """The gradients of the results, weighted with their cotangents."""
    return subject.pull(subject.inputs, cotangents_of(subject))


def verdict(subject, projections=None):
    """What differences say of the derivatives, and of nothing else that is promised."""
    return Report(subject.name, judge(subject, projections=projections)).verdict
