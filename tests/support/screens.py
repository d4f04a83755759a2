"""What is seen on a terminal."""

import io
import re

from rich.console import Console


def seen(session, width=80, height=24, **options):
    """The lines of the screen."""
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, _environ={}, **options)
    console.print(session, end="")
    return file.getvalue().split("\n")


def press(session, *keys):
    """Press keys, none of which quits."""
    for key in keys:
        assert session.press(key)


def left_by(output):
    """The lines that a terminal, as wide as they are long, shows of what was written to it."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
        match part:
            case "\n":
                row, column = row + 1, 0
                lines += [""] * (row == len(lines))
            case "\r":
                column = 0
            case "\x1b[1A":
                row -= 1
            case "\x1b[2K":
                lines[row] = ""
            case _ if part.startswith("\x1b"):
                assert re.fullmatch(r"\x1b\[([0-9;]*m|\?25[hl])", part), part
            case _:
                before = lines[row].ljust(column)
                lines[row] = before[:column] + part + before[column + len(part) :]
                column += len(part)
    return [line.rstrip() for line in lines]
