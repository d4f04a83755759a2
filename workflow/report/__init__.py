"""The report of a training run: a page and its pictures."""

from .contents import Boundary, Contents
from .writing import write_report

__all__ = ["Boundary", "Contents", "write_report"]
