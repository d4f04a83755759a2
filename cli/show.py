"""``twingrad show``: what a run is, and how it went."""

from __future__ import annotations

from . import options as given
from .mistakes import answering_mistakes
from .output import answer, telling_failures
from .places import check_run

SHOW_HELP = """\
Show what RUN was trained for, how, and how well.

\b
twingrad show runs/digits
"""


def show(run: given.Run) -> None:
    """Show what RUN was trained for, how, and how well."""
    with telling_failures("show"), answering_mistakes():
        check_run(run)
        from .. import workflow

        answer(workflow.summary(run))
