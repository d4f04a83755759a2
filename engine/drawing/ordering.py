"""The order of the vertices within their layers, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

ROUNDS = 24
PATIENCE = 4
"""Rounds without an improvement after which the search ends."""

Layers = list[list[int]]


def ordered(
    layer: Sequence[int], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]
) -> Layers:
    """The vertices of each layer from top to bottom.

    Parameters
    ----------
    layer : sequence of int
        The layer of each vertex.
    before, after : sequence of sequences of int
        Its neighbours in the layer before and in the layer after, in the order of operands.

    Notes
    -----
    Sweeps to and fro put every vertex at the mean place of its neighbours, then neighbours in a
    layer change places as long as that saves a crossing. The best order met is kept.
    """
    layers = _as_visited(layer, before, after)
    best, fewest = _copy(layers), crossings(layers, after)
    waited = 0
    for turn in range(ROUNDS):
        if not fewest or waited == PATIENCE:
            break
        forward = turn % 2 == 0
        _sweep(layers, before if forward else after, forward=forward)
        _exchange(layers, before, after)
        count = crossings(layers, after)
        waited += 1
        if count < fewest:
            best, fewest, waited = _copy(layers), count, 0
    return best


def crossings(layers: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> int:
    """How many pairs of edges cross."""
    place = _places(layers)
    count = 0
    for vertices in layers:
        ends: list[int] = []
        for vertex in vertices:
            mine = [place[target] for target in after[vertex]]
            count += sum(len(ends) - bisect_right(ends, end) for end in mine)
            for end in mine:
                insort(ends, end)
    return count


def _as_visited(
    layer: Sequence[int], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]
) -> Layers:
    """The order in which a walk from the results meets the vertices: no crossing in a tree."""
    layers: Layers = [[] for _ in range(max(layer) + 1)]
    waiting = [vertex for vertex in reversed(range(len(layer))) if not after[vertex]]
    seen = set()
    while waiting:
        vertex = waiting.pop()
        if vertex not in seen:
            seen.add(vertex)
            layers[layer[vertex]].append(vertex)
            waiting.extend(reversed(before[vertex]))
    return layers


def _sweep(layers: Layers, neighbours: Sequence[Sequence[int]], *, forward: bool) -> None:
    place = _places(layers)
    for vertices in layers if forward else reversed(layers):
        mean = {
            v: sum(place[u] for u in neighbours[v]) / len(neighbours[v])
            for v in vertices
            if neighbours[v]
        }
        moved = iter(sorted(mean, key=lambda v: mean[v]))
        vertices[:] = [next(moved) if v in mean else v for v in vertices]
        place.update({v: k for k, v in enumerate(vertices)})


def _exchange(
    layers: Layers, before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]
) -> None:
    place = _places(layers)

    def cost(upper: int, lower: int) -> int:
        total = 0
        for neighbours in (before, after):
            below = sorted(place[u] for u in neighbours[lower])
            total += sum(bisect_left(below, place[u]) for u in neighbours[upper])
        return total

    for vertices in layers:
        for _ in range(PATIENCE):
            changed = False
            for k in range(len(vertices) - 1):
                upper, lower = vertices[k], vertices[k + 1]
                if cost(lower, upper) < cost(upper, lower):
                    vertices[k : k + 2] = lower, upper
                    place[lower], place[upper] = k, k + 1
                    changed = True
            if not changed:
                break


def _places(layers: Sequence[Sequence[int]]) -> dict[int, int]:
    return {vertex: k for vertices in layers for k, vertex in enumerate(vertices)}


def _copy(layers: Layers) -> Layers:
    return [list(vertices) for vertices in layers]
