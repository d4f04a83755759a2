"""``twingrad step``: backpropagation, one step at a time."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Annotated

import typer

from ..engine.derivation import derivation
from ..engine.examples import EXAMPLES
from ..engine.naming import is_plain
from ..engine.stepper import Stepper
from ..engine.typed import assignments, graph, looks_assigned
from .output import Failure, answer, note, telling_failures, write

VIEWS = {
    "--html": ("a page that steps through the graph", Stepper.to_html),
    "--svg": ("a picture of the graph", Stepper.to_svg),
    "--dot": ("the graph in Graphviz's DOT language", Stepper.to_dot),
    "--json": ("the trace as JSON", Stepper.to_json),
}
"""The options that write a file: what they write, and how it is made."""

STEP_HELP = """\
Step through the forward and the backward pass of a formula.

On a terminal, one key is one step, there and back; elsewhere all steps are printed. \
A FILE may be - for the standard output.

\b
twingrad step "tanh(w*x + b)" w=0.8 x=2 b=-1
twingrad step --example 2-1-1 --wrt w1
twingrad step "tanh(w*x + b)" w=0.8 x=2 b=-1 --update "Adam(w, b, lr=0.1)"
twingrad step "x**2 if x > 0 else -x" x=3 --svg graph.svg
"""


def step(
    expression: Annotated[
        str | None,
        typer.Argument(metavar="EXPRESSION", help="A formula in quotes.", show_default=False),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE",
            help="A number for each of its names, such as 0.5, 1e-3, 1/3, pi/2 or -inf.",
            show_default=False,
        ),
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"A ready graph instead of an expression: {', '.join(EXAMPLES)}. Its numbers may "
            "be replaced by NAME=VALUE.",
        ),
    ] = None,
    wrt: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Print one derivative only: the backward steps that lead to it, and every chain "
            "of the chain rule.",
        ),
    ] = None,
    update: Annotated[
        str | None,
        typer.Option(
            metavar="OPTIMIZER",
            help="Go on with an update of leaves, such as 'Adam(w, b, lr=0.1)'; without names, "
            "of all leaves.",
        ),
    ] = None,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help=f"Write {VIEWS['--html'][0]}.")
    ] = None,
    svg: Annotated[
        str | None, typer.Option(metavar="FILE", help=f"Write {VIEWS['--svg'][0]}.")
    ] = None,
    dot: Annotated[
        str | None, typer.Option(metavar="FILE", help=f"Write {VIEWS['--dot'][0]}.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help=f"Write {VIEWS['--json'][0]}."),
    ] = None,
) -> None:
    """Step through the forward and the backward pass of a formula."""
    targets = {"--html": html, "--svg": svg, "--dot": dot, "--json": json}
    wanted = {option: target for option, target in targets.items() if target is not None}
    words = [word for word in (expression, *(values or ())) if word is not None]
    with telling_failures("step"):
        _step(words, example, wrt, update, wanted)


def _step(
    words: list[str],
    example: str | None,
    wrt: str | None,
    update: str | None,
    wanted: Mapping[str, str],
) -> None:
    try:
        _check_targets(wanted, wrt)
        _check_update(update, wrt)
        subject = _subject(words, example)
        if update is not None:
            _append_update(subject, update)
        if wrt is not None:
            answer(_introduced(subject, _derivation(subject, wrt)))
            return
    except ValueError as error:
        raise Failure(str(error)) from None
    if wanted:
        views = {
            option: (target, VIEWS[option][1](subject.stepper)) for option, target in wanted.items()
        }
        _write(views)
    elif not _explored(subject):
        text = _introduced(subject, subject.stepper.to_text())
        conclusion = subject.stepper.conclusion
        answer(f"{text}\n{conclusion}\n" if conclusion else text)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is stepped through, and the words that go with it."""

    stepper: Stepper
    title: str
    unused: tuple[str, ...] = ()


