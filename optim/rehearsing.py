"""Training on trial: afterwards everything is as it was before."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DataLoader, Parts
from ..engine.array import Array
from ..nn import Module
from ..nn.backend import numbers_of, random_numbers_kept, twin_of
from .arguments import parameters_of
from .optimizer import Optimizer


@contextmanager
def rehearsing(model: Module, loss: Any, optimizer: Any) -> Iterator[None]:
    """Train inside the block; behind it everything is as before, to the bit.

    That holds however the block ends, and for the numbers and gradients of parameters, buffers,
    modes and other attributes of all modules, for the state and the options of an optimizer, and
    for the random numbers of the library. What else the loss, a loader or a hook changes stays
    changed. The warning of ``fit`` that a loss is no number is left out.

    Parameters
    ----------
    model : Module
    loss, optimizer
        As ``fit`` takes them; kept if they are a Module and an Optimizer.
    """
    modules = [each for each in (model, loss) if isinstance(each, Module)]
    kept = _Kept.of(modules, optimizer if isinstance(optimizer, Optimizer) else None)
    with random_numbers_kept(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fit: the loss became", RuntimeWarning)
        try:
            kept.forget_gradients()
            yield
        finally:
            try:
                kept.put_back()
            except KeyboardInterrupt:  # of somebody impatient, who still wants the model back
                kept.put_back()
                raise


def rehearsed_data(data: Any) -> Any:
    """The data to train on, and of a loader a copy, whose place in the epoch is its own."""
    if isinstance(data, Parts):
        return data.train
    return copy(data) if isinstance(data, DataLoader) else data


class _Kept(NamedTuple):
    """What is to be put back: attributes of modules, operands, and an optimizer's state."""

    attributes: list[tuple[Module, dict[str, Any]]]
    operands: list[tuple[Any, Any, NDArray[Any]]]
    """Parameters and buffers, or their elements, with their gradients and their numbers."""
    optimizer: Optimizer | None
    state: Mapping[str, Any]

    @classmethod
    def of(cls, roots: Iterable[Module], optimizer: Optimizer | None) -> _Kept:
        modules = list({id(each): each for root in roots for each in root.modules()}.values())
        operands = [operand for module in modules for operand in _own_operands(module)]
        if optimizer is not None:
            optimizer.follow()
            operands += parameters_of(optimizer)
        different = {id(each): each for operand in operands for each in _elements(operand)}
        return cls(
            [(module, dict(module.__dict__)) for module in modules],
            [(each, _gradient(each), np.array(numbers_of(each))) for each in different.values()],
            optimizer,
            {} if optimizer is None else optimizer.state_dict(),
        )

    def forget_gradients(self) -> None:
        """Begin as if none had been computed: others would be added to."""
        for operand, gradient, _ in self.operands:
            if gradient is not None:
                operand.grad = None

    def put_back(self) -> None:
        """Write everything back; a second time it does no harm."""
        for module, attributes in self.attributes:
            for name in module.__dict__.keys() - attributes.keys():
                del module.__dict__[name]
            module.__dict__.update(attributes)
        for operand, gradient, numbers in self.operands:
            if numbers_of(operand).tobytes() != numbers.tobytes():
                twin_of(operand).write(operand, numbers)
            if _gradient(operand) is not gradient:
                operand.grad = gradient
        if self.optimizer is not None:
            self.optimizer.load_state_dict(self.state)


def _own_operands(module: Module) -> Iterator[Any]:
    """The parameters and buffers of a module, without those of the modules in it."""
    for own in (module.named_parameters(recurse=False), module.named_buffers(recurse=False)):
        for _, operand in own:
            yield operand


def _elements(operand: Any) -> Iterable[Any]:
    """The Values of an Array, some of which may have a gradient and others none."""
    return operand.flatten() if isinstance(operand, Array) else [operand]


def _gradient(operand: Any) -> Any:
    """The gradient of an operand; None for buffers that are NumPy arrays."""
    return None if isinstance(operand, np.ndarray) else operand.grad
