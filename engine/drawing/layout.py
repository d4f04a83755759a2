"""Where the boxes and edges of a graph go: a layered drawing from left to right.

The method is Sugiyama's: every node gets a layer by its longest path from the leaves, layers are
ordered so that few edges cross, and then the heights are chosen so that chains run straight
(:mod:`.alignment`). An edge that passes over layers gets a place of its own in each of them, so
that it runs around the boxes. Edges of one source share that place, as a trunk with branches.

Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, 1981.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .alignment import heights, spread
from .ordering import ordered

SPACE = 26.0
"""Between two boxes of a layer."""
TRUNK_SPACE = 14.0
"""Between a passing edge and whatever is next to it."""
PORT_SPACE = 18.0
"""Between the ends of two edges at the same box."""
PORT_MARGIN = 14.0
"""Between the end of an edge and the corner of the box."""
STUB = 10.0
"""How far an edge runs straight out of its source."""


@dataclass(frozen=True, slots=True)
class Box:
    """A placed rectangle; ``x``, ``y`` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Run:
    """A level piece of an edge, from ``left`` to ``right`` at the height ``y``."""

    left: float
    right: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A placed graph.

    Attributes
    ----------
    width, height : float
        The size of the whole.
    boxes : list of Box
        One for each node.
    routes : list of list of Run
        For each edge its level pieces, to be joined by curves. Its label goes on the last of
        them, where no other edge passes.
    """

    width: float
    height: float
    boxes: list[Box]
    routes: list[list[Run]]


@dataclass(slots=True)
class Graph:
    """Nodes and trunks in layers; an edge leads from one layer to the next only.

    Vertices below ``real`` are nodes, the others places where a long edge passes.
    """

    real: int
    layer: list[int]
    before: list[list[int]]
    after: list[list[int]]

    def add(self, layer: int) -> int:
        """A new vertex in that layer."""
        self.layer.append(layer)
        self.before.append([])
        self.after.append([])
        return len(self.layer) - 1

    def join(self, source: int, target: int) -> None:
        """An edge between two vertices of neighbouring layers."""
        self.after[source].append(target)
        self.before[target].append(source)


def box_height(base: float, edges: int) -> float:
    """How high a box must be for that many incoming edges, ``base`` at least."""
    return max(base, (edges - 1) * PORT_SPACE + 2 * PORT_MARGIN)


def layered(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    labels: Sequence[float],
) -> Layout:
    """The layout of a graph without cycles.

    Parameters
    ----------
    sizes : sequence of (width, height)
        The boxes, so numbered that the source of an edge comes before its target.
    edges : sequence of (source, target)
        Duplicates are kept.
    labels : sequence of float
        The width of each edge's label.
    """
    graph, trunks = _with_trunks(_layers(len(sizes), edges), edges)
    layers = ordered(graph.layer, graph.before, graph.after)
    tall = [height for _, height in sizes] + [0.0] * (len(graph.layer) - len(sizes))

    def distance(upper: int, lower: int) -> float:
        space = SPACE if max(upper, lower) < graph.real else TRUNK_SPACE
        return tall[upper] / 2 + space + tall[lower] / 2

    middle = heights(layers, graph.before, graph.after, graph.real, distance)
    top = min(middle[v] - tall[v] / 2 for v in range(len(middle)))
    middle = [round(y - top, 1) for y in middle]
    ports = _ports(graph, trunks, edges, middle, tall)

    left, right, starts = _columns(graph, layers, sizes, edges, labels, middle)
    boxes = [
        Box(
            right[graph.layer[node]] - width,
            round(middle[node] - height / 2, 1),
            width,
            height,
        )
        for node, (width, height) in enumerate(sizes)
    ]
    routes = []
    for number, (source, target) in enumerate(edges):
        start = right[graph.layer[source]]
        runs = [Run(start, start + STUB, middle[source])]
        for vertex in _passed(graph, trunks, source, target):
            layer = graph.layer[vertex]
            runs.append(Run(starts[layer], right[layer] + STUB, middle[vertex]))
        runs.append(Run(starts[graph.layer[target]], boxes[target].x, ports[number]))
        routes.append(runs)
    height = max(middle[v] + tall[v] / 2 for v in range(len(middle)))
    return Layout(right[-1] - left[0], height, boxes, routes)


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Each node's layer: its longest path, then moved right where that shortens edges."""
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    layer = [0] * count
    for node in range(count):
        layer[node] = max((layer[source] + 1 for source in sources[node]), default=0)
    for node in reversed(range(count)):
        if not targets[node]:
            continue
        latest = min(layer[target] for target in targets[node]) - 1
        held = {s for s in sources[node] if sources[s] or len(set(targets[s])) > 1}
        if not sources[node] or len(set(targets[node])) > len(held):
            layer[node] = latest
    return layer


