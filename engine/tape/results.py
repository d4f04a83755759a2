"""What a compiled function gives: numbers and Values that can be differentiated outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, final, overload

from ..operation import Operation
from ..value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .derivatives import Gradient

_new = object.__new__


@final
class Replayed(Operation):
    """A compiled function, as the operation of a Value that it gave."""

    symbol = "compiled"

    def __init__(self, name: str) -> None:
        self.name = name

    def linearize(self, *inputs: float) -> NoReturn:
        """Refused with ``RuntimeError``, as the others are."""
        self._refuse()

    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> NoReturn:
        """Refused."""
        self._refuse()

    def notation(self, inputs: Sequence[float], out: float) -> NoReturn:
        """Refused."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise RuntimeError(
            f"{self.name} is compiled, and its result knows its first derivatives only: for its "
            "steps, and for gradients of gradients, call the function that was compiled, .function"
        )


@final
class Slopes(Sequence[float]):
    """The derivatives of a result by its parents, computed when they are asked for."""

    def __init__(self, gradient: Gradient, inputs: NDArray[np.float64]) -> None:
        self._gradient = gradient
        self._inputs: NDArray[np.float64] | None = inputs
        self._found: Sequence[float] = ()

    def _known(self) -> Sequence[float]:
        if self._inputs is not None:
            self._found = self._gradient(self._inputs)
            self._inputs = None
        return self._found

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[float]: ...
    def __getitem__(self, index: int | slice) -> float | Sequence[float]:
        return self._known()[index]

    def __len__(self) -> int:
        return len(self._known())

    def __iter__(self) -> Iterator[float]:
        return iter(self._known())


def new_value(data: float, gradient: float | None, label: str) -> Value:
    """A Value that a compiled function gives, a constant as yet."""
    out = _new(Value)
    out._data = data
    out._label = label
    out._requires_grad = False
    out._grad = gradient
    out.local_derivatives = ()
    out.operation = None
    out.parents = ()
    return out
