"""A graph as a picture: an SVG that needs nothing else.

Views are written where they are used, constants too. In the picture of a larger graph, elementwise
values that nothing else uses are in the box of the value that uses them, so that a whole update
rule is one box, and what is given has an edge to where it is used first; from then on it is called
by its name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from ...engine.drawing.layout import Box, Layout, Run, box_height, layered
from ...engine.drawing.pieces import path, picture, text_at
from ...engine.drawing.svg import NAME_CELL, NUMBER_CELL, PADDING, TEXT_CELL
from ...engine.drawing.words import cells, markup, shortened
from .graph import LEAVES, Graph, Memory, Value
from .wording import REDUCTIONS, Name, formula, names_of, roles_of, type_of, written_out

FEW = 30
"""Boxes up to which every value gets a box of its own."""
LONGEST = 9
"""Formulas in a box beyond which the rest is counted only."""
NARROWEST, WIDEST = 120.0, 330.0
LINE = 16.0
"""The height of a line of text."""
HEAD = 26.0
"""The height of a box above its formulas."""
FOOT = 10.0
"""The height of the space below the last line of a box."""

STYLE = """
.twingrad-graph .matmul .card { fill: var(--backward-soft); }
.twingrad-graph .reduce .card { fill: var(--pill); }
.twingrad-graph .kind { font-size: 13.5px; font-weight: 600; }
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Values that are drawn in one box: the last of them is what others use."""

    members: tuple[Value, ...]

    @property
    def last(self) -> Value:
        """The value that the others are for."""
        return self.members[-1]


@dataclass(frozen=True, slots=True)
class Card:
    """The lines of a box: what it is, its formulas, and what becomes of its values."""

    group: Group
    title: str
    formulas: list[str]
    rows: list[tuple[str, str]]

    @property
    def size(self) -> tuple[float, float]:
        """Its width and its height."""
        widest = max(
            cells(self.title) * NAME_CELL,
            *[cells(text) * TEXT_CELL for text in self.formulas],
            *[(cells(left) + 2 + cells(right)) * NUMBER_CELL for left, right in self.rows],
        )
        lines = len(self.formulas) + len(self.rows)
        width = min(max(NARROWEST, widest + 2 * PADDING), WIDEST)
        return float(ceil(width)), HEAD + lines * LINE + FOOT


def draw_graph(graph: Graph, collapse: bool | None = None) -> str:
    """The graph as SVG text, what is given left, results right.

    Parameters
    ----------
    graph : Graph
        What to draw.
    collapse : bool, optional
        Whether values share boxes; by default where there would be more than 30 otherwise.
    """
    groups = grouped(graph, collapse=False)
    if collapse is None:
        collapse = len(groups) > FEW
    if collapse:
        groups = grouped(graph, collapse=True)
    cards = _cards(graph, groups)
    edges = _edges(groups, first_use_only=collapse)
    incoming = [sum(target == k for _, target, _ in edges) for k in range(len(groups))]
    sizes = [
        (width, box_height(height, incoming[k]))
        for k, (width, height) in enumerate(card.size for card in cards)
    ]
    ends = [(source, target) for source, target, _ in edges]
    layout = layered(sizes, ends, [24.0] * len(edges)) if cards else Layout(0.0, 0.0, [], [])
    lines = [
        _edge(cards[source], cards[target], value, runs)
        for (source, target, value), runs in zip(edges, layout.routes)
    ]
    drawn = [_drawn(card, box) for card, box in zip(cards, layout.boxes)]
    told = "; ".join(f"{card.title}: {', '.join(card.formulas)}" for card in cards[:40])
    return picture("The graph of a compiled step", told, layout, lines, drawn, STYLE)


def grouped(graph: Graph, collapse: bool) -> list[Group]:
    """The values that a step needs, in the groups that are drawn as one box, in order.

    Views and constants are in no group, unless the step is run for them.
    """
    roots = {value.number for value in graph.roots()}
    shown = [
        value for value in graph.needed() if value.number in roots or _has_box(value, collapse)
    ]
    owner = {value.number: value for value in shown}
    if collapse:
        users = _users(shown, owner)
        for value in reversed(shown):
            heads = {owner[user.number] for user in users[value.number]}
            if len(heads) == 1 and _is_step(value) and all(map(_is_step, heads)):
                owner[value.number] = heads.pop()
        updated = {
            memory.before.number
            for memory in graph.memories
            if memory.before.number not in roots and _is_only_updated(memory, users, owner)
        }
        shown = [value for value in shown if value.number not in updated]
    members: dict[int, list[Value]] = {}
    for value in shown:
        members.setdefault(owner[value.number].number, []).append(value)
    return [Group(tuple(members[head])) for head in sorted(members)]


def _has_box(value: Value, collapse: bool) -> bool:
    if value.kind in ("constant", "view"):
        return False
    if not collapse:
        return True
    is_converted = value.attributes == ("cast",) and value.operands[0].kind == "number"
    return not is_converted and value.kind not in ("number", "position")


def _is_step(value: Value) -> bool:
    return value.kind == "elementwise"


def _is_only_updated(
    memory: Memory, users: dict[int, list[Value]], owner: dict[int, Value]
) -> bool:
    """Whether nothing uses a memory but the box of what is written to it."""
    heads = [owner[user.number] for user in users.get(memory.before.number, [])]
    return bool(heads) and all(head is owner.get(memory.after.number) for head in heads)


def _users(shown: Iterable[Value], boxes: Container[int]) -> dict[int, list[Value]]:
    """What uses each value that has a box, directly or through views."""
    found: dict[int, list[Value]] = {value.number: [] for value in shown}
    for value in shown:
        for operand in _operands(value, boxes):
            found[operand.number].append(value)
    return found


def _operands(value: Value, boxes: Container[int]) -> Iterator[Value]:
    """The operands of a value that have boxes, what is written in words looked through."""
    for operand in value.operands:
        if operand.number in boxes:
            yield operand
        else:
            yield from _operands(operand, boxes)


def _edges(groups: Sequence[Group], first_use_only: bool) -> list[tuple[int, int, Value]]:
    """From which group to which, and the value; what is given may have one edge only."""
    place = {member.number: k for k, each in enumerate(groups) for member in each.members}
    used: set[int] = set()
    found = {}
    for target, group in enumerate(groups):
        for member in group.members:
            for operand in _operands(member, place):
                source = place[operand.number]
                if source == target or (operand.kind in LEAVES and operand.number in used):
                    continue
                found[source, target] = operand
                if first_use_only:
                    used.add(operand.number)
    return [(source, target, value) for (source, target), value in found.items()]


def _cards(graph: Graph, groups: Sequence[Group]) -> list[Card]:
    names = names_of([*graph.needed(), *[memory.before for memory in graph.memories]])
    roles = roles_of(graph, lambda value: names[value.number])
    name = written_out(names, {member.number for group in groups for member in group.members})
    return [_card(group, name, roles) for group in groups]


def _card(group: Group, name: Name, roles: dict[int, list[str]]) -> Card:
    last = group.last
    formulas = [] if last.kind in LEAVES else _formulas(group, name)
    rows = [("" if last.kind in LEAVES else name(last), type_of(last))]
    for member in group.members:
        own = member.number
        left = "" if member is last else name(member)
        rows += [(left, role) for role in roles.get(own, [])]
    return Card(group, _title(group, name, roles.get(last.number, [])), formulas, rows)


def _title(group: Group, name: Name, roles: Sequence[str]) -> str:
    last = group.last
    if last.label and last.kind not in ("argument", "captured", "number"):
        return last.label
    if last.kind in LEAVES:
        plain = name(last).startswith("%")
        return formula(last, name) if plain else name(last)
    if len(group.members) > 1:
        updated = [role for role in roles if role.startswith("becomes ")]
        steps = f"{len(group.members)} steps"
        return updated[0].replace("becomes", "update of") if updated else steps
    if last.kind == "reduce":
        return REDUCTIONS.get(last.attributes[0], last.attributes[0])
    if last.kind in ("elementwise", "random"):
        return str(last.attributes[0])
    return str(last.attributes[1]) if last.kind == "host" else last.kind


def _formulas(group: Group, name: Name) -> list[str]:
    """The formulas of a group; one alone needs not say what it is the formula of."""
    if len(group.members) == 1:
        return [formula(group.last, name)]
    texts = [f"{name(member)} = {formula(member, name)}" for member in group.members]
    if len(texts) <= LONGEST:
        return texts
    return [*texts[: LONGEST - 2], f"… {len(texts) - LONGEST + 1} more", texts[-1]]


def _drawn(card: Card, box: Box) -> str:
    kind = card.group.last.kind
    classes = f"node {'leaf' if kind in LEAVES else 'operation'} {kind}"
    inner, end = box.width - 2 * PADDING, box.width - PADDING
    top = (box.height - card.size[1]) / 2
    parts = [
        f'<g class="{classes}" data-value="{card.group.last.number}" '
        f'transform="translate({box.x:.9g} {box.y:.9g})">'
        f"<title>{markup('; '.join([card.title, *card.formulas]))}</title>"
        f'<rect class="card" width="{box.width:.9g}" height="{box.height:.9g}" rx="9"/>',
        text_at("kind", PADDING, top + 20, shortened(card.title, int(inner / NAME_CELL))),
    ]
    y = top + HEAD + 11
    for text in card.formulas:
        parts.append(text_at("formula", PADDING, y, shortened(text, int(inner / TEXT_CELL))))
        y += LINE
    for k, (left, right) in enumerate(card.rows):
        fits = int(inner / NUMBER_CELL) - cells(left) - 1
        if left:
            parts.append(text_at("caption", PADDING, y, left))
        parts.append(text_at("gradient" if k else "value", end, y, shortened(right, fits)))
        y += LINE
    return "".join([*parts, "</g>"])


def _edge(source: Card, target: Card, value: Value, runs: Sequence[Run]) -> str:
    last = runs[-1]
    title = f"{type_of(value)} from {source.title} to {target.title}"
    return (
        f'<g class="edge"><title>{markup(title)}</title><path class="line" d="{path(runs)}"/>'
        f'<path class="head" d="M{last.right - 8:.9g} {last.y - 4.5:.9g}l8 4.5l-8 4.5z"/></g>'
    )
