"""What a run says while it goes on: sentences, warnings among them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Say = Callable[[str], object]
"""Takes a sentence."""

_OURS = r"[A-Za-z_][\w.]*: "
"""How warnings of this package begin: with the name of what warns."""


@contextmanager
def spoken_warnings(say: Say) -> Iterator[None]:
    """Inside the block, warnings of this package are said; others go their usual way."""
    with warnings.catch_warnings():
        usual = warnings.showwarning
        for kind in (UserWarning, RuntimeWarning):
            warnings.filterwarnings("always", _OURS, kind)

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            name = re.match(_OURS, str(message))
            if name and category in (UserWarning, RuntimeWarning):
                say(str(message)[name.end() :])
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield
