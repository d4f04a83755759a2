"""Averages of the weights along the way: exponential (EMA) and plain ones (SWA)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.modes import no_grad
from ..engine.operation import real_number
from ..nn import BatchNorm1d, Module
from ..nn.backend import named
from ..nn.state import entries, twin_of

Average = Callable[[NDArray[Any], NDArray[Any], int], NDArray[Any]]
"""The new average of numbers, from the old one, the current numbers, and how many it is of."""


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average ``decay * average + (1 - decay) * w``.

    Raises ``ValueError`` for a ``decay`` outside of [0, 1].
    """
    if not 0 <= real_number(decay, "get_ema_avg_fn: decay") <= 1:
        raise ValueError(
            f"get_ema_avg_fn: decay must lie in [0, 1], got {decay!r}: 0.999 looks back over "
            "about 1000 steps"
        )
    return lambda average, current, count: decay * average + (1 - decay) * current


def get_swa_avg_fn() -> Average:
    """The mean of all weights so far: ``average + (w - average) / (count + 1)``."""
    return lambda average, current, count: average + (current - average) / (count + 1)


@final
class AveragedModel(Module):
    """A copy of a model whose weights are averages of the model's.

    Call :meth:`update_parameters` after every step, or every epoch, and predict with it.

    Parameters
    ----------
    model : Module
        It is copied.
    avg_fn : callable, optional
        ``(average, current, count) -> average`` on NumPy arrays; the plain mean (stochastic
        weight averaging), if not given. See :func:`get_ema_avg_fn`.
    use_buffers : bool
        Average floating point buffers too, such as running means; otherwise they are copied.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : int
        How many weights it is the average of.

    References
    ----------
    Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization".

    Examples
    --------
    >>> from twingrad import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> average = optim.AveragedModel(model, optim.get_ema_avg_fn(0.9))
    >>> average.update_parameters(model)
    >>> int(average.n_averaged)
    1
    """

    def __init__(
        self, model: Module, avg_fn: Average | None = None, use_buffers: bool = False
    ) -> None:
        super().__init__()
        if not isinstance(model, Module):
            raise TypeError(
                f"AveragedModel: model must be a Module, got {type(model).__name__}: pass the "
                "model itself"
            )
        self.module = deepcopy(model)
        self.avg_fn = avg_fn or get_swa_avg_fn()
        self.use_buffers = use_buffers
        self.register_buffer("n_averaged", named(model.backend).moved(np.array(0)))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the weights of the model into the average; the first time they are copied.

        Raises ``ValueError`` for a model of other parameters.
        """
        own, given = entries(self.module), entries(model)
        if [*own] != [*given]:
            raise ValueError(
                "update_parameters: model must have the parameters that were copied, "
                f"{', '.join(own)}, got {', '.join(given)}: pass the same model"
            )
        averaged = dict(self.module.named_parameters(remove_duplicate=False))
        count = int(self.n_averaged)
        for name, operand in own.items():
            current = twin_of(given[name]).numbers(given[name])
            twin = twin_of(operand)
            is_averaged = name in averaged or (self.use_buffers and current.dtype.kind == "f")
            if count and is_averaged:
                current = self.avg_fn(twin.numbers(operand), current, count)
            twin.write(operand, current)
        self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Compute the running statistics of batch normalisation anew, from all batches of a loader.

    The weights of an average have never seen data. Batches are inputs, or tuples that begin with
    them. Modes are put back.
    """
    layers = [module for module in model.modules() if isinstance(module, BatchNorm1d)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.train()
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, tuple | list) else batch)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        for module, mode in modes:
            module.training = mode
