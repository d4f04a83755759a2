"""What wraps a function of another library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ..subject import Subject


class Adapter(ABC):
    """A function of another library, as ``gradcheck`` takes it.

    Attributes
    ----------
    function : callable
        What it wraps.
    """

    function: Any

    @property
    def signed(self) -> Any:
        """What has the signature of the function."""
        return self.function

    @abstractmethod
    def subject(self, inputs: Sequence[Any], parameters: Any, name: str | None) -> Subject:
        """The function with the inputs to check it at."""


def refuse_parameters(parameters: Any, what: str, kind: str) -> None:
    """``TypeError`` where parameters are given for functions that hold none."""
    if parameters is not None:
        raise TypeError(
            f"gradcheck: parameters must be left out for {what}, got {type(parameters).__name__}: "
            f"pass them to the function as arguments, since {kind} has no leaves to move"
        )
