"""What a function does on Values while it runs for the first time, noted as a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, final
from weakref import ref

import numpy as np

from ..modes import current_mode, tape_set
from ..operation import Operation, real_number
from ..value import Value, constant
from .derivatives import Derivatives
from .lowering import Lowering, Node
from .part import Part
from .program import Program
from .traced import TracedNumber, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray


@final
class Recorder:
    """Notes what is done on Values, as a :class:`Program` in one or several parts.

    Parameters
    ----------
    arguments : dict of Value to Value
        The Values that the function is given, and those that they stand for.
    """

    def __init__(self, arguments: dict[Value, Value]) -> None:
        self.program = Program()
        self.parts = [Part()]
        self.arguments = arguments
        self.captured: dict[Value, None] = {}
        self.recorded: dict[int, float] = {}
        self.number_arguments: list[int] = []
        self.ends: list[int] = []
        self.watches: list[Callable[[], bool]] = []
        self.followed: dict[int, tuple[object, Callable[[], bool]]] = {}
        self.has_backward = False
        self._originals = {*arguments.values()}
        self._numbers: dict[Value, int] = {}
        self._gradients: dict[Value, int | None] = {}
        self._nodes: dict[Value, Node] = {}
        self._lowering = Lowering(self.program)
        self._made: set[Value] = set()

    @property
    def part(self) -> Part:
        """The part that is being recorded."""
        return self.parts[-1]

    def input(self, value: float) -> int:
        """A number that is set from outside; ``value`` is what it is now."""
        number = self.program.input()
        self.recorded[number] = value
        return number

    def number_argument(self, value: float) -> TracedNumber:
        """A plain number that the function is given."""
        number = self.input(value)
        self.number_arguments.append(number)
        return TracedNumber(self, number, value)

    def close(self) -> None:
        """End the recording."""
        self.ends.append(len(self.program))

    def made_values(self) -> list[ref[Value]]:
        """The Values that were made inside the function, as long as somebody keeps them."""
        return [ref(value) for value in self._made]

    def derivatives(self) -> Derivatives:
        """What is needed to differentiate the Values that were made, without them."""
        numbered = {value: k for k, value in enumerate(self._nodes)}

        def key(parent: Any) -> Any:
            return numbered.get(parent, parent)

        nodes = [
            Node(
                node.operation,
                node.inputs,
                node.out,
                tuple([(k, key(p)) for k, p in node.edges if p in numbered or p not in self._made]),
            )
            for node in self._nodes.values()
        ]
        return Derivatives(self.program, self._lowering, nodes, numbered)

    def is_made(self, value: Value) -> bool:
        """Whether a Value was made inside the function."""
        return value in self._made or (value._label is None and not value.parents)

    def index_of(self, value: Value) -> int:
        """The number of a Value in the program."""
        return self._number(value)

    def gradient_index(self, value: Value) -> int | None:
        """The gradient of a Value that was made inside the function."""
        return self._gradients.get(value)

    def leaves(self, root: Value) -> list[Value]:
        """What ``root`` was computed from and can be differentiated by outside the function."""
        seen = {root}
        stack, found = [root], []
        while stack:
            node = stack.pop()
            if node not in self._nodes and node not in self._made:
                found.append(node)
            for parent in node.parents if node in self._nodes else ():
                if parent._requires_grad and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return found

    # The hooks of Value

    def made(self, value: Value, data: Any) -> float:
        """A Value is made inside the function, of a traced or a plain number."""
        number = self._plain(data)
        self._numbers[value] = self._index(data)
        self._made.add(value)
        return number

    def assigned(self, value: Value, data: Any) -> float:
        """The number of a Value is assigned to."""
        number = self._plain(data)
        self._numbers[value] = self._index(data)
        if value not in self._made:
            self._capture(value)
            self.part.new_data[value] = self._numbers[value]
        return number

    def gradient_assigned(self, value: Value, gradient: Any) -> float | None:
        """The gradient of a Value is assigned to."""
        if type(gradient) is Value:
            raise RuntimeError(
                "grad cannot be set to a Value inside a compiled function: assign its .data"
            )
        number = None if gradient is None else self._plain(gradient)
        self._set_gradient(value, None if gradient is None else self._index(gradient))
        return number

    def data_of(self, value: Value) -> float | TracedNumber:
        """The number of a Value: a float if it is always the same."""
        index = self._number(value)
        is_known = index in self.program.known
        return value._data if is_known else TracedNumber(self, index, value._data)

    def is_known(self, value: Value) -> bool:
        """Whether the number of a Value is always the same."""
        return self._number(value) in self.program.known

    def gradient_of(self, value: Value) -> float | TracedNumber | None:
        """The gradient of a Value."""
        index = self._gradient(value)
        if index is None:
            return None
        gradient: Any = value._grad
        is_known = index in self.program.known
        number = gradient._data if type(gradient) is Value else gradient
        return self.program.known[index] if is_known else TracedNumber(self, index, number)

    def leaf(self, traced: TracedNumber) -> Value:
        """A traced number as an operand beside Values."""
        node = constant(traced.number)
        self._numbers[node] = traced.index
        return node

    def node(self, out: Value) -> None:
        """An operation has made a Value."""
        if current_mode().anomaly:
            raise RuntimeError(
                "detect_anomaly() cannot look into a compiled function: call the function that "
                "was compiled, or put the block around the call, which then runs uncompiled"
            )
        inputs = [self._number(parent) for parent in out.parents]
        assert out.operation is not None
        self._numbers[out] = number = self._lowering.value(out.operation, inputs)
        self._made.add(out)
        if out._requires_grad:
            edges = [each for each in enumerate(out.parents) if each[1]._requires_grad]
            self._nodes[out] = Node(out.operation, inputs, number, tuple(edges))

    def computed(self, operation: Operation, operands: Sequence[Any]) -> TracedNumber | float:
        """An operation on traced and plain numbers."""
        number, _ = operation.linearize(*map(plain, operands))
        index = self._lowering.value(operation, [self._index(operand) for operand in operands])
        return number if index in self.program.known else TracedNumber(self, index, number)

    def backward(self, root: Value, order: Sequence[Value], seed: Any, create_graph: bool) -> float:
        """The backward pass from ``root``; gives the number that it begins with."""
        if create_graph:
            raise RuntimeError(
                "backward(create_graph=True) cannot be compiled on the scalar twin: use tensors, "
                "or call the function that was compiled"
            )
        self.has_backward = True
        is_value = type(seed) is Value
        number = seed._data if is_value else self._plain(seed, "backward: gradient")
        start = self._number(seed) if is_value else self._index(seed)
        totals = self._lowering.gradients(self._from_the_root(order), root, start)
        node: Any
        for node, total in totals.items():
            if node.parents:
                self._set_gradient(node, total)
            elif node._requires_grad:
                self._reached(node)
                before = self._gradient(node)
                one = self.program.one
                terms = (total, one) if before is None else (before, one, total, one)
                self._set_gradient(node, self.program.sum(terms))
        return number

    def _from_the_root(self, order: Sequence[Value]) -> Iterator[tuple[Value, Node]]:
        for node in reversed(order):
            if node not in self._nodes:
                raise RuntimeError(
                    f"backward() inside a compiled function reaches {node!r}, which was computed "
                    "outside of it: compute it inside, pass its detach(), or call backward() "
                    "outside"
                )
            yield node, self._nodes[node]

    # What stands between the parts

    def draw(self, draw: Callable[[], NDArray[np.float64]]) -> NDArray[Any]:
        """Numbers that Python gives anew at every call, such as random ones."""
        found = draw()
        numbers = [self.input(number) for number in found.ravel().tolist()]
        self.part.draws.append((draw, numbers))
        traced = np.empty(found.size, dtype=object)
        for k, number in enumerate(numbers):
            traced[k] = TracedNumber(self, number, self.recorded[number])
        return traced.reshape(found.shape)

    def interrupt(self, action: Callable[[], object]) -> None:
        """Let Python do something to the Values from outside, now and at every call."""
        self.part.action = action
        with tape_set(None):
            action()
        self.ends.append(len(self.program))
        self.parts.append(Part())
        for value in self.captured:
            self._numbers.pop(value, None)
            self._gradients.pop(value, None)

    def _plain(self, data: Any, what: str = "Value: data") -> float:
        return data.number if type(data) is TracedNumber else real_number(data, what)

    def _index(self, data: Any) -> int:
        if type(data) is TracedNumber:
            return data.checked().index
        return self.program.constant(float(data))

    def _number(self, value: Value) -> int:
        """The number of a Value in the program; one that was never seen is read at each call."""
        if value not in self._numbers:
            if value._label is None and not value.parents:
                return self.program.constant(value._data)
            self._capture(value)
            self._numbers[value] = self.part.data[value] = self.input(value._data)
        return self._numbers[value]

    def _gradient(self, value: Value) -> int | None:
        if value not in self._gradients:
            gradient: Any = value._grad
            if value in self._made:
                return None
            self._capture(value)
            if gradient is None:
                self.part.without_gradient.append(value)
                self._gradients[value] = None
            else:
                number = gradient._data if type(gradient) is Value else gradient
                index = self.input(number)
                self._gradients[value] = self.part.gradients[value] = index
        return self._gradients[value]

    def _set_gradient(self, value: Value, index: int | None) -> None:
        self._gradients[value] = index
        if value not in self._made and not (value._label is None and not value._requires_grad):
            self._capture(value)
            self.part.new_gradients[value] = index

    def _capture(self, value: Value) -> None:
        """Note a Value that was there before the function was called."""
        if value in self._originals:
            raise RuntimeError(
                f"{value!r} is an argument of a compiled function that uses it directly, too: "
                "pass it, or use it, but not both"
            )
        if value not in self.arguments:
            self.captured[value] = None

    def _reached(self, leaf: Value) -> None:
        original = self.arguments.get(leaf, leaf)
        if original.parents:
            raise RuntimeError(
                f"backward() inside a compiled function reaches its argument {original!r}, which "
                "was computed outside of it: pass its detach(), or call backward() outside"
            )
