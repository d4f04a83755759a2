"""A trace in Graphviz's DOT language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .words import is_plain, one_line, written

_SHAPES = {
    "leaf": 'style="rounded,filled", fillcolor="#e8f0f8"',
    "operation": 'style="rounded"',
    "constant": 'shape=plaintext, fontcolor="#5c6370"',
}


def draw_dot(trace: Mapping[str, Any]) -> str:
    """The graph of a trace as DOT text: values and gradients, local derivatives on the edges."""
    lines = [
        "digraph twingrad {",
        "  rankdir=LR;",
        '  node [shape=box, fontname="monospace"];',
        '  edge [fontname="monospace", fontsize=10];',
    ]
    for node in trace["nodes"]:
        thick = ", penwidth=2" if node["id"] == trace["root"] else ""
        label = "\\l".join(_escaped(line) for line in _lines(node))
        end = "" if node["kind"] == "constant" else "\\l"
        lines.append(f'  n{node["id"]} [label="{label}{end}", {_SHAPES[node["kind"]]}{thick}];')
    for edge in trace["edges"]:
        label = _escaped(written(edge["derivative"])) if edge["flows"] else ""
        style = f'label="{label}"' if edge["flows"] else "style=dashed"
        lines.append(f"  n{edge['source']} -> n{edge['target']} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(node: Mapping[str, Any]) -> list[str]:
    if node["kind"] == "constant":
        value = written(node["value"])
        return [value if is_plain(node) else f"{node['name']} = {value}"]
    formula = [node["formula"]] if "formula" in node else []
    return [
        node["name"],
        *formula,
        f"value {written(node['value'])}",
        f"gradient {written(node['gradient'])}",
    ]


def _escaped(text: str) -> str:
    """``text`` in a quoted label, where backslashes and HTML's entities have a meaning."""
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
