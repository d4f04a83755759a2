"""A trace as text, for a terminal or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .words import cells, is_plain, one_line, padded, written

WIDTH = 96
"""The columns within which a step and its remark stand on one line."""

_HEADINGS = {"forward": "Forward", "seed": "Backward", "backward": "Backward"}


def draw_text(trace: Mapping[str, Any]) -> str:
    """Every step of a trace on a line of its own, under headings, and the gradients at the end.

    Backward steps say where their local derivative comes from, and what a gradient that is added
    to was and becomes. Updates stand under a heading for each number that is updated, other steps
    of no pass under "Afterwards".
    """
    names = {node["id"]: node["name"] for node in trace["nodes"]}
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    for step in trace["steps"]:
        heading = _HEADINGS.get(step["kind"]) or one_line(step.get("heading", "Afterwards"))
        if not sections or sections[-1][0] != heading:
            sections.append((heading, []))
        reason = f"   {step['reason']}" if step.get("reason") else ""
        sections[-1][1].append((one_line(step["text"] + reason), _remark(step, names)))
    blocks = [_block(heading, lines) for heading, lines in sections]
    return "\n\n".join([*blocks, _results(trace)]) + "\n"


def _remark(step: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if step["kind"] != "backward":
        return ""
    remark = "where " + one_line(step["local"])
    if step["before"] is not None:
        name = one_line(names[step["parent"]])
        remark += f"; gradient of {name}: {written(step['before'])} -> {written(step['after'])}"
    return remark


def _block(heading: str, lines: Sequence[tuple[str, str]]) -> str:
    column = max(cells(text) for text, _ in lines) + 3
    beside = column + max(cells(remark) for _, remark in lines) <= WIDTH - 2
    block = [heading]
    for text, remark in lines:
        if beside or not remark:
            block.append(f"  {padded(text, column)}{remark}".rstrip())
        else:
            block += [f"  {text}", f"      {remark}"]
    return "\n".join(block)


def _results(trace: Mapping[str, Any]) -> str:
    updated = {
        step["node"]: written(step["value"])
        for step in trace["steps"]
        if step["kind"] == "update" and "value" in step
    }
    rows = [["", "value", "gradient", "updated" if updated else ""]] + [
        [
            one_line(node["name"]),
            written(node["value"]),
            "constant" if node["kind"] == "constant" else written(node["gradient"]),
            updated.get(node["id"], ""),
        ]
        for node in trace["nodes"]
        if not is_plain(node) or node["id"] == trace["root"]
    ]
    widths = [max(map(cells, column)) + 3 for column in zip(*rows, strict=True)]
    lines = [
        "  " + "".join(padded(*each) for each in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(["Results", *lines])
