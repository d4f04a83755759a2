"""Functions whose derivatives are right: ours, and the same ones of PyTorch and of JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twingrad import Formula
from twingrad.benchmarks.measure import installed
from twingrad.engine.formulas import table
from twingrad.nn import functional

FromPackage = Callable[[Any], Any]
"""From a package, torch or jax, to its function."""


@dataclass(frozen=True)
class Correct:
    """A function of numbers or arrays of one shape.

    Attributes
    ----------
    name : str
    ours : callable
        Ours.
    arguments : int
        How many it takes.
    torch, jax : callable or None
        From the package to its function of as many arguments; None if there is none.
    """

    name: str
    ours: Any
    arguments: int
    torch: FromPackage | None
    jax: FromPackage | None

    def is_defined(self, inputs: tuple[Any, ...]) -> bool:
        """Whether all elements lie in the domain of the row; other functions are everywhere."""
        if not isinstance(self.ours, Formula):
            return True
        rows = zip(*(np.ravel(each).tolist() for each in inputs), strict=True)
        return all(self.ours.is_defined(*row) for row in rows)


def _named(places: Callable[[Any], list[Any]], name: str) -> FromPackage:
    def found(package: Any) -> Any:
        functions = [getattr(place, name, None) for place in places(package)]
        return next((each for each in functions if each is not None), None)

    return found


def _torch_places(torch: Any) -> list[Any]:
    return [torch, torch.nn.functional]


def _jax_places(jax: Any) -> list[Any]:
    return [jax.numpy, jax.nn, jax.lax, jax.scipy.special]


def _signs(y: Any) -> Any:
    return np.where(np.signbit(y), -1.0, 1.0)


_TORCH: Mapping[str, FromPackage | None] = {
    "pos": lambda torch: torch.positive,
    "leaky_relu": lambda torch: lambda x, _: torch.nn.functional.leaky_relu(x),
    "elu": lambda torch: lambda x, _: torch.nn.functional.elu(x),
    "celu": lambda torch: lambda x, _: torch.nn.functional.celu(x),
    "hardtanh": lambda torch: lambda x, *_: torch.nn.functional.hardtanh(x),
    "gelu_tanh": lambda torch: lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "huber": lambda torch: lambda x, _: torch.nn.functional.huber_loss(x, x.detach() * 0),
    "heaviside": None,
    "where": lambda torch: lambda condition, a, b: torch.where(condition != 0, a, b),
}

_JAX: Mapping[str, FromPackage | None] = {
    "pos": lambda jax: jax.numpy.positive,
    "neg": lambda jax: jax.numpy.negative,
    "sub": lambda jax: jax.numpy.subtract,
    "mul": lambda jax: jax.numpy.multiply,
    "div": lambda jax: jax.numpy.divide,
    "leaky_relu": lambda jax: lambda x, _: jax.nn.leaky_relu(x),
    "elu": lambda jax: lambda x, _: jax.nn.elu(x),
    "celu": lambda jax: lambda x, _: jax.nn.celu(x),
    "hardtanh": lambda jax: lambda x, *_: jax.nn.hard_tanh(x),
    "logsigmoid": lambda jax: jax.nn.log_sigmoid,
    "hardsigmoid": lambda jax: jax.nn.hard_sigmoid,
    "hardswish": lambda jax: jax.nn.hard_swish,
    "softsign": lambda jax: jax.nn.soft_sign,
    "gelu": lambda jax: lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda jax: lambda x: jax.nn.gelu(x, approximate=True),
    "clamp": lambda jax: lambda x, least, most: jax.numpy.clip(x, least, most),
    "huber": None,
    "heaviside": None,
    "where": lambda jax: lambda condition, a, b: jax.numpy.where(condition != 0, a, b),
}


def _row(name: str) -> Correct:
    row = table[name]
    torch = _TORCH.get(name, _named(_torch_places, name))
    jax = _JAX.get(name, _named(_jax_places, name))
    return Correct(name, row, len(row.arguments), torch, jax)


_OTHERS = (
    Correct(
        "amax",
        lambda x: x.amax(),
        1,
        lambda torch: lambda x: x.amax(),
        lambda jax: lambda x: x.max(),
    ),
    Correct(
        "sort",
        lambda x: x.reshape(-1).sort()[0],
        1,
        lambda torch: lambda x: x.reshape(-1).sort()[0],
        lambda jax: lambda x: jax.numpy.sort(x.reshape(-1)),
    ),
    Correct(
        "hinge loss",
        lambda x, y: functional.hinge_loss(x, _signs(y.detach().numpy())),
        2,
        lambda torch: lambda x, y: (1 - x * torch.as_tensor(_signs(y.detach().numpy()))).relu(),
        lambda jax: lambda x, y: jax.nn.relu(1 - x * jax.numpy.where(jax.numpy.signbit(y), -1, 1)),
    ),
    Correct(
        "huber loss",
        functional.huber_loss,
        2,
        lambda torch: torch.nn.functional.huber_loss,
        None,
    ),
)

FUNCTIONS: Mapping[str, Correct] = {each.name: each for each in (*map(_row, table), *_OTHERS)}
"""Every row of the table, and some reductions and losses, by name."""


def of_package(package: str, chosen: FromPackage | None) -> Any:
    """The function of a package that is installed; None if it has none."""
    return None if chosen is None else chosen(installed(package))
