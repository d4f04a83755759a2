"""Bugs in the operations of modules: their first input is data, the others are parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Input, Mutant, Operation, bug, operation, real

_MASK = np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]])
_TOKENS = np.eye(4)[[1, 3, 1, 0, 1]]
_LAST_TOKENS = _TOKENS * np.array([[0], [1], [0], [1], [1]])
_STEPS = 3


def _layer(name: str, inputs: dict[str, Input], forward: Any, vjp: Any) -> Operation:
    return operation(name, "module", inputs, forward, vjp)


LINEAR = _layer(
    "Linear",
    {"x": real(3, 4), "weight": real(2, 4), "bias": real(2)},
    lambda xp, x, weight, bias: x @ weight.T + bias,
    lambda xp, g, out, x, weight, bias: (g @ weight, g.T @ x, xp.sum(g, 0)),
)
SQUARE_LINEAR = _layer(
    "Linear of a square",
    {"x": real(3, 3), "weight": real(3, 3), "bias": real(3)},
    lambda xp, x, weight, bias: x @ weight.T + bias,
    lambda xp, g, out, x, weight, bias: (g @ weight, g.T @ x, xp.sum(g, 0)),
)
EMBEDDING = _layer(
    "Embedding times numbers",
    {"x": real(5, 1), "weight": real(4, 3)},
    lambda xp, x, weight: x * (xp.constant(_TOKENS) @ weight),
    lambda xp, g, out, x, weight: (
        xp.sum(g * (xp.constant(_TOKENS) @ weight), 1, True),
        xp.constant(_TOKENS.T) @ (g * x),
    ),
)
PRELU = _layer(
    "PReLU",
    {"x": real(4, 4), "weight": real(4)},
    lambda xp, x, weight: xp.where(x > 0.0, x, weight * x),
    lambda xp, g, out, x, weight: (
        g * xp.where(x > 0.0, 1.0 + 0.0 * weight, weight),
        xp.sum(g * xp.minimum(x, 0.0), 0),
    ),
)
DROPOUT = _layer(
    "Dropout with a given mask, and a scale",
    {"x": real(3, 4), "scale": real(4)},
    lambda xp, x, scale: x * scale * xp.constant(_MASK / 0.75),
    lambda xp, g, out, x, scale: (
        g * scale * xp.constant(_MASK / 0.75),
        xp.sum(g * x * xp.constant(_MASK / 0.75), 0),
    ),
)
GATE = _layer(
    "gated linear unit",
    {"x": real(3, 2), "value": real(2, 2), "gate": real(2, 2)},
    lambda xp, x, value, gate: (x @ value) * xp.sigmoid(x @ gate),
    lambda xp, g, out, x, value, gate: _gate_vjp(xp, g, x, value, gate),
)
RESIDUAL = _layer(
    "residual block",
    {"x": real(3, 3), "weight": real(3, 3)},
    lambda xp, x, weight: x + xp.tanh(x @ weight),
    lambda xp, g, out, x, weight: _residual_vjp(xp, g, x, weight),
)
CELL = _layer(
    "recurrent cell over 3 steps",
    {"x": real(3, 2), "weight": real(2, 2), "recurrent": real(2, 2)},
    lambda xp, x, weight, recurrent: _states(xp, x, weight, recurrent)[-1],
    lambda xp, g, out, x, weight, recurrent: _cell_vjp(xp, g, x, weight, recurrent),
)
TIED = _layer(
    "autoencoder with tied weights",
    {"x": real(3, 3), "weight": real(3, 2)},
    lambda xp, x, weight: xp.tanh(x @ weight) @ weight.T,
    lambda xp, g, out, x, weight: _tied_vjp(xp, g, x, weight),
)
ATTENTION = _layer(
    "attention",
    {"x": real(3, 3), "query": real(3, 3), "key": real(3, 3)},
    lambda xp, x, query, key: _attention(xp, x, query, key)[0] @ x,
    lambda xp, g, out, x, query, key: _attention_vjp(xp, g, x, query, key),
)


def _gate_vjp(
    xp: Any, g: Any, x: Any, value: Any, gate: Any, *, exchanged: bool = False
) -> tuple[Any, ...]:
    opened = xp.sigmoid(x @ gate)
    to_value = g * opened
    to_gate = g * (opened if exchanged else x @ value) * opened * (1.0 - opened)
    return to_value @ value.T + to_gate @ gate.T, x.T @ to_value, x.T @ to_gate


def _residual_vjp(
    xp: Any, g: Any, x: Any, weight: Any, *, skip: float = 1.0, cut: float = np.inf
) -> tuple[Any, ...]:
    level = xp.tanh(x @ weight)
    slope = xp.where(xp.abs(level) > cut, 0.0 * level, 1.0 - level * level)
    return skip * g + (g * slope) @ weight.T, x.T @ (g * slope)


def _states(xp: Any, x: Any, weight: Any, recurrent: Any) -> list[Any]:
    states = [xp.constant(np.zeros((1, 2)))]
    for step in range(_STEPS):
        states.append(xp.tanh(x[step : step + 1] @ weight + states[-1] @ recurrent))
    return states


def _cell_vjp(
    xp: Any,
    g: Any,
    x: Any,
    weight: Any,
    recurrent: Any,
    *,
    overwrites: bool = False,
    late: int = 0,
    forgets: bool = False,
) -> tuple[Any, ...]:
    """Backpropagation through time; ``late`` pairs each step with a later state than it had."""
    states = _states(xp, x, weight, recurrent)
    to_inputs: list[Any] = []
    to_weight: list[Any] = []
    to_recurrent: list[Any] = []
    for step in reversed(range(_STEPS)):
        before = g * (1.0 - states[step + 1] * states[step + 1])
        to_inputs.insert(0, before @ weight.T)
        to_weight.append(x[step : step + 1].T @ before)
        to_recurrent.append(states[step + late].T @ before)
        g = 0.0 * before if forgets else before @ recurrent.T
    used = slice(-1, None) if overwrites else slice(None)
    return xp.concat(to_inputs, 0), sum(to_weight[used]), sum(to_recurrent)


def _tied_vjp(
    xp: Any, g: Any, x: Any, weight: Any, *, encoder: float = 1.0, decoder: float = 1.0
) -> tuple[Any, ...]:
    hidden = xp.tanh(x @ weight)
    before = (g @ weight) * (1.0 - hidden * hidden)
    return before @ weight.T, encoder * (x.T @ before) + decoder * (g.T @ hidden)


def _attention(xp: Any, x: Any, query: Any, key: Any) -> tuple[Any, Any, Any]:
    queries, keys = x @ query, x @ key
    scores = queries @ keys.T / np.sqrt(3.0)
    exponentials = xp.exp(scores - xp.detach(xp.amax(scores, 1, True)))
    return exponentials / xp.sum(exponentials, 1, True), queries, keys


def _attention_vjp(
    xp: Any,
    g: Any,
    x: Any,
    query: Any,
    key: Any,
    *,
    scale: float = np.sqrt(3.0),
    transposed: bool = False,
    values: float = 1.0,
) -> tuple[Any, ...]:
    shares, queries, keys = _attention(xp, x, query, key)
    to_shares = g @ x.T
    to_scores = shares * (to_shares - xp.sum(to_shares * shares, 1, True)) / scale
    to_queries = (to_scores.T if transposed else to_scores) @ keys
    to_keys = to_scores.T @ queries
    to_x = to_queries @ query.T + to_keys @ key.T + values * (shares.T @ g)
    return to_x, x.T @ to_queries, x.T @ to_keys


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "unbroadcast",
        LINEAR,
        lambda xp, g, out, x, weight, bias: (g @ weight, g.T @ x, xp.sum(g, 0) / 3.0),
        "the bias gets the mean over the batch",
    ),
    bug(
        "unbroadcast",
        LINEAR,
        lambda xp, g, out, x, weight, bias: (g @ weight, g.T @ x, 1.0 * g[-1]),
        "the bias gets the last sample's only",
    ),
    bug(
        "factor",
        LINEAR,
        lambda xp, g, out, x, weight, bias: (g @ weight, 1.0001 * (g.T @ x), xp.sum(g, 0)),
        "the weight's gradient is 1e-4 too large",
    ),
    bug(
        "transposed",
        SQUARE_LINEAR,
        lambda xp, g, out, x, weight, bias: (g @ weight.T, g.T @ x, xp.sum(g, 0)),
        "the weight is transposed once too often",
    ),
    bug(
        "transposed",
        SQUARE_LINEAR,
        lambda xp, g, out, x, weight, bias: (g @ weight, x.T @ g, xp.sum(g, 0)),
        "the weight's gradient is (in, out)",
    ),
    bug(
        "overwrite",
        EMBEDDING,
        lambda xp, g, out, x, weight: (
            xp.sum(g * (xp.constant(_TOKENS) @ weight), 1, True),
            xp.constant(_LAST_TOKENS.T) @ (g * x),
        ),
        "of a token that comes three times, the last one counts",
    ),
    bug(
        "off-by-one",
        EMBEDDING,
        lambda xp, g, out, x, weight: (
            xp.sum(g * (xp.constant(_TOKENS) @ weight), 1, True),
            xp.constant(np.roll(_TOKENS, 1, 1).T) @ (g * x),
        ),
        "token 0 is taken for padding: all rows are one further",
    ),
    bug(
        "unbroadcast",
        PRELU,
        lambda xp, g, out, x, weight: (
            g * xp.where(x > 0.0, 1.0 + 0.0 * weight, weight),
            xp.sum(g * xp.minimum(x, 0.0), 1),
        ),
        "the weights are summed over channels, not over the batch",
    ),
    bug(
        "sign",
        PRELU,
        lambda xp, g, out, x, weight: (
            g * xp.where(x > 0.0, 1.0 + 0.0 * weight, weight),
            -xp.sum(g * xp.minimum(x, 0.0), 0),
        ),
        "the weight gets |x|, not x",
    ),
    bug(
        "dropped",
        DROPOUT,
        lambda xp, g, out, x, scale: (
            g * scale * xp.constant(_MASK),
            xp.sum(g * x * xp.constant(_MASK / 0.75), 0),
        ),
        "1 / (1 - p) is missing on the way back",
    ),
    bug(
        "off-by-one",
        DROPOUT,
        lambda xp, g, out, x, scale: (
            g * scale * xp.constant(np.roll(_MASK, 1, 1) / 0.75),
            xp.sum(g * x * xp.constant(_MASK / 0.75), 0),
        ),
        "the mask is read one place late",
    ),
    bug(
        "operand",
        GATE,
        lambda xp, g, out, x, value, gate: _gate_vjp(xp, g, x, value, gate, exchanged=True),
        "the gate's gradient is made of the gate, not of the value",
    ),
    bug(
        "dropped",
        RESIDUAL,
        lambda xp, g, out, x, weight: _residual_vjp(xp, g, x, weight, skip=0.0),
        "the way around is missing",
    ),
    bug(
        "tail",
        RESIDUAL,
        lambda xp, g, out, x, weight: _residual_vjp(xp, g, x, weight, cut=0.9995),
        "a unit within 5e-4 of saturation is taken as saturated",
    ),
    bug(
        "overwrite",
        CELL,
        lambda xp, g, out, x, weight, recurrent: _cell_vjp(
            xp, g, x, weight, recurrent, overwrites=True
        ),
        "the weight gets the gradient of one step of three",
    ),
    bug(
        "off-by-one",
        CELL,
        lambda xp, g, out, x, weight, recurrent: _cell_vjp(xp, g, x, weight, recurrent, late=1),
        "each step is paired with the state behind it, not before it",
    ),
    bug(
        "dropped",
        CELL,
        lambda xp, g, out, x, weight, recurrent: _cell_vjp(
            xp, g, x, weight, recurrent, forgets=True
        ),
        "nothing goes back through the state",
    ),
    bug(
        "overwrite",
        TIED,
        lambda xp, g, out, x, weight: _tied_vjp(xp, g, x, weight, encoder=0.0),
        "the weight gets the decoder's gradient only",
    ),
    bug(
        "factor",
        TIED,
        lambda xp, g, out, x, weight: _tied_vjp(xp, g, x, weight, decoder=0.9999),
        "one of two uses is off",
    ),
    bug(
        "dropped",
        ATTENTION,
        lambda xp, g, out, x, query, key: _attention_vjp(xp, g, x, query, key, scale=1.0),
        "1 / sqrt(d) is missing on the way back",
    ),
    bug(
        "transposed",
        ATTENTION,
        lambda xp, g, out, x, query, key: _attention_vjp(xp, g, x, query, key, transposed=True),
        "the scores' gradient is, for the queries",
    ),
    bug(
        "overwrite",
        ATTENTION,
        lambda xp, g, out, x, query, key: _attention_vjp(xp, g, x, query, key, values=0.0),
        "x gets nothing as the values, only as queries and keys",
    ),
)
