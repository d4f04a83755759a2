"""How a run ends: the model is saved, tested once, and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..nn import Module, save_file
from ..optim import History
from .models import load_model
from .report import write_report
from .reporting import contents_of, facts_of
from .result import Metrics, Result, result_of
from .run import Examined, Run, Trained, examined


def pause(run: Run, trained: Trained) -> Result:
    """Save what an interrupted run has come to; the test part stays closed."""
    parts = _without_test(run, _saved(run, trained), trained)
    run.place.write_json(run.place.metrics, _figures(parts))
    replace(run.blueprint, state="interrupted", rate=trained.rate).write(run.place)
    return result_of(run.config, run.blueprint, trained.history, _figures(parts), run.place)


def finish(run: Run, trained: Trained) -> Result:
    """Save the model, open the test part, and write figures and the report."""
    run.say("testing, and writing the report")
    model = _saved(run, trained)
    parts = _without_test(run, model, trained)
    test = None if run.material.parts.test is None else run.material.parts.test.open()
    leaks = []
    if test is not None:
        parts["test"] = examined(run, model, run.prepared("test", test))
        leaks = run.material.leaks_into(test)
    for leak in leaks:
        run.say(leak)
    blueprint = replace(
        run.blueprint,
        state="finished",
        rate=trained.rate,
        notes=(*run.blueprint.notes, *_course(trained.history), *leaks),
        facts=facts_of(run.config, trained),
    )
    run.place.write_json(run.place.metrics, _figures(parts))
    contents = contents_of(replace(run, blueprint=blueprint), trained, model, parts, test)
    with run.place.writing():
        write_report(contents, run.place.path)
    blueprint.write(run.place)  # at last, as it says that all is done
    return result_of(run.config, blueprint, trained.history, _figures(parts), run.place)


def _saved(run: Run, trained: Trained) -> Module:
    """The network as it is read from the file that it was saved to."""
    with run.place.writing():
        save_file(trained.model.state_dict(), run.place.model)
    return load_model(run.blueprint.architecture, run.place.model)


def _without_test(run: Run, model: Module, trained: Trained) -> dict[str, Examined]:
    parts = {"train": trained.train, "validation": trained.validation}
    return {name: examined(run, model, part) for name, part in parts.items() if part is not None}


def _course(history: History) -> list[str]:
    """Why training ended before its time, if it did; progress has told it already."""
    return [f"training ended before its time: {history.stopped}"] if history.stopped else []


def _figures(parts: Mapping[str, Examined]) -> Metrics:
    return {name: part.figures for name, part in parts.items()}
