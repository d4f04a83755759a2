"""What strategies draw, as lists."""

from hypothesis import HealthCheck, Phase, given, settings


def drawn(strategy, count=600):
    """Examples of a strategy, drawn the same way each time."""
    found = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found
