"""Writes generated code into pages: ``python docs/make_source.py``.

The Python blocks of a page, one behind the other, are the code of the ``step`` that the page's own
examples define; what stands between them explains it. A test tells when they no longer are.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Sequence
from pathlib import Path

PAGES = (Path(__file__).parent / "compiling.md",)
"""The pages with code."""

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def source_on(page: Path) -> str:
    """The code of the step that the examples of a page define."""
    text = page.read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    doctest.DocTestRunner(verbose=False).run(test, clear_globs=False)
    source: str = test.globs["step"].source
    return source


def with_source(text: str, source: str) -> str:
    """The text of a page with this code in its blocks, each of which begins where it did before."""
    lines = source.rstrip("\n").split("\n")
    starts = [_place(lines, block.split("\n", 1)[0]) for block in _BLOCK.findall(text)]
    if not starts or starts[0] != 0 or starts != sorted({*starts}):
        raise ValueError(f"the blocks of the page begin at the lines {starts} of the code")
    parts = iter(zip(starts, [*starts[1:], len(lines)]))

    def block(match: re.Match[str]) -> str:
        start, end = next(parts)
        part = "\n".join(lines[start:end]).rstrip("\n")
        return f"```python\n{part}\n```"

    return _BLOCK.sub(block, text)


def code_on(text: str) -> str:
    """All the code in the blocks of a page."""
    return "\n".join(_BLOCK.findall(text))


def _place(lines: Sequence[str], first: str) -> int:
    """Where a line stands in the code; numbers in names may have become others."""
    wanted = _blurred(first)
    return next((k for k, line in enumerate(lines) if _blurred(line) == wanted), -1)


def _blurred(line: str) -> str:
    return re.sub(r"\d+", "#", line)


if __name__ == "__main__":
    for path in PAGES:
        written = path.read_text(encoding="utf-8")
        path.write_text(with_source(written, source_on(path)), encoding="utf-8")
