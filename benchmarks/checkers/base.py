"""What a gradient checker is to the mutation study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mutants.records import Derivative, Operation

FloatArray = NDArray[np.float64]
Check = Callable[[Sequence[FloatArray]], None]


class Checker(ABC):
    """A tool that compares derivatives with differences, as it comes: with its own tolerances.

    Attributes
    ----------
    name : str
        What tables call it.
    """

    name: str

    @abstractmethod
    def checking(self, operation: Operation, made: Derivative) -> AbstractContextManager[Check]:
        """The operation with the derivative ``made``, ready to be checked at inputs.

        The check looks at first and second derivatives by all inputs, and raises an exception of
        any kind if it finds a fault.
        """

    def version(self) -> str:
        """Name and version of the library."""
        return self.name


def parameters_of(operation: Operation, inputs: Sequence[Any]) -> dict[str, Any]:
    """The inputs of a module that are its parameters: all but the first."""
    return dict(zip([*operation.inputs][1:], inputs[1:], strict=True))
