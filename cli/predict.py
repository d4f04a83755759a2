"""``twingrad predict``: what a trained model says of new rows."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as given
from .mistakes import answering_mistakes
from .output import answer, note, telling_failures, write
from .places import check_run, check_source

PREDICT_HELP = """\
Predict the rows of DATA with the model of RUN, as CSV: labels and probabilities, or numbers.

Columns are matched by name, and the target need not be among them.

\b
twingrad predict runs/my new.csv -o predictions.csv
twingrad predict runs/my new.csv | head
"""


def predict(
    run: given.Run,
    data: given.NewData,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Where to write, over what is there; - for the standard output, which is the "
            "default.",
        ),
    ] = None,
) -> None:
    """Predict the rows of DATA with the model of RUN."""
    with telling_failures("predict"), answering_mistakes():
        check_run(run)
        check_source(data)
        from .. import workflow
        from ..workflow.saying import spoken_warnings

        with spoken_warnings(note):
            predictions = workflow.predict(run, data)
        if output is None or output == "-":
            answer(predictions.to_csv(), encoding="utf-8")
        else:
            write("--output", output, predictions.to_csv())
            answer(f"{output}: wrote {len(predictions.rows)} predictions")
