"""Views of a trace: text, SVG, DOT, and a page to step through it.

Each takes the plain data of :mod:`..trace` and nothing else.
"""

from .dot import draw_dot
from .html import draw_frame, draw_html
from .svg import draw_svg
from .text import draw_text

__all__ = ["draw_dot", "draw_frame", "draw_html", "draw_svg", "draw_text"]
