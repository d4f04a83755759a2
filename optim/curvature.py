"""What L-BFGS knows of the curvature: its last steps, and how the gradient changed by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn.backend import numbers_of

_CURVED = 1e-10
"""Steps along which the gradient rises less than this tell nothing of the curvature."""


class Pair(NamedTuple):
    """A step s, the change y that it made to the gradient, and ``1 / (y @ s)``."""

    step: NDArray[Any]
    change: NDArray[Any]
    weight: float


def two_loop_recursion(gradient: NDArray[Any], pairs: Sequence[Pair], scale: float) -> NDArray[Any]:
    """``-H @ gradient``, where H is the inverse Hessian that the pairs stand for, oldest first.

    H is ``scale * I`` with the BFGS update of every pair, and is never written out.

    References
    ----------
    Nocedal and Wright 2006, algorithm 7.4.
    """
    direction = -gradient
    parts = []
    for pair in reversed(pairs):
        part = pair.weight * float(pair.step @ direction)
        direction -= part * pair.change
        parts.append(part)
    direction *= scale
    for pair, part in zip(pairs, reversed(parts), strict=True):
        direction += (part - pair.weight * float(pair.change @ direction)) * pair.step
    return direction


@dataclass(slots=True)
class Memory:
    """What is remembered from iteration to iteration; in brackets, PyTorch's names.

    Attributes
    ----------
    evaluations : int
        How often loss and gradient were computed (``func_evals``).
    iterations : int
        How often a direction was chosen (``n_iter``).
    direction : array, optional
        The last one (``d``).
    length : float
        How far it was gone (``t``).
    pairs : list of Pair
        The oldest first (``old_stps``, ``old_dirs`` and ``ro``).
    scale : float
        The inverse Hessian that the pairs are applied to, a number (``H_diag``).
    gradient : array, optional
        The one for which the direction was chosen (``prev_flat_grad``).
    loss : float, optional
        The one there (``prev_loss``).
    """

    evaluations: int = 0
    iterations: int = 0
    direction: NDArray[Any] | None = None
    length: float = 0.0
    pairs: list[Pair] = field(default_factory=list)
    scale: float = 1.0
    gradient: NDArray[Any] | None = None
    loss: float | None = None

    def choose(self, gradient: NDArray[Any], loss: float, history_size: int) -> NDArray[Any]:
        """The direction to go from where there is this gradient; at first against it."""
        self.iterations += 1
        if self.direction is None or self.gradient is None:
            self.direction = -gradient
        else:
            self._learn(self.length * self.direction, gradient - self.gradient, history_size)
            self.direction = two_loop_recursion(gradient, self.pairs, self.scale)
        self.gradient, self.loss = gradient, loss
        return self.direction

    def _learn(self, step: NDArray[Any], change: NDArray[Any], history_size: int) -> None:
        """Remember a step, unless the gradient does not rise along it."""
        rise = float(change @ step)
        if rise > _CURVED:
            self.pairs = [*self.pairs, Pair(step, change, 1 / rise)][-history_size:]
            self.scale = rise / float(change @ change)

    def cast(self, dtype: Any) -> None:
        """Go on in another dtype, as a model that has moved does."""
        if self.direction is not None and self.gradient is not None:
            self.direction = self.direction.astype(dtype, copy=False)
            self.gradient = self.gradient.astype(dtype, copy=False)
            self.pairs = [
                Pair(
                    pair.step.astype(dtype, copy=False),
                    pair.change.astype(dtype, copy=False),
                    pair.weight,
                )
                for pair in self.pairs
            ]

    def entries(self, exported: Callable[[NDArray[Any]], Any]) -> dict[str, Any]:
        """All of it by PyTorch's names, the arrays as ``exported`` gives them."""
        found: dict[str, Any] = {"func_evals": self.evaluations, "n_iter": self.iterations}
        if self.direction is not None and self.gradient is not None:
            found |= {
                "d": exported(self.direction),
                "t": self.length,
                "old_dirs": [exported(pair.change) for pair in self.pairs],
                "old_stps": [exported(pair.step) for pair in self.pairs],
                "ro": [pair.weight for pair in self.pairs],
                "H_diag": self.scale,
                "prev_flat_grad": exported(self.gradient),
                "prev_loss": self.loss,
            }
        return found


def memory(entries: Mapping[str, Any], size: int, dtype: Any, what: str) -> Memory:
    """The memory of ``size`` parameters that has these entries.

    Raises ``ValueError``, beginning with ``what``, for entries of another size.
    """

    def array(given: Any) -> NDArray[Any]:
        found = np.array(numbers_of(given), dtype)
        if found.shape != (size,):
            raise ValueError(
                f"{what} must hold directions of shape {(size,)}, got {found.shape}: build the "
                "same model"
            )
        return found

    counts = Memory(int(entries.get("func_evals", 0)), int(entries.get("n_iter", 0)))
    if entries.get("d") is None:
        return counts
    steps, changes, weights = (entries[key] for key in ("old_stps", "old_dirs", "ro"))
    return Memory(
        counts.evaluations,
        counts.iterations,
        array(entries["d"]),
        float(numbers_of(entries["t"])),
        [
            Pair(array(step), array(change), float(numbers_of(weight)))
            for step, change, weight in zip(steps, changes, weights, strict=True)
        ],
        float(numbers_of(entries["H_diag"])),
        array(entries["prev_flat_grad"]),
        float(numbers_of(entries["prev_loss"])),
    )
