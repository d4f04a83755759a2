"""What a random graph for the compiler grows from: its leaves, and choices among its values."""

import numpy as np
from hypothesis import strategies as st

from twingrad.engine.shapes import broadcast_shape
from twingrad.tensor.compiler.graph import Check
from twingrad.tensor.compiler.strides import tight_strides

from .compiler_cases import Case

LENGTHS = (3, 1, 2, 5, 4, 0, 7, 17)
FLOATS = ("float32", "float64")
LARGEST = 500
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")


class Growth:
    """Grows a graph; ``values`` are those that may be used again, the latest first."""

    def __init__(self, draw, graph):
        self.draw = draw
        self.case = Case(graph)
        self.graph = self.case.graph
        self.values = []
        self.lengths = draw(st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=3))
        self.main = draw(st.sampled_from(FLOATS))
        self.generator = np.random.default_rng(draw(st.integers(0, 1000)))
        for _ in range(draw(st.integers(1, 4))):
            self.leaf(draw(st.sampled_from([self.main] * 5 + ["int64", "bool"])))

    def add(self, kind):
        """One more value of a kind, or none where there is nothing to make it of."""
        value = getattr(self, kind)()
        if value is not None and value.size <= LARGEST and len(value.shape) <= 4:
            self.values.insert(0, value)

    def one(self, options):
        """One of several things."""
        return self.draw(st.sampled_from([*options]))

    def pick(self, dtypes=FLOATS, least=0):
        """A value of one of these dtypes with so many dimensions at least."""
        found = [v for v in self.values if v.dtype in dtypes and len(v.shape) >= least]
        return self.one(found) if found else self.leaf(self.one(dtypes), least)

    def shape(self, least=0):
        """A shape of the lengths that this graph is made with."""
        length = st.sampled_from([*self.lengths, *self.lengths, 1])
        return tuple(self.draw(st.lists(length, min_size=least, max_size=max(least, 3))))

    def leaf(self, dtype, least=0, shape=None, below=None):
        """An argument, captured memory, or a number of the host."""
        shape = self.shape(least) if shape is None else shape
        array = self.array(shape, dtype, below)
        kinds = ["argument", "captured"] if dtype != "uint64" else []
        kind = self.one(kinds + ["number"] * (shape == () and dtype in ("float64", "uint64")))
        if kind == "number":
            value = self.graph.host_number(dtype)
            self.case.numbers.append(array.item())
        elif kind == "argument":
            value = self.graph.argument(shape, dtype)
            self.case.arguments.append(array)
        else:
            value = self.graph.captured(shape, dtype)
            self.case.captured.append(array)
        self.values.insert(0, value)
        return value

    def array(self, shape, dtype, below):
        """Numbers for a leaf."""
        if dtype == "bool":
            return self.generator.random(shape) < 0.5
        if dtype == "uint64":
            return self.generator.integers(0, 2**64, shape, np.uint64)
        if not dtype.startswith("float"):
            low, high = (0, below) if below else (-3, 4)
            return np.asarray(self.generator.integers(low, high, shape)).astype(dtype)
        flavour = self.one(["normal", "whole", "normal", "extreme"])
        numbers = np.asarray(self.generator.normal(size=shape))
        if flavour == "whole":
            numbers = np.round(2 * numbers)
        elif flavour == "extreme":
            odd = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, 1e30, -1e30]
            where = self.generator.random(shape) < 0.2
            numbers = np.where(where, self.generator.choice(odd, shape), numbers)
        return np.asarray(numbers).astype(dtype)

    def constant(self, dtype):
        """A number without dimensions."""
        if dtype == "bool":
            return self.graph.constant(self.draw(st.booleans()), dtype)
        if not dtype.startswith("float"):
            return self.graph.constant(self.draw(st.integers(-3, 3)), dtype)
        usual = [0.0, 1.0, 2.0, -1.0, 0.5, 0.1, 3.0, -0.0, 1e-8, 1e300, float("inf"), float("nan")]
        return self.graph.constant(self.one(usual), dtype)

    def partner(self, value):
        """Something of the same dtype that broadcasts with a value."""
        found = [v for v in self.values if v.dtype == value.dtype and fits(v, value)]
        return self.one([*found, self.constant(value.dtype)])

    def mapped(self, function, *operands, dtype=None):
        """An elementwise value, in short."""
        return self.graph.elementwise(function, *operands, dtype=dtype)

    def number(self, number, like):
        """A constant of another value's dtype."""
        return self.graph.constant(number, like.dtype)

    def seen(self, operand, move):
        """The view that NumPy makes of an array of the same shape; None if it cannot."""
        base = np.arange(operand.size).reshape(operand.shape)
        try:
            moved = np.asarray(move(base))
        except (ValueError, IndexError):
            return None
        if not np.shares_memory(moved, base) and moved.size:
            return None  # a copy
        strides = [stride // base.itemsize for stride in moved.strides]
        offset = int(moved.flat[0]) if moved.size else 0
        return self.graph.view(operand, moved.shape, strides, offset)

    def kept(self, reduced, shape, dims):
        """A reduced value with the dimensions that were dropped, of length 1."""
        full = tuple([1 if d in dims else n for d, n in enumerate(shape)])
        return self.graph.view(reduced, full, tight_strides(full))

    def finish(self, checks_hold):
        """Choose what the step gives, writes and relies on."""
        graph = self.graph
        plain = [v for v in self.values if v.dtype != "uint64"]
        graph.results[:] = self.draw(st.lists(st.sampled_from(plain), min_size=1, max_size=3))
        for position, memory in enumerate(graph.memories):
            if self.draw(st.booleans()):
                memory.after = self.alike(memory.before)
            if memory.before.dtype in FLOATS and self.draw(st.booleans()):
                graph.gradients[position] = self.alike(memory.before)
        if checks_hold is False or self.one([False, False, True]):
            self.decide(True if checks_hold is None and self.draw(st.booleans()) else checks_hold)

    def alike(self, value):
        """Something in the shape and dtype of a value: another memory, or made of it."""
        found = [v for v in self.values if (v.shape, v.dtype) == (value.shape, value.dtype)]
        if value.dtype in FLOATS:
            found.append(self.mapped("mul", value, self.number(0.5, value)))
        return self.one([v for v in found if v is not value] or [value])

    def decide(self, holds):
        """A decision, which comes out as expected or not, or as it pleases for None."""
        x = self.pick()
        test = self.mapped(self.one(COMPARISONS), x, self.constant(x.dtype))
        if not test.size:
            return
        value = self.graph.reduce("maximum", test, range(len(test.shape)))
        self.graph.checks.append(Check(value, True))
        truth = self.case.evaluated().checks[-1]
        expected = self.draw(st.booleans()) if holds is None else truth == holds
        self.graph.checks[-1] = Check(value, expected)


def fits(a, b):
    """Whether two values broadcast to something that is not too large."""
    try:
        shape = broadcast_shape([a.shape, b.shape], "pick")
    except ValueError:
        return False
    return int(np.prod(shape)) <= LARGEST
