"""Where mutants are checked: at normal random numbers, and at what our strategies draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from twingrad.testing import strategies
from twingrad.testing.property_arguments import argument_strategies

from .records import Input, Operation

FloatArray = NDArray[np.float64]
Inputs = tuple[FloatArray, ...]

SOURCES: Mapping[str, str] = {
    "normal": "standard normal numbers, as in the examples of PyTorch and JAX",
    "drawn": "what the strategies of twingrad.testing draw",
}
"""Where inputs come from."""

_LEAST = 2.0**-10
_RANGES: Mapping[str, Mapping[str, float]] = {
    "positive": {"min_value": _LEAST},
    "share": {"min_value": _LEAST, "max_value": 1.0 - _LEAST},
}


def inputs_for(operation: Operation, source: str, examples: int, seed: int) -> list[Inputs]:
    """So many inputs of an operation; the same ones for the same seed."""
    make = {"normal": normal_inputs, "drawn": drawn_inputs}[source]
    return make(operation, examples, seed)


def normal_inputs(operation: Operation, examples: int, seed: int) -> list[Inputs]:
    """Standard normal numbers; ``exp`` of them for positive ones, the logistic for shares."""
    generator = np.random.default_rng(seed)
    return [
        tuple(_normal(each, generator) for each in operation.inputs.values())
        for _ in range(examples)
    ]


def _normal(wanted: Input, generator: np.random.Generator) -> FloatArray:
    numbers = generator.standard_normal(wanted.shape)
    if wanted.domain == "positive":
        numbers = np.exp(numbers)
    elif wanted.domain == "share":
        numbers = 1.0 / (1.0 + np.exp(-numbers))
    return np.asarray(numbers)  # what is computed of an array without dimensions is none


def drawn_inputs(operation: Operation, examples: int, seed: int) -> list[Inputs]:
    """What ``gradcheck_property`` draws before it knows of any difference."""
    found: list[Inputs] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[*hypothesis.HealthCheck],
    )
    @hypothesis.given(st.fixed_dictionaries(argument_strategies_of(operation)))
    def draw(drawn: dict[str, FloatArray]) -> None:
        found.append(tuple(drawn[name] for name in operation.inputs))

    draw()
    return found


def argument_strategies_of(operation: Operation) -> dict[str, st.SearchStrategy[Any]]:
    """What each input is drawn from: the strategies that ``gradcheck_property`` uses."""
    given: dict[str, Any] = {}
    for name, each in operation.inputs.items():
        limits = _RANGES.get(each.domain)
        given[name] = each.shape
        if limits is not None:
            given[name] = strategies.arrays(each.shape, elements=dict(limits))
    return argument_strategies(tuple(given), given, "float64", None)
