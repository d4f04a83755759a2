"""The recorder: everything that an ordinary step does on tensors, written down as a graph.

The step runs as it always does, on real numbers, and changes what it changes. Beside each
operation on arrays the recorder notes the value of the graph that stands for its result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self, final

import numpy as np

from ...engine.modes import no_grad, recorder_set
from ..broadcasting import NDArray
from ..dtypes import DType
from ..graph import Node
from ..kernels.elementwise import Elementwise
from ..kernels.numpy_code import program_kernel
from ..kernels.program import Program, argument_name, value_program
from ..primitive import Primitive
from ..quiet import quiet
from ..tensor import Tensor
from ..tracing import recorder as current
from .gradients import LeafGradients, contributions
from .graph import Check, Graph, Value
from .holdings import Holdings
from .labels import Labels, name_result
from .lowering import Application
from .lowerings import lowered
from .operands import Operands
from .records import Action, Captured, Watch
from .traced import NOT_OF_DATA, NOT_READABLE, Given, Traced
from .values import cast, results, truth

__all__ = ["Action", "Captured", "Recorder", "Watch", "current"]


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
    holdings : Holdings
        What is known of arrays.
    leaf_gradients : LeafGradients
        What the step does with the ``grad`` of leaves.
    labels : Labels
        What a reader may call tensors.

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
        self.actions: list[Action] = []
        self.watches: list[Watch] = []
        self.cleared: list[Tensor] = []
        self.holdings = Holdings(self.graph)
        self._operands = Operands(self.graph, self.holdings)
        self.captured = self.holdings.captured
        self.leaf_gradients = LeafGradients(self)
        self.labels = Labels()
        self._blocks = ExitStack()

    def __enter__(self) -> Self:
        if current() is not None:
            raise RuntimeError(
                "compile: a step is being recorded already, and recordings cannot be nested: call "
                "the function itself inside a compiled step"
            )
        self._blocks.enter_context(recorder_set(self))
        return self

    def __exit__(self, *exception: object) -> None:
        self._blocks.close()

    # What a step is given

    def argument(self, tensor: Tensor) -> None:
        """Let a tensor be the next argument of the step; its elements lie one behind the other.

        Raises ``ValueError`` where they do not.
        """
        self._argument(tensor._data)

    def array_argument(self, array: NDArray) -> Given:
        """The next argument, a NumPy array, in the form in which the step is given it."""
        self._argument(array)
        return Given(array)

    def number_argument(self, number: float) -> Tensor:
        """The next argument, a Python number, as a tensor without dimensions.

        Beside other tensors it is as weak as a Python number is.
        """
        array = np.array(number, np.float64)
        self._argument(array)
        return self._operands.weak(Tensor.constant(array))

    def _argument(self, array: NDArray) -> None:
        if not array.flags.c_contiguous:
            raise ValueError(
                f"compile: an argument must lie in memory row by row, got shape {array.shape} with "
                f"strides {array.strides}: copy it first"
            )
        value = self.graph.argument(array.shape, str(array.dtype))
        self.holdings.add(array, value).origin = "argument"

    # What the host does

    def host(
        self,
        action: Callable[[], Sequence[float]],
        undo: Callable[[], None] | None = None,
        several: Callable[[int], Sequence[Sequence[float]]] | None = None,
    ) -> list[Tensor]:
        """What an action gives now, and anew before every later run, as weak numbers."""
        with recorder_set(None):
            numbers = [float(number) for number in action()]
        self.actions.append(Action("host", action, len(numbers), undo, several))
        tensors = []
        for number in numbers:
            array = np.array(number, np.float64)
            self.holdings.add(array, self.graph.host_number())
            tensors.append(self._operands.weak(Tensor.constant(array)))
        return tensors

    def words(
        self, action: Callable[[], Sequence[int]], undo: Callable[[], None] | None = None
    ) -> list[Value]:
        """What an action gives now, and anew before every later run, as words of 64 bits."""
        return self.span(action, undo)[1]

    def span(
        self, action: Callable[[], Sequence[int]], undo: Callable[[], None] | None = None
    ) -> tuple[Sequence[int], list[Value]]:
        """The words that an action gives, and the values that stand for them."""
        words = action()
        self.actions.append(Action("words", action, len(words), undo))
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

    def event(self, action: Callable[[], None], undo: Callable[[], None] | None = None) -> None:
        """Do something now, and again before every later run."""
        with recorder_set(None):
            action()
        self.actions.append(Action("event", action, 0, undo))

    def watch(self, read: Callable[[], Hashable], what: str, counted: bool = False) -> None:
        """Let the recording hold only as long as something reads as it does now.

        With ``counted``, whoever changes it counts that in ``engine.changes``.
        """
        with recorder_set(None):
            self.watches.append(Watch(read, read(), what, counted))

    # Values

    def value_of(self, given: Any) -> Value:
        """The value of a tensor or of an array, as it is now."""
        if isinstance(given, Tensor):
            return self.holdings.value(given._data, given)
        return self.holdings.value(given.array if isinstance(given, Given) else given)

    def memory(self, locate: Callable[[], NDArray], label: str) -> Tensor:
        """A constant on memory such as an optimizer's state; ``locate`` finds it again."""
        array = locate()
        if array.size and self.holdings.block(array) is None:
            self.holdings.capture(array, None, locate, label)
        return Tensor.constant(array)

    def constant(self, array: Any) -> None:
        """Note that an array, if nothing is known of it, holds the same numbers in every step."""
        if type(array) is np.ndarray:
            self.holdings.constant(array)

    def origin(self, tensor: Tensor) -> str:
        """Where a tensor's memory comes from: an ``"argument"``, ``"captured"``, or ``"made"``."""
        self.value_of(tensor)
        block = self.holdings.block(tensor._data)
        return "made" if block is None else block.origin

    def position_of(self, leaf: Tensor) -> int:
        """The position among the captured memory of a leaf that the step did not make."""
        return self.holdings.position_of(leaf)

    def write(self, tensor: Tensor, new: Tensor) -> None:
        """Let the memory of a tensor take the numbers of another, of its shape and dtype."""
        self.written(tensor._data, self.value_of(new))
        tensor._data[...] = new._data

    def written(self, array: NDArray, value: Value) -> None:
        """Note that an array takes a value."""
        self.holdings.written(array, value)

    def array(self, numbers: NDArray, value: Value) -> NDArray:
        """Numbers in memory of their own, with the value that stands for them."""
        return self.holdings.owned(numbers, value)

    def tensor(self, numbers: NDArray, value: Value) -> Tensor:
        """A constant with the value that stands for its numbers."""
        return Tensor.constant(self.array(numbers, value))

    # Arrays of the library's own code

    def traced(self, array: NDArray) -> Any:
        """An array that notes what is computed with it."""
        return Traced.on(array, self)

    def unwrapped(self, array: Any) -> Any:
        """An array as a tensor holds it."""
        return array.plain() if isinstance(array, Traced) else array

    def converted(self, array: NDArray, dtype: DType) -> NDArray:
        """A copy in a dtype."""
        with np.errstate(all="ignore"):
            numbers = array.astype(dtype)
        return self.array(numbers, cast(self.graph, self.value_of(array), dtype))

    def copied(self, array: NDArray, source: Any) -> None:
        """Note that a new array has the numbers of another, or ones that are always the same."""
        plain = self.unwrapped(source)
        if self._is_known(plain, source):
            self.holdings.add(array, cast(self.graph, self.value_of(plain), array.dtype))
        else:
            self.constant(array)

    def _is_known(self, plain: Any, given: Any) -> bool:
        """Whether an array, which may have been given with its record, has a value."""
        if not isinstance(plain, np.ndarray) or not plain.size:
            return False
        return plain is not given or self.holdings.block(plain) is not None

    def sourced(self, data: Any) -> NDArray | None:
        """The array whose numbers data will take, if it is one that the recording knows."""
        if isinstance(data, Tensor):
            self.value_of(data)
            array: NDArray = data._data
            return array
        if isinstance(data, Given):
            return data.array
        plain = self.unwrapped(data)
        return plain if self._is_known(plain, data) else None

    def known(self, given: Any) -> Any:
        """Positions or truth values, of which the recording knows the value."""
        if isinstance(given, Given):
            return Tensor.constant(given.array)
        if isinstance(given, Tensor):
            self.value_of(given)
        return given

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

    # What is done on tensors

    def apply(self, row: Elementwise, operands: tuple[Any, ...]) -> Tensor:
        """Apply a row of the table to operands of any kind."""
        tensors, dtype = self._operands.of_row(row, operands)
        with recorder_set(None):
            out: Tensor = Tensor.apply(row.formula, *tensors)
        program = value_program(row.formula.arguments, row.formula.value)
        values = {argument_name(k): self.value_of(each) for k, each in enumerate(tensors)}
        (value,) = results(self.graph, program, values, dtype)
        name_result(value, [*values.values()], row.formula.name)
        self._settle(out, cast(self.graph, value, out.dtype))
        if all([self._operands.is_weak(each) for each in operands]):
            self._operands.weak(out)
        return out

    def record(
        self, primitive: Primitive, operands: tuple[Any, ...], parameters: tuple[Any, ...]
    ) -> Tensor:
        """Apply a primitive to operands of any kind."""
        tensors = tuple([self._operands.tensor(each, primitive.name) for each in operands])
        values = [self.value_of(each) for each in tensors]
        with recorder_set(None):
            out: Tensor = Tensor.record(primitive, tensors, parameters)
        is_part = primitive.is_view and self.holdings.block(out._data) is not None
        if not is_part:
            given = Application(self, primitive, values, parameters, out.shape, str(out.dtype))
            self._settle(out, lowered(given))
        return out

    def program(self, program: Program, operands: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """A straight-line program on tensors of one dtype, and weak numbers."""
        strong = [each.dtype for each in operands if not self._operands.is_weak(each)]
        dtype = strong[0] if strong else operands[0].dtype
        arrays = [each._data.astype(dtype, copy=False) for each in operands]
        found = quiet().run(program_kernel(program, dtype, "a program"), *arrays)
        values = [cast(self.graph, self.value_of(each), dtype) for each in operands]
        named = dict(zip(program.arguments, values, strict=True))
        traced = results(self.graph, program, named, dtype)
        return tuple(
            [
                self.tensor(np.array(array), value)
                for array, value in zip(found, traced, strict=True)
            ]
        )

    def contributions(self, node: Node, gradient: Tensor) -> Sequence[Any]:
        """What the parents of a node get of its gradient, as constants."""
        return contributions(self, node, gradient)

    def finish(self, results: Sequence[Any]) -> None:
        """Note what the step gives back, and what it leaves behind."""
        self.graph.results = [self.value_of(each) for each in results]
        self.leaf_gradients.finish()
        self.holdings.finish()
        self.labels.settle(self.graph, self.captured)

    def _settle(self, out: Tensor, value: Value) -> None:
        """Let a new tensor have memory of its own, which holds a value."""
        data = out._data
        own = self.array(data, value)
        node: Node | None = out._node
        if node is not None and node.out is data:
            node.out = own
        out._data = own

    # Decisions and refusals

    def check(self, value: Value, expected: bool = True) -> None:
        """Let a truth value without dimensions have to come out as expected in every run."""
        found = Check(value, expected)
        if value.kind != "constant" and found not in self.graph.checks:
            self.graph.checks.append(found)

    def check_truth(self, array: NDArray, expected: bool) -> None:
        """Let a number without dimensions have to be true, or 0, as it is now."""
        self.check(truth(self.graph, self.value_of(array)), expected)

    def check_readable(self, given: Any, what: str) -> None:
        """Refuse to hand out numbers that will differ from step to step."""
        if not self.holdings.is_fixed(self.value_of(given)):
            raise RuntimeError(f"{what}: {NOT_READABLE}")

    def check_fixed(self, array: NDArray, what: str, cure: str) -> None:
        """Refuse numbers that a shape is to depend on, if they may differ from step to step."""
        plain = self.unwrapped(array)
        is_foreign = plain is array and self.holdings.block(plain) is None
        if is_foreign or not plain.size:
            return
        if not self.holdings.is_fixed(self.value_of(plain)):
            raise RuntimeError(f"{what}: {NOT_OF_DATA}: {cure}")
