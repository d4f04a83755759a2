"""CSV files: cells separated by commas or the like, a line for each row."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from itertools import islice
from typing import NamedTuple

import numpy as np

from ..columns import Column
from ..table import Table, check_names, with_decimals
from .cells import Cells
from .files import StrPath, reading
from .sniffing import SAMPLE, encoding_of, has_header, is_blank, sample_records, separator_of

_BLOCK = 2**14
"""How many lines are text in memory at a time."""

_WITH_COMMAS = ";\t"
"""Between these, numbers may have decimal commas."""


def read_csv(
    path: StrPath,
    *,
    target: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
) -> Table:
    r"""Read a table from a text file with a line for each row.

    Cells may be quoted, and then hold separators, line ends and doubled quotes. Blanks around cells
    and empty lines are left out. Cells are missing where they are empty or one of ?, NA, N/A, n/a,
    #N/A, <NA>, nan, NaN, null, NULL and None. A column is numbers if all its cells are, else text.
    A first column without a name that counts the rows, as pandas writes it, is left out. The file
    is read in blocks of lines, and is best smaller than memory, in which the columns are kept.

    Parameters
    ----------
    path : str or path
        The file; one that ends in .gz is unpacked.
    target : str, optional
        The column that is to be predicted.
    separator : str, optional
        A single character. If it is not given, it is a comma, semicolon, tab or bar: the one that
        gives the first lines equally many cells, and most of them.
    header : bool, optional
        Whether the first line names the columns. If it is not given, it does where none of its
        cells is a number, or text in it stands above a number; else the columns are called
        "column 1", "column 2" and so on.
    encoding : str, optional
        UTF-8, or UTF-16 with a byte order mark, if it is not given.
    decimal : {".", ","}, optional
        What separates the decimals of numbers. If it is not given, it is a point; but between
        semicolons or tabs it is a comma in each column whose cells are numbers then, and not with a
        point: 1,5 is 1.5 there, and 1.234,56 is 1234.56. A column in which commas may as well
        separate thousands, such as 1,234 and 12, stays text where no other column shows a decimal
        comma, and one with 1.234 and no comma stays as it is.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If the file has no rows, lines of different numbers of cells, two columns of one name, text
        that is not in the encoding, or quotes that do not end; if there is no such target.

    Examples
    --------
    >>> import os, tempfile
    >>> from twingrad.data import read_csv
    >>> path = os.path.join(tempfile.mkdtemp(), "flats.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("rooms;heating;rent\n2;gas;650\n3;;820\n")
    >>> read_csv(path, target="rent")
    Table 'flats': 2 rows, 3 columns: 'rooms', 'heating', 'rent'; target 'rent'
    """
    table = _table(path, _form(path, separator, header, encoding, decimal))
    return table if target is None else table.with_target(target)


class _Form(NamedTuple):
    """How a file is written; ``names`` are those of its header."""

    encoding: str
    separator: str
    decimals: str
    names: list[str]
    unnamed_first: bool
    width: int


def _form(
    path: StrPath,
    separator: str | None,
    header: bool | None,
    encoding: str | None,
    decimal: str | None,
) -> _Form:
    one = isinstance(separator, str) and len(separator) == 1 and separator not in '"\r\n'
    if separator is not None and not one:
        raise ValueError(
            "read_csv: separator must be a single character that neither quotes nor ends a line, "
            f"got {separator!r}: leave it out to find it"
        )
    if decimal not in (".", ",", None):
        raise ValueError(f"read_csv: decimal must be '.' or ',', got {decimal!r}: choose one")
    with reading(path, "read_csv") as file:
        start = file.read(SAMPLE)
    known = encoding or encoding_of(start)
    text = _decoded(start, known, path)
    found = separator or separator_of(text)
    records = sample_records(text, found)
    if not records:
        what = "other text in" if text.strip() else "the empty file"
        raise ValueError(
            f"read_csv: path must lead to a table, got {what} {os.fspath(path)!r}: write a line "
            "for each row"
        )
    names: list[str] = []
    decimals = decimal or (".," if found in _WITH_COMMAS else ".")
    if has_header(records, "," in decimals) if header is None else header:
        names = [cell or f"column {k}" for k, cell in enumerate(records[0], 1)]
        check_names(names, "read_csv")
    return _Form(known, found, decimals, names, not records[0][0], len(records[0]))


def _decoded(start: bytes, encoding: str, path: StrPath) -> str:
    """The first bytes as text; a character that is cut at their end is left out."""
    try:
        return start.decode(encoding)
    except LookupError:
        raise ValueError(
            f"read_csv: encoding must be one that Python knows, got {encoding!r}: try 'utf-8'"
        ) from None
    except UnicodeDecodeError as error:
        if len(start) == SAMPLE and error.start >= SAMPLE - 4:
            return start[: error.start].decode(encoding)
        raise _not_text(path, encoding) from None
    except UnicodeError:
        raise _not_text(path, encoding) from None


def _table(path: StrPath, form: _Form) -> Table:
    """All columns; where one turns out to be text late, the file is read again for it."""
    found = _cells(path, form, dict.fromkeys(range(form.width), form.decimals))
    shows_comma = any(each.shows_comma for each in found.values())
    again = {
        k: "" for k, each in found.items() if each.is_late or (each.is_unclear and not shows_comma)
    }
    read = found | (_cells(path, form, again) if again else {})
    names = form.names or [f"column {k + 1}" for k in range(form.width)]
    columns = {names[k]: each.column for k, each in read.items()}
    if form.names and form.unnamed_first and len(names) > 1 and _counts_rows(columns[names[0]]):
        del columns[names[0]]
    commas = [names[k] for k, each in read.items() if each.has_commas and names[k] in columns]
    others = {
        names[k]: other
        for k, each in found.items()
        if names[k] in columns
        and names[k] not in commas
        and (other := each.with_commas) is not None
    }
    return with_decimals(Table(columns, name=_stem(path)), commas, others)


def _cells(path: StrPath, form: _Form, decimals: Mapping[int, str]) -> dict[int, Cells]:
    """Some columns, each with what may separate its decimals."""
    found = {k: Cells(each) for k, each in decimals.items()}
    shared: dict[str, str] = {}
    is_empty = True
    for block in _blocks(path, form):
        is_empty = False
        for k, cells in enumerate(zip(*block, strict=True)):
            if k in found:
                found[k].add(cells, shared)
    if is_empty:
        raise ValueError(
            f"read_csv: path must lead to a table with rows, got {os.fspath(path)!r} with a header "
            "only: write a line for each row"
        )
    return found


def _blocks(path: StrPath, form: _Form) -> Iterator[list[list[str]]]:
    """The rows below the header in blocks, all of one width, without blanks around cells."""
    with reading(path, "read_csv") as file:
        lines = TextIOWrapper(file, encoding=form.encoding, newline="")
        try:
            records = _records(lines, form, path)
            while block := [*islice(records, _BLOCK)]:
                yield block
        finally:
            lines.detach()


def _records(lines: TextIOWrapper, form: _Form, path: StrPath) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=form.separator, skipinitialspace=True, strict=True)
    header_to_come = bool(form.names)
    try:
        for record in reader:
            if is_blank(record):
                continue
            if len(record) != form.width:
                raise ValueError(
                    f"read_csv: each line must have {form.width} cells, as the first has, got "
                    f"{len(record)} in line {reader.line_num} of {os.fspath(path)!r}: put cells "
                    f"that hold {form.separator!r} in quotes"
                )
            if header_to_come:
                header_to_come = False
                continue
            yield [cell.strip() for cell in record]
    except csv.Error as error:
        raise ValueError(
            f"read_csv: path must lead to a well-formed table, got {os.fspath(path)!r} "
            f"({error} in line {reader.line_num}): close quotes, and double them inside of quotes"
        ) from None
    except UnicodeError:
        raise _not_text(path, form.encoding) from None


def _counts_rows(column: Column) -> bool:
    count = np.arange(len(column))
    return column.dtype != object and bool((column == count).all() or (column == count + 1).all())


def _stem(path: StrPath) -> str:
    return os.path.basename(os.fspath(path)).partition(".")[0]


def _not_text(path: StrPath, encoding: str) -> ValueError:
    known = "UTF-8" if encoding == "utf-8-sig" else encoding
    return ValueError(
        f"read_csv: path must lead to text in {known}, got other bytes in {os.fspath(path)!r}: "
        "save it as UTF-8, or read it with read_csv(path, encoding=...)"
    )