def _with_trunks(
    layer: list[int], edges: Sequence[tuple[int, int]]
) -> tuple[Graph, dict[tuple[int, int], int]]:
    """The graph with a vertex, by source and layer, wherever edges pass."""
    graph = Graph(len(layer), list(layer), [[] for _ in layer], [[] for _ in layer])
    trunks: dict[tuple[int, int], int] = {}
    for source, target in dict.fromkeys(edges):
        last = source
        for passed in range(layer[source] + 1, layer[target]):
            if (source, passed) not in trunks:
                trunks[source, passed] = graph.add(passed)
                graph.join(last, trunks[source, passed])
            last = trunks[source, passed]
        graph.join(last, target)
    return graph, trunks


def _passed(
    graph: Graph, trunks: dict[tuple[int, int], int], source: int, target: int
) -> list[int]:
    layers = range(graph.layer[source] + 1, graph.layer[target])
    return [trunks[source, layer] for layer in layers]


def _ports(
    graph: Graph,
    trunks: dict[tuple[int, int], int],
    edges: Sequence[tuple[int, int]],
    middle: Sequence[float],
    tall: Sequence[float],
) -> list[float]:
    """The height at which each edge ends: that which it comes from, if the box reaches there."""
    incoming: dict[int, list[int]] = {}
    for number, (_, target) in enumerate(edges):
        incoming.setdefault(target, []).append(number)
    ports = [0.0] * len(edges)
    for target, numbers in incoming.items():
        last = {n: ([edges[n][0], *_passed(graph, trunks, *edges[n])])[-1] for n in numbers}
        numbers.sort(key=lambda n: (middle[last[n]], n))
        low = middle[target] - tall[target] / 2 + PORT_MARGIN
        high = middle[target] + tall[target] / 2 - PORT_MARGIN
        wanted = [min(max(middle[last[n]], low), high) for n in numbers]
        # an edge that can run straight is let through, the others make way
        weights = [100.0 if low <= middle[last[n]] <= high else 1.0 for n in numbers]
        spaces = [PORT_SPACE] * (len(numbers) - 1)
        for n, y in zip(numbers, spread(wanted, weights, spaces, low, high)):
            ports[n] = round(y, 1)
    return ports


def _columns(
    graph: Graph,
    layers: Sequence[Sequence[int]],
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    labels: Sequence[float],
    middle: Sequence[float],
) -> tuple[list[float], list[float], list[float]]:
    """For each layer its left and right, and where the level ends of its edges begin."""
    label = [0.0] * len(layers)
    for (_, target), width in zip(edges, labels):
        label[graph.layer[target]] = max(label[graph.layer[target]], width)
    left, right, starts = [], [], []
    x = 0.0
    for k, vertices in enumerate(layers):
        if k:
            rise = max(abs(middle[v] - middle[u]) for v in vertices for u in graph.before[v])
            x += STUB + round(min(max(40.0, rise / 4), 130.0))
            starts.append(x)
            x += round(label[k])
        else:
            starts.append(x)
        left.append(x)
        x += max((sizes[v][0] for v in vertices if v < graph.real), default=0.0)
        right.append(x)
    return left, right, starts
