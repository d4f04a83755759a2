"""Images of the data, small, where a report shows rows of them."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any, NamedTuple, final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray

from ...engine.drawing.words import shortened
from .canvas import DPI, Picture, finished
from .choosing import said_and_true, worst
from .contents import Contents
from .palette import LIGHT

_COLUMNS = 6
_SIDE = 1.05
"""How wide an image of a picture is, in inches."""
_LEAST = 96
"""Images with fewer pixels to a side are enlarged, without smoothing."""
_BACKGROUND = 0.25
"""If that share of all pixels has the least number, the images are ink on paper."""


@final
class Tones(NamedTuple):
    """How numbers become shades.

    Attributes
    ----------
    low, high : float
        The least and the greatest number of all images.
    ink : bool
        Whether the least is white, as paper is; otherwise it is black.
    """

    low: float
    high: float
    ink: bool


def tones(images: NDArray[Any]) -> Tones:
    """The tones in which these images look right: drawings dark on white, photographs as they are.

    >>> tones(np.array([[[0, 0], [0, 16]]]))
    Tones(low=0.0, high=16.0, ink=True)
    """
    numbers = np.asarray(images, dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return Tones(0.0, 0.0, ink=False)
    low = float(finite.min())
    ink = images.ndim == 3 and bool((finite == low).mean() > _BACKGROUND)
    return Tones(low, float(finite.max()), ink)


def shades(image: NDArray[Any], in_tones: Tones) -> NDArray[np.uint8]:
    """An image as bytes of red, green and blue, shape (height, width, 3).

    >>> shades(np.array([[0.0, 1.0]]), Tones(0.0, 1.0, ink=True))[0, :, 0]
    array([255,   0], dtype=uint8)
    """
    numbers = np.asarray(image, dtype=np.float64)
    with np.errstate(all="ignore"):
        # halves, as the difference of two large numbers may be infinite
        shares = (numbers / 2 - in_tones.low / 2) / (in_tones.high / 2 - in_tones.low / 2)
    grey = np.rint(255 * np.clip(np.nan_to_num(shares), 0, 1)).astype(np.uint8)
    if in_tones.ink:
        grey = 255 - grey
    return grey if grey.ndim == 3 else np.repeat(grey[:, :, None], 3, axis=2)


def data_address(image: NDArray[Any], in_tones: Tones) -> str:
    """An image as the address of its own PNG, for an ``<img>``."""
    pixels = shades(image, in_tones)
    times = -(-_LEAST // max(pixels.shape[:2]))
    file = BytesIO()
    imsave(file, pixels.repeat(times, axis=0).repeat(times, axis=1), format="png")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def worst_picture(contents: Contents) -> Picture | None:
    """The images that the model got most wrong, with what it said."""
    chosen = worst(contents, 2 * _COLUMNS) if contents.shows_images else []
    if not chosen:
        return None
    lines = -(-len(chosen) // _COLUMNS)
    size = (_COLUMNS * (_SIDE + 0.1) + 0.1, lines * (_SIDE + 0.5) + 0.1)
    figure = Figure(figsize=size, dpi=DPI, facecolor=LIGHT["card"], layout="constrained")
    in_tones = tones(contents.inputs)
    for place, axes in zip(chosen, figure.subplots(lines, _COLUMNS, squeeze=False).flat):
        axes.imshow(shades(contents.inputs[place], in_tones), interpolation="nearest")
        said, true = said_and_true(contents, place)
        title = f"said {shortened(said, 10)}\nis {shortened(true, 12)}"
        axes.set_title(title, fontsize=7.5, fontweight="normal", loc="center")
    for axes in figure.axes:
        axes.set_axis_off()
    caption = "What the model got most wrong."
    return finished(figure, "worst", "The worst examples", caption, in_page=False)
