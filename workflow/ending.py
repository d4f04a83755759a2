"""How a run ends: the model is saved, tested once, and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import NamedTuple

from ..nn import Module, save_file
from .choices import lower_rate
from .config import Config
from .models import digest_of_file, load_model
from .report import write_report
from .reporting import contents_of, facts_of
from .result import Metrics, Result, result_of
from .run import Examined, Run, Trained, examined


class _Saved(NamedTuple):
    """The network as it is read from the file that it was saved to, and the digest of that file."""

    model: Module
    digest: str


def pause(run: Run, trained: Trained) -> Result:
    """Save what an interrupted run has come to; the test part stays closed."""
    model, digest = _saved(run, trained)
    replace(run.blueprint, state="interrupted", rate=trained.rate, weights=digest).write(run.place)
    parts = _without_test(run, model, trained)
    run.place.write_json(run.place.metrics, _figures(parts))
    return result_of(run.config, run.blueprint, trained.history, _figures(parts), run.place)


def finish(run: Run, trained: Trained) -> Result:
    """Save the model, open the test part, and write figures and the report.

    Raises ``ValueError`` where training has diverged, and left no weights to go back to: there is
    no model then, and the test part stays closed.
    """
    if trained.failed_step is not None and trained.best is None:
        raise _diverged(run, trained)
    course = _course(trained)
    if trained.failed_step is not None:  # progress has told any other reason
        run.say(course)
    run.say("testing, and writing the report")
    model, digest = _saved(run, trained)
    parts = _without_test(run, model, trained)
    if not all(isfinite(part.figures["loss"]) for part in parts.values()):
        raise _diverged(run, trained)
    test = None if run.material.parts.test is None else run.material.parts.test.open()
    if test is not None:
        parts["test"] = examined(run, model, run.prepared("test", test))
    blueprint = replace(
        run.blueprint,
        state="finished",
        rate=trained.rate,
        weights=digest,
        notes=tuple(dict.fromkeys(filter(None, (*run.blueprint.notes, course)))),
        facts=facts_of(run.config, trained),
    )
    run.place.write_json(run.place.metrics, _figures(parts))
    contents = contents_of(replace(run, blueprint=blueprint), trained, model, parts, test)
    with run.place.writing():
        write_report(contents, run.place.path)
    blueprint.write(run.place)  # at last, as it says that all is done
    return result_of(run.config, blueprint, trained.history, _figures(parts), run.place)


def advice(config: Config, rate: float) -> str:
    """What to try where training has diverged with this learning rate."""
    clip = " or --clip 1" if config.clip is None else ""
    return f"try --lr {lower_rate(config, rate):.3g}{clip}"


def _diverged(run: Run, trained: Trained) -> ValueError:
    """Note that training has diverged, and give the error that says so."""
    step = trained.failed_step or trained.history.rows[-1]["step"]
    reason = f"training diverged at step {step}: {advice(run.config, trained.rate)}"
    run.place.model.unlink(missing_ok=True)
    run.place.metrics.unlink(missing_ok=True)
    replace(
        run.blueprint,
        state="diverged",
        rate=trained.rate,
        weights=None,
        notes=(*run.blueprint.notes, reason),
    ).write(run.place)
    return ValueError(f"train: {reason}")


def _saved(run: Run, trained: Trained) -> _Saved:
    with run.place.writing():
        save_file(trained.model.state_dict(), run.place.model)
    digest = digest_of_file(run.place.model)
    return _Saved(load_model(run.blueprint.architecture, run.place.model, digest), digest)


def _without_test(run: Run, model: Module, trained: Trained) -> dict[str, Examined]:
    parts = {"train": trained.train, "validation": trained.validation}
    return {name: examined(run, model, part) for name, part in parts.items() if part is not None}


def _course(trained: Trained) -> str:
    """Why training ended before its time; empty if it did not."""
    if trained.failed_step is not None:
        return (
            f"training diverged at step {trained.failed_step}: the model has the weights of epoch "
            f"{trained.best}, the best before"
        )
    stopped = trained.history.stopped
    return f"training ended before its time: {stopped}" if stopped else ""


def _figures(parts: Mapping[str, Examined]) -> Metrics:
    return {name: part.figures for name, part in parts.items()}
