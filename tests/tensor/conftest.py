"""What the tests of the tensor twin share."""

import numpy as np
import pytest


@pytest.fixture
def generator():
    """Random numbers, the same in every run."""
    return np.random.default_rng(0)
