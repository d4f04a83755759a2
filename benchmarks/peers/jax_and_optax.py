"""JAX with optax: a compiled step in a Python loop, and a whole epoch compiled as one scan."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..problem import Problem, one_cycle
from ..works import RATE, Recipe, Work
from .base import Peer, Runner, Settings

Update = Callable[..., tuple[Any, Any]]
"""What makes a step: of the state and a batch, the state after it and the loss before it."""


def _optimizer(recipe: Recipe | None) -> Any:
    import jax.numpy as jnp
    import optax

    if recipe is None:
        return optax.adam(RATE)
    schedule = partial(one_cycle, jnp, total_steps=recipe.total_steps)
    return optax.chain(
        optax.clip_by_global_norm(recipe.clip),
        optax.adamw(schedule, weight_decay=recipe.weight_decay),
    )


def _first_state(work: Work, problem: Problem, optimizer: Any) -> Any:
    """The parameters, the state of the optimizer, running statistics and a key for dropout."""
    import jax
    import jax.numpy as jnp

    parameters: dict[str, Any] = {
        "linear": [(jnp.array(w.T), jnp.array(b)) for w, b in problem.layers]
    }
    running = []
    if work.recipe is not None:
        widths = work.sizes[1:-1]
        parameters["norm"] = [(jnp.ones(width), jnp.zeros(width)) for width in widths]
        running = [(jnp.zeros(width), jnp.ones(width)) for width in widths]
    return parameters, optimizer.init(parameters), running, jax.random.key(0)


def _normalize(h: Any, norm: Any, running: Any) -> tuple[Any, Any]:
    import jax.numpy as jnp

    mean, variance = h.mean(0), h.var(0)
    unbiased = variance * (len(h) / (len(h) - 1))
    new = [old + 0.1 * (now - old) for old, now in zip(running, (mean, unbiased))]
    scale, shift = norm
    return (h - mean) / jnp.sqrt(variance + 1e-5) * scale + shift, tuple(new)


def _loss(recipe: Recipe | None, parameters: Any, running: Any, key: Any, x: Any, y: Any) -> Any:
    """The mean cross-entropy, and the running statistics after it."""
    import jax
    import optax

    *hidden, (last_weight, last_bias) = parameters["linear"]
    h, statistics = x, []
    for depth, (weight, bias) in enumerate(hidden):
        h = h @ weight + bias
        if recipe is not None:
            h, new = _normalize(h, parameters["norm"][depth], running[depth])
            statistics.append(new)
        h = jax.nn.relu(h)
        if recipe is not None and recipe.dropout:
            share = 1 - recipe.dropout
            kept = jax.random.bernoulli(jax.random.fold_in(key, depth), share, h.shape)
            h = jax.numpy.where(kept, h / share, 0)
    scores = h @ last_weight + last_bias
    return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean(), statistics


def _updating(recipe: Recipe | None, optimizer: Any) -> Update:
    import jax
    import optax

    gradient = jax.value_and_grad(partial(_loss, recipe), has_aux=True)

    def update(state: Any, x: Any, y: Any) -> tuple[Any, Any]:
        parameters, moments, running, key = state
        key, own = jax.random.split(key) if recipe is not None else (key, key)
        (loss, running), slopes = gradient(parameters, running, own, x, y)
        changes, moments = optimizer.update(slopes, moments, parameters)
        return (optax.apply_updates(parameters, changes), moments, running, key), loss

    return update


class JaxRunner(Runner):
    """The state of a training, and a compiled step or epoch."""

    def __init__(self, scan: bool, work: Work, problem: Problem, settings: Settings) -> None:
        import jax
        import jax.numpy as jnp

        optimizer = _optimizer(work.recipe)
        self._state = _first_state(work, problem, optimizer)
        self._x, self._y = jnp.array(problem.x), jnp.array(problem.y, dtype=jnp.int32)
        self._shape = work.batches, work.batch
        self._shuffled = settings.shuffled
        self._rng = np.random.default_rng(0)
        update = _updating(work.recipe, optimizer)

        def gathered(state: Any, x: Any, y: Any, rows: Any) -> tuple[Any, Any]:
            return update(state, x[rows], y[rows])

        def epoch(state: Any, x: Any, y: Any, order: Any) -> tuple[Any, Any]:
            scanned: tuple[Any, Any] = jax.lax.scan(
                lambda now, rows: gathered(now, x, y, rows), state, order
            )
            return scanned

        # the old state is given up, so that its memory takes the new one
        self._step = jax.jit(update, donate_argnums=0)
        self._gathered = jax.jit(gathered, donate_argnums=0)
        self._epoch = jax.jit(epoch, donate_argnums=0)
        self._cut = [*zip(jnp.split(self._x, work.batches), jnp.split(self._y, work.batches))]
        self._pass = (
            self._run_scan if scan else self._run_epoch if work.kind == "epoch" else self._run_steps
        )

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [self._pass() for _ in range(passes)]

    def _order(self) -> Any:
        count = len(self._x)
        order = self._rng.permutation(count) if self._shuffled else np.arange(count)
        return order.astype(np.int32).reshape(self._shape)

    def _run_scan(self) -> float:
        self._state, losses = self._epoch(self._state, self._x, self._y, self._order())
        return float(losses.mean())

    def _run_epoch(self) -> float:
        losses = []
        for rows in self._order():
            self._state, loss = self._gathered(self._state, self._x, self._y, rows)
            losses.append(loss)
        return sum(map(float, losses)) / len(losses)

    def _run_steps(self) -> float:
        for x, y in self._cut:
            self._state, loss = self._step(self._state, x, y)
        return float(loss)


PEERS = (
    Peer(*("JAX, jit", ("jax", "optax"), ("epoch", "step"), partial(JaxRunner, False)), slow=True),
    Peer("JAX, lax.scan", ("jax", "optax"), ("epoch",), partial(JaxRunner, True)),
)
