"""Functions of our own operands: Tensors on the one twin, Values and Arrays on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from ..engine.array import Array
from ..engine.backward import evaluation_order
from ..engine.modes import enable_grad
from ..engine.scalar_twin import ScalarTwin
from ..engine.structures import leaves_of, mapped
from ..engine.value import Value
from ..nn.backend import named, random_numbers_kept
from ..nn.module import Module
from ..tensor import Tensor, autograd
from ..tensor.dtypes import FLOATS
from ..tensor.random.generator import get_rng_state, set_rng_state
from .library import GraphLibrary, Store, plain_floats
from .operand_subject import OperandSubject, operand_subject
from .parameters import held_by
from .subject import FloatArray


class Twin(GraphLibrary):
    """What both twins have in common: the random numbers, and the recording of graphs."""

    is_ours: ClassVar[bool] = True

    def random_state(self) -> bytes:
        """Where the global generator stands."""
        return get_rng_state()

    def has_drawn(self, start: bytes) -> bool:
        """Whether the global generator has gone on."""
        return get_rng_state() != start

    @contextmanager
    def running(self, start: bytes) -> Iterator[None]:
        """Record graphs, also inside ``no_grad``."""
        with random_numbers_kept(), enable_grad():
            set_rng_state(start)
            yield

    def is_module(self, thing: Any) -> bool:
        """Whether it is an ``nn.Module``."""
        return isinstance(thing, Module)

    def buffers(self, module: Any) -> Iterator[Store]:
        """In the dictionaries of the modules themselves."""
        for owner in module.modules():
            for name, buffer in owner._own_buffers():
                if buffer is not None:
                    yield owner.__dict__, name


@final
class Tensors(Twin):
    """The tensor twin."""

    wanted: ClassVar[str] = "Tensor"

    def floats(self, leaf: Any) -> FloatArray | None:
        """Of tensors, of NumPy arrays, and of Python floats."""
        if isinstance(leaf, Tensor):
            return leaf._data if leaf.dtype in FLOATS else None
        return plain_floats(leaf)

    def is_marked(self, leaf: Any) -> bool:
        """Whether it is a tensor with ``requires_grad``."""
        return isinstance(leaf, Tensor) and leaf.requires_grad

    def is_leaf(self, operand: Any) -> bool:
        """Whether it has no history."""
        leaf: bool = operand.is_leaf
        return leaf

    def is_result(self, leaf: Any) -> bool:
        """Whether it is a tensor of floats."""
        return isinstance(leaf, Tensor) and leaf.dtype in FLOATS

    def is_operand(self, leaf: Any) -> bool:
        """Whether it is a tensor."""
        return isinstance(leaf, Tensor)

    def fixed(self, leaf: Any) -> Any:
        """Arrays of floats as tensors, the rest as it is."""
        array = plain_floats(leaf) if isinstance(leaf, np.ndarray) else None
        return leaf if array is None else Tensor.constant(array)

    def widened(self, leaf: Any) -> Any:
        """Tensors of floats in float64."""
        return leaf.detach().double() if self.is_result(leaf) else leaf

    def leaf(self, array: FloatArray, like: Any) -> Tensor:
        """A tensor on this memory."""
        tensor: Tensor = Tensor.constant(array).requires_grad_()
        return tensor

    def constant(self, array: FloatArray, like: Any) -> Tensor:
        """A tensor on this memory, if it has the dtype."""
        return Tensor.constant(array.astype(like.dtype, copy=False))

    def array(self, operand: Any) -> NDArray[Any]:
        """The memory of a tensor; an array as it is."""
        found: NDArray[Any] = operand._data if isinstance(operand, Tensor) else operand
        return found

    def gradients(
        self,
        results: Sequence[Any],
        leaves: Sequence[Any],
        cotangents: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """By ``autograd.grad``."""
        pairs = [pair for pair in zip(results, cotangents, strict=True) if pair[0].requires_grad]
        if not pairs or not leaves:
            return [None] * len(leaves)
        found = autograd.grad(
            [result for result, _ in pairs],
            [*leaves],
            [cotangent for _, cotangent in pairs],
            retain_graph=True,
            create_graph=differentiable,
            allow_unused=True,
        )
        return [*found]

    def accumulate(
        self, results: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any]
    ) -> None:
        """By ``autograd.backward``."""
        pairs = [pair for pair in zip(results, cotangents, strict=True) if pair[0].requires_grad]
        if pairs and leaves:
            roots, seeds = zip(*pairs, strict=True)
            autograd.backward(roots, seeds, retain_graph=True, inputs=[*leaves])

    def gradient_of(self, leaf: Any) -> Any:
        """The ``grad`` of a tensor."""
        return leaf.grad

    def forget(self, leaf: Any) -> None:
        """Set the ``grad`` of a tensor to None."""
        leaf.grad = None

    def keep(self, operand: Any) -> Callable[[], None]:
        """By a copy; buffers that are NumPy arrays too."""
        if isinstance(operand, np.ndarray):
            return _keep_array(operand)
        put_numbers_back = _keep_array(operand._data)
        data, grad = operand._data, operand._grad

        def put_back() -> None:
            operand._data, operand._grad = data, grad
            put_numbers_back()

        return put_back

    def place(self, operand: Any, array: FloatArray) -> None:
        """In the tensor's memory, or as its memory where that is of another dtype or read-only.

        The change is not noted as one in place: it is undone before anybody can notice.
        """
        memory = operand._data
        if memory.dtype == array.dtype and memory.flags.writeable:
            np.copyto(memory, array)
        else:
            operand._data = np.array(array)


@final
class Values(Twin):
    """The scalar twin, whose numbers are all 64-bit floats."""

    wanted: ClassVar[str] = "Value or an Array"

    def floats(self, leaf: Any) -> FloatArray | None:
        """Of Values, of Arrays, of NumPy arrays, and of Python floats, in float64."""
        if isinstance(leaf, Value | Array):
            return self.array(leaf)
        array = plain_floats(leaf)
        return None if array is None else array.astype(np.float64, copy=False)

    def is_marked(self, leaf: Any) -> bool:
        """Whether it is a Value or an Array with ``requires_grad``."""
        return isinstance(leaf, Value | Array) and leaf.requires_grad

    def is_leaf(self, operand: Any) -> bool:
        """Whether no Value in it was computed."""
        return all(value.is_leaf for value in _values_of(operand))

    def is_result(self, leaf: Any) -> bool:
        """Whether it is a Value or an Array."""
        return isinstance(leaf, Value | Array)

    def is_operand(self, leaf: Any) -> bool:
        """Whether it is a Value or an Array."""
        return isinstance(leaf, Value | Array)

    def fixed(self, leaf: Any) -> Any:
        """Arrays of floats as Arrays, the rest as it is."""
        array = plain_floats(leaf) if isinstance(leaf, np.ndarray) else None
        return leaf if array is None else Array.constant(array)

    def widened(self, leaf: Any) -> Any:
        """The leaf itself."""
        return leaf

    def leaf(self, array: FloatArray, like: Any) -> Any:
        """A Value for a Value or a number, an Array for the rest."""
        if isinstance(like, Array | np.ndarray):
            return Array(array)
        return Value(float(array), like.label if isinstance(like, Value) else "")

    def constant(self, array: FloatArray, like: Any) -> Any:
        """A Value for a Value, an Array for an Array."""
        if isinstance(like, Array):
            return Array.constant(array)
        return Value(float(array), requires_grad=False)

    def array(self, operand: Any) -> NDArray[Any]:
        """The numbers as a new array; a NumPy array as it is."""
        return np.asarray(operand.data if isinstance(operand, Value | Array) else operand)

    def gradients(
        self,
        results: Sequence[Any],
        leaves: Sequence[Any],
        cotangents: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """As ``twingrad.grad`` does, without a trace in any ``grad``."""
        found = ScalarTwin(()).pulled(results, cotangents, leaves, differentiable)
        if not differentiable:
            return found
        return [  # an Array without elements has a gradient without Values
            self.constant(each, leaf) if isinstance(each, np.ndarray) else each
            for each, leaf in zip(found, leaves, strict=True)
        ]

    def accumulate(
        self, results: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any]
    ) -> None:
        """By ``backward`` of the weighted sum; what other leaves had is put back."""
        terms = [
            (result * cotangent).reshape(-1).sum()
            if isinstance(result, Array)
            else result * cotangent
            for result, cotangent in zip(results, cotangents, strict=True)
        ]
        root = sum(terms[1:], terms[0])
        if not root.requires_grad:
            return
        (root,) = _values_of(root)
        wanted = {value for leaf in leaves for value in _values_of(leaf)}
        others = {
            parent: parent._grad
            for node in evaluation_order(root)
            for parent in node.parents
            if parent.is_leaf and parent not in wanted
        }
        root.backward()
        for other, grad in others.items():
            other._grad = grad

    def gradient_of(self, leaf: Any) -> Any:
        """The ``grad`` of a Value or an Array."""
        return leaf.grad

    def forget(self, leaf: Any) -> None:
        """Set the ``grad`` of all Values to None."""
        leaf.grad = None

    def keep(self, operand: Any) -> Callable[[], None]:
        """Value by Value; buffers that are NumPy arrays too."""
        if isinstance(operand, np.ndarray):
            return _keep_array(operand)
        kept = [(value, value._data, value._grad) for value in _values_of(operand)]

        def put_back() -> None:
            for value, data, grad in kept:
                value._data, value._grad = data, grad

        return put_back

    def place(self, operand: Any, array: FloatArray) -> None:
        """In the Values."""
        if not isinstance(operand, np.ndarray):
            operand.data = array if isinstance(operand, Array) else float(array)


TENSORS, VALUES = Tensors(), Values()


def _values_of(operand: Any) -> list[Value]:
    return [operand] if isinstance(operand, Value) else [*operand._elements.flat]


def _keep_array(array: NDArray[Any]) -> Callable[[], None]:
    numbers = array.copy()

    def put_back() -> None:
        if array.flags.writeable:
            np.copyto(array, numbers)

    return put_back


def twin_subject(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    parameters: Any = None,
    name: str | None = None,
) -> OperandSubject:
    """A function of our operands, or a Module, as the subject of a check.

    It runs on the twin of its operands; numbers alone are made operands of the twin of the
    module, or of the one that ``twingrad.backend`` has selected.

    Raises
    ------
    TypeError, ValueError
        For what is no operand, no leaf, or cannot be differentiated by, and for a function that
        gives no operands.
    """
    modules = [each for each in (function, parameters) if isinstance(each, Module)]
    library = _library_for(leaves_of([*inputs]), modules, parameters)
    held = held_by(library, function, parameters)
    if modules and library is TENSORS:
        inputs = mapped(partial(_in_dtype_of, modules[0]), list(inputs))
    return operand_subject(library, function, inputs, held, name)


def _in_dtype_of(module: Module, leaf: Any) -> Any:
    """An array of floats, or a float, in the dtype of a module's parameters."""
    array = plain_floats(leaf)
    dtype = next((each.dtype for each in module.parameters() if each.dtype.kind == "f"), None)
    return leaf if array is None or dtype is None else array.astype(dtype, copy=False)


def _library_for(leaves: Sequence[Any], modules: Sequence[Module], parameters: Any) -> GraphLibrary:
    """The twin of the first operand there is, of the first module, or the selected one."""
    given = [] if parameters is None or isinstance(parameters, Module) else [parameters]
    for leaf in [*leaves, *leaves_of(given)]:
        if isinstance(leaf, Tensor):
            return TENSORS
        if isinstance(leaf, Value | Array):
            return VALUES
    twin = modules[0].backend if modules else named().name
    return TENSORS if twin == "tensor" else VALUES
