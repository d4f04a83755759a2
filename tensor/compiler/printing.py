"""A graph for people: as text, a value a line, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from ...engine.drawing.words import cells, one_line, padded
from .graph import LEAVES, Graph, Value
from .wording import formula, names_of, roles_of, type_of

LARGEST_PICTURE = 1000
"""Values beyond which a notebook shows the text of a graph, not its picture."""
WIDEST_TYPE, WIDEST_FORMULA = 28, 56
"""The columns within which the columns after types and formulas are kept in line."""


@final
class GraphView:
    """What a compiled step computes, as text and as a picture.

    Parameters
    ----------
    graph : Graph
        The graph of the step; it is looked at anew whenever it is shown.

    Examples
    --------
    >>> from twingrad.tensor.compiler.graph import Graph
    >>> graph = Graph()
    >>> x = graph.argument((100, 16), "float32")
    >>> relu = graph.elementwise("maximum", x, graph.constant(0.0, "float32"))
    >>> relu.label = "relu"
    >>> graph.results = [graph.reduce("add", relu, (0,))]
    >>> print(GraphView(graph))
    1 argument, 0 memories (0 written), 3 values
    <BLANKLINE>
      %1  float32[100,16] = argument 0
    <BLANKLINE>
      %3  float32[100,16] = maximum(%1, 0.0)  # relu
      %4  float32[16]     = sum(%3, dim=0)    # result
    """

    __slots__ = ("graph",)

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __str__(self) -> str:
        values = self.graph.needed()
        names = names_of([*values, *[memory.before for memory in self.graph.memories]])
        roles = roles_of(self.graph, lambda value: names[value.number])
        shown = [value for value in values if value.kind != "constant" or value.number in roles]
        rows = [
            _row(value, names, roles.get(value.number, []))
            for value in sorted(shown, key=lambda value: value.kind not in LEAVES)
        ]
        lines = _aligned(rows)
        given = sum(value.kind in LEAVES for value in shown)
        blocks = [[self._summary()], lines[:given], lines[given:]]
        return "\n\n".join(["\n".join(block) for block in blocks if block])

    def to_text(self) -> str:
        """Every value on a line of its own, in order: for a terminal or a file."""
        return f"{self}\n"

    def to_svg(self, collapse: bool | None = None) -> str:
        """The graph as an SVG picture, from what is given on the left to results on the right.

        Parameters
        ----------
        collapse : bool, optional
            Draw elementwise values that nothing else uses in the box of the value that does. By
            default this is done where the picture would have many boxes otherwise.
        """
        from .picture import draw_graph

        return draw_graph(self.graph, collapse)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if len(self.graph.needed()) <= LARGEST_PICTURE else None

    def __repr__(self) -> str:
        return f"<GraphView: {self._summary()}>"

    def _summary(self) -> str:
        memories = self.graph.memories
        values = sum(value.kind != "constant" for value in self.graph.needed())
        written = sum(memory.after is not memory.before for memory in memories)
        return (
            f"{_count(len(self.graph.arguments), 'argument', 'arguments')}, "
            f"{_count(len(memories), 'memory', 'memories')} ({written} written), "
            f"{_count(values, 'value', 'values')}"
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _row(value: Value, names: dict[int, str], roles: Sequence[str]) -> tuple[str, str, str, str]:
    name = names[value.number] if value.kind != "constant" else f"%{value.number}"
    label = one_line(value.label)
    is_said = "_".join(label.split()) == name
    remark = "; ".join([*([] if is_said or not label else [label]), *roles])
    return name, type_of(value), formula(value, lambda each: names[each.number]), remark


def _aligned(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Rows in columns; what is wider than a column may be pushes the rest of its row on."""
    wide = [
        max([min(cells(row[k]), limit) for row in rows], default=0)
        for k, limit in enumerate((WIDEST_TYPE, WIDEST_TYPE, WIDEST_FORMULA))
    ]
    lines = []
    for name, kind, text, remark in rows:
        line = f"  {padded(name, wide[0])}  {padded(kind, wide[1])} = "
        lines.append(f"{line}{padded(text, wide[2])}  # {remark}" if remark else line + text)
    return lines
