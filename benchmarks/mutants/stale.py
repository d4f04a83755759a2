"""Bugs of saved values: what the backward pass reads is not of the call that it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .records import (
    Derivative,
    Input,
    Mutant,
    Operation,
    Place,
    Rule,
    Use,
    once,
    positive,
    real,
)

Values = Callable[..., Any]
_MASK = np.array([1.0, 0.0, 2.0, 1.0])


def _stale(rule: Rule, saved: Values, first_only: bool) -> Callable[[], Derivative]:
    """The rule, whose ``vjp`` takes behind the inputs what ``saved`` made of those of a call.

    Of the last call or, if ``first_only``, of the very first one.
    """

    def make() -> Derivative:
        memory: dict[str, Any] = {}

        def forward(xp: Any, *inputs: Any) -> Any:
            out = rule.forward(xp, *inputs)
            if not (first_only and memory):
                memory["saved"] = saved(xp, out, *inputs)
            return out

        def vjp(xp: Any, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
            return rule.vjp(xp, g, out, *inputs, memory["saved"])

        return Rule(forward, vjp)

    return make


def _pair(
    name: str,
    place: Place,
    inputs: dict[str, Input],
    rule: Rule,
    saved: Values,
    why: str,
    *,
    use: Use = once,
    first_only: bool = False,
) -> Mutant:
    """An operation that saves what it needs with the call, and one that saves it with itself."""

    def right(xp: Any, g: Any, out: Any, *values: Any) -> tuple[Any, ...]:
        return rule.vjp(xp, g, out, *values, saved(xp, out, *values))

    correct = Operation(name, place, inputs, lambda: Rule(rule.forward, right), use)
    between = use is once and not first_only
    return Mutant("stale", correct, _stale(rule, saved, first_only), why, between=between)


_TANH = Rule(
    lambda xp, x: xp.tanh(x),
    lambda xp, g, out, x, saved: (g * (1.0 - saved * saved),),
)
_EXP = Rule(lambda xp, x: xp.exp(x), lambda xp, g, out, x, saved: (g * saved,))
_SQUARE = Rule(lambda xp, x: x * x, lambda xp, g, out, x, saved: (2.0 * g * saved,))
_PRODUCT = Rule(lambda xp, a, b: a @ b, lambda xp, g, out, a, b, saved: (g @ b.T, saved.T @ g))
_RELU = Rule(
    lambda xp, x: xp.maximum(x, 0.0),
    lambda xp, g, out, x, saved: (g * xp.where(saved > 0.0, 1.0, 0.0),),
)
_LINEAR = Rule(
    lambda xp, x, weight: x @ weight.T,
    lambda xp, g, out, x, weight, saved: (g @ weight, g.T @ saved),
)
_CENTRED = Rule(
    lambda xp, x, weight: xp.tanh(x) * weight,
    lambda xp, g, out, x, weight, saved: (
        g * weight * (1.0 - saved * saved),
        xp.sum(g * saved, 0),
    ),
)
_SQUARED_ERROR = Rule(
    lambda xp, x, y: xp.sum((x - y) * (x - y)),
    lambda xp, g, out, x, y, saved: (2.0 * g * saved, -2.0 * g * saved),
)
_LOG = Rule(lambda xp, x: xp.log(x), lambda xp, g, out, x, saved: (g * saved,))


def _first(xp: Any, out: Any, *inputs: Any) -> Any:
    return inputs[0]


def _out(xp: Any, out: Any, *inputs: Any) -> Any:
    return out


def _gap(xp: Any, out: Any, x: Any, y: Any) -> Any:
    return x - y


def _reciprocal(xp: Any, out: Any, x: Any) -> Any:
    return 1.0 / x


def _tanh(xp: Any, out: Any, x: Any, weight: Any) -> Any:
    return xp.tanh(x)


def _product_of_both(function: Any, x: Any, y: Any) -> Any:
    return function(x) * function(y)


def _nested(function: Any, x: Any) -> Any:
    return function(0.5 * function(x) - 1.0)


def _two_layers(function: Any, x: Any, weight: Any) -> Any:
    return function(function(x, weight), weight)


def _sum_of_both(function: Any, x: Any, y: Any) -> Any:
    return function(x, y) + function(y, x)


MUTANTS: tuple[Mutant, ...] = (
    _pair(
        "tanh(x) * tanh(y)",
        "user's function",
        {"x": real(4), "y": real(4)},
        _TANH,
        _out,
        "both calls read the output of the last one",
        use=_product_of_both,
    ),
    _pair(
        "exp of a shifted exp",
        "primitive",
        {"x": real(4)},
        _EXP,
        _out,
        "the inner call reads the output of the outer one",
        use=_nested,
    ),
    _pair(
        "a @ b + b @ a",
        "primitive",
        {"a": real(3, 3), "b": real(3, 3)},
        _PRODUCT,
        _first,
        "both products read the left factor of the last one",
        use=_sum_of_both,
    ),
    _pair(
        "Linear, twice",
        "module",
        {"x": real(2, 3), "weight": real(3, 3)},
        _LINEAR,
        _first,
        "the first call reads the input of the second one",
        use=_two_layers,
    ),
    _pair(
        "relu(x) * relu(y)",
        "primitive",
        {"x": real(4), "y": real(4)},
        _RELU,
        _first,
        "both calls read the mask of the last one",
        use=_product_of_both,
    ),
    _pair(
        "square, with a buffer",
        "primitive",
        {"x": real(4)},
        _SQUARE,
        _first,
        "the buffer is filled by the first call and then kept",
        first_only=True,
    ),
    _pair(
        "squared error, with a buffer",
        "loss",
        {"x": real(4), "y": real(4)},
        _SQUARED_ERROR,
        _gap,
        "the residuals are those of the first batch",
        first_only=True,
    ),
    _pair(
        "log, with a buffer",
        "user's function",
        {"x": positive(4)},
        _LOG,
        _reciprocal,
        "the reciprocal is computed once, and kept for good",
        first_only=True,
    ),
    _pair(
        "tanh, saved with the object",
        "primitive",
        {"x": real(4)},
        _TANH,
        _out,
        "a call before the backward pass takes the place of the saved output",
    ),
    _pair(
        "squared error, saved with the object",
        "loss",
        {"x": real(4), "y": real(4)},
        _SQUARED_ERROR,
        _gap,
        "a call before the backward pass takes the place of the saved residuals",
    ),
    _pair(
        "gain, saved with the object",
        "module",
        {"x": real(3, 4), "weight": real(4)},
        _CENTRED,
        _tanh,
        "a call before the backward pass takes the place of the saved activations",
    ),
)
