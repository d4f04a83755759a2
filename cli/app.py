"""The command ``twingrad``: its commands, its version, and how it ends."""

from __future__ import annotations

import sys
from typing import Annotated, Any, NoReturn

import typer

from .. import __version__
from .bench import BENCH_HELP, bench
from .check import CHECK_HELP, check
from .check import EXIT_CODES as CHECK_EXIT_CODES
from .evaluate import EVALUATE_HELP, evaluate
from .info import INFO_HELP, info
from .output import INTERRUPTED, WRONG_USE
from .plain_help import Command, Group
from .predict import PREDICT_HELP, predict
from .show import SHOW_HELP, show
from .step import STEP_HELP, step
from .train import EXIT_CODES, TRAIN_HELP, train

app = typer.Typer(
    cls=Group, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
)

# What typer raises for a wrong command line; its own name depends on the version of typer.
_UsageError: Any = typer.BadParameter.__mro__[1]


def run() -> NoReturn:
    """Run the command line on the arguments of the process, and exit."""
    try:
        code = app(prog_name="twingrad", standalone_mode=False)
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else "twingrad"
        said = " ".join(error.format_message().rstrip(".").split())
        typer.echo(f"{command}: {said}; see {command} --help", err=True)
        sys.exit(WRONG_USE)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twingrad {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            help="Print the version and exit.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """A scalar autograd engine to look into, and a tensor backend to train with."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


_RUNS = "Train a network, and use it"
_LEARNING = "Look into it"
_CHECKING = "Check it"
_MACHINE = "Measure it"

app.command(cls=Command, help=TRAIN_HELP, epilog=EXIT_CODES, rich_help_panel=_RUNS)(train)
app.command(cls=Command, help=PREDICT_HELP, rich_help_panel=_RUNS)(predict)
app.command(cls=Command, help=EVALUATE_HELP, rich_help_panel=_RUNS)(evaluate)
app.command(cls=Command, help=SHOW_HELP, rich_help_panel=_RUNS)(show)

# an expression may begin with a minus sign, as options do
app.command(
    cls=Command,
    help=STEP_HELP,
    context_settings={"ignore_unknown_options": True},
    rich_help_panel=_LEARNING,
)(step)

app.command(cls=Command, help=CHECK_HELP, epilog=CHECK_EXIT_CODES, rich_help_panel=_CHECKING)(check)

app.command(cls=Command, help=BENCH_HELP, rich_help_panel=_MACHINE)(bench)
app.command(cls=Command, help=INFO_HELP, rich_help_panel=_MACHINE)(info)
