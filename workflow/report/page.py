"""A report as a page: one file that asks the network for nothing and runs no script."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template

from ...engine.drawing.words import markup
from .canvas import Picture
from .contents import Contents
from .course import history_table, metrics_table
from .examples import examples
from .matrix import confusion_table
from .palette import variables
from .verdict import verdict


def page(contents: Contents, pictures: Mapping[str, Picture]) -> str:
    """The whole page. Every text of ``contents`` is escaped; its policy forbids all scripts."""
    said = verdict(contents)
    sections = [
        ("Decisions", _decided(contents)),
        ("Figures", metrics_table(contents)),
        ("Training", _figures(pictures, "loss", "accuracy", "rate", "gradients")),
        ("Test", _tested(contents, pictures)),
        ("The decision boundary", _figures(pictures, "boundary")),
        ("Worst examples", examples(contents) if len(contents.truth) else ""),
        ("Model", _model(contents)),
        ("History", history_table(contents)),
    ]
    return Template(_file("page.html")).substitute(
        title=markup(contents.title),
        style=f"{variables()}\n{_file('page.css')}",
        kind=markup(_kind(contents)),
        figure=markup(said.figure),
        sentence=markup(said.sentence),
        opening=_opening(contents, said.remark),
        sections="\n".join([_section(title, body) for title, body in sections if body]),
        facts=_facts(contents),
    )


def _kind(contents: Contents) -> str:
    what = f"one of {len(contents.labels)} classes" if contents.labels else "a number"
    return f"Predicting {contents.target}: {what}"


def _opening(contents: Contents, remark: str) -> str:
    parts = [f'<p class="remark">{markup(remark)}</p>'] if remark else []
    if contents.command:
        label = 'aria-label="The command that trains this model again"'
        parts.append(f'<pre class="command" tabindex="0" {label}>{_lines(contents.command)}</pre>')
    return "\n".join(parts)


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{markup(title)}</h2>\n{body}\n</section>"


def _decided(contents: Contents) -> str:
    notes = [f"<li>{markup(note)}</li>" for note in contents.notes]
    return "<ul>\n" + "\n".join(notes) + "\n</ul>" if notes else ""


def _figures(pictures: Mapping[str, Picture], *names: str) -> str:
    """Pictures side by side, those that there are."""
    shown = [
        f"<figure>{picture.svg}<figcaption>{markup(picture.caption)}</figcaption></figure>"
        for picture in map(pictures.get, names)
        if picture is not None
    ]
    kind = "pair" if len(names) > 1 else "single"
    return f'<div class="{kind}">\n' + "\n".join(shown) + "\n</div>" if shown else ""


def _tested(contents: Contents, pictures: Mapping[str, Picture]) -> str:
    if not len(contents.truth):
        return ""
    if contents.task == "regression":
        return _figures(pictures, "predicted", "residuals")
    return confusion_table(contents)


def _model(contents: Contents) -> str:
    if not contents.model.strip():
        return ""
    return f'<pre tabindex="0" aria-label="Layers">{_lines(contents.model)}</pre>'


def _facts(contents: Contents) -> str:
    facts = [
        f"<div><dt>{markup(name)}</dt><dd>{markup(fact)}</dd></div>"
        for name, fact in contents.facts.items()
    ]
    return f"<dl>{''.join(facts)}</dl>" if facts else ""


def _lines(text: str) -> str:
    """Text that keeps its lines."""
    return "\n".join([markup(line) for line in text.strip("\n").splitlines()])


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
