"""Random streams derived from one seed: one for each purpose, and for each epoch and batch of it.

They have nothing to do with each other, nor with what ``twingrad.manual_seed`` starts from the same
seed: no draw depends on what else is drawn, or how much of it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from ..tensor.random import blocks
from ..tensor.random.generator import Generator, default_generator
from ..tensor.random.streams import key_of, word


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of every order and must not change."""

    TOY = 1
    SPLIT = 2
    ORDER = 3
    AUGMENTATION = 4
    FOLD = 5
    TRAINING = 6


def checked_seed(seed: Any) -> int:
    """A seed as a number of 64 bits; errors are those of ``twingrad.manual_seed``."""
    return Generator().manual_seed(seed).initial_seed()


def fresh_seed() -> int:
    """A seed drawn from the default generator, which ``twingrad.manual_seed`` makes repeatable."""
    return int(blocks.words(default_generator.reserve(1), 1)[0])


def generator_for(seed: int, purpose: Purpose, *places: int) -> Generator:
    """A generator for a purpose, and for places in it such as an epoch and a batch.

    Each number is a place in the stream of the seed that the numbers before it gave, and the word
    there is the next seed.
    """
    derived = checked_seed(seed)
    for place in (purpose, *places):
        derived = word(*key_of(derived), int(place))
    return Generator().manual_seed(derived)
