"""A dry run: what the first few steps tell before hours are spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...engine.checks import checked_count
from ...engine.modes import no_grad
from ...nn import Module
from ...nn.backend import numbers_of, twin_of
from ...nn.regularizers import Regularizer
from ...tensor.random.generator import default_generator
from ..arguments import checked_module
from ..history import History
from ..optimizer import Optimizer
from ..rehearsing import rehearsed_data, rehearsing
from ..training.batches import Form
from ..training.fit import fit
from ..training.objective import Objective
from ..training.sources import Source, training_batches
from .data_checks import check_inputs, check_targets
from .diagnosis import Check, Diagnosis, without_effects
from .evidence import Evidence, Steps, probed
from .loss_checks import check_loss, constant_loss
from .output_checks import check_outputs, impossible_outputs
from .sample import Sample, sampled
from .step_checks import check_gradients, check_overfit, check_parameters, check_rate, check_units
from .trials import changing_batches, dead_units

MORE = 6
"""So many times as many steps are made on changing batches, which show later what is too fast."""
MORE_OF_VALUES = 2
"""As many on the scalar twin, which takes longer."""


def dry_run(
    model: Module,
    data: Any,
    *,
    loss: Any = "auto",
    optimizer: str | Optimizer | Callable[[Any], Optimizer] = "adamw",
    batch_size: int | str | None = None,
    steps: int = 10,
    overfit: int = 0,
    clip: float | Callable[[Any], Any] | None = None,
    seed: int | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    regularizer: Regularizer | Sequence[Regularizer] | None = None,
) -> Diagnosis:
    """Look at data, model and some first steps, and say what speaks against training.

    Some hundred rows go through the network and back; then six times ``steps`` updates are made on
    changing batches (twice on the scalar twin), and, from the beginning again, ``steps`` on a
    single one. Afterwards everything is as it was, to the bit, also after an exception and Ctrl-C:
    see :func:`lr_find`.

    Each finding has a kind. Those that others explain are left out: with unscaled inputs, nothing
    is said of the gradients that they make explode.

    ==========================  ===================================================================
    kind                        what was seen
    ==========================  ===================================================================
    ``inputs not finite``       nan or infinity in x, ``targets not finite`` in y
    ``unscaled inputs``         features of means or deviations above 10, lost among others, or all
                                small; ``unscaled targets`` likewise
    ``constant inputs``         the same number other than 0 in all rows; ``constant targets``
    ``class imbalance``         a class with less than a tenth of the rows of another
    ``sorted rows``             a first batch of one class only
    ``shape of outputs``        too few outputs for the classes, or shapes that would broadcast
    ``raw outputs``             no probabilities where the loss takes them
    ``bounded outputs``         an activation at the end that keeps outputs from what they must be
    ``constant outputs``        the same for all rows, before and after the steps
    ``loss not finite``         before the first step
    ``loss too high``           more than 3 times that of constant answers, ln K for K classes; for
                                numbers more than 9 times, in general of the variance
    ``loss too low``            less than 0.3 of it: a leak, or a trained model
    ``equal units``             weights that are the same in all units of a layer, and stay so
    ``dead units``              nothing flows back through half of the units of the first layer; in
                                later layers, through more than the half that is usual
    ``saturated units``         half of the outputs of a bounded function are at its bounds
    ``untrained parameters``    the optimizer does not have them
    ``unused parameters``       the loss does not depend on them
    ``vanishing gradients``     see :class:`GradientFlow`; ``exploding gradients`` likewise
    ``rate too high``           the loss of one batch grows by half, that of changing batches
                                doubles and does not come back, or units die
    ``rate too low``            updates of less than 1e-6 of the weights
    ``no overfitting``          one batch is not learned to a tenth of the loss of constant answers
    ==========================  ===================================================================

    Parameters
    ----------
    model, data, loss, optimizer, batch_size, clip, seed
        As for :func:`twingrad.fit`, which makes the steps; of ``Parts``, ``train`` is used.
    class_weight, sample_weight, regularizer
        Likewise.
    steps : int
        How many updates to look at, at least 1.
    overfit : int
        How many more updates may learn the batch by heart; 0 does not ask for it.

    Returns
    -------
    Diagnosis
        Print it.

    Raises
    ------
    TypeError, ValueError
        For arguments of other kinds and out of range, some by ``fit``; and what the model raises.

    References
    ----------
    Karpathy 2019, "A Recipe for Training Neural Networks".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> _ = twingrad.manual_seed(0)
    >>> model = nn.MLP(2, [16, 16], 2)
    >>> toy = data.toys.moons(200)
    >>> optim.dry_run(model, toy, seed=0).healthy
    True
    >>> too_fast = lambda parameters: optim.SGD(parameters, lr=1000.0)
    >>> [each.kind for each in optim.dry_run(model, toy, optimizer=too_fast, seed=0).findings]
    ['rate too high']
    """
    checked_module(model, "dry_run")
    count = checked_count(steps, "dry_run: steps", at_least=1)
    more = checked_count(overfit, "dry_run: overfit")
    with rehearsing(model, loss, optimizer), np.errstate(all="ignore"):
        if seed is not None:
            default_generator.manual_seed(seed)
        source = Source(rehearsed_data(data), sample_weight, None)
        batches = training_batches(source, Form(model), batch_size, seed, None, class_weight)
        sample = sampled(batches)
        objective = Objective(loss, sample.kind, per_row=batches.has_accuracy)
        start = probed(model, sample.probe.x)
        weighted = class_weight is not None or sample_weight is not None
        chosen = objective.chosen(start.output)
        evidence = Evidence(sample=sample, loss=chosen, weighted=weighted, start=start)
        checks = [check_inputs(evidence), check_targets(evidence)]
        wrong = impossible_outputs(evidence)
        if wrong is not None:
            return Diagnosis(without_effects([*checks, Check("outputs", (wrong,), "")]))
        train = partial(
            fit,
            model,
            loss=loss,
            optimizer=optimizer,
            clip=clip,
            seed=seed,
            regularizer=regularizer,
        )
        with rehearsing(model, loss, optimizer):
            evidence = _with_trials(evidence, model, objective, train, count)
        evidence = _with_steps(evidence, model, objective, train, count, more)
    return Diagnosis(without_effects([*checks, *_checked(evidence)]))


def _with_trials(
    evidence: Evidence,
    model: Module,
    objective: Objective,
    train: Callable[..., History],
    count: int,
) -> Evidence:
    """What is added by a backward pass, and by steps on changing batches."""
    sample, output = evidence.sample, evidence.start.output
    dead = dead_units(model, objective, sample, evidence.start)
    more = MORE if twin_of(output).name == "tensor" else MORE_OF_VALUES
    changing = changing_batches(train, objective, sample, output, more * count)
    return replace(evidence, dead=dead, changing=changing)


def _with_steps(
    evidence: Evidence,
    model: Module,
    objective: Objective,
    train: Callable[..., History],
    count: int,
    more: int,
) -> Evidence:
    """What steps on one batch add to the evidence."""
    steps, batch = Steps(), evidence.sample.batch
    start_loss = _loss(objective, evidence.start.output, evidence.sample)
    train_more = partial(
        train,
        (numbers_of(batch.x), numbers_of(batch.y)),
        batch_size="all",
        sample_weight=batch.weights,
    )
    train_more(epochs=count, callbacks=steps)
    end = probed(model, evidence.sample.probe.x)
    return replace(
        evidence,
        end=end,
        start_loss=start_loss,
        constant_loss=constant_loss(evidence.sample, objective, evidence.start.output),
        steps=steps,
        overfit=train_more(epochs=more)["loss"] if more else (),
    )


def _loss(objective: Objective, output: Any, sample: Sample) -> float:
    with no_grad():
        return float(objective(output, sample.probe.y, sample.probe.weights).item())


def _checked(evidence: Evidence) -> list[Check]:
    """The checks that need a loss, causes before effects."""
    checks = [
        check_outputs(evidence),
        check_loss(evidence),
        check_units(evidence),
        check_parameters(evidence),
        check_gradients(evidence),
        check_rate(evidence),
    ]
    by_heart = check_overfit(evidence)
    return checks if by_heart is None else [*checks, by_heart]
