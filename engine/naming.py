"""Names for the nodes of a graph, as steps, drawings and paths write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .notation import number, parenthesised

if TYPE_CHECKING:
    from .value import Value


def is_plain(node: Value) -> bool:
    """Whether a node is a number without a name: it is written as that number."""
    return node.is_leaf and not node.requires_grad and not node.label


class Names:
    """A name for every node: its label, else its number if it is a constant, else v1, v2, ...

    Two nodes of one label are told apart by a number behind it.
    """

    def __init__(self, nodes: Iterable[Value]) -> None:
        nodes = list(nodes)
        taken = {node.label for node in nodes}
        used: set[str] = set()
        self._names: dict[Value, str] = {}
        self._labelled: dict[str, Value] = {}
        unnamed = 0
        for node in nodes:
            name = node.label
            if is_plain(node):
                self._names[node] = number(node.data)
                continue
            if not name:
                unnamed += 1
                while (name := f"v{unnamed}") in taken:
                    unnamed += 1
            if name in used:
                copy = 2
                while (another := f"{name}_{copy}") in taken or another in used:
                    copy += 1
                name = another
            used.add(name)
            self._names[node] = name
            self._labelled[name] = node

    def __getitem__(self, node: Value) -> str:
        return self._names[node]

    @property
    def labels(self) -> Mapping[str, Value]:
        """The nodes that have a name, by it."""
        return self._labelled

    def find(self, node: Value | str, what: str) -> Value:
        """The node itself, or the node of that name; ``what`` begins the sentence of an error.

        Raises ``KeyError``'s friendlier kin, ``ValueError``, with the names there are.
        """
        if isinstance(node, str):
            if node in self._labelled:
                return self._labelled[node]
        elif node in self._names:
            return node
        known = ", ".join(list(self._labelled)[:20])
        raise ValueError(
            f"{what} must be a node of this graph or its name, got {node!r}: "
            f"this graph has {known}{', ...' if len(self._labelled) > 20 else ''}"
        )

    def derivative(self, of: Value, by: Value) -> str:
        """``dL/da``."""
        return f"d{_factor(self[of])}/d{_factor(self[by])}"


def _factor(name: str) -> str:
    """A name behind the d of a derivative: ``dL/d(dx)`` cannot be read as another derivative."""
    return f"({name})" if name.startswith("d") else parenthesised(name)
