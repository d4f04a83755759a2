"""Trainings that are killed again and again end in the same weights to the bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import killing

KILLS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="trainings are killed in forked processes")
def test_fifty_kills_at_random_moments_change_nothing(tmp_path):
    single = ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"]
    environment = os.environ | dict.fromkeys(single, "1")
    environment["PYTHONPATH"] = str(Path(killing.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, "-W", "error", killing.__file__, tmp_path, str(KILLS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert not result.returncode, result.stderr
    found = json.loads(result.stdout)
    kills = found["counts"]
    assert sum(kills.values()) - kills["before the training"] >= KILLS
    assert kills["training"]
    assert kills["saving"]
    assert len(found["digests"]) >= 3
    for expected, digest in found["digests"]:
        assert digest == expected
