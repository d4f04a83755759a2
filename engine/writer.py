"""How the operations of a graph are written, node by node, in symbols and in numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import notation
from .expression import Expression, parse
from .formula import condition
from .naming import Names, is_plain
from .notation import number

if TYPE_CHECKING:
    from .operation import Notation
    from .value import Value


class Writer:
    """Writes the formulas of nodes with their names, or with the numbers they had.

    ``position`` is the operand whose partial derivative is meant; None means the value.

    Parameters
    ----------
    names : Names
        What the nodes are called.
    data : mapping of Value to float
        The numbers of the nodes, as they were when the steps were made.
    """

    def __init__(self, names: Names, data: Mapping[Value, float]) -> None:
        self.names = names
        self.data = data
        self._page: _Page | None = None

    def symbols(self, node: Value, position: int | None = None) -> str:
        """The formula with the nodes' names: ``a * b``."""
        return self._in_symbols(notation.text, node, position)

    def numbers(self, node: Value, position: int | None = None) -> str:
        """The formula with the nodes' numbers: ``6.0 * (-2.0)``; of a conditional, one branch."""
        return self._in_numbers(notation.text, node, position)

    def latex(self, node: Value, position: int | None = None) -> str:
        """The formula with the nodes' names, as LaTeX."""
        return self._in_symbols(notation.latex, node, position)

    def latex_numbers(self, node: Value, position: int | None = None) -> str:
        """The formula with the nodes' numbers, as LaTeX."""
        return self._in_numbers(notation.latex, node, position)

    def _in_symbols(self, style: Callable[..., str], node: Value, position: int | None) -> str:
        page = self._prepare(node)
        part = page.written.head if position is None else page.written.partials[position]
        return style(part, page.symbols, lambda test: self._foregone(test, page.nodes))

    def _in_numbers(self, style: Callable[..., str], node: Value, position: int | None) -> str:
        page = self._prepare(node)

        def write(part: Expression) -> str:
            return style(part, page.numbers, lambda test: self._holds(test, page.nodes))

        if position is not None:
            return write(page.written.partials[position])
        # relu(3.0) says more than 3.0 alone, and where there is more to say, both are said
        result = page.numbers["out"]
        parts = dict.fromkeys([write(page.written.head), write(page.written.value)])
        told = [part for part in parts if part not in (result, result.removesuffix(".0"))]
        return " = ".join(told) or result

    def _holds(self, test: Expression, nodes: Mapping[str, Value]) -> bool:
        return condition(test, {name: self.data[nodes[name]] for name in test.variables})

    def _foregone(self, test: Expression, nodes: Mapping[str, Value]) -> bool | None:
        """What a condition comes to whatever its variables are; None if it depends on them."""
        if isinstance(test.tree, ast.BoolOp):
            settles = isinstance(test.tree.op, ast.Or)  # one true part settles an "or"
            parts = [self._foregone(parse(ast.unparse(part)), nodes) for part in test.tree.values]
            if settles in parts:
                return settles
            return None if None in parts else not settles
        if all(is_plain(nodes[name]) for name in test.variables):
            return self._holds(test, nodes)
        return None

    def _prepare(self, node: Value) -> _Page:
        """What is needed to write a node; kept for the next call, as wide nodes have many edges."""
        if self._page is None or self._page.node is not node:
            assert node.operation is not None
            inputs = [self.data[parent] for parent in node.parents]
            written = node.operation.notation(inputs, self.data[node])
            nodes = {**dict(zip(written.arguments, node.parents, strict=True)), "out": node}
            self._page = _Page(
                node,
                written,
                nodes,
                symbols={name: self.names[each] for name, each in nodes.items()},
                numbers={name: number(self.data[each]) for name, each in nodes.items()},
            )
        return self._page


@dataclass(frozen=True, slots=True)
class _Page:
    """A node's notation, and what its arguments are called and were."""

    node: Value
    written: Notation
    nodes: Mapping[str, Value]
    symbols: Mapping[str, str]
    numbers: Mapping[str, str]
