"""``RowSteps``: a step on a few rows of data, compiled so that many of them are one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from ..broadcasting import NDArray
from ..tensor import Tensor
from .labels import argument_labels
from .recording import Recorder
from .steps import Bound, OutOfDate


@final
class RowSteps:
    """A step of a function on batches of rows, taken many times in one call.

    Parameters
    ----------
    function : callable
        The step: takes a tensor for each source, with so many rows, and gives a list of tensors
        without dimensions.
    sources : sequence of arrays
        All rows of each argument.
    name : str
        What the step is called in its source.
    """

    def __init__(
        self,
        function: Callable[..., Sequence[Tensor]],
        sources: Sequence[NDArray],
        name: str,
    ) -> None:
        self._function = function
        self._sources = [np.ascontiguousarray(each) for each in sources]
        self._name = name
        self._bound: Bound | None = None

    @property
    def bound(self) -> Bound | None:
        """The recording, once there is one."""
        return self._bound

    def is_current(self) -> bool:
        """Whether there is a recording that holds."""
        if self._bound is None:
            return False
        try:
            self._bound.check_current()
        except OutOfDate:
            return False
        return True

    def record(self, rows: NDArray) -> list[Any]:
        """Take one step as it is, and record it; the numbers that it gives."""
        with Recorder() as recorder:
            given = [Tensor.constant(source[rows]) for source in self._sources]
            for tensor in given:
                recorder.argument(tensor)
            labels = argument_labels(self._function, given, {})
            for value, label in zip(recorder.graph.arguments, labels, strict=True):
                value.label = label
            results = [*self._function(*given)]
            recorder.finish(results)
        self._bound = Bound(recorder, results, self._name, in_rows=True)
        self._bound.set_sources(self._sources)
        return [each._data.item() for each in results]

    def compile(self) -> None:
        """Compile the recording, if that has not been done."""
        assert self._bound is not None
        if not self._bound.is_compiled:
            self._bound.compile()

    def share(self, other: RowSteps) -> bool:
        """Let the same step on fewer or more rows have the same code; False if it cannot."""
        assert self._bound is not None
        assert other._bound is not None
        return self._bound.share(other._bound)

    def run(self, order: NDArray, after_each: Callable[[], None] | None = None) -> NDArray:
        """Take a step on each batch of rows; what each gives, in float64.

        Raises ``CheckFailed`` where a decision comes out otherwise, with how many steps were done,
        and ``OutOfDate`` where the recording holds no longer.
        """
        assert self._bound is not None
        self._bound.check_current()
        return self._bound.run_rows(np.ascontiguousarray(order, np.int64), after_each)
