"""The recorder: everything that an ordinary step does on tensors, written down as a graph.

The step runs as it always does, on real numbers, and changes what it changes. Beside each
operation on arrays the recorder notes the value of the graph that stands for its result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from ...engine.formula import Formula
from ...engine.modes import no_grad, recorder_set
from ...engine.shapes import Shape
from ..broadcasting import NDArray
from ..coercion import matched
from ..dtypes import DType
from ..graph import Node
from ..kernels.elementwise import Elementwise, row_of
from ..kernels.program import Program, argument_name, value_program
from ..primitive import Primitive
from ..quiet import quiet
from ..tensor import Tensor
from ..tracing import recorder as current
from . import lowerings as _lowerings
from .gradients import LeafGradients, contributions
from .graph import Check, Graph, Value
from .lowering import Application, by_host, lowerings
from .memories import Memories, memory_order, owner
from .traced import Given, Traced
from .values import broadcast, cast, empty, results, truth

__all__ = ["Action", "Captured", "Recorder", "Watch", "current"]

assert _lowerings


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """Memory that outlives a step.

    Attributes
    ----------
    tensor : Tensor or None
        The tensor that it belongs to, if it is all of its memory.
    locate : callable
        Gives the array as it is now: of the shape of the value, one element behind the other.
    label : str
        What a reader may call it.
    """

    tensor: Tensor | None
    locate: Callable[[], NDArray]
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """What the host does before each run of a compiled step.

    Attributes
    ----------
    kind : str
        ``"host"`` gives floats, ``"words"`` gives whole numbers of 64 bits, ``"event"`` nothing.
    run : callable
        What it does.
    count : int
        How many numbers it gives.
    undo : callable or None
        Takes back what the last run of it changed, where the step is not run after all.
    """

    kind: str
    run: Callable[[], Any]
    count: int
    undo: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """What a recording holds for: it is made anew where ``read`` gives something else.

    Attributes
    ----------
    read : callable
        Reads it.
    value : hashable
        What it was when the step was recorded.
    what : str
        What it is, for a reader.
    counted : bool
        Whether ``engine.changes`` counts whatever changes it, so that it need not be read before
        each run, but only where the count has moved.
    """

    read: Callable[[], Hashable]
    value: Hashable
    what: str
    counted: bool = False


@final
class Recorder:
    """Records what a step does on tensors; a context manager around the step.

    Attributes
    ----------
    graph : Graph
        What has been recorded.
    captured : list of Captured
        What the graph's memories are, by position.
    actions : list of Action
        What the host does before each run, in order.
    watches : list of Watch
        What the recording holds for.
    cleared : list of Tensor
        Leaves whose ``grad`` is None when the step is over.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.tensor.compiler.recording import Recorder
    >>> x = twingrad.tensor([1.0, 2.0])
    >>> with Recorder() as recorder:
    ...     recorder.argument(x)
    ...     y = (x * x).sum()
    >>> recorder.finish([y])
    >>> recorder.graph.results
    [<reduce 3: float32[]>]
    """

    def __init__(self) -> None:
        self.graph = Graph()
        self.captured: list[Captured] = []
        self.actions: list[Action] = []
        self.watches: list[Watch] = []
        self.cleared: list[Tensor] = []
        self._memories = Memories(self.graph)
        self._blocks: list[Any] = []
        self._fixed: dict[int, NDArray] = {}
        self._weak: dict[int, Tensor] = {}
        self._kept: list[Any] = []
        self._gradients = LeafGradients(self)
        self._mode: Any = None

    def __enter__(self) -> Self:
        if current() is not None:
            raise RuntimeError(
                "compile: a step is being recorded already, and recordings cannot be nested: call "
                "the function itself inside a compiled step"
            )
        self._mode = recorder_set(self)
        self._mode.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._mode.__exit__(*exception)

    # What a step is given

    def argument(self, tensor: Tensor) -> None:
        """Let a tensor be the next argument of the step; its elements lie one behind the other."""
        self._argument(tensor._data)

    def array_argument(self, array: NDArray) -> Given:
        """The next argument, a NumPy array, in the form in which the step is given it."""
        self._argument(array)
        return Given(array)

    def number_argument(self, number: float) -> Tensor:
        """The next argument, a Python number, as a tensor without dimensions.

        Beside tensors of floats it is as weak as a Python number is.
        """
        array = np.array(number, np.float64)
        self._argument(array)
        return self._number(array)

    def _argument(self, array: NDArray) -> None:
        if not array.flags.c_contiguous:
            raise ValueError(
                f"compile: an argument must lie in memory row by row, got shape {array.shape} with "
                f"strides {array.strides}: copy it first"
            )
        value = self.graph.argument(array.shape, str(array.dtype))
        self._memories.add(array, value).is_argument = True
        self._kept.append(array)

    def _number(self, array: NDArray) -> Tensor:
        tensor = Tensor.constant(array)
        self._weak[id(tensor)] = tensor
        return tensor

    # What the host does

    def host(
        self, action: Callable[[], Sequence[float]], undo: Callable[[], None] | None = None
    ) -> list[Tensor]:
        """What an action gives now, and anew before every later run, as weak numbers."""
        with self._unrecorded():
            numbers = [float(number) for number in action()]
        self.actions.append(Action("host", action, len(numbers), undo))
        tensors = []
        for number in numbers:
            array = np.array(number, np.float64)
            self._memories.add(array, self.graph.host_number())
            tensors.append(self._number(array))
        return tensors

    def words(self, action: Callable[[], Sequence[int]]) -> list[Value]:
        """What an action gives now, and anew before every later run, as words of 64 bits."""
        return self.span(action)[1]

    def span(self, action: Callable[[], Sequence[int]]) -> tuple[Sequence[int], list[Value]]:
        """The words that an action gives, and the values that stand for them."""
        words = action()
        self.actions.append(Action("words", action, len(words)))
        return words, [self.graph.host_number("uint64") for _ in words]

    def random(self, what: str, numbers: NDArray, words: Sequence[Value]) -> Any:
        """Numbers drawn from a stream: ``what`` they are, and the key and the place."""
        value = self.graph.value("random", words, (what,), numbers.shape, str(numbers.dtype))
        return self.traced(self.array(numbers, value))

    def drawn(
        self, draw: Callable[..., NDArray], numbers: NDArray, words: Sequence[Value], name: str
    ) -> Any:
        """Numbers that a function makes of the key and the place of a stream."""
        value = self.graph.host(draw, words, numbers.shape, str(numbers.dtype), name)
        return self.traced(self.array(numbers, value))

    def event(self, action: Callable[[], None]) -> None:
        """Do something now, and again before every later run."""
        with self._unrecorded():
            action()
        self.actions.append(Action("event", action, 0))

    def watch(self, read: Callable[[], Hashable], what: str, counted: bool = False) -> None:
        """Let the recording hold only as long as something reads as it does now.

        With ``counted``, whoever changes it counts that in ``engine.changes``.
        """
        with self._unrecorded():
            self.watches.append(Watch(read, read(), what, counted))

    # Values

    def value_of(self, given: Any) -> Value:
        """The value of a tensor or of an array, as it is now."""
        if isinstance(given, Tensor):
            return self._value(given._data, given)
        if isinstance(given, Given):
            return self._value(given.array, None)
        return self._value(given, None)

    def memory(self, locate: Callable[[], NDArray], label: str) -> Tensor:
        """A constant on memory such as an optimizer's state; ``locate`` finds it again."""
        array = locate()
        if self._memories.block(array) is None:
            self._capture(array, None, locate, label)
        return Tensor.constant(array)

    def constant(self, array: NDArray) -> None:
        """Note that a new array holds the same numbers in every step."""
        if type(array) is not np.ndarray or not array.size:
            return
        if self._memories.block(array) is not None:
            return
        root = owner(array)
        first = root.flat[0]
        if root.size == 1 or (root == first).all() and (first or not np.signbit(root).any()):
            self._memories.add(root, empty(self.graph, root.shape, root.dtype, first.item()))
        else:
            kept = root.copy("K")
            value = self._capture(root, None, lambda: kept, "constant")
            self._fixed[value.number] = kept

    def fixed_value(self, array: NDArray) -> Value:
        """The value of a new array that is the same in every step."""
        self.constant(array)
        self._kept.append(array)
        return self.value_of(array)

    def keep(self, thing: Any) -> None:
        """Keep something alive as long as the recording is."""
        self._kept.append(thing)

    def is_argument(self, tensor: Tensor) -> bool:
        """Whether a tensor's memory is that of an argument of the step."""
        block = self._memories.block(tensor._data)
        return block is not None and block.is_argument

    def write(self, tensor: Tensor, new: Tensor) -> None:
        """Let the memory of a tensor take the numbers of another, of its shape and dtype."""
        value = self.value_of(new)
        self.written(tensor._data, value)
        tensor._data[...] = new._data

    def written(self, array: NDArray, value: Value) -> None:
        """Note that an array takes a value."""
        self._value(array, None)
        block = self._memories.block(array)
        assert block is not None
        if block.is_argument:
            raise RuntimeError(
                f"compile: an argument of the step, of shape {array.shape}, cannot be changed in "
                "place: change a clone() of it"
            )
        value = broadcast(self.graph, cast(self.graph, value, array.dtype), array.shape)
        self._memories.write(block, array, value)

    def array(self, numbers: NDArray, value: Value) -> NDArray:
        """Numbers in memory of their own, with the value that stands for them."""
        own = numbers
        if type(own) is not np.ndarray or own.base is not None or not own.flags.c_contiguous:
            own = np.array(numbers, order="C")
        self._memories.add(own, broadcast(self.graph, value, own.shape))
        self._kept.append(own)
        return own

    def tensor(self, numbers: NDArray, value: Value) -> Tensor:
        """A constant with the value that stands for its numbers."""
        return Tensor.constant(self.array(numbers, value))

    def traced(self, array: NDArray) -> Any:
        """An array that notes what is computed with it."""
        return Traced.on(array, self)

    def converted(self, array: NDArray, dtype: DType) -> NDArray:
        """A copy in a dtype."""
        with np.errstate(all="ignore"):
            return self.array(array.astype(dtype), cast(self.graph, self.value_of(array), dtype))

    def constant_on(self, array: NDArray) -> Tensor:
        """A tensor on memory that the recording knows."""
        return Tensor.constant(array)

    def constant_if_new(self, array: NDArray) -> None:
        """Let an array of the library's own that nothing is known of be the same in every step."""
        if array.size and self._memories.block(array) is None:
            self.constant(array)

    def copied(self, array: NDArray, source: Any) -> None:
        """Note that a new array has the numbers of another, or ones that are always the same."""
        if isinstance(source, np.ndarray) and source.size:
            if isinstance(source, Traced) or self._memories.block(source) is not None:
                value = cast(self.graph, self.value_of(source), array.dtype)
                self._memories.add(array, value)
                self._kept.append(array)
                return
        self.constant(array)

    def sourced(self, data: Any) -> NDArray | None:
        """The array whose numbers data will take, if it is one that the recording knows."""
        if isinstance(data, Given):
            return data.array
        if isinstance(data, Tensor):
            self.value_of(data)
            return data._data
        if isinstance(data, Traced):
            return data.plain()
        is_known = isinstance(data, np.ndarray) and self._memories.block(data) is not None
        return data if is_known else None

    def known(self, given: Any) -> Any:
        """Positions or truth values, of which the recording knows the value."""
        if isinstance(given, Given):
            return Tensor.constant(given.array)
        if isinstance(given, Tensor):
            self.value_of(given)
        return given

    def unwrapped(self, array: Any) -> NDArray:
        """An array as a tensor holds it."""
        plain: NDArray = array.plain() if isinstance(array, Traced) else array
        return plain

    def by_host(
        self, function: Callable[..., Any], arrays: Sequence[Any], parameters: tuple[Any, ...]
    ) -> Any:
        """What a function gives for arrays, to be called in every step."""
        plain = [self.unwrapped(each) for each in arrays]
        found = np.asarray(function(plain, *parameters))

        def run(*given: Any) -> Any:
            return np.asarray(function(given, *parameters))

        values = [self.value_of(each) for each in plain]
        name = function.__name__
        value = self.graph.host(run, values, found.shape, str(found.dtype), name)
        return self.traced(self.array(found, value))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record what is done on tensors, without a history, wherever the block is run."""
        with recorder_set(self), no_grad():
            yield

    def check_truth(self, array: NDArray, expected: bool) -> None:
        """Let a number without dimensions be true, or 0, as it is now."""
        self.check(truth(self.graph, self.value_of(array)), expected)

    def check(self, value: Value, expected: bool) -> None:
        """Let a truth value without dimensions come out as it does now."""
        if value.kind == "constant":
            return
        found = Check(value, expected)
        if found not in self.graph.checks:
            self.graph.checks.append(found)

    def numbers(self, value: Value) -> NDArray | None:
        """The numbers of a value that are the same in every step; None for others."""
        if value.kind == "constant":
            return np.array(value.attributes[0]).astype(value.dtype)
        if value.number in self._fixed:
            return self._fixed[value.number]
        if value.kind == "view":
            (operand,) = value.operands
            found = self.numbers(operand)
            if found is not None:
                strides, offset = value.attributes
                flat = np.ascontiguousarray(found).reshape(-1)[offset:]
                steps = [stride * flat.itemsize for stride in strides]
                return np.lib.stride_tricks.as_strided(flat, value.shape, steps)
        return None

    # What is done on tensors

    def apply(self, row: Elementwise, operands: tuple[Any, ...]) -> Tensor:
        """Apply a row of the table to operands of any kind."""
        tensors, dtype = self._matched(row, operands)
        with self._unrecorded():
            out: Tensor = Tensor.apply(row.formula, *tensors)
        formula = row.formula
        program = value_program(formula.arguments, formula.value)
        values = {argument_name(k): self.value_of(each) for k, each in enumerate(tensors)}
        (value,) = results(self.graph, program, values, dtype)
        self._settle(out, cast(self.graph, value, out.dtype))
        if all([id(each) in self._weak or not isinstance(each, Tensor) for each in operands]):
            self._weak[id(out)] = out
        return out

    def record(
        self, primitive: Primitive, operands: tuple[Any, ...], parameters: tuple[Any, ...]
    ) -> Tensor:
        """Apply a primitive to operands of any kind."""
        tensors = tuple([self._tensor(each, primitive.name) for each in operands])
        values = [self.value_of(each) for each in tensors]
        with self._unrecorded():
            out: Tensor = Tensor.record(primitive, tensors, parameters)
        if primitive.is_view and out._data.size and self._memories.block(out._data) is not None:
            return out
        value = self.lowered(primitive, values, parameters, out._data.shape, out.dtype)
        self._settle(out, value)
        return out

    def lowered(
        self,
        primitive: Primitive,
        values: Sequence[Value],
        parameters: tuple[Any, ...],
        shape: Shape,
        dtype: DType,
    ) -> Value:
        """What a primitive gives for these values."""
        if 0 in shape:
            return empty(self.graph, shape, dtype)
        lowering = lowerings.get(type(primitive), by_host)
        return lowering(
            Application(
                self.graph,
                primitive,
                values,
                parameters,
                shape,
                str(dtype),
                self.numbers,
                lambda value: self.check(value, True),
                self.fixed_value,
            )
        )

    def program(self, program: Program, operands: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """A straight-line program on tensors of one dtype and weak numbers."""
        from ..kernels.numpy_code import program_kernel

        dtype = next((each.dtype for each in operands if id(each) not in self._weak), None)
        kind = operands[0].dtype if dtype is None else dtype
        arrays = [each._data.astype(kind, copy=False) for each in operands]
        values = [cast(self.graph, self.value_of(each), kind) for each in operands]
        found = quiet().run(program_kernel(program, kind, "a program"), *arrays)
        named = dict(zip(program.arguments, values, strict=True))
        traced = results(self.graph, program, named, kind)
        return tuple(
            [self.tensor(np.array(array), value) for array, value in zip(found, traced, strict=True)]
        )

    def finish(self, results: Sequence[Any]) -> None:
        """Note what the step gives back, and what it leaves behind."""
        self.graph.results = [self.value_of(each) for each in results]
        self._gradients.finish()
        for memory, block in zip(self.graph.memories, self._blocks):
            memory.after = memory.before if block is None else block.value

    # Gradients

    @property
    def leaf_gradients(self) -> LeafGradients:
        """The gradients of leaves, and what becomes of them."""
        return self._gradients

    def position_of(self, leaf: Tensor) -> int | None:
        """The position of a leaf among the captured memory; None for what is no such leaf."""
        block = self._memories.block(leaf._data)
        if block is None:
            self._value(leaf._data, leaf)
            block = self._memories.block(leaf._data)
        for position, each in enumerate(self._blocks):
            if each is block and self.captured[position].tensor is leaf:
                return position
        if block is None or block not in self._blocks:
            return None
        value = self.graph.captured(leaf._data.shape, str(leaf.dtype))
        self.captured.append(Captured(leaf, lambda: leaf._data, ""))
        self._blocks.append(None)
        assert value is not None
        return len(self.captured) - 1

    def contributions(self, node: Node, gradient: Tensor) -> Sequence[Any]:
        """What the parents of a node get of its gradient, as constants."""
        return contributions(self, node, gradient)

    # Refusals

    def check_readable(self, given: Any, what: str) -> None:
        """Refuse to hand out numbers that will differ from step to step."""
        if self.numbers(self.value_of(given)) is not None:
            return
        raise RuntimeError(
            f"{what}: the numbers of a tensor cannot be read inside a compiled step, as they will "
            "be others in the next one: return the tensor and read it outside, or write where(...) "
            "for a branch"
        )

    def check_fixed(self, array: NDArray, what: str, cure: str) -> None:
        """Refuse numbers that a shape is to depend on."""
        if not self.is_fixed(array):
            raise RuntimeError(
                f"{what}: the shape of the result depends on numbers, which will be others in the "
                f"next run of a compiled step: {cure}"
            )

    def is_fixed(self, array: NDArray) -> bool:
        """Whether the numbers of an array are the same in every step."""
        if not array.size or self._memories.block(array) is None:
            return not isinstance(array, Traced) or not array.size
        return self.numbers(self._value(array, None)) is not None

    # What it is made of

    @contextmanager
    def _unrecorded(self) -> Iterator[None]:
        with recorder_set(None):
            yield

    def _value(self, array: NDArray, tensor: Tensor | None) -> Value:
        if not array.size:
            return empty(self.graph, array.shape, array.dtype)
        block = self._memories.block(array)
        if block is None:
            self._capture_owner(array, tensor)
            block = self._memories.block(array)
            assert block is not None
        return self._memories.read(block, array)

    def _capture_owner(self, array: NDArray, tensor: Tensor | None) -> None:
        if type(array) is Traced and owner(array).__class__ is Traced:
            raise RuntimeError(
                "compile: something was computed with the numbers of a tensor that a recording "
                "cannot follow: use operations on tensors"
            )
        root = owner(array)
        if array.size == root.size and memory_order(array) is not None:
            root = array
        if tensor is not None and root is array:
            whole: Tensor = tensor
            self._capture(root, tensor, lambda: whole._data, "")
        elif tensor is not None:
            part: Tensor = tensor
            self._capture(root, None, lambda: owner(part._data), "")
        else:
            self._capture(root, None, lambda: root, "")

    def _capture(
        self, array: NDArray, tensor: Tensor | None, locate: Callable[[], NDArray], label: str
    ) -> Value:
        order = memory_order(array) or ()
        is_plain = order == tuple(range(array.ndim))
        shape = tuple([array.shape[d] for d in order])
        before = self.graph.captured(shape, str(array.dtype))
        before.label = label
        value = before
        if not is_plain:
            from .memories import permuted

            value = permuted(self.graph, before, tuple(np.argsort(order).tolist()))
        block = self._memories.add(array, value)
        ordered = locate if is_plain else lambda: locate().transpose(order)
        self.captured.append(Captured(tensor, ordered, label))
        self._blocks.append(block)
        self._kept.append(array)
        return before

    def _settle(self, out: Tensor, value: Value) -> None:
        """Let a new tensor have memory of its own, which holds a value."""
        data = out._data
        own = self.array(data, value)
        node: Node | None = out._node
        if node is not None and node.out is data:
            node.out = own
        out._data = own

    def _tensor(self, operand: Any, what: str) -> Tensor:
        """An operand of a primitive as a tensor."""
        if type(operand) is Tensor:
            return operand
        from ..coercion import constant_array

        return Tensor.constant(constant_array(operand, what))

    def _matched(self, row: Elementwise, operands: tuple[Any, ...]) -> tuple[list[Tensor], DType]:
        """The operands of a row as tensors of the dtype that it is computed in."""
        given = [
            float(each._data) if id(each) in self._weak else self._opened(each, row.name)
            for each in operands
        ]
        if not any([type(each) is Tensor for each in given]):
            kind = np.dtype(np.float64)
            tensors = [
                each if isinstance(each, Tensor) else self._constant_number(each, kind)
                for each in operands
            ]
            return tensors, kind
        kept, _, dtype = matched(row, tuple(given), Tensor)
        tensors = []
        for operand, each, converted in zip(operands, given, kept, strict=True):
            if id(operand) in self._weak:
                value = cast(self.graph, self.value_of(operand), converted.dtype)
                converted = self.tensor(converted._data, value)
            elif type(each) is not Tensor:
                self.constant(converted._data)
            tensors.append(converted)
        return tensors, dtype

    def _opened(self, operand: Any, what: str) -> Any:
        if isinstance(operand, Given | np.ndarray):
            return self._tensor(operand, what)
        return operand

    def _constant_number(self, number: Any, dtype: DType) -> Tensor:
        array = np.array(number, dtype)
        self.constant(array)
        return Tensor.constant(array)


def formula_row(formula: Formula) -> Elementwise:
    """The row of a formula, ready for arrays."""
    return row_of(formula)
