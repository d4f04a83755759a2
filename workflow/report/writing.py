"""The report of a training run as files."""

from __future__ import annotations

import os
from pathlib import Path

from ...engine.files import write_bytes, write_text
from ...engine.optional import needed
from .contents import Contents


def write_report(contents: Contents, folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``report.html`` and its pictures into a folder, which is made if it is not there.

    The page is one file that needs no network and runs no script. Of its pictures, those that
    there is something to show in are also ``pictures/NAME.png``: loss, accuracy, rate, gradients;
    confusion or predicted and residuals; boundary; worst, where the inputs are images. What else
    is in the folder stays as it is.

    Parameters
    ----------
    contents : Contents
        All that the report tells.
    folder : str or path
        Where to.

    Returns
    -------
    list of Path
        The files: the page, then the pictures.

    Raises
    ------
    ModuleNotFoundError
        Without matplotlib.
    OSError
        If a file cannot be written; each is the new or the old one, never half of one.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> codes = np.array([0, 1, 1])
    >>> contents = Contents(
    ...     title="coins", task="binary", target="side", classes=("heads", "tails"),
    ...     history=[{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.5}], truth=codes,
    ...     predicted=codes, features=("weight",), inputs=np.ones((3, 1)), rows=codes,
    ... )
    >>> [path.name for path in write_report(contents, tempfile.mkdtemp())]
    ['report.html', 'loss.png', 'confusion.png']
    """
    needed("matplotlib", "the report of a training run")
    from .page import page
    from .pictures import pictures_of

    pictures = pictures_of(contents)
    beside = Path(folder, "pictures")
    beside.mkdir(parents=True, exist_ok=True)
    files = [Path(folder, "report.html")]
    for picture in pictures.values():
        files.append(beside / f"{picture.name}.png")
        write_bytes(files[-1], picture.png)
    write_text(files[0], page(contents, pictures))
    return files
