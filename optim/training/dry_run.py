"""A dry run: what the first few steps tell before hours are spent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...engine.checks import checked_count
from ...engine.modes import no_grad
from ...nn import Module
from ...nn.backend import numbers_of
from ...tensor.random.generator import default_generator
from ..arguments import checked_module
from .batches import Form
from .data_checks import check_inputs, check_targets
from .diagnosis import Check, Diagnosis, without_effects
from .evidence import Evidence, Steps, probed, sampled
from .fit import fit
from .loss_checks import check_loss, constant_loss
from .objective import Objective
from .output_checks import check_outputs, impossible_outputs
from .rehearsal import rehearsed_data, rehearsing
from .sources import Source, training_batches
from .step_checks import (
    check_gradients,
    check_overfit,
    check_parameters,
    check_rate,
    check_units,
)


def dry_run(
    model: Module,
    data: Any,
    *,
    loss: Any = "auto",
    optimizer: Any = "adamw",
    batch_size: int | str | None = None,
    steps: int = 10,
    overfit: int = 0,
    clip: Any = None,
    seed: int | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    regularizer: Any = (),
) -> Diagnosis:
    checked_module(model, "dry_run")
    count = checked_count(steps, "dry_run: steps", at_least=1)
    asked = checked_count(overfit, "dry_run: overfit")
    with rehearsing(model, loss, optimizer):
        form = Form(model)
        source = Source(rehearsed_data(data), sample_weight, None)
        batches = training_batches(source, form, batch_size, seed, None, class_weight)
        sample = sampled(batches)
        objective = Objective(loss, sample.kind)
        if seed is not None:
            default_generator.manual_seed(seed)
        start = probed(model, sample.probe.x)
        weighted = class_weight is not None or sample_weight is not None
        evidence = Evidence(sample=sample, loss=objective.chosen(start.output), weighted=weighted, start=start)
        first = [check_inputs(evidence), check_targets(evidence)]
        wrong = impossible_outputs(evidence)
        if wrong is not None:
            return Diagnosis(without_effects([*first, Check("outputs",(wrong,),"")]))
        with no_grad(), np.errstate(all="ignore"):
            begin = float(objective(start.output, sample.probe.y, sample.probe.weights).item())
        watch = Steps(count)
        fit(model,(numbers_of(sample.batch.x),numbers_of(sample.batch.y)),loss=loss,optimizer=optimizer,epochs=max(count,asked),batch_size="all",clip=clip,callbacks=watch,seed=seed,sample_weight=sample.batch.weights,regularizer=regularizer)
        end=probed(model,sample.probe.x)
        evidence=replace(evidence,end=end,start_loss=begin,constant_loss=constant_loss(sample,objective,start.output),steps=watch,asked=asked)
        checks=[*first,check_outputs(evidence),check_loss(evidence),check_units(evidence),check_parameters(evidence),check_gradients(evidence),check_rate(evidence)]
        o=check_overfit(evidence)
        if o: checks.append(o)
    d= Diagnosis(without_effects(checks)); d.ev=evidence; return d
