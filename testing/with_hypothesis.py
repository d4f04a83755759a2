"""Hypothesis, for what is built on it; where it is missing, a sentence that says how to get it."""

from ..engine.optional import needed

needed("hypothesis", "testing: drawing inputs", 'pip install "twingrad[test]"')

import hypothesis  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

__all__ = ["hypothesis", "st"]
