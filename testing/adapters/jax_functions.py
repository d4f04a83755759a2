"""Functions of JAX."""

from __future__ import annotations

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

_PIP = "pip install jax"


@final
class Jax(Library):
    """JAX's arrays, of float32 and float64."""

    wanted: ClassVar[str] = "jax.Array"
    has_strides: ClassVar[bool] = False

    def __init__(self, jax: Any) -> None:
        self._jax = jax
        self._numpy = needed("jax.numpy", "from_jax", _PIP)

    def floats(self, leaf: Any) -> FloatArray | None:
        """Of JAX's and NumPy's arrays, and of Python floats."""
        return plain_floats(np.asarray(leaf) if self.is_result(leaf) else leaf)

    def is_marked(self, leaf: Any) -> bool:
        """False: JAX has no leaves."""
        return False

    def is_result(self, leaf: Any) -> bool:
        """Whether it is an array of float32 or float64, also while it is traced."""
        return self.is_operand(leaf) and leaf.dtype in (np.float32, np.float64)

    def is_operand(self, leaf: Any) -> bool:
        """Whether it is an array of JAX."""
        return isinstance(leaf, self._jax.Array)

    def fixed(self, leaf: Any) -> Any:
        """The leaf itself."""
        return leaf

    def widened(self, leaf: Any) -> Any:
        """Arrays of floats in float64."""
        array = self.floats(leaf) if isinstance(leaf, np.ndarray) or self.is_operand(leaf) else None
        return leaf if array is None else array.astype(np.float64)

    def leaf(self, array: NDArray[Any], like: Any) -> Any:
        """A copy as an array of JAX."""
        return self._numpy.array(array)

    def constant(self, array: FloatArray, like: Any) -> Any:
        """A copy as an array of JAX."""
        return self._numpy.array(array, dtype=like.dtype)

    def array(self, operand: Any) -> NDArray[Any]:
        """The numbers, read only."""
        return np.asarray(operand)

    def pulled(
        self,
        compute: Compute,
        leaves: Sequence[Any],
        cotangents: Callable[[list[Any]], list[Any]],
        differentiable: bool,
    ) -> tuple[list[Any], list[Any]]:
        """By ``jax.vjp``."""
        results, pull = self._jax.vjp(lambda *given: compute(given), *leaves)
        return results, [*pull(cotangents(results))]

    def pushed(
        self, compute: Compute, leaves: Sequence[Any], tangents: Sequence[FloatArray]
    ) -> list[Any] | None:
        """By ``jax.jvp``; None where a function has a ``custom_vjp``, which has no forward mode."""
        directions = tuple(
            self.constant(tangent, leaf) for tangent, leaf in zip(tangents, leaves, strict=True)
        )
        try:
            _, pushed = self._jax.jvp(lambda *given: compute(given), tuple(leaves), directions)
        except TypeError as error:
            if "custom_vjp" not in str(error):
                raise
            return None
        return [*pushed]

    def complex_results(
        self, compute: Compute, arrays: Sequence[NDArray[np.complex128]], likes: Sequence[Any]
    ) -> list[Any] | None:
        """On complex arrays, where all that the function does is defined there."""
        return complex_or_none(lambda: compute([self._numpy.array(each) for each in arrays]))

    def random_state(self) -> None:
        """Nothing: keys of random numbers are arguments."""

    @contextmanager
    def running(self, start: None) -> Iterator[None]:
        """Have 64-bit numbers, which JAX makes 32-bit ones of as a rule."""
        with self._jax.enable_x64(True):
            yield


@final
@dataclass(frozen=True)
class JaxFunction(Adapter):
    """A function of JAX's arrays.

    Attributes
    ----------
    function : callable
        What is checked.
    jax : module
        JAX.
    """

    function: Callable[..., Any]
    jax: Any

    def subject(
        self, inputs: Sequence[Any], parameters: Any = None, name: str | None = None
    ) -> OperandSubject:
        """The function at these inputs; ``TypeError`` for parameters."""
        refuse_parameters(parameters, "functions of JAX", "JAX")
        return operand_subject(Jax(self.jax), self.function, inputs, None, name)


def from_jax(function: Callable[..., Any]) -> JaxFunction:
    """A function of JAX's arrays, for :func:`gradcheck`.

    Its gradients come from ``jax.vjp``, forward mode from ``jax.jvp`` where it has it. It runs
    with 64-bit numbers, so that float64 inputs stay what they are; inputs of float32 stay as well.

    Raises
    ------
    ModuleNotFoundError
        If JAX is not installed.
    TypeError
        For what cannot be called.
    """
    check_function(function, "from_jax: function")
    return JaxFunction(function, needed("jax", "from_jax", _PIP))
