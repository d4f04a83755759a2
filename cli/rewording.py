"""Sentences of the library, whose cures are written in Python, for somebody at a shell."""

from __future__ import annotations

import re

_SHELL = (
    (r"\A(?:path|data) must ", "DATA must "),
    (
        r"DATA must be a Table, as in training, .*",
        "DATA must be a table with the columns of RUN's "
        "training, got arrays: give a file such as .csv or .parquet",
    ),
    (r"\Ax and y must be arrays in ", "DATA must have inputs x and answers y in "),
    (r": say which, read_npz\(.*\Z", ": name the answers with --target, and call the inputs x"),
    (r", or write read_npy\(.*\)\Z", ", or give its path as --target"),
    (
        r": make y floats for a regression and whole numbers for classes\Z",
        ": leave --task out, or save targets as floats for a regression, else as whole numbers",
    ),
    (r": make y floats\Z", ": save them as floats"),
    (
        r": pass floating point numbers, arrays or operands, or name the leaves .*\Z",
        ": have its numbers drawn, or write them with a point, as in --values x=1.0",
    ),
    (r", or stratify=False\Z", ""),
)
"""Parts of sentences, and what takes their place."""


def in_words_of_the_shell(said: str) -> str:
    """A sentence without calls of functions that nobody can make at a shell.

    >>> in_words_of_the_shell("path must lead to a file, got 'my.csv': there is none")
    "DATA must lead to a file, got 'my.csv': there is none"
    """
    for python, shell in _SHELL:
        said = re.sub(python, shell, said)
    return said
