"""Mutants as functions of JAX, checked by ``jax.test_util.check_grads``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import jax
import jax.numpy as jnp
from jax import lax, test_util
from jax.scipy import special

from ..mutants.records import Derivative, Operation, Rule
from ..mutants.texts import as_rule
from .base import Check, Checker, FloatArray
from .spaces import Function, Space


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return jnp.sum(x, axis, keepdims=keepdims)


def _amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return jnp.max(x, axis, keepdims=keepdims)


def custom(rule: Rule) -> Function:
    """A function with a ``custom_vjp``: that of the rule."""

    mutant: Any = jax.custom_vjp(lambda *inputs: rule.forward(SPACE, *inputs))

    def forward(*inputs: Any) -> Any:
        out = mutant(*inputs)
        return out, (out, inputs)

    def backward(saved: Any, g: Any) -> Any:
        out, inputs = saved
        return tuple(rule.vjp(SPACE, g, out, *inputs))

    mutant.defvjp(forward, backward)
    differentiable: Function = mutant
    return differentiable


SPACE = Space(
    exp2=jnp.exp2,
    log10=jnp.log10,
    atan=jnp.arctan,
    exp=jnp.exp,
    expm1=jnp.expm1,
    log=jnp.log,
    log1p=jnp.log1p,
    sin=jnp.sin,
    cos=jnp.cos,
    tan=jnp.tan,
    sinh=jnp.sinh,
    cosh=jnp.cosh,
    tanh=jnp.tanh,
    sqrt=jnp.sqrt,
    square=jnp.square,
    erf=special.erf,
    erfc=special.erfc,
    sigmoid=jax.nn.sigmoid,
    softplus=jax.nn.softplus,
    abs=jnp.abs,
    sign=jnp.sign,
    hypot=jnp.hypot,
    atan2=jnp.arctan2,
    maximum=jnp.maximum,
    minimum=jnp.minimum,
    where=jnp.where,
    sum=_sum,
    amax=_amax,
    cumsum=jnp.cumsum,
    flip=jnp.flip,
    concat=jnp.concatenate,
    stack=jnp.stack,
    constant=jnp.asarray,
    detach=lax.stop_gradient,
    custom=custom,
)


@final
class JAX(Checker):
    """``jax.test_util.check_grads(order=2)``, in reverse mode: a ``custom_vjp`` has no other."""

    name = "jax"

    def __init__(self) -> None:
        jax.config.update("jax_enable_x64", True)

    @contextmanager
    def checking(self, operation: Operation, made: Derivative) -> Iterator[Check]:
        """See :class:`Checker`."""
        rule = custom(as_rule(made))

        def function(*inputs: Any) -> Any:
            return operation.use(rule, *inputs)

        def layer(x: Any, parameters: Any) -> Any:
            return function(x, *parameters)

        def check(inputs: Sequence[FloatArray]) -> None:
            arrays = [jnp.asarray(each) for each in inputs]
            if operation.place == "module":
                test_util.check_grads(layer, (arrays[0], arrays[1:]), order=2, modes=["rev"])
            else:
                test_util.check_grads(function, tuple(arrays), order=2, modes=["rev"])

        yield check

    def version(self) -> str:
        """See :class:`Checker`."""
        return f"jax {jax.__version__}"
