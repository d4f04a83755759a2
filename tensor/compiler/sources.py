"""The files whose text decides what the functions that generated code imports are."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_NAMES = (
    *("intrinsics.py", "teamwork.py", "crew_memory.py", "staging.py", "randomness.py"),
    *("mathematics.py", "exponentials.py", "logarithms.py", "error_functions.py"),
)

SOURCES = (
    *[_FOLDER / name for name in _NAMES],
    _FOLDER.parent / "random" / "streams.py",
)
"""What a compiled step depends on besides its own source: see :mod:`twingrad.engine.code_cache`."""
