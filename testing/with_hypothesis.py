"""Hypothesis, for what is built on it; where it is missing, a sentence that says how to get it."""

try:
    import hypothesis
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    if error.name != "hypothesis":
        raise
    raise ModuleNotFoundError(
        'testing: strategies and gradcheck_property need hypothesis: pip install "twingrad[test]"',
        name="hypothesis",
    ) from None

__all__ = ["hypothesis", "st"]
