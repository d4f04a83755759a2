"""Figures of matplotlib, as PNG for everywhere and as SVG in the colours of the page."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any, final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from .numerals import tick
from .palette import LIGHT
from .svg import for_page

WIDTH, HEIGHT = 4.6, 3.0
"""The size of most pictures, in inches."""
DPI = 200
"""Pixels to the inch of a PNG."""

_IMAGE_DPI = 120
"""Pixels to the inch of an image inside an SVG."""

_OTHER_SCRIPTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "WenQuanYi Micro Hei",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)
"""Fonts for what the first font lacks, as far as they are installed."""

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LIGHT["line"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": LIGHT["quiet"],
    "axes.labelsize": 9,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": LIGHT["ink"],
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.7,
    "legend.borderaxespad": 0,
    "legend.borderpad": 0,
    "legend.columnspacing": 1.2,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.handletextpad": 0.5,
    "legend.labelcolor": LIGHT["ink"],
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",  # text stays text, in the letters of the page
    "svg.hashsalt": "twingrad",  # the same picture is the same file
    "text.color": LIGHT["ink"],
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "xtick.color": LIGHT["line"],
    "xtick.labelcolor": LIGHT["quiet"],
    "xtick.labelsize": 9,
    "xtick.major.pad": 5,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.color": LIGHT["line"],
    "ytick.labelcolor": LIGHT["quiet"],
    "ytick.labelsize": 9,
    "ytick.major.pad": 5,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
}


@final
@dataclass(frozen=True)
class Picture:
    """One picture of a report.

    Attributes
    ----------
    name : str
        The name of its file, without an ending.
    kind : str
        What it is, for those who cannot see it.
    caption : str
        What it shows, as the line below it.
    png : bytes
        The whole file, on white.
    svg : str
        An ``<svg>`` for a page, whose colours are the properties of :mod:`.palette`; empty where
        the page has something better, such as a table.
    """

    name: str
    kind: str
    caption: str
    png: bytes
    svg: str


@contextmanager
def styled() -> Iterator[None]:
    """Figures look as reports do, whatever the settings of matplotlib are; they come back after.

    The settings are those of the whole process, so that no other thread should draw meanwhile.
    """
    installed = {font.name for font in fontManager.ttflist}
    fonts = ["DejaVu Sans", *[name for name in _OTHER_SCRIPTS if name in installed]]
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE | {"font.sans-serif": fonts})
        yield


def drawn(width: float = WIDTH, height: float = HEIGHT) -> tuple[Figure, Axes]:
    """An empty figure of so many inches, and its axes."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=LIGHT["card"], layout="constrained")
    axes = figure.add_subplot()
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(tick)
    return figure, axes


def finished(
    figure: Figure, name: str, kind: str, caption: str, *, in_page: bool = True
) -> Picture:
    """The picture of a figure that needs nothing more."""
    png = BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    figure.set_layout_engine(None)  # the places are found; both files have the same
    svg = ""
    if in_page:
        text = StringIO()
        figure.savefig(
            text, format="svg", dpi=_IMAGE_DPI, facecolor="none", metadata={"Date": None}
        )
        svg = for_page(text.getvalue(), name, kind)
    return Picture(name, kind, caption, png.getvalue(), svg)
