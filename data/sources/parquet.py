"""Parquet files: tables in columns, each with its type."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from ...engine.optional import needed
from ..table import Table
from .files import StrPath, damaged, reading


def read_parquet(path: StrPath, *, target: str | None = None) -> Table:
    """Read a table from a Parquet file, with pandas.

    Parameters
    ----------
    path : str or path
        The file.
    target : str, optional
        The column that is to be predicted.

    Raises
    ------
    ModuleNotFoundError
        If pandas or pyarrow are not installed.
    OSError
        If there is no such file, or it cannot be read.
    TypeError
        For columns of other things than numbers, text and truth values, such as dates.
    ValueError
        If the file is damaged, or has no rows; if there is no such target.
    """
    pandas = needed("pandas", "read_parquet")
    errors = needed("pyarrow", "read_parquet").ArrowException
    with reading(path, "read_parquet") as file:
        content = BytesIO(file.read())
    try:
        frame = pandas.read_parquet(content, engine="pyarrow")
    except (errors, ValueError, OSError, KeyError, NotImplementedError) as error:
        raise damaged("read_parquet", path, "Parquet", error) from None
    if not len(frame):
        raise ValueError(
            f"read_parquet: path must lead to a table with rows, got {os.fspath(path)!r} with "
            "none: write some"
        )
    return Table.from_frame(frame, target=target, name=Path(path).stem)
