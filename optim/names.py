"""Optimizers by name, as configurations and :func:`twingrad.fit` give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from ..engine.wording import suggestion
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .asgd import ASGD
from .lbfgs import LBFGS
from .lion import Lion
from .optimizer import Optimizer
from .rprop import Rprop
from .sgd import SGD

OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = MappingProxyType(
    {
        "adadelta": Adadelta,
        "adagrad": Adagrad,
        "adam": Adam,
        "adamax": Adamax,
        "adamw": AdamW,
        "asgd": ASGD,
        "lbfgs": partial(LBFGS, line_search_fn="strong_wolfe"),
        "lion": Lion,
        "momentum": partial(SGD, lr=0.01, momentum=0.9),
        "nadam": NAdam,
        "nesterov": partial(SGD, lr=0.01, momentum=0.9, nesterov=True),
        "radam": RAdam,
        "rmsprop": RMSprop,
        "rprop": Rprop,
        "sgd": partial(SGD, lr=0.01),
    }
)
"""The optimizers that go by a name, made of parameters and further options."""


def optimizer_named(name: str, what: str) -> Callable[..., Optimizer]:
    """What makes an optimizer of this name.

    Raises ``ValueError``, beginning with ``what``, for a name that is none.
    """
    name = name.lower()  # so that those of the classes do, too
    if name not in OPTIMIZERS:
        raise ValueError(
            f"{what} must be the name of an optimizer, an Optimizer or a function of the "
            f"parameters, got {name!r}: "
            + suggestion(name, OPTIMIZERS, f"the names are {', '.join(OPTIMIZERS)}")
        )
    return OPTIMIZERS[name]
