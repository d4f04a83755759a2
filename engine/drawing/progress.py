"""What is known after some steps of a trace: a pure function of their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Number = float | str


@dataclass(slots=True)
class Progress:
    """What a picture shows after some steps.

    Attributes
    ----------
    values, gradients, quantities : dict
        By the id of the node, or of the quantity; what is not computed yet has no entry.
    passed : set of int
        The ids of the edges that a gradient has come down.
    current : int or None
        The node that the last step has set.
    flowing : list of int
        The ids of the edges that the last step has used.
    backward : bool
        Whether it went against them.
    """

    values: dict[int, Number] = field(default_factory=dict)
    gradients: dict[int, Number] = field(default_factory=dict)
    quantities: dict[int, Number] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)
    current: int | None = None
    flowing: list[int] = field(default_factory=list)
    backward: bool = False


def progress(trace: Mapping[str, Any], position: int | None = None) -> Progress:
    """What is known after ``position`` steps; all of them, and none current, if None.

    Raises
    ------
    IndexError
        If there are not as many steps.
    """
    steps = trace["steps"]
    if position is not None and not 0 <= position <= len(steps):
        raise IndexError(f"position must lie between 0 and {len(steps)}, got {position}")
    known = Progress(
        values={n["id"]: n["value"] for n in trace["nodes"] if n["kind"] != "operation"},
        quantities={
            q["id"]: q["before"] for q in trace.get("quantities", ()) if q["before"] is not None
        },
    )
    for step in steps[:position]:
        _take(known, step)
    if position is None:
        known.current, known.flowing = None, []
    elif position and steps[position - 1]["kind"] == "forward":
        node = steps[position - 1]["node"]
        known.flowing = [edge["id"] for edge in trace["edges"] if edge["target"] == node]
    return known


def _take(known: Progress, step: Mapping[str, Any]) -> None:
    known.flowing, known.backward = [], False
    known.current = step["node"]
    match step["kind"]:
        case "seed":
            known.gradients[step["node"]] = step["after"]
        case "backward":
            known.gradients[step["parent"]] = step["after"]
            known.passed.add(step["edge"])
            known.current, known.flowing, known.backward = step["parent"], [step["edge"]], True
        case "update" if step.get("quantity") is not None:
            known.quantities[step["quantity"]] = step["after"]
        case _ if step["node"] is not None and step.get("value") is not None:
            known.values[step["node"]] = step["value"]
