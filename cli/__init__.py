"""The command line: words, options and exit codes; what they ask for is done by other rooms."""

from .app import app, run

__all__ = ["app", "run"]
