"""What nn knows of the two twins: one small Protocol, and which of them is selected.

Everything in ``nn`` is written once, on what a ``Tensor`` and an ``Array`` of Values have in common
(arithmetic, the rows of the table, sums, shapes, indexing) and on the few operations below, where
they differ. A twin is chosen like a device: ``nn.Linear(2, 1, backend="scalar")``,
``with twingrad.backend("scalar"):``, ``model.to("scalar")``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..engine.shapes import Shape
from ..tensor import tracing
from ..tensor.random.generator import Generator as Generator  # for the other files of nn
from ..tensor.random.generator import get_rng_state, set_rng_state
from .scalar_backend import ScalarBackend
from .tensor_backend import TensorBackend

if TYPE_CHECKING:
    from ..tensor.compiler.recording import Recorder as Recorder


class Backend(Protocol):
    """What networks need of a twin, beyond what its operands can do themselves.

    Its operands are the tensors of the one, or the Arrays and Values of the other. Whole numbers
    and truth values are tensors of the one, and NumPy arrays of the other.
    """

    @property
    def name(self) -> str:
        """``"scalar"`` or ``"tensor"``."""

    @property
    def kinds(self) -> tuple[type, ...]:
        """The classes of its operands."""

    def operand(self, data: Any, like: Any = None) -> Any:
        """An operand as it is; numbers as a constant of the dtype of ``like``, or of their own."""

    def leaf(self, data: Any, requires_grad: bool) -> Any:
        """A new operand without history; tensors share the memory of a tensor or NumPy array."""

    def moved(self, numbers: NDArray[Any]) -> Any:
        """Numbers of the other twin, copied: a constant, or whole numbers as this twin has them."""

    def integers(self, data: Any, what: str) -> Any:
        """Whole numbers, such as classes; ``TypeError``, beginning with ``what``, for others."""

    def numbers(self, operand: Any) -> NDArray[Any]:
        """The numbers of an operand, of its dtype; they may share its memory: read them only."""

    def write(self, operand: Any, numbers: Any) -> None:
        """Write numbers or a constant into an operand, in place and without history."""

    def is_leaf(self, operand: Any) -> bool:
        """Whether an operand was given, not computed."""

    def memory(self, operand: Any) -> NDArray[Any] | None:
        """The memory of an operand, to be changed in place; None if it has none in one piece."""

    def changed(self, operand: Any) -> None:
        """Note that the memory of an operand has been changed, for graphs that need the old one."""

    def label(self, operand: Any, label: str, before: str) -> None:
        """Name the elements, ``label[0,1]``, where they have no name, or one of ``before``."""

    def exported(self, operand: Any) -> Any:
        """The numbers as a tensor without history, in the same memory where that is possible."""

    def cast(self, operand: Any, dtype: Any) -> Any:
        """The numbers in another floating point dtype."""

    def linear(self, input: Any, weight: Any, bias: Any) -> Any:
        """``input @ weight.T + bias``; ``bias`` may be None."""

    def cat(self, operands: Sequence[Any], dim: int) -> Any:
        """Operands one behind the other."""

    def rand(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        """Constants drawn evenly from [0, 1), the same on both twins for float64."""

    def randn(self, shape: Shape, like: Any, generator: Generator | None = None) -> Any:
        """Constants drawn from N(0, 1), the same on both twins for float64."""


_BACKENDS: Mapping[str, Backend] = {"scalar": ScalarBackend(), "tensor": TensorBackend()}
_BY_KIND = {kind: twin for twin in _BACKENDS.values() for kind in twin.kinds}
_OF_ONE_KIND = [{twin.kinds[0]} for twin in (TensorBackend(), ScalarBackend())]
"""The types of arguments that can stand beside each other as they are."""

recorder_in_force: Callable[[], Recorder | None] = tracing.recorder
"""What records the step that is running, for the compiler; None as a rule."""

_selected: ContextVar[str] = ContextVar("twingrad_backend", default="tensor")


def named(name: str | None = None) -> Backend:
    """The twin of this name, or the selected one; ``ValueError`` for a name that is none."""
    found = _BACKENDS.get(_selected.get() if name is None else name)
    if found is None:
        raise ValueError(
            f"backend must be 'scalar' or 'tensor', got {name!r}: 'scalar' is the twin of Values "
            "to look into, 'tensor' the fast one"
        )
    return found


@contextmanager
def random_numbers_kept() -> Iterator[None]:
    """Draw the same random numbers after the block as if it had drawn none."""
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


@contextmanager
def backend(name: str) -> Iterator[None]:
    """Build networks on this twin inside the block: ``"scalar"`` or ``"tensor"``.

    The selection belongs to the running thread or task. Raises ``ValueError`` for other names.

    Examples
    --------
    >>> import twingrad
    >>> with twingrad.backend("scalar"):
    ...     layer = twingrad.nn.Linear(2, 1)
    >>> type(layer.weight[0, 1]).__name__
    'Value'
    """
    token = _selected.set(named(name).name)
    try:
        yield
    finally:
        _selected.reset(token)


def backend_of(operand: Any) -> Backend | None:
    """The twin that an operand belongs to; None for numbers and whatever else is no operand."""
    return _BY_KIND.get(type(operand))


def twin_of(operand: Any) -> Backend:
    """The twin of what is an operand or buffer; NumPy arrays are buffers of the scalar one."""
    return _BY_KIND.get(type(operand), _BACKENDS["scalar"])


def numbers_of(data: Any) -> NDArray[Any]:
    """The numbers of an operand, or of whatever else NumPy reads, to be read only."""
    twin = _BY_KIND.get(type(data))
    return np.asarray(data) if twin is None else twin.numbers(data)


def present(numbers: Any) -> NDArray[Any]:
    """The numbers that an operand has now, also while a step is recorded, which does not notice.

    What is recorded must not depend on them, but for the sentence of an error.
    """
    return np.asarray(numbers_of(numbers)).view(np.ndarray)


def first_of(numbers: Any, is_wrong: Any) -> Any:
    """The first of the numbers for which a condition holds, to name it in an error."""
    return present(numbers)[present(is_wrong)].flat[0]


def may_hold(condition: Any) -> bool:
    """Whether a condition holds for any element; where a step is recorded, it may the next time."""
    return recorder_in_force() is not None or bool(condition.any())


def holds(condition: Any) -> bool:
    """Whether a condition without dimensions holds.

    A step that is being recorded remembers the answer, and is run eagerly where it comes out
    differently: what follows may depend on it.
    """
    return bool(numbers_of(condition))


def common_backend(what: str, *optional: str, **given: Any) -> Backend:
    """The one twin of these arguments, plain numbers aside.

    Lists may hold operands. Where there are numbers only, it is the selected twin. Raises
    ``TypeError``, beginning with ``what``, where both twins occur, and for None in the place of
    an argument that is not ``optional``.
    """
    found: dict[str, str] = {}
    for argument, value in given.items():
        if value is None and argument not in optional:
            raise TypeError(
                f"{what}: {argument} must be an operand or numbers, got None: pass it, or look "
                "for a forward without a return"
            )
        twin = _backend_within(value)
        if twin is not None:
            found.setdefault(twin.name, argument)
    if len(found) > 1:
        raise TypeError(
            f"{what}: {' and '.join(found.values())} must be of one twin, got "
            f"{' and '.join(f'{argument} of the {name} twin' for name, argument in found.items())}:"
            " move the model with to(...), or pass the data as NumPy arrays, which fit both"
        )
    return named(next(iter(found), None))


def operands(what: str, *optional: str, **given: Any) -> tuple[Any, ...]:
    """The arguments as operands of one twin; numbers become constants beside the first operand.

    Those named in ``optional`` may be None, which they stay. Raises as :func:`common_backend`.
    """
    if {*map(type, given.values())} in _OF_ONE_KIND:
        return (*given.values(),)
    twin = common_backend(what, *optional, **given)
    like = next((value for value in given.values() if type(value) in twin.kinds), None)
    return tuple(
        [value if value is None else twin.operand(value, like) for value in given.values()]
    )


def zeros_like(operand: Any) -> Any:
    """A constant of zeros of the shape and dtype of an operand."""
    return _BY_KIND[type(operand)].operand(np.zeros(operand.shape), operand)


def _backend_within(data: Any) -> Backend | None:
    """The twin of an operand, or of the first one in nested lists."""
    if isinstance(data, list | tuple):
        return next(filter(None, map(_backend_within, data)), None)
    return backend_of(data)
