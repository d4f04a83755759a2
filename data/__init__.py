"""Data: where it comes from, how it is divided, and how it reaches the training loop."""

from . import augmentation, toys
from .dataset import Dataset
from .holdout import Holdout, training
from .loader import DataLoader
from .splits import Fold, PartRows, Parts, kfold, split

__all__ = [
    "DataLoader",
    "Dataset",
    "Fold",
    "Holdout",
    "PartRows",
    "Parts",
    "augmentation",
    "kfold",
    "split",
    "toys",
    "training",
]