def _subject(words: list[str], example: str | None) -> _Subject:
    """The graph that the words of the command line ask for; ``ValueError`` if there is none."""
    for word in words:
        if re.fullmatch(r"--[A-Za-z][\w-]*(=.*)?", word):
            raise ValueError(
                f"there is no option {word!r}: the options are --example, --wrt, --update, "
                f"{', '.join(VIEWS)} and --help; two minus signs are written -(-x)"
            )
    expressions = [word for word in words if not looks_assigned(word)]
    given = [word for word in words if looks_assigned(word)]
    if example is not None:
        return _example(example, expressions, given)
    if not expressions:
        raise ValueError(
            "there is neither an expression nor --example: write for example "
            'twingrad step "w*x + b" w=2 x=3 b=1, or twingrad step --example neuron'
        )
    if len(expressions) > 1:
        raise ValueError(
            f"there are {len(expressions)} expressions, {expressions[0]!r} and "
            f"{expressions[1]!r}: put one expression in quotes, and give numbers as NAME=VALUE"
        )
    text = expressions[0]
    values = assignments(given)
    stepper = graph(text, values).steps()
    names = {stepper.names[node] for node in stepper.nodes}
    title = "".join(c if c.isprintable() else " " for c in " ".join([text, *given]))
    return _Subject(stepper, title, unused=tuple(name for name in values if name not in names))


def _example(name: str, expressions: list[str], given: list[str]) -> _Subject:
    if expressions:
        raise ValueError(
            f"there are both --example {name} and the expression {expressions[0]!r}: give one of "
            "them; the numbers of an example are replaced by NAME=VALUE"
        )
    if name not in EXAMPLES:
        raise ValueError(f"there is no example {name!r}: choose one of {', '.join(EXAMPLES)}")
    stepper = EXAMPLES[name].steps(**assignments(given))
    return _Subject(stepper, " ".join([f"example {name}", *given]))


def _derivation(subject: _Subject, name: str) -> str:
    stepper = subject.stepper
    if name in subject.unused:
        raise ValueError(
            f"--wrt {name}: {name} is not used in the branch that the numbers take, so that "
            "the derivative by it is 0"
        )
    names = [stepper.names[node] for node in stepper.nodes if not is_plain(node)]
    if name not in names:
        raise ValueError(f"--wrt {name}: the graph has no {name!r}: it has {', '.join(names)}")
    try:
        return derivation(stepper, name)
    except ValueError as error:
        varying = [stepper.names[node] for node in stepper.nodes if node.requires_grad]
        raise ValueError(f"--wrt {name}: {error}: choose one of {', '.join(varying)}") from None


def _append_update(subject: _Subject, optimizer: str) -> None:
    from ..lab.updating import append_update

    try:
        append_update(subject.stepper, optimizer)
    except ValueError as error:
        raise ValueError(f"--update: {error}") from None


def _introduced(subject: _Subject, text: str) -> str:
    introduction = subject.stepper.introduction
    return f"{fill(introduction, 96)}\n\n{text}" if introduction else text


def _explored(subject: _Subject) -> bool:
    """Whether there is a terminal to explore on; it has been done then."""
    if not sys.stdout.isatty():
        return False
    from ..lab import Session, explore, usable

    if not usable():
        return False
    explore(Session(subject.stepper, subject.title))
    return True


def _check_targets(wanted: Mapping[str, str], wrt: str | None) -> None:
    if wanted and wrt is not None:
        raise ValueError(
            f"--wrt {wrt} prints one derivative, and {next(iter(wanted))} writes the whole graph: "
            "give one of them"
        )
    seen: dict[str, str] = {}
    for option, target in wanted.items():
        if not target:
            raise ValueError(
                f"{option} needs a file to write to, got '': name one, or - for stdout"
            )
        place = target if target == "-" else os.path.realpath(target)
        if place in seen:
            raise ValueError(f"{seen[place]} and {option} both write to {target!r}: name two files")
        seen[place] = option


def _check_update(update: str | None, wrt: str | None) -> None:
    if update is not None and wrt is not None:
        raise ValueError(
            f"--wrt {wrt} prints one derivative, and --update goes on behind all of them: give "
            "one of them"
        )


def _write(views: Mapping[str, tuple[str, str]]) -> None:
    """Write every view to its file, and say so; to stderr where stdout holds a view."""
    on_stdout = any(target == "-" for target, _ in views.values())
    for option, (target, text) in views.items():
        if target == "-":
            answer(text, encoding="utf-8")
            continue
        write(option, target, text)
        said = f"{target}: wrote {VIEWS[option][0]}"
        if on_stdout:
            note(said)
        else:
            answer(said)
