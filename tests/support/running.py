"""Small runs, tables in files for them, and what they need not do."""

import csv
import errno
import os
from contextlib import contextmanager

import pytest

from twingrad import workflow


def write_table(path, columns):
    """A CSV file of columns by name; None is an empty cell."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return str(path)


def flats(count=60):
    """A table with numbers, categories and missing cells: the columns by name."""
    sizes = [20 + 7 * (k * k % 17) for k in range(count)]
    heating = [["gas", "oil", None][k % 3] for k in range(count)]
    return {
        "size": [None if k % 11 == 5 else size for k, size in enumerate(sizes)],
        "heating": heating,
        "age": [k * 7 % 60 + 0.5 for k in range(count)],
        "rent": [10.5 * size + 40 * (kind == "gas") for size, kind in zip(sizes, heating)],
        "dear": ["yes" if size > 70 else "no" for size in sizes],
    }


def config(data, **options):
    """The options of a short training of a small network."""
    return workflow.Config(**{"data": str(data), "hidden": [6], "epochs": 3, **options})


def run(data, folder, *, said=None, resume=False, callbacks=(), command="", **options):
    """Train; what is said goes into a list."""
    say = [].append if said is None else said.append
    return workflow.train(
        config(data, **options),
        folder,
        say=say,
        resume=resume,
        callbacks=callbacks,
        command=command,
    )


@contextmanager
def without_reports():
    """Runs inside the block write no report, which takes longer than all else."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("twingrad.workflow.ending.write_report", lambda contents, folder: [])
        yield


def full(*_):
    """Stands for a function that writes to a disk, which is full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere/.twingrad-0.tmp")
