"""What the elements of parameters are called where a graph is stepped through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .backend import backend_of, recorder_in_force
from .parameter import is_parameter, place_of

if TYPE_CHECKING:
    from .members import Members


def relabel(parameter: Any, path: str) -> None:
    """Name a parameter after its path; elements that people have named keep their names.

    The single Values of neurons are left as they are.
    """
    if not is_parameter(parameter):
        return
    place = place_of(parameter)
    twin = backend_of(parameter)
    label = label_of(path)
    if twin is not None:
        twin.label(parameter, label, place.label)
    place.label = label


def name_recorded(module: Members) -> None:
    """Call the parameters and buffers of a module by their paths in a step that is recorded."""
    recorder = recorder_in_force()
    if recorder is not None:
        for path, each in (*module.named_parameters(), *module.named_buffers()):
            recorder.labels.note(each, label_of(path))


def label_of(path: str) -> str:
    """A path as one word that formulas can hold: numbers stand behind the name they belong to.

    >>> label_of("0.weight"), label_of("encoder.0.bias"), label_of("encoder.2.norm.weight")
    ('weight0', 'encoder0_bias', 'encoder2_norm_weight')
    """
    words: list[str] = []
    first: list[str] = []
    for name in re.sub(r"[^\w.]", "_", path).split("."):
        if not name.isdecimal():
            words.append(name)
        elif words:
            words[-1] += name if words[-1][-1:].isalpha() else f"_{name}"
        else:
            first.append(name)
    return "_".join(words) + "_".join(first)
