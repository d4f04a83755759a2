"""What wraps a function of another library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
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

    @abstractmethod
    def subject(self, inputs: Sequence[Any], parameters: Any, name: str | None) -> Subject:
        """The function with the inputs to check it at."""


def imported(package: str, command: str, what: str) -> Any:
    """A package; ``ModuleNotFoundError`` that names the command where it is not installed."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"{what} needs {error.name}, which is not installed: {command}", name=error.name
        ) from None


def refuse_parameters(parameters: Any, what: str, kind: str) -> None:
    """``TypeError`` where parameters are given for functions that hold none."""
    if parameters is not None:
        raise TypeError(
            f"gradcheck: parameters must be left out for {what}, got {type(parameters).__name__}: "
            f"pass them to the function as arguments, since {kind} has no leaves to move"
        )
