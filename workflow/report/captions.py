"""What the curves of a report show, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...data.wording import counted
from ...optim.flow import FADED
from .contents import Floats
from .numerals import percent, short, tick


def curve_caption(name: str, curves: Mapping[str, Floats], epochs: Floats, best: int | None) -> str:
    """From where to where each curve goes, what it is in the best epoch, and where it breaks.

    Parameters
    ----------
    name : str
        ``"loss"`` or ``"accuracy"``.
    curves : mapping of str to array
        The numbers of each part of the data, shape (epochs,).
    epochs : array
        The numbers of the epochs.
    best : int or None
        The place of the best one.

    Examples
    --------
    >>> curve_caption("loss", {"training": np.array([2, 0.5])}, np.array([1, 2]), None)
    'Training loss goes from 2 to 0.5.'
    """
    written = percent if name == "accuracy" else short
    parts: list[str] = []
    for part, values in curves.items():
        first, last = written(values[0]), written(values[-1])
        verb = "goes " if not parts else ""
        text = f"{part} {name} {verb}from {first} to {last}"
        if len(values) == 1:
            text = f"{part} {name} is {last}"
        parts.append(text)
    if best is not None and parts and len(epochs) > 1:
        value = written([*curves.values()][-1][best])
        parts[-1] += f" ({value} in epoch {tick(epochs[best])}, the best)"
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}.{_broken(curves, epochs)}"


def _broken(curves: Mapping[str, Floats], epochs: Floats) -> str:
    """Where a curve is not finite, if it is anywhere."""
    bad = ~np.isfinite(np.array([*curves.values()])).all(axis=0)
    if not bad.any():
        return ""
    return (
        f" Not finite in {counted(int(bad.sum()), 'epoch')}, first in epoch "
        f"{tick(epochs[bad.argmax()])}."
    )


def rate_caption(rates: Floats) -> str:
    """How the learning rate went.

    >>> rate_caption(np.array([0.1, 0.1])), rate_caption(np.array([0.1, 0.4, 0.2]))
    ('It stays at 0.1.', 'It starts at 0.1, reaches 0.4 and ends at 0.2.')
    """
    first, last = rates[0], rates[-1]
    if (rates == first).all():
        return f"It stays at {short(first)}."
    most = np.max(rates)
    peak = f", reaches {short(most)}" if most > max(first, last) else ""
    return f"It starts at {short(first)}{peak} and ends at {short(last)}."


def flow_caption(layers: Mapping[str, Floats]) -> str:
    """How the gradient of the first layer compares with that of the last, over all epochs.

    >>> flow_caption({"0": np.array([1.0, 2.0]), "2": np.array([4.0, 4.0])})
    'The first layer (0) has 0.375 times the gradient of the last (2), by the median of the epochs.'
    """
    names, norms = [*layers], [*layers.values()]
    together = np.isfinite(norms[0]) & np.isfinite(norms[-1])
    if len(names) == 1 or not together.any():
        return "The norm of the gradient in the last step of each epoch."
    ratio = float(np.median(norms[0][together] / norms[-1][together]))
    ending = " It has vanished on its way." if ratio < FADED else ""
    return (
        f"The first layer ({names[0]}) has {short(ratio)} times the gradient of the last "
        f"({names[-1]}), by the median of the epochs.{ending}"
    )
