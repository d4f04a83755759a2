"""What Hypothesis draws to try derivatives with: numbers, arrays, operands, modules, graphs.

The numbers are not the first best ones. Bugs of derivatives live at kinks, at ties, at -0.0, far
out and close to zero, so that is where much of what is drawn lies. The strategies are ordinary
ones of `Hypothesis <https://hypothesis.readthedocs.io>`_, to be combined with its own:

>>> from hypothesis import given, settings
>>> from twingrad import testing
>>> @settings(max_examples=5)
... @given(testing.strategies.arrays((2, 3), elements={"min_value": 0.0}))
... def test_roots_are_no_greater_than_the_greatest_or_one(x):
...     assert (x**0.5).max() <= max(x.max(), 1.0)
>>> test_roots_are_no_greater_than_the_greatest_or_one()
"""

from ..with_hypothesis import hypothesis as _hypothesis  # noqa: F401  # says how to get it
from .arrays import arrays, broadcastable_arrays
from .graphs import Graph, graphs
from .modules import ModuleWithInputs, modules
from .numbers import KINKS, dtypes, values
from .operands import scalars, tensors, value_arrays
from .programs import KINKED, SMOOTH, Program, programs
from .shapes import broadcastable_shapes, shapes

__all__ = [
    "KINKED",
    "KINKS",
    "SMOOTH",
    "Graph",
    "ModuleWithInputs",
    "Program",
    "arrays",
    "broadcastable_arrays",
    "broadcastable_shapes",
    "dtypes",
    "graphs",
    "modules",
    "programs",
    "scalars",
    "shapes",
    "tensors",
    "value_arrays",
    "values",
]
