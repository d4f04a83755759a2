"""What a session shows on a terminal."""

import io

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
