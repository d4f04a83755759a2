"""Averages of the weights along the way: exponential (EMA) and plain ones (SWA)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.formulas import where
from ..engine.modes import no_grad
from ..engine.operation import real_number
from ..nn import BatchNorm1d, Module
from ..nn.backend import backend_of, named, numbers_of, recorder_in_force, twin_of
from ..nn.modes import modes_kept
from ..nn.watching import followed
from .arguments import checked_module
from .lr_scheduler import SWALR

__all__ = ["SWALR", "AveragedModel", "get_ema_avg_fn", "get_swa_avg_fn", "update_bn"]

Average = Callable[[NDArray[Any], NDArray[Any], int], Any]
"""The new average of numbers, from the old one, the current numbers, and how many it is of."""


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average ``decay * average + (1 - decay) * w``.

    It looks back over about ``1 / (1 - decay)`` updates. Raises ``ValueError`` for a ``decay``
    outside of [0, 1].

    Examples
    --------
    >>> from twingrad import optim
    >>> optim.get_ema_avg_fn(0.75)(1.0, 2.0, 1)
    1.25
    """
    kept = real_number(decay, "get_ema_avg_fn: decay")
    if not 0 <= kept <= 1:
        raise ValueError(
            f"get_ema_avg_fn: decay must lie in [0, 1], got {decay!r}: 0.999 looks back over "
            "about 1000 updates"
        )
    return lambda average, current, count: kept * average + (1 - kept) * current


def get_swa_avg_fn() -> Average:
    """The plain mean of all weights so far: ``average + (w - average) / (count + 1)``.

    Examples
    --------
    >>> from twingrad import optim
    >>> optim.get_swa_avg_fn()(1.0, 2.0, 3)
    1.25
    """
    return lambda average, current, count: average + (current - average) / (count + 1)


@final
class AveragedModel(Module):
    """A copy of a model whose weights are averages of the model's.

    Call :meth:`update_parameters` after every step (EMA) or epoch (SWA), and predict with it. A
    model with batch normalisation needs :func:`update_bn` before, or ``use_buffers``. Either
    model may move to the other twin in between.

    Parameters
    ----------
    model : Module
        It is copied, its modes included.
    avg_fn : callable, optional
        ``avg_fn(average, current, count) -> average``, of NumPy arrays and the number of weights
        that the average is of so far. If not given, the plain mean: stochastic weight averaging.
    use_buffers : bool
        Average buffers too, such as running means; of whole numbers the fraction is cut off, as
        in PyTorch. Otherwise they are those of the model.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : whole number
        How many weights it is the average of.

    Raises
    ------
    TypeError
        If ``model`` is no Module, or ``avg_fn`` cannot be called.

    References
    ----------
    Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; for
    exponential ones Polyak and Juditsky 1992, "Acceleration of stochastic approximation by
    averaging".

    Examples
    --------
    >>> from twingrad import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> average = optim.AveragedModel(model, avg_fn=optim.get_ema_avg_fn(0.9))
    >>> average.update_parameters(model)
    >>> int(average.n_averaged), [*average.state_dict()]
    (1, ['n_averaged', 'module.weight', 'module.bias'])
    """

    n_averaged: Any

    def __init__(
        self, model: Module, *, avg_fn: Average | None = None, use_buffers: bool = False
    ) -> None:
        super().__init__()
        checked_module(model, "AveragedModel")
        if avg_fn is not None and not callable(avg_fn):
            raise TypeError(
                f"AveragedModel: avg_fn must be a function, got {type(avg_fn).__name__} "
                f"{avg_fn!r:.40}: write for example avg_fn=optim.get_ema_avg_fn(0.999)"
            )
        self.module = deepcopy(model)
        self.avg_fn = avg_fn or get_swa_avg_fn()
        self.use_buffers = use_buffers
        self.register_buffer("n_averaged", named(model.backend).moved(np.array(0, np.int64)))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the weights of the model into the average; the first time they are copied.

        Raises ``ValueError`` for a model of other parameters or buffers; then nothing has been
        changed.
        """
        own, given = _members(self.module), _members(checked_module(model, "update_parameters"))
        _check_alike(own, given)
        followed(self)
        is_recorded = recorder_in_force() is not None
        count = self.n_averaged if is_recorded else int(self.n_averaged)
        parameters = {name for name, _ in self.module.named_parameters()}
        for name, operand in own.items():
            new = given[name].detach() if is_recorded else numbers_of(given[name])
            if self.use_buffers or name in parameters:
                new = self._average(operand, new, count)
            if not is_recorded:
                new = np.asarray(new).astype(numbers_of(operand).dtype)
            twin_of(operand).write(operand, new)
        self.n_averaged += 1

    def _average(self, operand: Any, new: Any, count: Any) -> Any:
        """The average with new numbers, of which it is the first where there were none before.

        In a step that is recorded it is computed with tensors, and so is the count.
        """
        if backend_of(count) is None:
            return self.avg_fn(numbers_of(operand), new, count) if count else new
        return where(count == 0, new, self.avg_fn(operand.detach(), new, count))


def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Compute the running statistics of batch normalisation anew, from all batches of a loader.

    The weights of an average have never seen data, so its running means are none of its own.

    Parameters
    ----------
    loader : iterable
        Batches of inputs, or tuples or lists that begin with one.
    model : Module
        Its other modules are set to training meanwhile, and back.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> model = nn.Sequential(nn.BatchNorm1d(1))
    >>> optim.update_bn([twingrad.tensor([[1.0], [3.0]]), twingrad.tensor([[5.0], [7.0]])], model)
    >>> model[0].running_mean
    tensor([4.])
    """
    modules = [*checked_module(model, "update_bn").modules()]
    layers = [module for module in modules if isinstance(module, BatchNorm1d)]
    if layers:
        with _averaging_all(model, layers), no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, tuple | list) else batch)


@contextmanager
def _averaging_all(model: Module, layers: list[BatchNorm1d]) -> Iterator[None]:
    """Let the layers begin anew, and weigh all batches of the block equally."""
    momenta = [layer.momentum for layer in layers]
    with modes_kept(model):
        try:
            model.train()
            for layer in layers:
                layer.reset_running_stats()
                layer.momentum = None
            yield
        finally:
            for layer, momentum in zip(layers, momenta, strict=True):
                layer.momentum = momentum


def _members(model: Module) -> dict[str, Any]:
    """The parameters and buffers by path, shared ones once."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _check_alike(own: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise ``ValueError`` where names or shapes differ."""
    wanted, found = (
        {name: numbers_of(operand).shape for name, operand in members.items()}
        for members in (own, given)
    )
    differing = [name for name in {**wanted, **found} if wanted.get(name) != found.get(name)]
    if differing:
        name = differing[0]
        raise ValueError(
            "update_parameters: model must have the parameters and buffers that were copied, got "
            f"{name} with shape {found.get(name)} where {wanted.get(name)} belongs: pass the "
            "model that was copied"
        )
