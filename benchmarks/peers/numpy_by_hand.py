"""NumPy by hand: the formulas of the forward and the backward pass, and Adam, written out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem, one_cycle
from ..works import RATE, Recipe, Work
from .base import Peer, Runner, Settings

Array = NDArray[Any]

_EPSILON = 1e-5
"""What batch normalization adds to the variance."""


class _Normalized(NamedTuple):
    """What the backward pass through batch normalization needs."""

    hat: Array
    scale: Array


class _Kept(NamedTuple):
    """What the backward pass through a layer needs: where h > 0, or what dropout makes of that."""

    inputs: Array
    mask: Array | None = None
    normalized: _Normalized | None = None


class _Parameters:
    """All parameters side by side in one array, their gradients in another, and Adam."""

    def __init__(self, arrays: list[Array], recipe: Recipe | None) -> None:
        self.flat = np.concatenate([each.ravel() for each in arrays])
        self.slopes = np.zeros_like(self.flat)
        self.values = self._views(self.flat, arrays)
        self.gradients = self._views(self.slopes, arrays)
        self._mean, self._square = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self._recipe = recipe
        self._step = 0

    @staticmethod
    def _views(flat: Array, arrays: list[Array]) -> list[Array]:
        ends = np.cumsum([each.size for each in arrays])
        parts = np.split(flat, ends[:-1])
        return [part.reshape(each.shape) for part, each in zip(parts, arrays)]

    def update(self) -> None:
        """Make a step of Adam; with a recipe, of AdamW with clipping and its schedule."""
        w, g, m, v = self.flat, self.slopes, self._mean, self._square
        rate = RATE
        if self._recipe is not None:
            rate = float(one_cycle(np, self._step, self._recipe.total_steps))
            g *= min(1.0, self._recipe.clip / (float(np.sqrt(g @ g)) + 1e-6))
            w *= 1 - rate * self._recipe.weight_decay
        self._step += 1
        m += 0.1 * (g - m)
        v += 0.001 * (g * g - v)
        divisor = np.sqrt(v)
        divisor /= np.sqrt(1 - 0.999**self._step)
        divisor += 1e-8
        w -= rate / (1 - 0.9**self._step) * m / divisor


class _Network:
    """The network, and the gradient of its mean cross-entropy."""

    def __init__(self, work: Work, problem: Problem) -> None:
        self._recipe = work.recipe
        arrays = [array for layer in problem.layers for array in layer]
        self._hidden = len(problem.layers) - 1
        if self._recipe is not None:
            for width in work.sizes[1:-1]:
                arrays += [np.ones(width, np.float32), np.zeros(width, np.float32)]
        self._parameters = _Parameters(arrays, self._recipe)
        self._running = [(np.zeros(n), np.ones(n)) for n in work.sizes[1:-1]]
        self._rng = np.random.default_rng(0)

    def step(self, x: Array, y: Array) -> float:
        """Make a step of training, and give the loss before it."""
        scores, kept = self._forward(x)
        loss, slope = _cross_entropy(scores, y)
        self._backward(slope, kept)
        self._parameters.update()
        return loss

    def _forward(self, x: Array) -> tuple[Array, list[_Kept]]:
        values = self._parameters.values
        kept: list[_Kept] = []
        h = x
        for depth in range(self._hidden):
            inputs, h = h, h @ values[2 * depth].T
            h += values[2 * depth + 1]
            normalized = None
            if self._recipe is not None:
                h, normalized = self._normalize(h, depth)
            mask: Array = h > 0
            if self._recipe is not None and self._recipe.dropout:
                mask = mask * self._kept(h.shape, self._recipe.dropout)
            h *= mask
            kept.append(_Kept(inputs, mask, normalized))
        last = 2 * self._hidden
        kept.append(_Kept(h))
        return h @ values[last].T + values[last + 1], kept

    def _kept(self, shape: tuple[int, ...], p: float) -> Array:
        """What dropout multiplies with: 0 or 1 / (1 - p)."""
        kept = self._rng.random(shape, dtype=np.float32) >= p
        return kept * np.float32(1 / (1 - p))

    def _normalize(self, h: Array, depth: int) -> tuple[Array, _Normalized]:
        mean, variance = h.mean(0), h.var(0)
        for running, new in zip(self._running[depth], (mean, variance * len(h) / (len(h) - 1))):
            running += 0.1 * (new - running)
        scale = 1 / np.sqrt(variance + np.float32(_EPSILON))
        hat = (h - mean) * scale
        first = 2 * (self._hidden + 1 + depth)
        values = self._parameters.values
        return hat * values[first] + values[first + 1], _Normalized(hat, scale)

    def _backward(self, slope: Array, kept: list[_Kept]) -> None:
        values, gradients = self._parameters.values, self._parameters.gradients
        for depth in reversed(range(self._hidden + 1)):
            inputs, mask, normalized = kept[depth]
            if mask is not None:
                slope *= mask
            if normalized is not None:
                slope = self._through_normalization(slope, normalized, depth)
            np.matmul(slope.T, inputs, out=gradients[2 * depth])
            slope.sum(0, out=gradients[2 * depth + 1])
            if depth:
                slope = slope @ values[2 * depth]

    def _through_normalization(self, slope: Array, at: _Normalized, depth: int) -> Array:
        first = 2 * (self._hidden + 1 + depth)
        gradients = self._parameters.gradients
        np.sum(slope * at.hat, 0, out=gradients[first])
        np.sum(slope, 0, out=gradients[first + 1])
        centered = slope - (gradients[first + 1] + at.hat * gradients[first]) / len(slope)
        found: Array = centered * (at.scale * self._parameters.values[first])
        return found


def _cross_entropy(scores: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy, and its gradient, which takes the place of the scores."""
    rows = np.arange(len(y))
    scores -= scores.max(1, keepdims=True)
    own = scores[rows, y]
    p = np.exp(scores, out=scores)
    total = p.sum(1, keepdims=True)
    loss = float((np.log(total[:, 0]) - own).mean())
    p /= total
    p[rows, y] -= 1
    p /= len(y)
    return loss, p


class NumpyRunner(Runner):
    """A loop over batches."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        self._network = _Network(work, problem)
        self._x, self._y = problem.x, problem.y
        self._size, self._epochs = work.batch, work.kind == "epoch"
        self._shuffled = settings.shuffled
        self._rng = np.random.default_rng(0)

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        losses = [self._losses() for _ in range(passes)]
        return [sum(each) / len(each) if self._epochs else each[-1] for each in losses]

    def _losses(self) -> list[float]:
        starts = range(0, len(self._x), self._size)
        if not self._epochs:
            cut = [slice(start, start + self._size) for start in starts]
            return [self._network.step(self._x[rows], self._y[rows]) for rows in cut]
        count = len(self._x)
        order = self._rng.permutation(count) if self._shuffled else np.arange(count)
        taken = [order[start : start + self._size] for start in starts]
        return [self._network.step(self._x[rows], self._y[rows]) for rows in taken]


PEERS = (Peer("NumPy by hand", ("numpy",), ("epoch", "step"), NumpyRunner),)
