"""Moons with JAX and optax, an epoch at a time."""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax


def scores(parameters: Any, x: Any) -> Any:
    *hidden, (last_weight, last_bias) = parameters
    for weight, bias in hidden:
        x = jax.nn.relu(x @ weight + bias)
    return x @ last_weight + last_bias


def main() -> None:
    data = np.load(sys.argv[1])
    x, y = jnp.array(data["x"]), jnp.array(data["y"], dtype=jnp.int32)
    rng = np.random.default_rng(0)
    parameters = [
        (jnp.array(rng.normal(0, (2 / m) ** 0.5, (m, n)), dtype=jnp.float32), jnp.zeros(n))
        for m, n in [(2, 16), (16, 16), (16, 2)]
    ]
    optimizer = optax.adam(0.01)

    def loss(parameters: Any, rows: Any) -> Any:
        found = scores(parameters, x[rows])
        return optax.softmax_cross_entropy_with_integer_labels(found, y[rows]).mean()

    def step(state: Any, rows: Any) -> Any:
        parameters, moments = state
        slopes = jax.grad(loss)(parameters, rows)
        changes, moments = optimizer.update(slopes, moments, parameters)
        return (optax.apply_updates(parameters, changes), moments), None

    epoch = jax.jit(lambda state, order: jax.lax.scan(step, state, order)[0])
    state = parameters, optimizer.init(parameters)
    for _ in range(100):
        state = epoch(state, rng.permutation(len(x)).reshape(-1, 100))
    print((scores(state[0], x).argmax(1) == y).mean())


if __name__ == "__main__":
    main()
