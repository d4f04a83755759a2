"""Commands as a person gives them: run in a process of their own, and refused with a sentence."""

import subprocess
import sys

TWINGRAD = [sys.executable, "-m", "twingrad"]


def run(*arguments, **options):
    """``twingrad`` with these words, as it ended."""
    command = [*TWINGRAD, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, **options)


def refused_by(command, result, code=2):
    """The one sentence on stderr of a command that was refused."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"twingrad {command}: ")
    return line.removeprefix(f"twingrad {command}: ")
