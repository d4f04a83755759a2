"""A trace as a picture of its graph: an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .layout import Box, Layout, Run, box_height, layered
from .pieces import path, picture, text_at
from .progress import Progress, progress
from .words import cells, described, is_plain, markup, shortened, written

PADDING = 12.0
NAME_CELL, TEXT_CELL, NUMBER_CELL, LABEL_CELL = 8.2, 6.7, 7.4, 6.5
"""The width of a character, in the sizes of a name, a formula, a number and an edge's label."""
NARROWEST, WIDEST = 164.0, 228.0
CAPTION = 58.0
"""The width of the words before the numbers, "value" and "gradient", and of the space behind."""
LEAF, OPERATION, PILL = 70.0, 88.0, 26.0
"""The heights of the cards."""


def draw_svg(trace: Mapping[str, Any], position: int | None = None) -> str:
    """The graph of a trace, leaves left, root right, as SVG text.

    Parameters
    ----------
    trace : mapping
        The plain data of :mod:`..trace`.
    position : int, optional
        Show what is known after that many steps, with the last one's node and edges marked. By
        default everything is shown, and nothing marked.

    Notes
    -----
    A card has the attribute ``data-node``, an edge ``data-edge``: their ids in the trace. The
    picture has a light and a dark form and takes the one that the reader's system prefers.
    """
    layout = place(trace)
    known = progress(trace, position)
    root = trace["nodes"][trace["root"]]["name"]
    nodes = trace["nodes"]
    # what flows lies above the other edges of the same trunk
    flowing = set(known.flowing)
    edges = sorted(zip(trace["edges"], layout.routes), key=lambda pair: pair[0]["id"] in flowing)
    lines = [_edge(edge, runs, nodes, known, shown=position is None) for edge, runs in edges]
    cards = [_card(node, box, trace["root"], known) for node, box in zip(nodes, layout.boxes)]
    return picture(f"The graph of {root}", _description(trace), layout, lines, cards)


def place(trace: Mapping[str, Any]) -> Layout:
    """The layout of the graph of a trace."""
    incoming = [0] * len(trace["nodes"])
    for edge in trace["edges"]:
        incoming[edge["target"]] += 1
    width = _card_width(trace["nodes"])
    sizes = [
        (min(_pill_width(node), width), PILL)
        if node["kind"] == "constant"
        else (width, box_height(OPERATION if "formula" in node else LEAF, incoming[node["id"]]))
        for node in trace["nodes"]
    ]
    labels = [
        cells(written(edge["derivative"])) * LABEL_CELL + 28 if edge["flows"] else 24.0
        for edge in trace["edges"]
    ]
    ends = [(edge["source"], edge["target"]) for edge in trace["edges"]]
    return layered(sizes, ends, labels)


def _card_width(nodes: Sequence[Mapping[str, Any]]) -> float:
    needed = NARROWEST
    for node in nodes:
        if node["kind"] != "constant":
            numbers = max(cells(written(node[key])) for key in ("value", "gradient"))
            needed = max(
                needed,
                cells(node["name"]) * NAME_CELL + 2 * PADDING,
                cells(node.get("formula", "")) * TEXT_CELL + 2 * PADDING,
                numbers * NUMBER_CELL + CAPTION + 2 * PADDING,
            )
    return min(round(needed), WIDEST)


def _pill_width(node: Mapping[str, Any]) -> float:
    return round(cells(_pill_text(node)) * NUMBER_CELL) + 2 * PADDING


def _pill_text(node: Mapping[str, Any]) -> str:
    value = written(node["value"])
    return value if is_plain(node) else f"{shortened(node['name'], 10)} = {value}"


def _description(trace: Mapping[str, Any]) -> str:
    operations = [described(node) for node in trace["nodes"] if "formula" in node]
    told = "; ".join(operations[:40]) + ("; ..." if len(operations) > 40 else "")
    return f"{len(trace['nodes'])} nodes, {len(trace['edges'])} edges. {told}".strip()


def _classes(*names: tuple[str, object]) -> str:
    return " ".join(name for name, given in names if given)


def _card(node: Mapping[str, Any], box: Box, root: int, known: Progress) -> str:
    kind, number = node["kind"], node["id"]
    classes = _classes(
        ("node", True),
        (kind, True),
        ("root", number == root),
        ("current", number == known.current),
        ("pending", number not in known.values),
    )
    start = (
        f'<g class="{classes}" data-node="{number}" transform="translate({box.x:.9g} {box.y:.9g})">'
        f"<title>{markup(described(node))}</title>"
        f'<rect class="card" width="{box.width:.9g}" height="{box.height:.9g}" '
        f'rx="{box.height / 2 if kind == "constant" else 9:.9g}"/>'
    )
    if kind == "constant":
        text = text_at("name", box.width / 2, 17.5, _pill_text(node))
        return f"{start}{text}</g>"
    inner, end = box.width - 2 * PADDING, box.width - PADDING
    name_height = (box.height - (OPERATION if "formula" in node else LEAF)) / 2 + 23
    top = name_height - 23
    parts = [
        start,
        text_at("name", PADDING, name_height, shortened(node["name"], int(inner / NAME_CELL))),
    ]
    if "formula" in node:
        formula = shortened(node["formula"], int(inner / TEXT_CELL))
        parts.append(text_at("formula", PADDING, top + 40, formula))
        top += 18
    parts.append(
        f'<path class="rule" d="M{PADDING:.9g} {top + 31:.9g}H{end:.9g}"/>'
        f'<circle class="breakpoint" cx="{end - 3:.9g}" cy="{name_height - 4.5:.9g}" r="5"/>'
    )
    for caption, y, given in (
        ("value", top + 46, known.values.get(number)),
        ("gradient", top + 62, known.gradients.get(number)),
    ):
        classes = _classes((caption, True), ("missing", given is None))
        parts.append(text_at("caption", PADDING, y, caption))
        parts.append(text_at(classes, end, y, written(given)))
    return "".join([*parts, "</g>"])


def _edge(
    edge: Mapping[str, Any],
    runs: Sequence[Run],
    nodes: Sequence[Mapping[str, Any]],
    known: Progress,
    *,
    shown: bool,
) -> str:
    flowing = edge["id"] in known.flowing
    classes = _classes(
        ("edge", True),
        ("constant", not edge["flows"]),
        ("forward", flowing and not known.backward),
        ("backward", flowing and known.backward),
    )
    first, last = runs[0], runs[-1]
    source, target = nodes[edge["source"]]["name"], nodes[edge["target"]]["name"]
    title = f"from {source} to {target}, local derivative {edge['formula']}"
    parts = [
        f'<g class="{classes}" data-edge="{edge["id"]}"><title>{markup(title)}</title>'
        f'<path class="line" d="{path(runs)}"/>'
        f'<path class="head ahead" d="M{last.right - 8:.9g} {last.y - 4.5:.9g}l8 4.5l-8 4.5z"/>'
        f'<path class="head astern" d="M{first.left + 8:.9g} {first.y - 4.5:.9g}l-8 4.5l8 4.5z"/>'
    ]
    if edge["flows"]:
        known_label = shown or edge["id"] in known.passed
        middle = (last.left + last.right - 10) / 2
        label = written(edge["derivative"]) if known_label else ""
        parts.append(text_at("derivative", middle, last.y + 3.5, label))
    return "".join([*parts, "</g>"])
