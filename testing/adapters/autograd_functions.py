"""Functions of the package autograd, which differentiates NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import check_function
from ...engine.optional import needed
from ..library import Compute, Library, plain_floats
from ..operand_subject import OperandSubject, operand_subject
from ..subject import FloatArray
from .adapter import Adapter, refuse_parameters
from .complex_step import complex_or_none
from .numpy_randomness import NumpyRandomness

_PIP = "pip install autograd"


@final
class Autograd(Library):
    """NumPy's arrays and numbers, and the boxes around them while autograd traces."""

    wanted: ClassVar[str] = "NumPy array"

    def __init__(self, autograd: Any) -> None:
        self._autograd = autograd
        self._box = needed("autograd.tracer", "from_autograd", _PIP).Box
        self._tuple = needed("autograd.builtins", "from_autograd", _PIP).tuple

    def floats(self, leaf: Any) -> FloatArray | None:
        """Of NumPy arrays and Python floats."""
        return plain_floats(leaf)

    def is_marked(self, leaf: Any) -> bool:
        """False: there are no leaves."""
        return False

    def is_result(self, leaf: Any) -> bool:
        """Whether it is made of floats, also while it is traced."""
        return plain_floats(_unboxed(leaf, self._box)) is not None

    def is_operand(self, leaf: Any) -> bool:
        """Whether it is an array or a number."""
        return isinstance(_unboxed(leaf, self._box), np.ndarray | np.number | float | complex)

    def fixed(self, leaf: Any) -> Any:
        """The leaf itself."""
        return leaf

    def widened(self, leaf: Any) -> Any:
        """Arrays of floats in float64."""
        array = plain_floats(leaf) if isinstance(leaf, np.ndarray) else None
        return leaf if array is None else array.astype(np.float64)

    def leaf(self, array: NDArray[Any], like: Any) -> Any:
        """The array itself; a number for a number."""
        return array if isinstance(like, np.ndarray) else array[()]

    def constant(self, array: FloatArray, like: Any) -> Any:
        """The array itself, if it has the dtype; a number for a number."""
        return self.leaf(array.astype(np.asarray(like).dtype, copy=False), like)

    def array(self, operand: Any) -> NDArray[Any]:
        """An array as it is, a number as one."""
        return np.asarray(operand)

    def pulled(
        self,
        compute: Compute,
        leaves: Sequence[Any],
        cotangents: Callable[[list[Any]], list[Any]],
        differentiable: bool,
    ) -> tuple[list[Any], list[Any]]:
        """By ``autograd.make_vjp`` of all results as one tuple."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Output seems independent")
            pull, results = self._autograd.make_vjp(self._joined(compute), _every(leaves))(*leaves)
            found = [*results]
            return found, [*pull(self._tuple(cotangents(found)))]

    def pushed(
        self, compute: Compute, leaves: Sequence[Any], tangents: Sequence[FloatArray]
    ) -> list[Any] | None:
        """By ``autograd.make_jvp``; None where a function it calls has no rule for that."""
        directions = tuple(map(self.constant, tangents, leaves))
        push = self._autograd.make_jvp(self._joined(compute), _every(leaves))(*leaves)
        try:
            _, found = push(directions)
        except NotImplementedError:
            return None
        return [*found]

    def _joined(self, compute: Compute) -> Callable[..., Any]:
        """The results as one tuple, of a kind that is traced."""
        return lambda *leaves: self._tuple(compute(leaves))

    def complex_results(
        self, compute: Compute, arrays: Sequence[NDArray[np.complex128]], likes: Sequence[Any]
    ) -> list[Any] | None:
        """With NumPy's complex arrays, where all that the function does is defined there."""
        return complex_or_none(lambda: compute([*map(self.leaf, arrays, likes)]))

    def random_state(self) -> NumpyRandomness:
        """The stream of NumPy's global generator from here on."""
        return NumpyRandomness()

    @contextmanager
    def running(self, start: NumpyRandomness) -> Iterator[None]:
        """Draw from NumPy's global generator as from ``start`` on."""
        with start.again():
            yield


def _every(leaves: Sequence[Any]) -> tuple[int, ...]:
    return tuple(range(len(leaves)))


def _unboxed(leaf: Any, box: type) -> Any:
    while isinstance(leaf, box):
        leaf = leaf._value  # type: ignore[attr-defined]
    return leaf


@final
@dataclass(frozen=True)
class AutogradFunction(Adapter):
    """A function written with ``autograd.numpy``.

    Attributes
    ----------
    function : callable
        What is checked.
    autograd : module
        The package.
    """

    function: Callable[..., Any]
    autograd: Any

    def subject(
        self, inputs: Sequence[Any], parameters: Any = None, name: str | None = None
    ) -> OperandSubject:
        """The function at these inputs; ``TypeError`` for parameters."""
        refuse_parameters(parameters, "functions of autograd", "autograd")
        return operand_subject(Autograd(self.autograd), self.function, inputs, None, name)


def from_autograd(function: Callable[..., Any]) -> AutogradFunction:
    """A function written with ``autograd.numpy``, for :func:`gradcheck`.

    Its gradients come from ``make_vjp``, forward mode from ``make_jvp`` where all that it calls
    has a rule for it. NumPy's global generator is afterwards as it was.

    Raises
    ------
    ModuleNotFoundError
        If autograd is not installed.
    TypeError
        For what cannot be called.
    """
    check_function(function, "from_autograd: function")
    return AutogradFunction(function, needed("autograd", "from_autograd", _PIP))
