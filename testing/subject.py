"""What is checked: a function of NumPy arrays, with the derivatives that somebody wrote for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Passage:
    """One forward and one backward pass, in the memory that the library worked with.

    Attributes
    ----------
    inputs, cotangents : list of array
        What the function and its backward pass were given, as they left it.
    results, gradients : list of array
        What they gave, not copied; None where there is no gradient.
    inputs_after, results_before : list of array
        Copies: the inputs as the backward pass left them (parameters are put back behind it),
        and the results as the forward pass left them.
    """

    inputs: list[FloatArray]
    cotangents: list[FloatArray]
    results: list[FloatArray]
    gradients: list[FloatArray | None]
    inputs_after: list[FloatArray]
    results_before: list[FloatArray]


class Subject(ABC):
    """A function whose derivatives are checked, whatever library it is written with.

    The function is one of NumPy arrays here, `y_1, ..., y_k = f(x_1, ..., x_n)`,
    where the x are all that it is differentiated by (arguments, parts of nested arguments,
    parameters of a module), and the y are those of its results that are floating point numbers.
    An adapter hands the arrays to the library, and its results back.

    Attributes
    ----------
    name : str
        What reports call the function.
    input_names : tuple of str
        What reports call its inputs: ``"x"``, ``"batch['left']"``, ``"0.weight"``.
    inputs : tuple of array
        Where it is checked, of float32 or float64, of any shape. Nobody writes to them.
    """

    name: str
    input_names: tuple[str, ...]
    inputs: tuple[FloatArray, ...]

    @abstractmethod
    def values(self, arrays: Sequence[FloatArray]) -> list[FloatArray]:
        """The results at ``arrays``, of any shapes, in the dtype that the function gives."""

    @abstractmethod
    def output_names(self) -> tuple[str, ...]:
        """What reports call the results, in the order of ``values``."""

    @abstractmethod
    def pull(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None]:
        """Reverse mode: the product of each input's transposed Jacobian with the ``cotangents``.

        One array for each input, as the function's author has it computed, of whatever shape and
        dtype that has; None where the library says that there is no gradient.
        """

    def push(
        self, arrays: Sequence[FloatArray], tangents: Sequence[FloatArray]
    ) -> list[FloatArray] | None:
        """Forward mode: the Jacobian times the ``tangents``, one array for each result.

        None where the function's library offers no forward mode.
        """
        return None

    def complex_values(self, arrays: Sequence[NDArray[np.complex128]]) -> list[Any] | None:
        """The results at complex arrays, for the complex step; None where that is not possible."""
        return None

    @abstractmethod
    def derived(self) -> Subject:
        """The gradient as a function of its own: of the inputs and of the cotangents.

        Raises
        ------
        TypeError
            If the library cannot differentiate gradients.
        """

    def precise(self) -> Subject | None:
        """The same function on float64 copies of its inputs; None where it takes float32 only."""
        return None

    def passage(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> Passage | None:
        """One pass there and back on copies of the arrays, to see what is written to and shared.

        None where the library does not show its memory. All other methods hand out copies.
        """
        return None

    def scattered(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], list[FloatArray | None]] | None:
        """Values and gradients, where arguments and cotangents lie transposed and in strides.

        None where the library has no such arrays.
        """
        return None

    def pending(
        self,
        first: Sequence[FloatArray],
        second: Sequence[FloatArray],
        cotangents: Sequence[FloatArray],
    ) -> list[FloatArray | None] | None:
        """Forward at ``first``, then at ``second``, then the backward pass of the first.

        Parameters stay those of ``first``. None where there is no backward pass of its own.
        """
        return None

    def accumulated(
        self, arrays: Sequence[FloatArray], cotangents: Sequence[FloatArray]
    ) -> list[FloatArray | None] | None:
        """What leaves hold after two backward passes over one graph, which add up.

        None where the library has no leaves with gradients.
        """
        return None

    def roots(self) -> list[Any]:
        """The results at ``inputs`` as the Values or Tensors with the graph that led to them.

        Empty for other libraries.
        """
        return []
