"""Augmentations by name, as the options of a run give them: ``noise=0.1``, ``flip``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..data.augmentation import Augmentation, Cutout, HorizontalFlip, Mixup, Noise, Rotate, Shift
from ..data.columns import number_in
from ..engine.shapes import Shape
from ..engine.wording import suggestion


class Made(NamedTuple):
    """How a name becomes an augmentation.

    Attributes
    ----------
    strength : float
        The number that counts where the name stands alone.
    make : callable
        Takes the strength and, if it is one of pictures, their shape.
    of_pictures : bool
        Whether it needs pictures.
    """

    strength: float
    make: Callable[[float, Shape | None], Augmentation]
    of_pictures: bool


AUGMENTATIONS: Mapping[str, Made] = MappingProxyType(
    {
        "noise": Made(0.1, lambda strength, _: Noise(strength), False),
        "mixup": Made(0.2, lambda strength, _: Mixup(strength), False),
        "shift": Made(1, lambda strength, shape: Shift(_whole(strength), shape=shape), True),
        "rotate": Made(10, lambda strength, shape: Rotate(strength, shape=shape), True),
        "cutout": Made(2, lambda strength, shape: Cutout(_whole(strength), shape=shape), True),
        "flip": Made(0.5, lambda strength, shape: HorizontalFlip(strength, shape=shape), True),
    }
)
"""Noise has its standard deviation behind the name, mixup its alpha, the others pixels, degrees,
the size of a square in pixels, and the share of pictures that are mirrored."""


def checked_augmentations(names: Sequence[str], what: str) -> tuple[str, ...]:
    """The names as they are; an error beginning with ``what`` for one that means nothing."""
    for name in names:
        _made(name, what, None)
    return tuple(names)


def augmentations(
    names: Sequence[str], picture: Shape | None, classes: int | None
) -> list[Augmentation]:
    """What the names mean for data of one kind.

    Parameters
    ----------
    names : sequence of str
        Each a name of :data:`AUGMENTATIONS`, with ``=`` and a number behind it or alone.
    picture : tuple of int or None
        The shape of a picture, if rows are any.
    classes : int or None
        How many outputs tell classes apart; None in a regression.

    Raises
    ------
    TypeError, ValueError
        For names and strengths that mean nothing, and for changes of pictures where rows are none.
    """
    found = []
    for name in names:
        made = _made(name, "augment", picture)
        if AUGMENTATIONS[name.partition("=")[0]].of_pictures and picture is None:
            raise ValueError(
                f"augment must suit rows of numbers, got {name!r}, which changes pictures: choose "
                "noise or mixup"
            )
        found.append(Mixup(made.alpha, classes) if isinstance(made, Mixup) else made)
    return found


def _made(name: str, what: str, picture: Shape | None) -> Augmentation:
    kind, _, strength = name.partition("=")
    if kind not in AUGMENTATIONS:
        raise ValueError(
            f"{what} must be names of {', '.join(AUGMENTATIONS)}, got {name!r:.40}: "
            + suggestion(kind, AUGMENTATIONS, "choose of them, such as 'noise=0.1'")
        )
    number = number_in(strength) if "=" in name else AUGMENTATIONS[kind].strength
    if number is None:
        raise ValueError(
            f"{what} must have a number behind =, got {name!r:.40}: write for example "
            f"'{kind}={AUGMENTATIONS[kind].strength}'"
        )
    try:
        return AUGMENTATIONS[kind].make(number, picture)
    except (TypeError, ValueError) as error:
        reason = str(error).partition(": ")[2]
        raise type(error)(
            f"{what} must have a strength that suits, got {name!r}: {reason}"
        ) from None


def _whole(number: float) -> Any:
    """A number as an int if it is whole, as counts of pixels must be; others are refused there."""
    return int(number) if number % 1 == 0 else number
