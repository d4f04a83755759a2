"""Functions of NumPy arrays with gradients written beside them, right or wrong on purpose."""

import numpy as np

from twingrad.testing.subject import Subject


class Written(Subject):
    """A function of arrays, and its vector-Jacobian product: ``vjp(cotangent, *arrays)``.

    The product gives one array or several; ``jvp(*arrays, *tangents)`` is forward mode, if any.
    """

    def __init__(self, value, vjp, *inputs, jvp=None, has_precise=False, second=None):
        self.name = "written"
        self.inputs = tuple(np.asarray(each) for each in inputs)
        self.input_names = tuple("abcdefgh"[: len(inputs)])
        self.value, self.vjp, self.jvp = value, vjp, jvp
        self.has_precise, self.second = has_precise, second
        self.calls = 0

    def values(self, arrays):
        self.calls += 1
        return [np.asarray(self.value(*arrays))]

    def output_names(self):
        return ("y",)

    def pull(self, arrays, cotangents):
        found = self.vjp(cotangents[0], *arrays)
        return [*found] if isinstance(found, tuple | list) else [found]

    def push(self, arrays, tangents):
        return None if self.jvp is None else [np.asarray(self.jvp(*arrays, *tangents))]

    def derived(self):
        if self.second is None:
            raise TypeError("no second derivative is written for this one")
        return self.second

    def precise(self):
        if not self.has_precise:
            return None
        inputs = [each.astype(np.float64) for each in self.inputs]
        return Written(self.value, self.vjp, *inputs, jvp=self.jvp)


def elementwise(value, slope, x, **options):
    """A function of each element, and its derivative."""
    return Written(value, lambda cotangent, x: cotangent * slope(x), np.asarray(x), **options)
