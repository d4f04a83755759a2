"""A recorded step as compiled code, bound to the memory that it works on."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from contextlib import suppress
from sys import getrefcount
from typing import Any, final

import numpy as np

from ...engine.changes import changes
from ...engine.machine_code import MachineCode, machine_code
from ...engine.structures import leaves_of, mapped
from ..broadcasting import NDArray
from ..graph import latest_change, next_number
from ..tensor import Tensor
from .blas import address, limited_threads
from .buffers import ALIGNMENT
from .crew import crew_address
from .graph import Value
from .recording import Recorder
from .sizes import Sized, sized
from .source_writer import ARGUMENTS, CODES, FIRST_ADDRESSES, Source, SourceWriter
from .sources import SOURCES

FIRST = len(FIRST_ADDRESSES)

_ONE_STEP = (0, 0, 0, 0, 0)
"""The arguments of the code that are for many steps, and for tiles."""

COPIED = 16384
"""Arguments of so many bytes are copied: to find out where they are would take as long."""


class OutOfDate(Exception):
    """What a recording was made with has changed."""


class CheckFailed(Exception):
    """A decision came out otherwise than when the step was recorded.

    Attributes
    ----------
    done : int
        How many of several steps were taken before.
    results : array
        What they gave.
    """

    def __init__(self, done: int, results: Any) -> None:
        super().__init__(done)
        self.done = done
        self.results = results


@final
class Bound:
    """A compiled recording, with the memory that it works on.

    Parameters
    ----------
    recorder : Recorder
        A finished recording.
    results : object
        What the step gave back when it was recorded: the form of its results.
    name : str
        What the step is called in its source.
    in_rows : bool
        Whether the code is that of many steps, each on rows of all that there are.
    """

    def __init__(self, recorder: Recorder, results: Any, name: str, in_rows: bool = False) -> None:
        self.recorder = recorder
        self._results = results
        self._is_single = isinstance(results, Tensor)
        writer = SourceWriter(recorder.graph, name)
        self._written = writer.source_of_epochs() if in_rows else writer.source()
        self._kernel: MachineCode | None = None
        self._has_large_products = any(map(_is_large, recorder.graph.needed()))
        self._sized: Sized | None = None
        self._seen = changes.count
        self._watches = [each for each in recorder.watches if not each.counted]
        self._counted = [each for each in recorder.watches if each.counted]
        graph = recorder.graph
        self._floats = np.zeros(sum(v.dtype != "uint64" for v in graph.numbers), np.float64)
        self._words = np.zeros(sum(v.dtype == "uint64" for v in graph.numbers), np.uint64)
        self._arguments = [np.empty(value.shape, value.dtype) for value in graph.arguments]
        self._is_copied = [value.nbytes <= COPIED for value in self._arguments]
        self._sources: list[NDArray] = []
        self._outputs = [np.empty(value.shape, value.dtype) for value in graph.results]
        self._leaves: list[Any] = [recorder.captured[k].tensor for k in graph.gradients]
        self._gradients = [
            Tensor.constant(np.empty(value.shape, value.dtype))
            for value in graph.gradients.values()
        ]
        self._gradient_arrays = [each._data for each in self._gradients]
        self._holders = [4] * len(self._gradients)
        self._space = _aligned(self._written.temporary)
        self._changed = [
            captured.tensor
            for captured, memory in zip(recorder.captured, graph.memories, strict=True)
            if captured.tensor is not None and memory.after is not memory.before
        ]
        self._arrays: list[NDArray] = []
        self._tensors = [each.tensor for each in recorder.captured if each.tensor is not None]
        self._wanted = [each._requires_grad for each in self._tensors]
        self._tensor_arrays: list[NDArray] = []
        self._added_to: list[Any] = recorder.leaf_gradients.found
        self._added_arrays: list[NDArray] = []
        self._failure: BaseException | None = None
        self._hosts = [self._callback(value) for value in self._written.hosts]
        self._is_bound = False
        with suppress(OutOfDate):
            self._bind()

    @property
    def source(self) -> Source:
        """The code."""
        return self._written

    @property
    def is_compiled(self) -> bool:
        """Whether the code has been compiled."""
        return self._kernel is not None

    def compile(self) -> None:
        """Compile the code, or load it from the cache."""
        self._kernel = machine_code(self._text, len(ARGUMENTS), SOURCES)
        self._addresses[FIRST_ADDRESSES.index("function")] = self._kernel.address

    def share(self, other: Bound) -> bool:
        """Let a recording of the step on fewer or more rows have the same code, if it can."""
        own = sized(self._written.text, other._written.text)
        others = sized(other._written.text, self._written.text)
        if own is None or others is None or own.text != others.text:
            return False
        for bound, found in ((self, own), (other, others)):
            bound._sized = found
            bound._bind()
        return True

    @property
    def _text(self) -> str:
        return self._written.text if self._sized is None else self._sized.text

    # What a run needs

    def _bind(self) -> None:
        """Find the memory that outlives a step, where it is now.

        Raises ``OutOfDate`` where it is not there, such as a gradient that has been taken away.
        """
        self._is_bound = False
        graph = self.recorder.graph
        self._arrays = []
        for captured, memory in zip(self.recorder.captured, graph.memories, strict=True):
            array = captured.locate()
            _check(array, memory.before, captured.label)
            self._arrays.append(array)
        self._tensor_arrays = [tensor._data for tensor in self._tensors]
        self._added_arrays = [leaf._grad._data for leaf in self._added_to]
        self._memories = [tensor._shared_memory() for tensor in self._changed]
        kinds = {value.dtype for value in graph.needed() if value.kind == "matmul"}
        gemms = [
            address(np.dtype(dtype)) if dtype in kinds else 0 for dtype in ("float32", "float64")
        ]
        lasting = [*self._arguments, *self._arrays, *self._outputs, *self._gradient_arrays]
        self._addresses = np.array(
            [
                *gemms,
                self._space.ctypes.data,
                *self._sizes(),
                crew_address() if self._written.is_shared else 0,
                0 if self._kernel is None else self._kernel.address,
                *[each.ctypes.data for each in lasting],
                *[ctypes.cast(each, ctypes.c_void_p).value for each in self._hosts],
                *[each.ctypes.data for each in self._sources],
            ],
            np.int64,
        )
        tables = (self._addresses, self._floats, self._words)
        self._places = (*[each.ctypes.data for each in tables], *_ONE_STEP)
        self._is_bound = True

    def _sizes(self) -> tuple[int, int]:
        """The addresses of what depends on the number of rows."""
        if self._sized is None:
            return 0, 0
        return self._sized.whole.ctypes.data, self._sized.others.ctypes.data

    def check_current(self) -> None:
        """Raise ``OutOfDate`` if the recording holds no longer."""
        for watch in self._watches:
            if watch.read() != watch.value:
                raise OutOfDate
        if changes.count != self._seen:
            for watch in self._counted:
                if watch.read() != watch.value:
                    raise OutOfDate
            if [each._requires_grad for each in self._tensors] != self._wanted:
                raise OutOfDate
            self._bind()
            self._seen = changes.count
        elif self._has_moved():
            self._bind()

    def _has_moved(self) -> bool:
        """Whether tensors or gradients have other memory than they had."""
        for tensor, array in zip(self._tensors, self._tensor_arrays):
            if tensor._data is not array:
                return True
        for leaf, array in zip(self._added_to, self._added_arrays):
            if leaf._grad._data is not array:
                return True
        return not self._is_bound

    def run(self, arguments: Sequence[Any]) -> Any:
        """Take the step on these arrays and numbers."""
        for position, given in enumerate(arguments):
            if self._is_copied[position]:
                self._arguments[position][...] = given
            else:
                given = np.ascontiguousarray(given)
                self._arguments[position] = given
                self._addresses[FIRST + position] = given.ctypes.data
        self._read_numbers(self._floats, self._words)
        self._own_gradients()
        code = self._called(self._places)
        if code:
            self._fail(0, 1, None)
        self._note_changes()
        found = [Tensor.constant(array.copy()) for array in self._outputs]
        return found[0] if self._is_single else filled(self._results, found)

    def rehearsal(self) -> Callable[[], Any]:
        """The step on copies of all memory: called, it leaves everything as it is."""
        if self._kernel is None:
            self.compile()
        lasting = [*self._arguments, *self._arrays, *self._outputs, *self._gradient_arrays]
        copies = [np.copy(each) for each in lasting]
        for argument in copies[: len(self._arguments)]:
            argument[...] = 0
        addresses = self._addresses.copy()
        addresses[FIRST : FIRST + len(copies)] = [each.ctypes.data for each in copies]
        places = (addresses.ctypes.data, *self._places[1:])

        def run() -> Any:
            self._called(places)
            return copies, addresses  # kept alive

        return run

    def set_sources(self, sources: Sequence[NDArray]) -> None:
        """Let these arrays hold all rows of each argument."""
        self._sources = [*sources]
        self._bind()

    def run_rows(self, order: NDArray, after_each: Callable[[], None] | None) -> NDArray:
        """Take a step on each batch of the rows in an order; all results, a row for each step.

        Parameters
        ----------
        order : array of int64
            The rows of all batches, one batch behind the other.
        after_each : callable, optional
            What the host does behind each step, such as to step a schedule.
        """
        count = order.size // self._arguments[0].shape[0]
        results = np.empty((count, len(self._outputs)), np.float64)
        floats, words = self._tables(count, after_each)
        self._own_gradients()
        tables = [each.ctypes.data for each in (floats, words, order, results)]
        code = self._called((self._places[0], *tables, count, 0, 0))
        if code >= 0:
            self._fail(code // CODES, count, results)
        self._note_changes()
        return results

    def _tables(self, count: int, after_each: Callable[[], None] | None) -> tuple[NDArray, NDArray]:
        """What the host does before and behind each of so many steps; its numbers, step by step."""
        actions = self.recorder.actions
        words = np.empty((count, self._words.size), np.uint64)
        if after_each is None and len(actions) == 1 and actions[0].several is not None:
            rows = actions[0].several(count)  # as a rule: one optimizer, and no schedule
            return np.array(rows, np.float64).reshape(count, -1), words
        floats = np.empty((count, self._floats.size), np.float64)
        for step in range(count):
            self._read_numbers(floats[step], words[step])
            if after_each is not None:
                after_each()
        return floats, words

    def _called(self, arguments: Sequence[int]) -> int:
        """Run the code, with one thread for each product: those of the crew share large ones."""
        kernel = self._kernel
        assert kernel is not None
        if not self._has_large_products:
            return kernel(*arguments)
        with limited_threads(1):
            return kernel(*arguments)

    def _fail(self, done: int, count: int, results: Any) -> None:
        """Raise what stopped a run, with the host's numbers taken back of what was not done."""
        for _ in range(count - done):
            self._take_back()
        if done:
            self._note_changes()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        raise CheckFailed(done, None if results is None else results[:done])

    def _note_changes(self) -> None:
        """Let everybody know what a run has changed."""
        for leaf, gradient in zip(self._leaves, self._gradients):
            if leaf._grad is not gradient:
                leaf._grad = gradient
        for leaf in self.recorder.cleared:
            leaf._grad = None
        number = latest_change[0] = next_number()
        for memory in self._memories:
            memory.changes += 1
            memory.changed = number
            memory.by = "a compiled step"

    def _read_numbers(self, floats: NDArray, words: NDArray) -> None:
        """Let the host do what it does before each run."""
        at = at_word = 0
        for action in self.recorder.actions:
            found = action.run()
            if action.kind == "host":
                floats[at : at + action.count] = found
                at += action.count
            elif action.kind == "words":
                words[at_word : at_word + action.count] = found
                at_word += action.count

    def _take_back(self) -> None:
        for action in reversed(self.recorder.actions):
            if action.undo is not None:
                action.undo()

    def _own_gradients(self) -> None:
        """Make new memory for gradients that somebody else holds by now."""
        # held by the list, the leaf, the loop and the call; the arrays by their tensors
        if [getrefcount(each) for each in self._gradients] == self._holders and [
            getrefcount(each) for each in self._gradient_arrays
        ] == self._holders:
            return
        first = FIRST + len(self._arguments) + len(self._arrays) + len(self._outputs)
        for position, leaf in enumerate(self._leaves):
            gradient, array = self._gradients[position], self._gradient_arrays[position]
            if getrefcount(gradient) > 3 + (leaf._grad is gradient) or getrefcount(array) > 4:
                array = np.empty_like(array)
                self._gradients[position] = Tensor.constant(array)
                self._gradient_arrays[position] = array
                self._addresses[first + position] = array.ctypes.data

    # Functions of Python in between

    def _callback(self, value: Value) -> Any:
        """A C function that calls a Python function on memory."""
        function, *_ = value.attributes

        def call() -> int:
            try:
                found = function(*[self._array(each) for each in value.operands])
                self._array(value)[...] = found
            except BaseException as error:
                self._failure = error
                return 1
            return 0

        return ctypes.CFUNCTYPE(ctypes.c_int32)(call)

    def _array(self, value: Value) -> NDArray:
        """The memory of a value as an array."""
        buffer = self._written.buffers.of[value]
        if buffer.kind == "temporary":
            part = self._space[buffer.position : buffer.position + buffer.bytes]
            return part.view(buffer.dtype).reshape(buffer.shape)
        lasting = [*self._arguments, *self._arrays, *self._outputs, *self._gradient_arrays]
        array: NDArray = lasting[self._written.address(buffer) - FIRST].reshape(buffer.shape)
        return array


def tensors_in(structure: Any) -> list[Tensor]:
    """The tensors of a nested structure, from left to right."""
    return [leaf for leaf in leaves_of(structure) if isinstance(leaf, Tensor)]


def filled(structure: Any, tensors: Sequence[Tensor]) -> Any:
    """A nested structure with other tensors in the places of its own."""
    following = iter(tensors)
    return mapped(lambda leaf: next(following) if isinstance(leaf, Tensor) else leaf, structure)


def _is_large(value: Value) -> bool:
    """Whether BLAS might take several threads for a product."""
    return value.kind == "matmul" and value.size * value.operands[0].shape[-1] > 1 << 18


def _aligned(count: int) -> NDArray:
    """So many bytes, from a multiple of a line of the cache on."""
    whole = np.empty(count + ALIGNMENT, np.uint8)
    start = -whole.ctypes.data % ALIGNMENT
    return whole[start : start + count]


def _check(array: NDArray, value: Value, label: str) -> None:
    if array.size != value.size or array.dtype != value.dtype or not array.flags.c_contiguous:
        raise OutOfDate(label)
