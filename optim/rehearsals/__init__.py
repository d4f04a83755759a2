"""A few steps before training, all of which are taken back: what they tell of what is to come.

They are made by ``fit`` itself, which knows nothing of rehearsals.
"""

from .diagnosis import Diagnosis, Finding
from .dry_run import dry_run
from .range_test import RangeTest, lr_find

__all__ = ["Diagnosis", "Finding", "RangeTest", "dry_run", "lr_find"]
