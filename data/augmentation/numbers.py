"""Changes of any data: noise, and mixtures of two rows."""

from __future__ import annotations

from typing import final

import numpy as np

from ...engine.checks import FROM_ZERO, POSITIVE, checked_count, checked_number
from ...tensor.broadcasting import NDArray
from ...tensor.dtypes import float64
from ...tensor.random import draws
from ...tensor.random.generator import Generator
from ..dataset import Dataset
from .base import Augmentation, Batch, check_numbers


@final
class Noise(Augmentation):
    """``x + std * e``, with an e drawn from N(0, 1) for each number.

    Parameters
    ----------
    std : float
        The standard deviation, in the units of the data as they are scaled; at least 0.

    Raises
    ------
    TypeError, ValueError
        For a ``std`` out of range.

    References
    ----------
    Bishop 1995, "Training with Noise is Equivalent to Tikhonov Regularization".

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import Noise
    >>> x, _ = Noise(0.5)(np.zeros((1000, 4)), np.zeros(1000), Generator().manual_seed(0))
    >>> bool(abs(x.std() - 0.5) < 0.02)
    True
    """

    def __init__(self, std: float) -> None:
        self.std = checked_number(std, "Noise: std", FROM_ZERO)

    def __call__(self, x: NDArray, y: NDArray, generator: Generator) -> Batch:
        """The batch with noise on its inputs."""
        check_numbers(x, "Noise")
        noise = draws.normal(x.shape, x.dtype, generator, "Noise")
        noise *= self.std
        noise += x
        return noise, y

    def __repr__(self) -> str:
        return f"Noise(std={self.std:g})"


@final
class Mixup(Augmentation):
    """Mix each row with another one of its batch, the targets in the same proportion.

    ``x = l * x_i + (1 - l) * x_j`` and ``y = l * y_i + (1 - l) * y_j``, where the j are the rows of
    the batch in random order, and an l is drawn for each row from Beta(alpha, alpha).

    Targets that are classes (N,) become probabilities (N, classes), which ``cross_entropy`` takes;
    targets that are numbers (N, ...) are mixed as they are.

    Parameters
    ----------
    alpha : float
        Greater than 0. Small ones leave most rows nearly as they are, 1 mixes in any proportion
        alike, large ones mix half and half.
    classes : int, optional
        The number of classes, where targets are whole numbers. 1 stands for a network with one
        output: targets 0 and 1 become the probability of class 1, of shape (N,). A
        :class:`~twingrad.data.DataLoader` of a :class:`~twingrad.data.Dataset` fills it in.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range; in use, for targets that are whole numbers where ``classes`` is
        not given, or does not count them.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz 2018, "mixup: Beyond Empirical Risk Minimization".

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import Mixup
    >>> x, y = np.eye(4), np.array([0, 1, 2, 1])
    >>> mixed, probabilities = Mixup(1.0, classes=3)(x, y, Generator().manual_seed(0))
    >>> probabilities.shape, probabilities.sum(1).tolist()
    ((4, 3), [1.0, 1.0, 1.0, 1.0])
    """

    def __init__(self, alpha: float = 0.2, classes: int | None = None) -> None:
        self.alpha = checked_number(alpha, "Mixup: alpha", POSITIVE)
        self.classes = (
            None if classes is None else checked_count(classes, "Mixup: classes", at_least=1)
        )

    def for_dataset(self, dataset: Dataset) -> Mixup:
        """The same for the classes of a data set, unless they were given."""
        if self.classes is not None or dataset.classes is None:
            return self
        return Mixup(self.alpha, 1 if dataset.task == "binary" else len(dataset.classes))

    def __call__(self, x: NDArray, y: NDArray, generator: Generator) -> Batch:
        """The batch with its rows mixed."""
        check_numbers(x, "Mixup")
        targets = y if y.dtype.kind == "f" else self._probabilities(y, x)
        shares = self._shares(len(x), generator)
        others = draws.permutation(len(x), generator, "Mixup")
        return _mixed(x, others, shares), _mixed(targets, others, shares)

    def _shares(self, count: int, generator: Generator) -> NDArray:
        """Numbers from Beta(alpha, alpha): its distribution function, inverted."""
        from scipy.special import betaincinv  # takes longer to import than all of this package

        points = draws.uniform((count,), float64, generator, "Mixup")
        shares: NDArray = betaincinv(self.alpha, self.alpha, points)
        return shares

    def _probabilities(self, y: NDArray, x: NDArray) -> NDArray:
        """Classes as probabilities in the dtype of the inputs."""
        if self.classes is None:
            raise ValueError(
                f"Mixup: classes must be given where targets are whole numbers, got dtype {y.dtype}"
                ": write Mixup(classes=...), with 1 for a network with one output"
            )
        limit = max(self.classes, 2)
        if y.ndim != 1 or (len(y) and not 0 <= y.min() <= y.max() < limit):
            raise ValueError(
                f"Mixup: y must be classes from 0 to {limit - 1} of shape (N,), got shape {y.shape}"
                f" from {y.min()} to {y.max()}: give the number of classes"
            )
        if self.classes == 1:
            return y.astype(x.dtype)
        found: NDArray = np.equal(y[:, None], np.arange(limit)).astype(x.dtype)
        return found

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes={self.classes}"
        return f"Mixup(alpha={self.alpha:g}{classes})"


def _mixed(rows: NDArray, others: NDArray, shares: NDArray) -> NDArray:
    """``share * row + (1 - share) * other``."""
    share = shares.astype(rows.dtype).reshape(-1, *[1] * (rows.ndim - 1))
    other = rows[others]
    mixed: NDArray = other + share * (rows - other)
    return mixed
