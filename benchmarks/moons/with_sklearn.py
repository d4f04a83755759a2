"""Moons with scikit-learn."""

import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier


def main() -> None:
    data = np.load(sys.argv[1])
    x, y = data["x"], data["y"]
    model = MLPClassifier(
        hidden_layer_sizes=(16, 16),
        alpha=0.0,
        batch_size=100,
        learning_rate_init=0.01,
        max_iter=100,
        n_iter_no_change=100,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    print(model.score(x, y))


if __name__ == "__main__":
    main()
