"""``twingrad evaluate``: how good a trained model is on data with answers."""

from __future__ import annotations

from . import options as given
from .mistakes import answering_mistakes
from .output import answer, note, telling_failures
from .places import check_run, check_source

EVALUATE_HELP = """\
Measure the model of RUN on DATA, which must hold the target as well.

\b
twingrad evaluate runs/my more.csv
"""


def evaluate(run: given.Run, data: given.NewData) -> None:
    """Measure the model of RUN on DATA."""
    with telling_failures("evaluate"), answering_mistakes():
        check_run(run)
        check_source(data)
        from .. import workflow
        from ..nn.tables import aligned
        from ..workflow.measures import NAMES, names_shown, shown
        from ..workflow.saying import spoken_warnings

        with spoken_warnings(note):
            measured = workflow.evaluate(run, data)
        names = names_shown({"data": measured})
        rows = [(NAMES[name], shown(name, measured[name])) for name in names]
        answer("\n".join(aligned(rows, "<>")))
