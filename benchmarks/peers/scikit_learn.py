"""scikit-learn's MLPClassifier."""

from __future__ import annotations

import numpy as np

from ..problem import Problem
from ..works import RATE, Work
from .base import Peer, Runner, Settings


class SklearnRunner(Runner):
    """A classifier that ``partial_fit`` takes through the data, once a call.

    For two classes it has a single output; that it has two, as the others do, takes classes as
    columns of zeros and ones, and its softmax put back in place of the sigmoids for such.
    """

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        from sklearn.neural_network import MLPClassifier

        self._x = problem.x
        self._y = np.eye(work.sizes[-1], dtype=np.int64)[problem.y]
        self._model = MLPClassifier(
            hidden_layer_sizes=work.sizes[1:-1],
            alpha=0.0,
            batch_size=work.batch,
            learning_rate_init=RATE,
            shuffle=settings.shuffled,
            random_state=0,
        )
        classes = [*range(work.sizes[-1])]
        self._model.partial_fit(self._x[: work.batch], self._y[: work.batch], classes=classes)
        self._model.out_activation_ = "softmax"
        del self._model._optimizer  # the next call makes another one, without moments
        for place, (weight, bias) in enumerate(problem.layers):
            self._model.coefs_[place][...] = weight.T
            self._model.intercepts_[place][...] = bias

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [self._run_epoch() for _ in range(passes)]

    def _run_epoch(self) -> float:
        self._model.partial_fit(self._x, self._y)
        return float(self._model.loss_)


PEERS = (
    Peer(
        *("scikit-learn", ("sklearn",), ("epoch",), SklearnRunner),
        lacks="it has neither dropout nor batch normalization",
    ),
)
