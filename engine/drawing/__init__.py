"""Views of a trace: text, SVG, DOT, and a page to step through it.

Each takes the plain data of :mod:`..trace` and nothing else.
"""
