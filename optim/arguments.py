"""The arguments of what accompanies training, checked: models, optimizers, measures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.operation import real_number
from ..nn import Module
from ..nn.backend import backend_of, numbers_of
from .optimizer import Optimizer


def checked_module(model: Any, what: str) -> Module:
    """The model; ``TypeError``, beginning with ``what``, for what is no Module."""
    if not isinstance(model, Module):
        raise TypeError(
            f"{what}: model must be a Module, got {type(model).__name__}: pass the model itself"
        )
    return model


def checked_optimizer(optimizer: Any, what: str) -> Optimizer:
    """The optimizer; ``TypeError``, beginning with ``what``, for what is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{what}: optimizer must be an Optimizer of twingrad.optim, got "
            f"{type(optimizer).__name__}: pass what makes the steps, such as "
            "SGD(model.parameters(), lr=0.1)"
        )
    return optimizer


def parameters_of(optimizer: Optimizer) -> list[Any]:
    """The parameters of all groups."""
    return [each for group in optimizer.param_groups for each in group["params"]]


def single_number(given: Any, what: str) -> float:
    """A number, or what holds one, as a float; an error beginning with ``what`` for others."""
    if backend_of(given) is None and not isinstance(given, np.ndarray):
        return real_number(given, what)
    numbers = numbers_of(given)
    if numbers.size != 1:
        raise ValueError(
            f"{what} must be one number, got shape {numbers.shape}: take its mean first"
        )
    return float(numbers.reshape(()))
