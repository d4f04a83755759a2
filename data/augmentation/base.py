"""What all augmentations have in common, and several of them in a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, final

import numpy as np

from ...tensor.broadcasting import NDArray
from ...tensor.random.generator import Generator
from ..dataset import Dataset

Batch = tuple[NDArray, NDArray]
"""The inputs (N, ...) and the targets (N, ...) of a batch."""


class Augmentation(ABC):
    """A random change of a training batch.

    Subclass it to write one of your own: draw from the generator only, leave ``x`` and ``y`` as
    they are, and give new arrays with as many rows.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.data.augmentation import Augmentation
    >>> class Dimmed(Augmentation):
    ...     def __call__(self, x, y, generator):
    ...         return x * twingrad.rand(len(x), 1, generator=generator).numpy(), y
    """

    @abstractmethod
    def __call__(self, x: NDArray, y: NDArray, generator: Generator) -> Batch:
        """The changed batch; the same generator state gives the same change."""

    def for_dataset(self, dataset: Dataset) -> Augmentation:
        """The augmentation, with what it left open taken from the data set; itself by default."""
        return self


@final
class Compose(Augmentation):
    """Several augmentations, one after the other.

    Parameters
    ----------
    augmentations : iterable of Augmentation
        The first one first. A plain list does the same where a loader is given one.

    Raises
    ------
    TypeError
        For what is no augmentation.

    Examples
    --------
    >>> from twingrad.data.augmentation import Compose, HorizontalFlip, Noise
    >>> Compose([HorizontalFlip(), Noise(0.1)])
    Compose([HorizontalFlip(p=0.5), Noise(std=0.1)])
    """

    def __init__(self, augmentations: Iterable[Augmentation]) -> None:
        self.augmentations = tuple(checked_augmentation(each) for each in augmentations)

    def __call__(self, x: NDArray, y: NDArray, generator: Generator) -> Batch:
        """The batch after all of them."""
        for augmentation in self.augmentations:
            x, y = augmentation(x, y, generator)
        return x, y

    def for_dataset(self, dataset: Dataset) -> Compose:
        """The same, with what its parts left open taken from the data set."""
        return Compose([each.for_dataset(dataset) for each in self.augmentations])

    def __repr__(self) -> str:
        return f"Compose({list(self.augmentations)})"


def checked_augmentation(given: Any) -> Augmentation:
    """An augmentation, several as one; ``TypeError`` for anything else."""
    if isinstance(given, list | tuple):
        return Compose(given)
    if not isinstance(given, Augmentation):
        raise TypeError(
            f"augment must be an Augmentation or a list of them, got {type(given).__name__} "
            f"{given!r:.40}: make an instance of a class of twingrad.data.augmentation"
        )
    return given


def check_numbers(x: NDArray, what: str) -> None:
    """Refuse inputs that are not floating point numbers."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        found = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"{what}: x must be an array of floating point numbers, got {found}: convert it with "
            "astype('float32')"
        )
