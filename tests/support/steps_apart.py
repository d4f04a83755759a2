"""A step twice, once as it is and once compiled, on models of their own."""

import numpy as np
import pytest

import twingrad
from twingrad import Tensor, tensor
from twingrad.engine.structures import leaves_of


def inputs(seed, rows=8):
    """Rows of three numbers."""
    return tensor(np.random.default_rng(seed).normal(size=(rows, 3)))


def labels(seed, rows=8):
    """Three classes."""
    return tensor(np.random.default_rng(seed + 100).integers(0, 3, rows))


def check_alike(ours, theirs, tolerance=1e-10):
    """That two nested results agree up to rounding."""
    ours, theirs = leaves_of(ours), leaves_of(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if not isinstance(other, Tensor):
            assert one == other
            continue
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        one, other = one.detach().numpy(), other.detach().numpy()
        if one.dtype == np.float32:
            tolerance = max(tolerance, 1e-5)
        scale = np.max(np.abs(other[np.isfinite(other)]), initial=1.0)
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale)


class Pair:
    """What ``make`` gives, twice: its ``step`` is called as it is, and compiled.

    The two have random numbers of their own, from the same seed.
    """

    def __init__(self, make, tolerance=1e-10):
        self.parts = [make(), make()]
        self.tolerance = tolerance
        self.compiled = twingrad.compile(self.parts[1].step)
        twingrad.manual_seed(7)
        self._states = [twingrad.get_rng_state()] * 2

    def each(self, change):
        """Change both."""
        for part in self.parts:
            change(part)

    def _in_turn(self, *arguments, **options):
        """What both give or raise, the plain one first."""
        for k, step in enumerate((self.parts[0].step, self.compiled)):
            twingrad.set_rng_state(self._states[k])
            try:
                with np.errstate(all="ignore"):
                    yield step(*arguments, **options), None
            except Exception as error:
                yield None, error
            self._states[k] = twingrad.get_rng_state()

    def step(self, *arguments, **options):
        """Take both steps, which must give the same."""
        (theirs, fault), (ours, own_fault) = self._in_turn(*arguments, **options)
        for each in (fault, own_fault):
            if each is not None:
                raise each
        check_alike(ours, theirs, self.tolerance)
        assert self._states[0] == self._states[1]

    def fails(self, kind, *arguments, **options):
        """Take both steps, which must raise the same."""
        (_, theirs), (_, ours) = self._in_turn(*arguments, **options)
        assert isinstance(theirs, kind)
        with pytest.raises(kind) as found:
            raise ours
        assert str(found.value) == str(theirs)
        assert self._states[0] == self._states[1]

    def check(self):
        """That both models have the same numbers, gradients and states of their optimizers."""
        plain, compiled = self.parts
        states = [each.model.state_dict() for each in self.parts]
        check_alike(states[1], states[0], self.tolerance)
        gradients = [[each.grad for each in part.model.parameters()] for part in self.parts]
        for ours, theirs in zip(*reversed(gradients), strict=True):
            check_alike(ours, theirs, self.tolerance)
        check_alike(
            leaves_of(compiled.optimizer.state_dict()["state"]),
            leaves_of(plain.optimizer.state_dict()["state"]),
            self.tolerance,
        )

    def recordings(self):
        """How many recordings the compiled one has kept."""
        return sum([len(found) for found, _ in self.compiled._twin._recordings.values()])
