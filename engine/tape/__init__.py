"""Computations of Values, recorded once and replayed by compiled code."""
