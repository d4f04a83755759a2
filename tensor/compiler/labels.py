"""What a reader may call what a step works on: its arguments, parameters, and what belongs to them.

Labels change nothing but the names in generated code and in graphs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import Graph, Value
    from .records import Captured


@final
class Labels:
    """What tensors are called in a recording."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Tensor, str]] = {}

    def note(self, tensor: Tensor, text: str) -> None:
        """Call a tensor so, if it has no name yet: that of the outermost module comes first."""
        self._texts.setdefault(id(tensor), (tensor, text))

    def of(self, tensor: Tensor) -> str:
        """What a tensor is called; empty if nobody has said it."""
        found = self._texts.get(id(tensor))
        return "" if found is None else found[1]

    def settle(self, graph: Graph, captured: Sequence[Captured]) -> None:
        """Let the memory of tensors be called as they are."""
        for each, memory in zip(captured, graph.memories, strict=True):
            if each.tensor is not None and not memory.before.label:
                memory.before.label = self.of(each.tensor)
        self._texts.clear()  # nothing is kept alive for its name


def name_result(value: Value, operands: Sequence[Value], text: str) -> None:
    """Call what an operation gives by the operation's name, if that says more than its formula."""
    is_own = value.kind == "elementwise" and all([value is not each for each in operands])
    if is_own and not value.label and value.attributes[0] != text:
        value.label = text


def argument_labels(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[str]:
    """A name for every leaf of the arguments of a function, by the names of its parameters.

    >>> def step(x, pair, *others, scale=1.0): ...
    >>> argument_labels(step, (1.0, (2.0, {"a": 3.0}), 4.0), {"scale": 5.0})
    ['x', 'pair_0', 'pair_1_a', 'others_0', 'scale']
    """
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):  # of what is written in C
        parameters = []
    names: list[str] = []
    for each in parameters:
        if each.kind is each.VAR_POSITIONAL:
            names += [f"{each.name}_{k}" for k in range(len(args) - len(names))]
        elif each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD):
            names.append(each.name)
    names += [f"argument_{k}" for k in range(len(names), len(args))]
    named = [*zip(names, args), *kwargs.items()]
    return [label for name, given in named for label in _leaf_labels(name, given)]


def _leaf_labels(name: str, structure: Any) -> Iterator[str]:
    match structure:
        case None:
            return
        case list() | tuple():
            for place, each in enumerate(structure):
                yield from _leaf_labels(f"{name}_{place}", each)
        case dict():
            for key, each in structure.items():
                yield from _leaf_labels(f"{name}_{key}", each)
        case _:
            yield name
