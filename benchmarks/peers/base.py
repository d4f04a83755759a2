"""What a peer is, and what it is asked to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ..problem import Problem
from ..works import Kind, Work

PACKAGES = {"sklearn": "scikit-learn"}
"""What is installed, where it is not called as what is imported."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a work is run: with how many threads, and whether epochs go through shuffled rows."""

    threads: int
    shuffled: bool


class Runner(ABC):
    """A peer that is ready to do a work, with its own arrays and its own weights."""

    @abstractmethod
    def run(self, passes: int) -> list[float]:
        """Go so many times through the data, with a step for each batch.

        It is done when everything is computed. The loss of each pass comes back: the mean of its
        steps where whole epochs are run, that of the last step where steps are called.
        """


@dataclass(frozen=True, slots=True)
class Peer:
    """One that takes part.

    Attributes
    ----------
    name : str
    modules : tuple of str
        What it imports; the first one's version is told.
    kinds : tuple of str
        The kinds of work that it can do.
    make : function
        What makes it ready, which imports what it needs.
    lacks : str
        What of a :class:`Recipe` it does not have, so that it does without such works.
    slow : bool
        Whether it is left out in a hurry: it takes long, or there is a faster one of its kind.
    agrees : bool
        Whether it computes the losses, too.
    """

    name: str
    modules: tuple[str, ...]
    kinds: tuple[Kind, ...]
    make: Callable[[Work, Problem, Settings], Runner]
    lacks: str = ""
    slow: bool = False
    agrees: bool = True

    def absence(self) -> str:
        """What is to be installed first, or nothing where all is there."""
        missing = [PACKAGES.get(name, name) for name in self.modules if find_spec(name) is None]
        return f"not installed: pip install {' '.join(missing)}" if missing else ""

    def version(self) -> str:
        """The version that is installed, or nothing where it is not known or says nothing."""
        if not self.agrees:
            return ""
        try:
            return version(PACKAGES.get(self.modules[0], self.modules[0]))
        except PackageNotFoundError:
            return ""
