"""Data: where it comes from, how it is divided, and how it reaches the training loop."""

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
