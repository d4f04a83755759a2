"""What a check needs of a library that differentiates functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .subject import FloatArray

Compute = Callable[[Sequence[Any]], list[Any]]
"""From a list of operands to the list of results."""

Store = tuple[dict[str, Any], str]
"""A dictionary of a module, and the name under which a buffer stands there."""


class Library(ABC):
    """Operands, such as tensors: how they are made, read and differentiated by.

    What is made, computed and differentiated, is so inside :meth:`running`.
    """

    wanted: ClassVar[str]
    """What functions give, for messages: ``"Tensor"``."""

    has_strides: ClassVar[bool] = True
    """Whether operands can lie in memory otherwise than row by row."""

    def signed(self, function: Any) -> Any:
        """What has the signature of a function."""
        return function

    @abstractmethod
    def floats(self, leaf: Any) -> FloatArray | None:
        """The numbers of a leaf that can be differentiated by; None for the rest."""

    @abstractmethod
    def is_marked(self, leaf: Any) -> bool:
        """Whether a leaf is an operand that requires a gradient."""

    @abstractmethod
    def is_result(self, leaf: Any) -> bool:
        """Whether a leaf that a function gave is an operand of floating point numbers."""

    @abstractmethod
    def is_operand(self, leaf: Any) -> bool:
        """Whether a leaf is an operand of whatever numbers."""

    @abstractmethod
    def fixed(self, leaf: Any) -> Any:
        """What is passed on in the place of a leaf that is not differentiated by."""

    @abstractmethod
    def widened(self, leaf: Any) -> Any:
        """What is passed on in the place of what :meth:`fixed` gave, in float64."""

    @abstractmethod
    def leaf(self, array: NDArray[Any], like: Any) -> Any:
        """A new operand with these numbers to differentiate by, of the kind of ``like``."""

    @abstractmethod
    def constant(self, array: FloatArray, like: Any) -> Any:
        """An operand with these numbers, of the kind and dtype of the operand ``like``."""

    @abstractmethod
    def array(self, operand: Any) -> NDArray[Any]:
        """The numbers of an operand, in its own memory where it shows that."""

    @abstractmethod
    def pulled(
        self,
        compute: Compute,
        leaves: Sequence[Any],
        cotangents: Callable[[list[Any]], list[Any]],
        differentiable: bool,
    ) -> tuple[list[Any], list[Any]]:
        """Results, and the derivative of ``sum(cotangents(results) * results)`` by every leaf.

        None for a leaf stands for no gradient. Where ``differentiable``, the derivatives can be
        differentiated in turn.
        """

    def pushed(
        self, compute: Compute, leaves: Sequence[Any], tangents: Sequence[FloatArray]
    ) -> list[Any] | None:
        """The derivative of every result along the tangents; None without a forward mode."""
        return None

    def complex_results(
        self, compute: Compute, arrays: Sequence[NDArray[np.complex128]], likes: Sequence[Any]
    ) -> list[Any] | None:
        """The results at complex numbers; None where the library has none."""
        return None

    @abstractmethod
    def random_state(self) -> Any:
        """Where the library's random numbers stand."""

    def has_drawn(self, start: Any) -> bool:
        """Whether numbers drawn since ``start`` would be others for operands of another dtype."""
        return False

    @abstractmethod
    def running(self, start: Any) -> AbstractContextManager[None]:
        """A block that draws random numbers from ``start`` on, and differentiates.

        Behind it, random numbers go on as if nothing had been drawn.
        """


class GraphLibrary(Library):
    """A library whose operands remember how they were computed, and whose leaves have a ``grad``.

    They can be parameters: leaves that a function holds on to, which are moved in place.
    """

    is_ours: ClassVar[bool] = False
    """Whether the graph is one of ours, to be looked into node by node."""

    @abstractmethod
    def is_leaf(self, operand: Any) -> bool:
        """Whether an operand was given, not computed."""

    @abstractmethod
    def gradients(
        self,
        results: Sequence[Any],
        leaves: Sequence[Any],
        cotangents: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """The derivative of ``sum(cotangents * results)`` by every leaf. The graph stays."""

    def pulled(
        self,
        compute: Compute,
        leaves: Sequence[Any],
        cotangents: Callable[[list[Any]], list[Any]],
        differentiable: bool,
    ) -> tuple[list[Any], list[Any]]:
        """By one backward pass, which touches no ``grad``."""
        results = compute(leaves)
        return results, self.gradients(results, leaves, cotangents(results), differentiable)

    @abstractmethod
    def accumulate(
        self, results: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any]
    ) -> None:
        """Add to the ``grad`` of these leaves, and of no other, in a pass that keeps the graph."""

    @abstractmethod
    def gradient_of(self, leaf: Any) -> Any:
        """The ``grad`` of a leaf."""

    @abstractmethod
    def forget(self, leaf: Any) -> None:
        """Set the ``grad`` of a leaf to None."""

    @abstractmethod
    def is_module(self, thing: Any) -> bool:
        """Whether something is a module of the library, with ``named_parameters()``."""

    @abstractmethod
    def buffers(self, module: Any) -> Iterable[Store]:
        """Where the buffers of a module, and of those in it, stand."""

    @abstractmethod
    def keep(self, operand: Any) -> Callable[[], None]:
        """A function that puts an operand back: its memory, the numbers there, its ``grad``."""

    @abstractmethod
    def place(self, operand: Any, array: FloatArray) -> None:
        """Write numbers into a leaf or a buffer; in another dtype, put new memory in its place."""


def plain_floats(leaf: Any) -> FloatArray | None:
    """A Python float or an array of floats, as float32 or float64; None for the rest.

    Arrays of float32 stay what they are.

    >>> plain_floats(1.0), plain_floats(1)
    (array(1.), None)
    """
    if not isinstance(leaf, float | np.floating | np.ndarray):
        return None
    array = np.asarray(leaf)
    if array.dtype.kind != "f":
        return None
    stays = isinstance(leaf, np.ndarray) and array.dtype == np.float32
    return array.astype(np.float32 if stays else np.float64, copy=False)


def copied(library: Library, operands: Sequence[Any]) -> list[Any]:
    """Copies of the numbers of operands, and None for None."""
    return [None if each is None else np.array(library.array(each)) for each in operands]
