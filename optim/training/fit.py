"""``fit``: train a model on data, in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ...data.seeds import Purpose, checked_seed, generator_for
from ...engine.checks import POSITIVE, checked_count, checked_flag, checked_number
from ...nn import MLP, BatchNorm1d, Module
from ...nn.backend import random_numbers_kept
from ...nn.clipping import clip_grad_norm_
from ...nn.regularizers import Regularizer
from ...tensor.random.generator import set_rng_state
from ..arguments import checked_module, checked_optimizer, parameters_of
from ..callbacks.base import Callback, checked_callbacks
from ..callbacks.progress import Progress
from ..checkpoints.folder import Checkpoints
from ..history import History
from ..names import optimizer_named
from ..optimizer import Optimizer
from ..stopping import EarlyStopping
from .batches import Batches, Form, measured
from .evaluation import Metric, checked_metrics
from .objective import Objective
from .plan import Plan
from .scheduling import scheduled
from .sources import source_of, training_batches
from .training import Training


def fit(
    model: Module,
    data: Any,
    *,
    loss: Any = "auto",
    optimizer: str | Optimizer | Callable[[Any], Optimizer] = "adamw",
    epochs: int = 10,
    batch_size: int | str | None = None,
    validation: Any = None,
    schedule: Any = None,
    clip: float | Callable[[Any], Any] | None = None,
    early_stopping: int | EarlyStopping | None = None,
    callbacks: Any = (),
    seed: int | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    regularizer: Regularizer | Sequence[Regularizer] | None = None,
    accumulate: int = 1,
    augment: Any = None,
    metrics: Mapping[str, Metric] | None = None,
    checkpoints: str | os.PathLike[str] | Checkpoints | None = None,
    resume: bool = False,
    progress: bool = False,
    compile: bool | None = None,
) -> History:
    """Train a model on data: epochs of mini-batches, each with a step of the optimizer.

    It does what the loop by hand does (``zero_grad``, the loss, ``backward``, ``step``), on either
    twin, and leaves the model in evaluation mode, ready to predict. While it runs, no test part of
    :func:`~twingrad.data.split` opens.

    Parameters
    ----------
    model : Module
    data : Dataset, pair (x, y), Parts, DataLoader or list of batches
        What to train on; ``Parts``, as ``data.split`` gives them, also hold what to validate with.
        Floats become those of the model. Targets that are whole numbers are classes. A loader of
        one's own may be anything that gives pairs (x, y), again and again.
    loss : str, module or function
        ``"auto"`` is cross-entropy for classes (that of one logit, where the model has a single
        output) and the mean squared error for numbers. Other names are ``"bce"``,
        ``"bce_with_logits"``, ``"cross_entropy"``, ``"focal"``, ``"hinge"``, ``"huber"``,
        ``"log_cosh"``, ``"mae"``, ``"mse"``, ``"multi_margin"``, ``"nll"``, ``"perceptron"``,
        ``"poisson_nll"``, ``"smooth_l1"``, ``"soft_margin"`` and ``"squared_hinge"``. A function
        is called with the outputs and the targets as they come, but with targets of shape
        (N, 1) where (N,) would make it compare each output with each target.
    optimizer : str, Optimizer, or function of the parameters
        A name (``"adamw"``, ``"sgd"``, ``"momentum"``, ``"nesterov"``, ...) has its default
        options; for others pass ``lambda parameters: optim.SGD(parameters, lr=0.1)``.
    epochs : int
        How often all data are gone through.
    batch_size : int or "all", optional
        The rows of a step, 32 if not given: 1 is stochastic descent, ``"all"`` that of the whole
        batch.
    validation : Dataset, pair (x, y), DataLoader, float or int, optional
        What is measured, never trained on, at the end of each epoch; a share such as 0.1, or a
        number of rows, is split off the data, in proportion of classes.
    schedule : str, LRScheduler, pair or function, optional
        How the learning rate changes: ``"onecycle"``, ``"cosine"``, ``"linear"``, ``"warmup"`` (a
        rise, then a cosine), ``"step"`` (to a tenth at 1/2 and 3/4) and ``"plateau"`` (half, where
        the loss stands still), from the rate of the optimizer; a scheduler, which steps with each
        epoch, but ``OneCycleLR``, ``CyclicLR`` and ``WarmupCosineLR`` with each update; a pair
        ``(scheduler, "step")`` or ``(scheduler, "epoch")``; or what makes a scheduler, of the
        optimizer, or of the optimizer and the number of all updates, with each of which it steps
        then.
    clip : float or function, optional
        The greatest norm of the gradient, or what changes the gradients of parameters itself.
    early_stopping : int or EarlyStopping, optional
        Stop after so many epochs without a lower validation loss (with ``mode="max"``, a higher
        validation accuracy). However training ends, the model has its best weights then.
    callbacks : list of Callback or functions
        A function is called with the :class:`Training` at the end of each epoch.
    seed : int, optional
        What the order of rows, augmentation, dropout and the rows of a validation share follow
        from; the weights the model begins with are its own. Without it they follow from
        ``twingrad.manual_seed``, as in a loop by hand, and a validation share is that of seed 0.
    class_weight : "balanced", dict or array of shape (K,), optional
        Weights of classes, by label or number. The mean of a batch is ``sum(w * loss) / sum(w)``.
    sample_weight : array of shape (N,), optional
        Weights of the training rows, which multiply those of classes.
    regularizer : Regularizer or list of them, optional
        Penalties that are added to the loss, such as ``nn.L2(1e-4)``.
    accumulate : int
        So many batches make one update, from the gradient of their common mean.
    augment : Augmentation or list of them, optional
        Random changes of training batches; see :mod:`twingrad.data.augmentation`.
    metrics : dict of functions, optional
        Further measures of the validation data; see :func:`evaluate`.
    checkpoints : path or Checkpoints, optional
        A folder to save the training in while it runs.
    resume : bool
        Go on from the last good checkpoint in that folder, if there is one, with the result that
        the training would have had without a break. Pass the same arguments: others are refused,
        where that can be seen. There may be more epochs, unless the schedule is made for their
        number.
    progress : bool
        Show a bar on a terminal, and lines elsewhere.
    compile : bool, optional
        Turn the training step into compiled code, and take many steps in one call; the results are
        the same but for rounding. If not given, that is done where it pays, which depends on the
        number of updates alone: from 3000 of them on. Models of the scalar twin, LBFGS,
        augmentation, memory maps, batches that come from elsewhere, and models with hooks are
        always trained without.

    Returns
    -------
    History
        The measures of each epoch.

    Raises
    ------
    TypeError, ValueError
        For arguments of other kinds, and out of range; for a checkpoint of another training.
    IndexError
        For a class that the model has no output for.
    OSError
        If checkpoints cannot be written or read.

    Warns
    -----
    RuntimeWarning
        If the loss becomes nan or infinite: training stops before that update.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import data, nn
    >>> _ = twingrad.manual_seed(0)
    >>> parts = data.split(data.toys.moons(500), validation=0.2, test=0.2)
    >>> model = nn.MLP(2, [16, 16], 2)
    >>> history = twingrad.fit(
    ...     model,
    ...     parts,
    ...     optimizer=lambda parameters: twingrad.optim.Adam(parameters, lr=0.01),
    ...     schedule="onecycle",
    ...     epochs=20,
    ...     seed=0,
    ... )
    >>> history["validation_accuracy"][-1] > 0.95
    True
    >>> twingrad.optim.evaluate(model, parts.test.open())["accuracy"] > 0.95
    True
    """
    _check_trainable(model)
    _check_seed(seed)
    form = Form(model)
    source = source_of(data, validation, sample_weight, seed)
    batches = training_batches(source, form, batch_size, seed, augment, class_weight)
    _check_batches(model, batches)
    held_out = (
        None if source.held_out is None else measured(source.held_out, form, "fit: validation")
    )
    made = _optimizer(optimizer, model)
    joined = checked_count(accumulate, "fit: accumulate", at_least=1)
    planned = checked_count(epochs, "fit: epochs", at_least=1)
    updates = None if batches.per_epoch is None else planned * -(-batches.per_epoch // joined)
    plan = Plan(
        model=model,
        optimizer=made,
        batches=batches,
        validation=held_out,
        objective=Objective(loss, batches.kind, per_row=batches.has_accuracy),
        regularizers=_regularizers(regularizer),
        clip=_clipping(clip),
        metrics=_metrics(metrics, held_out),
        epochs=planned,
        accumulate=joined,
        stopping=_stopping(early_stopping, model, held_out),
        checkpoints=_checkpoints(checkpoints, checked_flag(resume, "fit: resume")),
        callbacks=_callbacks(callbacks, progress),
        compile=None if compile is None else checked_flag(compile, "fit: compile"),
        schedule=scheduled(schedule, made, updates),  # last, as it changes the optimizer
        given={
            "loss": loss,
            "clip": clip,
            "regularizer": regularizer,
            "class_weight": class_weight,
            "seed": seed,
        },
    )
    training = Training(plan)
    with _random_numbers_of(seed):
        if resume:
            training.resume()
        return training.run()


def _check_trainable(model: Any) -> None:
    """Raise ``TypeError`` or ``ValueError`` for what has nothing to be trained."""
    checked_module(model, "fit")
    if isinstance(model, MLP) and model.out_features is None:
        raise ValueError(
            "fit: model must take batches, got an MLP of single neurons, which takes one row: "
            "write for example nn.MLP(2, [4], 1)"
        )
    if not any(each.requires_grad for each in model.parameters()):
        raise ValueError(
            "fit: model must have parameters to train, got none that requires a gradient: unfreeze "
            "some with requires_grad_()"
        )


def _check_batches(model: Module, batches: Batches) -> None:
    """Raise ``ValueError`` where batch normalization would get a single row, without variance."""
    loader = batches.own_loader
    if loader is None or loader.drop_last or loader.rows % loader.batch_size != 1:
        return
    if loader.batch_size > 1 and any(isinstance(each, BatchNorm1d) for each in model.modules()):
        raise ValueError(
            "fit: batch_size must leave no batch of one row for batch normalization, got "
            f"{loader.batch_size} for {loader.rows} rows: choose another, or pass a DataLoader "
            "with drop_last=True"
        )


def _check_seed(seed: Any) -> None:
    if seed is None:
        return
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 1 << 64:
        raise (ValueError if whole else TypeError)(
            f"fit: seed must be a whole number from 0 to 2**64 - 1, got {seed!r:.40}: choose one "
            "such as 0"
        )


def _optimizer(given: Any, model: Module) -> Optimizer:
    if isinstance(given, str):
        return optimizer_named(given, "fit: optimizer")(model.parameters())
    if not isinstance(given, Optimizer) and not callable(given):
        raise TypeError(
            f"fit: optimizer must be a name, an Optimizer or a function of the parameters, got "
            f"{type(given).__name__}: write for example optimizer='adamw'"
        )
    made = given if isinstance(given, Optimizer) else given(model.parameters())
    made = checked_optimizer(made, "fit")
    made.follow()
    own = {id(each) for each in model.parameters()}
    if not any(id(each) in own for each in parameters_of(made)):
        raise ValueError(
            "fit: optimizer must have parameters of the model, got one of others: make it with "
            "model.parameters()"
        )
    return made


def _regularizers(given: Any) -> list[Regularizer]:
    found = [given] if isinstance(given, Regularizer) else given or []
    if not isinstance(found, list | tuple) or not all(
        isinstance(each, Regularizer) for each in found
    ):
        raise TypeError(
            f"fit: regularizer must be a Regularizer or a list of them, got {given!r:.60}: write "
            "for example regularizer=nn.L2(1e-4)"
        )
    return [*found]


def _clipping(given: float | Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if given is None or callable(given):
        return given
    return partial(clip_grad_norm_, max_norm=checked_number(given, "fit: clip", POSITIVE))


def _stopping(given: Any, model: Module, held_out: Batches | None) -> EarlyStopping | None:
    if given is None:
        return None
    if held_out is None:
        raise ValueError(
            "fit: early_stopping needs something to measure, got no validation: pass "
            "validation=0.1, or data to validate with"
        )
    if not isinstance(given, EarlyStopping):
        return EarlyStopping(model, checked_count(given, "fit: early_stopping"))
    if given.mode == "max" and not held_out.has_accuracy:
        raise ValueError(
            "fit: early_stopping must have mode='min' where targets are not one class for each "
            "row, got 'max': there is no accuracy"
        )
    if given.checks or given.model not in (None, model):
        raise ValueError(
            "fit: early_stopping must be a new one for this model, got one "
            + ("that was used before" if given.checks else "of another model")
            + ": make another EarlyStopping(...)"
        )
    given.model = model
    return given


def _metrics(given: Any, held_out: Batches | None) -> Mapping[str, Metric]:
    found = checked_metrics(given, "fit")
    if found and held_out is None:
        raise ValueError(
            "fit: metrics need something to measure, got no validation: pass validation=0.1, or "
            "data to validate with"
        )
    return found


def _checkpoints(given: Any, resume: bool) -> Checkpoints | None:
    if given is None:
        if resume:
            raise ValueError(
                "fit: resume=True needs the folder of the checkpoints, got none: pass checkpoints="
            )
        return None
    checkpoints = given if isinstance(given, Checkpoints) else Checkpoints(given)
    if not resume and checkpoints.steps():
        raise ValueError(
            f"fit: checkpoints must be a folder without any, got {str(checkpoints.folder)!r}: pass "
            "resume=True to go on, or choose another folder"
        )
    return checkpoints


def _callbacks(given: Any, progress: bool) -> list[Callback]:
    callbacks = checked_callbacks(given)
    return [*callbacks, Progress()] if checked_flag(progress, "fit: progress") else callbacks


@contextmanager
def _random_numbers_of(seed: int | None) -> Iterator[None]:
    """Draw random numbers from the seed inside the block, and go on outside as if nothing were."""
    if seed is None:
        yield
        return
    with random_numbers_kept():
        set_rng_state(generator_for(checked_seed(seed), Purpose.TRAINING).get_state())
        yield
