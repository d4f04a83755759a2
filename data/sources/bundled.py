"""The real data sets that scikit-learn carries along: nothing is downloaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.optional import needed
from ..dataset import Dataset

NAMES = ("breast_cancer", "diabetes", "digits", "iris", "wine")

_TARGETS = {
    "breast_cancer": "diagnosis",
    "diabetes": "progression",
    "digits": "digit",
    "iris": "species",
    "wine": "cultivar",
}


def bundled(name: str) -> Dataset:
    """One of :data:`NAMES` as scikit-learn gives it, with the names of its features and classes.

    Numbers are those of the original sources: those of diabetes are in years, mmHg and so on.
    """
    datasets = needed("sklearn.datasets", f"load: the data set {name!r}")
    options = {"scaled": False} if name == "diabetes" else {}
    found: Any = getattr(datasets, f"load_{name}")(**options)
    is_regression = name == "diabetes"
    return Dataset(
        np.asarray(found.data, dtype=np.float64),
        found.target.astype(np.float64 if is_regression else np.int64),
        features=[str(each) for each in found.feature_names],
        target=_TARGETS[name],
        classes=None if is_regression else _labels(found.target_names),
        name=name,
    )


def _labels(names: Any) -> list[Any]:
    """Labels as text and ints of Python's own."""
    labels: list[Any] = np.asarray(names).tolist()
    return labels
