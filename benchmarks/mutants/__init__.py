"""Planted gradient bugs, each beside the right derivative: the subjects of ``mutation_study.py``.

A bug is written once, over the functions that all libraries share, so that every gradient checker
meets the same one. ``records.py`` says what a bug is; the other files hold those of one subject.
"""

from . import (
    arithmetic,
    functions,
    layers,
    losses,
    normalizing,
    places,
    products,
    reductions,
    rows,
    second_order,
    stale,
)
from .records import KINDS, Mutant, Operation

_FILES = (
    rows,
    arithmetic,
    products,
    places,
    reductions,
    layers,
    normalizing,
    losses,
    functions,
    stale,
    second_order,
)

MUTANTS: tuple[Mutant, ...] = tuple(mutant for file in _FILES for mutant in file.MUTANTS)
"""All of them."""

OPERATIONS: tuple[Operation, ...] = tuple(dict.fromkeys(mutant.operation for mutant in MUTANTS))
"""The operations with their right derivatives."""

__all__ = ["KINDS", "MUTANTS", "OPERATIONS", "Mutant", "Operation"]
