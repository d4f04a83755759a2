"""The heights of the vertices of a layered graph, so that chains run straight.

Brandes and Köpf, Fast and simple horizontal coordinate assignment, 2001: every vertex is lined up
with the median of its neighbours, in four ways (by the layer before or after, from the top or from
the bottom), and lies at the median of the four. Blocks of vertices in a line are packed by longest
paths over the graph of blocks. In the end short branches are drawn close to what they hang on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from math import ceil, floor, inf

Layers = Sequence[Sequence[int]]
Neighbours = Sequence[Sequence[int]]
Distance = Callable[[int, int], float]

SHORT = 2
"""The depth up to which a branch gives way to what it hangs on."""


def heights(
    layers: Layers, before: Neighbours, after: Neighbours, real: int, distance: Distance
) -> list[float]:
    """The height of the middle of each vertex; orders are kept, and distances at least.

    Parameters
    ----------
    layers : sequence of sequences of int
        The vertices of each layer from top to bottom.
    before, after : sequence of sequences of int
        Each vertex's neighbours in the layer before and after.
    real : int
        Vertices from this number on are passing edges, which are to be straight first of all.
    distance : callable
        How far the middles of two neighbours in a layer must be apart, upper one first.
    """
    depth = _depths(layers, before, real)
    barred = _barred(layers, before, real, depth)
    found = []
    for neighbours, order in ((before, list(layers)), (after, list(reversed(layers)))):
        for sign in (1.0, -1.0):
            oriented = [list(vertices)[:: int(sign)] for vertices in order]

            def apart(first: int, second: int, sign: float = sign) -> float:
                return distance(first, second) if sign > 0 else distance(second, first)

            root = _blocks(oriented, neighbours, barred)
            found.append([sign * y for y in _packed(oriented, root, apart)])
    narrowest = min(found, key=lambda ys: max(ys) - min(ys))
    for k, ys in enumerate(found):
        edge = max if k % 2 else min
        shift = edge(narrowest) - edge(ys)
        ys[:] = [y + shift for y in ys]
    place = [sum(sorted(four)[1:3]) / 2 for four in zip(*found)]
    light = _light(layers, after, barred, depth, real)
    _tuck(layers, after, light, distance, place)
    return place


def spread(
    wanted: Sequence[float],
    weights: Sequence[float],
    spaces: Sequence[float],
    low: float,
    high: float,
) -> list[float]:
    """The places nearest to those ``wanted``, in their order, within bounds.

    ``spaces`` says how far each must be from the one before it. The sum of
    ``weight * (place - wanted)**2`` is least. Without the spaces this is isotonic regression,
    solved by pooling adjacent violators.
    """
    offsets = list(accumulate(spaces, initial=0.0))
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets):
        mean, count = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, heft, size = pools.pop()
            mean = (other * heft + mean * weight) / (heft + weight)
            weight, count = weight + heft, count + size
        pools.append((mean, weight, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    top = max(low, high - offsets[-1])
    return [min(max(y, low), top) + offset for y, offset in zip(flat, offsets)]


def _depths(layers: Layers, before: Neighbours, real: int) -> dict[int, int]:
    """The longest path from a leaf to each vertex."""
    depth: dict[int, int] = {}
    for vertices in layers:
        for vertex in vertices:
            step = int(vertex < real)
            depth[vertex] = max((depth[u] + step for u in before[vertex]), default=0)
    return depth


def _light(
    layers: Layers,
    after: Neighbours,
    barred: set[tuple[int, int]],
    depth: Mapping[int, int],
    real: int,
) -> set[int]:
    """The vertices of short branches, which hang on something longer."""
    light: set[int] = set()
    for vertices in reversed(layers):
        for v in vertices:
            hangs = after[v] and all((v, t) in barred or t in light for t in after[v])
            if hangs and v < real and depth[v] <= SHORT:
                light.add(v)
    return light


def _tuck(
    layers: Layers, after: Neighbours, light: set[int], distance: Distance, place: list[float]
) -> None:
    """Move short branches as near to what they hang on as their neighbours in the layer allow."""
    for vertices in reversed(layers):
        start = 0
        for is_light, group in groupby(vertices, key=light.__contains__):
            run = list(group)
            end = start + len(run)
            if is_light:
                low, high = -inf, inf
                if start:
                    above = vertices[start - 1]
                    low = place[above] + distance(above, run[0])
                if end < len(vertices):
                    high = place[vertices[end]] - distance(run[-1], vertices[end])
                wanted = [sum(place[t] for t in after[v]) / len(after[v]) for v in run]
                spaces = [distance(upper, lower) for upper, lower in pairwise(run)]
                tucked = spread(wanted, [1.0] * len(run), spaces, low, high)
                for vertex, y in zip(run, tucked):
                    place[vertex] = y
            start = end


def _barred(
    layers: Layers, before: Neighbours, real: int, depth: Mapping[int, int]
) -> set[tuple[int, int]]:
    """Edges that must not be lined up, as (vertex before, vertex).

    They would bend a passing edge, or bend a long chain of operations for the sake of a shorter
    one, of a passing edge or of a leaf.
    """
    barred = set()
    for vertices in layers:
        for vertex in vertices:
            ranks = [0.5 if u >= real else depth[u] for u in before[vertex]]
            barred |= {(u, vertex) for u, own in zip(before[vertex], ranks) if own < max(ranks)}
    for upper, lower in pairwise(layers):
        place = {vertex: k for k, vertex in enumerate(upper)}
        inner = [
            (place[u], k) for k, v in enumerate(lower) for u in before[v] if u >= real and v >= real
        ]
        for k, v in enumerate(lower):
            for u in before[v]:
                if (u < real or v < real) and any((place[u] - a) * (k - b) < 0 for a, b in inner):
                    barred.add((u, v))
    return barred


def _blocks(layers: Layers, neighbours: Neighbours, barred: set[tuple[int, int]]) -> list[int]:
    """For each vertex the first of those it is lined up with."""
    count = sum(len(vertices) for vertices in layers)
    root = list(range(count))
    taken = [False] * count
    place = {vertex: k for vertices in layers for k, vertex in enumerate(vertices)}
    for vertices in layers:
        last = -1
        for vertex in vertices:
            near = sorted(
                (
                    u
                    for u in neighbours[vertex]
                    if (u, vertex) not in barred and (vertex, u) not in barred
                ),
                key=lambda u: place[u],
            )
            half = (len(near) - 1) / 2
            for k in range(floor(half), ceil(half) + 1) if near else ():
                other = near[k]
                if not taken[other] and last < place[other]:
                    taken[other] = True
                    root[vertex] = root[other]
                    last = place[other]
                    break
    return root


def _packed(layers: Layers, root: Sequence[int], distance: Distance) -> list[float]:
    """The places of the vertices when blocks are packed together as closely as they go."""
    after: dict[int, dict[int, float]] = {block: {} for block in root}
    for vertices in layers:
        for first, second in pairwise(vertices):
            gaps = after[root[first]]
            gaps[root[second]] = max(gaps.get(root[second], 0.0), distance(first, second))
    waits = dict.fromkeys(after, 0)
    for gaps in after.values():
        for block in gaps:
            waits[block] += 1
    place = dict.fromkeys(after, 0.0)
    ready = [block for block, count in waits.items() if not count]
    for block in ready:
        for other, gap in after[block].items():
            place[other] = max(place[other], place[block] + gap)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    for block in reversed(ready):
        nearest = min((place[other] - gap for other, gap in after[block].items()), default=inf)
        if nearest < inf:
            place[block] = max(place[block], nearest)
    return [place[block] for block in root]
