"""What a recorded function gave, as a plan to give it again for other numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ..array import Array, array_of
from ..elements import filled
from ..structures import mapped
from ..value import Value
from .derivatives import Derivatives, Gradient, refused
from .recorder import Recorder
from .results import Replayed, Slopes, new_value
from .traced import TracedNumber

if TYPE_CHECKING:
    from numpy.typing import NDArray

Build = Callable[[Sequence[float], Sequence[Value], "NDArray[np.float64]"], Any]
"""What makes one leaf of the result: of the numbers found, what was given, and the inputs."""


@final
class Outcome:
    """The result of a function, leaf by leaf.

    Attributes
    ----------
    numbers : list of int
        The numbers of the program that it takes.
    recorded : list of float
        What they were when it was recorded.
    derivatives : Derivatives or None
        What its Values are differentiated by, if there are any to be.
    """

    def __init__(
        self, recorder: Recorder, stand_ins: Sequence[Value], result: Any, name: str
    ) -> None:
        self.numbers: list[int] = []
        self.recorded: list[float] = []
        self._recorder = recorder
        self._given = {value: k for k, value in enumerate(stand_ins)}
        self._operation = Replayed(name)
        self.derivatives: Derivatives | None = None
        self._structure = mapped(self._leaf, result)
        del self._recorder

    def built(
        self, found: Sequence[float], given: Sequence[Value], inputs: NDArray[np.float64]
    ) -> Any:
        """The result for these numbers and Values."""
        return mapped(lambda build: build(found, given, inputs), self._structure)

    def _leaf(self, leaf: Any) -> Build:
        match leaf:
            case Value():
                return self._value(leaf)
            case Array():
                return self._several(leaf._elements, array_of)
            case TracedNumber():
                place = self._place(leaf.index, leaf.number)
                return lambda found, given, inputs: found[place]
            case np.ndarray() if leaf.dtype == object:
                return self._several(leaf, _plain)
        return lambda found, given, inputs: leaf

    def _several(self, leaves: Any, join: Callable[[Any], Any]) -> Build:
        builds = [self._leaf(each) for each in leaves.flat]
        shape = leaves.shape
        return lambda found, given, inputs: join(
            filled([build(found, given, inputs) for build in builds], shape)
        )

    def _place(self, number: int, recorded: float) -> int:
        self.numbers.append(number)
        self.recorded.append(recorded)
        return len(self.numbers) - 1

    def _value(self, value: Value) -> Build:
        recorder = self._recorder
        if value in self._given:
            position = self._given[value]
            return lambda found, given, inputs: given[position]
        if not recorder.is_made(value):
            return lambda found, given, inputs: value
        data = self._place(recorder.index_of(value), value._data)
        gradient, slot = value._grad, recorder.gradient_index(value)
        at: int | None = None
        if slot is not None:
            assert isinstance(gradient, float)
            at = self._place(slot, gradient)
        label, requires_grad = value.label, value._requires_grad
        if not value.parents:

            def leaf(found: Sequence[float], given: Any, inputs: Any) -> Value:
                made = new_value(found[data], None if at is None else found[at], label)
                made._requires_grad = requires_grad
                return made

            return leaf
        leaves = recorder.leaves(value)
        parents = [self._given.get(each, each) for each in leaves]
        gradients = self._gradient(value, leaves)
        operation = self._operation

        def node(
            found: Sequence[float], given: Sequence[Value], inputs: NDArray[np.float64]
        ) -> Value:
            made = new_value(found[data], None if at is None else found[at], label)
            made._requires_grad = True
            made.operation = operation
            made.parents = tuple([given[p] if type(p) is int else p for p in parents])  # type: ignore[misc]
            made.local_derivatives = Slopes(gradients, inputs)
            return made

        return node

    def _gradient(self, value: Value, leaves: Sequence[Value]) -> Gradient:
        if self._recorder.has_backward:
            return refused
        if self.derivatives is None:
            self.derivatives = self._recorder.derivatives()
        return self.derivatives.of(value, leaves)


def _plain(leaves: Any) -> Any:
    """An array of floats where there are nothing else."""
    return leaves.astype(np.float64) if all(type(each) is float for each in leaves.flat) else leaves
