"""What subjects say of their derivatives, compared with differences of their values."""

import numpy as np


def cotangents_of(subject, seed=0):
    """Random cotangents, one for each result."""
    generator = np.random.default_rng(seed)
    values = subject.values(subject.inputs)
    return [np.asarray(generator.uniform(0.5, 1.5, y.shape), y.dtype) for y in values]


def pulled(subject):
    """The gradients of the results, weighted with their cotangents."""
    return subject.pull(subject.inputs, cotangents_of(subject))


def difference(subject, step=2e-3):
    """How far reverse mode is from extrapolated differences along a random direction."""
    generator = np.random.default_rng(1)
    tangents = [np.asarray(generator.uniform(-1.0, 1.0, x.shape)) for x in subject.inputs]
    cotangents = cotangents_of(subject)

    def slope(size):
        sides = []
        for sign in (1.0, -1.0):
            moved = [x + sign * size * v for x, v in zip(subject.inputs, tangents)]
            sides.append(_total(subject.values(moved), cotangents))
        return (sides[0] - sides[1]) / (2.0 * size)

    coarse, middle, fine = (slope(step * share) for share in (1.0, 0.5, 0.25))
    once = (4.0 * middle - coarse) / 3.0, (4.0 * fine - middle) / 3.0
    numeric = (16.0 * once[1] - once[0]) / 15.0
    analytic = sum(
        float(np.sum(gradient * v))
        for gradient, v in zip(pulled(subject), tangents, strict=True)
        if gradient is not None
    )
    return abs(numeric - analytic) / max(1.0, abs(analytic))


def transposed_difference(subject):
    """How far forward mode is from the transpose of reverse mode."""
    generator = np.random.default_rng(2)
    tangents = [np.asarray(generator.uniform(-1.0, 1.0, x.shape)) for x in subject.inputs]
    forward = _total(subject.push(subject.inputs, tangents), cotangents_of(subject))
    reverse = _total([0.0 if g is None else g for g in pulled(subject)], tangents)
    return abs(forward - reverse) / max(1.0, abs(reverse))


def _total(arrays, weights):
    return sum(float(np.sum(array * weight)) for array, weight in zip(arrays, weights, strict=True))
