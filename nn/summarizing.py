"""Tables of modules: what goes out of each, and how many parameters it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..engine.modes import no_grad
from ..engine.shapes import Shape, whole_numbers
from .backend import backend_of, named, numbers_of, random_numbers_kept, twin_of
from .hooks import Hooks, add
from .modes import modes_kept
from .moving import backend_name
from .tables import aligned
from .tree import counted, total_of

if TYPE_CHECKING:
    from .module import Module

_HEADINGS = ("layer", "class", "output shape", "parameters", "trainable")


class Row(NamedTuple):
    """One module of a summary.

    Attributes
    ----------
    path : str
        Where it stands; empty for the module itself.
    kind : str
        Its class.
    output_shape : tuple of int, list of tuples, or None
        The shape of its output, or of several; None if it was not called.
    parameters, trainable : int
        How many numbers its own parameters hold, and how many of these are trained. What is
        shared counts where it occurs first.
    """

    path: str
    kind: str
    output_shape: Any
    parameters: int
    trainable: int


class Summary:
    """A table of the modules; its ``repr`` is aligned text.

    Attributes
    ----------
    rows : list of Row
        The module and all in it, in the order of ``named_modules()``.
    total, trainable : int
        How many numbers all parameters hold, and how many of these are trained.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = [*rows]
        self.total = sum([row.parameters for row in rows])
        self.trainable = sum([row.trainable for row in rows])

    def __repr__(self) -> str:
        lines = aligned([_HEADINGS, *map(_cells, self.rows)], "<<<><")
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, counted(self.total, self.trainable)])


def _cells(row: Row) -> tuple[str, ...]:
    shape = "" if row.output_shape is None else str(row.output_shape).strip("[]")
    if not row.parameters:
        return row.path, row.kind, shape, "", ""
    which = {row.parameters: "yes", 0: "no"}.get(row.trainable, f"{row.trainable:,}")
    return row.path, row.kind, shape, f"{row.parameters:,}", which


def summarized(module: Module, input_shape: Any, dtype: Any) -> Summary:
    """The table of a module; see :meth:`Module.summary`."""
    shapes: dict[int, Any] = {}
    if input_shape is not None:
        inputs = [_zeros(module, shape, dtype) for shape in _shapes(input_shape)]
        with _undisturbed(module), _watched(module, shapes), no_grad():
            try:
                module(*inputs)
            except Exception as error:
                error.add_note(
                    f"summary called the module with zeros of shape {input_shape}: give the shape "
                    "of its inputs, batch included, and dtype='int64' for whole numbers"
                )
                raise
    rows = []
    seen: set[int] = set()
    for path, each in module.named_modules():
        own = [p for p in each.parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, own))
        trainable = [parameter for parameter in own if parameter.requires_grad]
        counts = total_of(own), total_of(trainable)
        rows.append(Row(path, type(each).__name__, shapes.get(id(each)), *counts))
    return Summary(rows)


def _shapes(given: Any) -> list[Shape]:
    """The shapes of the inputs, of which one may stand alone."""
    is_single = isinstance(given, tuple) or not isinstance(given, list)
    if is_single or all(isinstance(each, int) for each in given):
        given = [given]
    found = []
    for shape in given:
        if not isinstance(shape, tuple | list):
            raise TypeError(
                f"summary: input_shape must be a tuple of lengths, or a list of tuples, got "
                f"{shape!r:.40}: write for example (1, 2), where 1 is the batch"
            )
        lengths = whole_numbers(shape, "summary: length")
        if any([length < 0 for length in lengths]):
            raise ValueError(
                f"summary: a length must not be negative, got {lengths}: give 0 or more for every "
                "dimension"
            )
        found.append(lengths)
    return found


def _zeros(module: Module, shape: Shape, dtype: Any) -> Any:
    """An input of zeros, of the twin and dtype of the first parameter unless another is given."""
    twin = named(backend_name(module))
    if dtype is None:
        like = next((each for each in module.parameters() if backend_of(each) is twin), None)
        return twin.operand(np.zeros(shape, np.float32), like)
    return twin.moved(np.zeros(shape, dtype))


@contextmanager
def _undisturbed(module: Module) -> Iterator[None]:
    """Evaluate inside the block, and leave no trace in modes, buffers and random numbers."""
    buffers = [
        (owner, name, buffer, None if buffer is None else np.array(numbers_of(buffer)))
        for owner in module.modules()
        for name, buffer in owner._own_buffers()
    ]
    with random_numbers_kept(), modes_kept(module):
        try:
            for each in module.modules():
                each.training = False
            yield
        finally:
            for owner, name, buffer, numbers in buffers:
                owner.__dict__[name] = buffer
                if numbers is not None and numbers_of(buffer).tobytes() != numbers.tobytes():
                    twin_of(buffer).write(buffer, numbers)


@contextmanager
def _watched(module: Module, shapes: dict[int, Any]) -> Iterator[None]:
    """Note the shape of each module's output by its id, for the time of the block."""

    def note(module: Module, args: Any, output: Any) -> None:
        shapes[id(module)] = _shape_of(output)

    handles = []
    unhooked = [each for each in module.modules() if each._hooks is None]
    try:
        for each in module.modules():
            if each._hooks is None:
                each._hooks = Hooks()
            handles.append(add(each._hooks.after, note, False, False, "summary"))
        yield
    finally:
        for handle in handles:
            handle.remove()
        for each in unhooked:
            each._hooks = None


def _shape_of(output: Any) -> Any:
    """The shape of an operand or array, a list of shapes for several, None for what has none."""
    if backend_of(output) is not None or isinstance(output, np.ndarray):
        return np.shape(numbers_of(output))
    if isinstance(output, tuple | list):
        return [_shape_of(each) for each in output]
    return None
