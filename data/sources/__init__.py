"""Where data comes from: sets by name, tables and arrays in files."""

from .arrays import read_npy, read_npz
from .delimited import read_csv
from .idx import read_idx
from .loading import load
from .parquet import read_parquet

__all__ = ["load", "read_csv", "read_idx", "read_npy", "read_npz", "read_parquet"]
