"""The chain rule written out: every path from a root down to a leaf, and its product."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from .backward import evaluation_order
from .notation import number, parenthesised

if TYPE_CHECKING:
    from .naming import Names
    from .value import Value


@dataclass(frozen=True, slots=True)
class Path:
    """One chain of local derivatives: ``dJ/da * da/dz * dz/dw``.

    Printed, a path that is the only one is an equation, ``dJ/dw = dJ/da * da/dz * dz/dw = ...``;
    one of several is a summand.

    Attributes
    ----------
    nodes : tuple of Value
        From the root to the leaf, both included.
    derivatives : tuple of float
        The local derivative of each node by the next.
    product : float
        Their product; the products of all paths add up to the gradient of the leaf.
    is_only : bool
        Whether no other path leads from the root to the leaf.
    """

    nodes: tuple[Value, ...]
    derivatives: tuple[float, ...]
    names: Names = field(repr=False, compare=False)
    is_only: bool = False

    @property
    def product(self) -> float:
        """The product of the local derivatives; 1 for the root itself."""
        return prod(self.derivatives, start=1.0)

    @property
    def symbols(self) -> str:
        """``dJ/da * da/dz * dz/dw``."""
        pairs = zip(self.nodes, self.nodes[1:], strict=False)
        return " * ".join(self.names.derivative(of, by) for of, by in pairs) or "1"

    @property
    def numbers(self) -> str:
        """``2.0 * 0.25 * (-1.0)``."""
        return " * ".join(parenthesised(number(each)) for each in self.derivatives) or "1.0"

    def __str__(self) -> str:
        parts = [self.symbols, self.numbers, number(self.product)]
        if self.is_only:
            parts.insert(0, self.names.derivative(self.nodes[0], self.nodes[-1]))
        elif len(self.derivatives) == 1:
            parts[0] += " along this edge"  # not to be read as the whole derivative
        numbers = (self.numbers, self.numbers[1:-1])  # with or without parentheses
        if parts[-1] in numbers:
            parts.pop(-2)
        return " = ".join(dict.fromkeys(parts))


def chains(root: Value, leaf: Value, names: Names, limit: int) -> list[Path]:
    """Every path from ``root`` down to ``leaf``, in the order of the operands.

    Raises ``ValueError`` with their count where there are more than ``limit``.
    """
    counts = _counts(root, leaf)
    total = counts.get(root, 0)
    if total > limit:
        raise ValueError(
            f"paths: {total} paths lead from {names[root]} to {names[leaf]}, "
            f"more than limit={limit}: raise limit, or take a node nearer to the root"
        )
    found: list[Path] = []
    stack: list[tuple[tuple[Value, ...], tuple[float, ...]]] = [((root,), ())] if total else []
    while stack:
        nodes, derivatives = stack.pop()
        node = nodes[-1]
        if node is leaf:
            found.append(Path(nodes, derivatives, names, total == 1))
            continue
        edges = zip(node.parents, node.local_derivatives, strict=True)
        stack += [
            ((*nodes, parent), (*derivatives, derivative))
            for parent, derivative in list(edges)[::-1]
            if counts.get(parent)
        ]
    return found


def _counts(root: Value, leaf: Value) -> dict[Value, int]:
    """How many paths lead from each node down to ``leaf``."""
    counts = {leaf: 1}
    for node in evaluation_order(root):
        if node is not leaf:
            counts[node] = sum(counts.get(parent, 0) for parent in node.parents)
    return counts
