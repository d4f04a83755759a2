"""Weights of rows: of their own, and by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.formulas import where
from ...nn.backend import backend_of, numbers_of


def row_weights(
    targets: NDArray[Any], class_weight: Any, sample_weight: Any, labels: Sequence[Any] | None
) -> NDArray[np.float64] | None:
    """The weights of all training rows, of shape (N,): those of classes times those of rows.

    Raises ``TypeError`` or ``ValueError`` for weights that are none, and of other shapes.
    """
    rows = len(targets)
    found = None
    if sample_weight is not None:
        found = checked_weights(sample_weight, "sample_weight", rows, "row")
    if class_weight is None:
        return found
    if targets.dtype.kind not in "iu" or targets.ndim != 1:
        raise ValueError(
            "fit: class_weight needs targets that are classes, of shape (N,), got "
            f"{targets.dtype} of shape {targets.shape}: use sample_weight"
        )
    codes, names = _coded(targets, labels)
    own: NDArray[np.float64] = _class_weights(class_weight, codes, names)[codes]
    return own if found is None else own * found


def _coded(
    targets: NDArray[Any], labels: Sequence[Any] | None
) -> tuple[NDArray[np.int64], Sequence[Any]]:
    """Classes as numbers from 0 on, and what each is called: -1 and 1 are classes 0 and 1."""
    codes = targets.astype(np.int64)
    least = int(codes.min())
    if least >= 0:
        return codes, range(int(codes.max()) + 1) if labels is None else labels
    if not ((codes == -1) | (codes == 1)).all():
        raise ValueError(
            f"fit: class_weight needs classes that are counted from 0, or -1 and 1, got {least}: "
            "number them so"
        )
    return (codes + 1) // 2, (-1, 1)


def _class_weights(
    given: Any, codes: NDArray[np.int64], names: Sequence[Any]
) -> NDArray[np.float64]:
    count = len(names)
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(
                f"fit: class_weight must be 'balanced', a dictionary or numbers, got {given!r}: "
                "write class_weight='balanced' for classes of equal weight in all"
            )
        found = np.bincount(codes, minlength=count)
        return len(codes) / (np.count_nonzero(found) * np.maximum(found, 1))
    if not isinstance(given, Mapping):
        return checked_weights(given, "class_weight", count, "class")
    places = {name: code for code, name in enumerate(names)}
    if all(isinstance(name, str) for name in names):
        places |= {code: code for code in range(count)}
    weights: list[Any] = [1.0] * count
    for name, weight in given.items():
        if name not in places:
            raise ValueError(
                f"fit: class_weight must name classes, got {name!r}: the classes are "
                f"{', '.join(map(repr, names))}"
            )
        weights[places[name]] = weight
    return checked_weights(weights, "class_weight", count, "class")


def or_one(total: Any) -> Any:
    """A sum of weights as a divisor: 1 in the place of 0, also as an operand without dimensions."""
    return (total or 1.0) if backend_of(total) is None else where(total == 0, 1.0, total)


def checked_weights(given: Any, name: str, count: int, noun: str) -> NDArray[np.float64]:
    """Weights as an array of shape (count,); ``TypeError`` or ``ValueError`` for what is none."""
    try:
        found = np.asarray(numbers_of(given), dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"fit: {name} must be numbers, one for each {noun}, got {type(given).__name__}: pass "
            "an array"
        ) from None
    if found.shape != (count,):
        raise ValueError(
            f"fit: {name} must hold one number for each {noun}, {count} in all, got shape "
            f"{found.shape}: give it the shape ({count},)"
        )
    if not (np.isfinite(found).all() and (found >= 0).all() and found.any()):
        raise ValueError(
            f"fit: {name} must be finite numbers from 0 on, not all 0, got {found.min():g} to "
            f"{found.max():g}: 1 is the weight of an ordinary {noun}"
        )
    return found
