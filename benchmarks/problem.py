"""The data and the first weights of a work, the same for every peer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .works import RATE, Work

Array = NDArray[Any]


@final
class Problem:
    """Random rows and classes, and first weights, as NumPy arrays.

    Classes that have nothing to do with the rows cannot be learned but by heart: the loss stays
    away from 0, and gradients from where numbers get too small to be computed with quickly.

    Attributes
    ----------
    x : array of shape (N, D), float32
    y : array of shape (N,), int64
    layers : list of pairs of arrays of shapes (O, I) and (O,), float32
    """

    def __init__(self, work: Work) -> None:
        rng = np.random.default_rng(0)
        self.x: Array = rng.standard_normal((work.rows, work.sizes[0]), dtype=np.float32)
        self.y: Array = rng.integers(work.sizes[-1], size=work.rows)
        self.layers: list[tuple[Array, Array]] = [
            (_weights(rng, inputs, outputs), np.zeros(outputs, np.float32))
            for inputs, outputs in pairwise(work.sizes)
        ]


def _weights(rng: np.random.Generator, inputs: int, outputs: int) -> Array:
    scale = np.float32(np.sqrt(2 / inputs))
    return rng.standard_normal((outputs, inputs), dtype=np.float32) * scale


def one_cycle(library: Any, step: Any, total_steps: int) -> Any:
    """The learning rate of OneCycleLR at a step that is counted from 0, for NumPy and for JAX.

    Half a cosine up from RATE / 25, for three tenths of the steps, and down to RATE / 250,000
    (Smith and Topin 2018).
    """
    peak = 0.3 * total_steps - 1
    rising = step <= peak
    share = library.where(rising, step / peak, (step - peak) / (total_steps - 1 - peak))
    begin = library.where(rising, RATE / 25, RATE)
    end = library.where(rising, RATE, RATE / 25e4)
    return end + (begin - end) * (1 + library.cos(library.pi * share)) / 2
