"""Data: where it comes from, how it is divided, and how it reaches the training loop.

Examples
--------
>>> from twingrad import data
>>> parts = data.split(data.load("iris"), validation=0.2, test=0.2, seed=0)
>>> preparation = data.Preparation.fit(parts.train)
>>> train = preparation.apply(parts.train)
>>> train
Dataset 'iris': x (90, 4) float64, target 'species' with 3 classes: setosa, versicolor, virginica
>>> data.leaks(train, preparation.apply(parts.validation))
[]
>>> for x, y in data.DataLoader(train, batch_size=32, shuffle=True, seed=0):
...     print(tuple(x.shape), tuple(y.shape))  # a step of training belongs here
(32, 4) (32,)
(32, 4) (32,)
(26, 4) (26,)
>>> len(preparation.apply(parts.test.open()))  # once, when everything is decided
30
"""

from . import augmentation, toys
from .dataset import Dataset
from .holdout import Holdout, training
from .leaks import Leak, leaks
from .loader import DataLoader
from .preparation import Preparation
from .sources import load, read_csv, read_idx, read_npy, read_npz, read_parquet
from .splits import Fold, PartRows, Parts, kfold, split
from .table import Table

__all__ = [
    "DataLoader",
    "Dataset",
    "Fold",
    "Holdout",
    "Leak",
    "PartRows",
    "Parts",
    "Preparation",
    "Table",
    "augmentation",
    "kfold",
    "leaks",
    "load",
    "read_csv",
    "read_idx",
    "read_npy",
    "read_npz",
    "read_parquet",
    "split",
    "toys",
    "training",
]
