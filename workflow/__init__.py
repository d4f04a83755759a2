"""Runs: from data to a trained, tested and reported model, in one folder.

Examples
--------
>>> import os, tempfile
>>> from twingrad import workflow
>>> folder = os.path.join(tempfile.mkdtemp(), "iris")
>>> config = workflow.Config(data="iris", hidden=[16], epochs=10, seed=0)
>>> result = workflow.train(config, folder, say=lambda sentence: None)
>>> result.metrics["test"]["accuracy"] > 0.6
True
"""

from .config import Config, read_options
from .describing import summary
from .folder import default_folder, read_config
from .predicting import Predictions, evaluate, predict
from .result import Result
from .training import train

__all__ = [
    "Config",
    "Predictions",
    "Result",
    "default_folder",
    "evaluate",
    "predict",
    "read_config",
    "read_options",
    "summary",
    "train",
]
