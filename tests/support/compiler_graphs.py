"""Random graphs for the compiler, with arrays to run them on."""

import numpy as np
from hypothesis import strategies as st

from twingrad.tensor.compiler.graph import Graph
from twingrad.tensor.compiler.strides import tight_strides

from .compiler_growth import COMPARISONS, FLOATS, LARGEST, fits
from .compiler_products import Products

SMOOTH = ("neg", "abs", "square", "sin", "cos", "tanh", "atan", "asinh", "erf", "erfc", "sign")
STEEP = ("exp", "exp2", "expm1", "sinh", "cosh", "tan")
POSITIVE = ("sqrt", "log", "log2", "log10", "log1p")
BOUNDED = ("asin", "acos", "atanh")
ARITHMETIC = ("add", "sub", "mul", "maximum", "minimum")
RARER = ("div", "hypot", "atan2", "pow")
WHOLE = ("add", "sub", "mul", "maximum", "minimum", "neg", "abs", "square", "sign")
MOVES = (
    lambda base: base.T,
    lambda base: base.reshape(-1),
    lambda base: base[::-1],
    lambda base: base[..., 1:],
    lambda base: base[..., ::2],
    lambda base: base[:1],
    lambda base: base[..., 0:0],
    lambda base: base.reshape(*base.shape, 1),
    lambda base: base.reshape(1, -1),
    lambda base: base.reshape(base.shape[0] * (base.shape[1] if base.ndim > 1 else 1), -1),
    lambda base: base.diagonal() if base.ndim > 1 else base,
    lambda base: np.moveaxis(base, 0, -1),
    lambda base: base[base.shape[0] // 2],
    lambda base: base[:, base.shape[1] // 2] if base.ndim > 1 else base[..., 0],
)
"""Views of an array with dimensions in which no element occurs twice; some fail on empty ones."""
REPEATS = (
    lambda base: np.broadcast_to(base, (3, *base.shape)),
    lambda base: np.broadcast_to(base.reshape(*base.shape, 1), (*base.shape, 4)),
    lambda base: np.broadcast_to(base, (2, 2, *base.shape)),
    lambda base: np.lib.stride_tricks.sliding_window_view(base, 2, axis=-1),
    lambda base: np.lib.stride_tricks.sliding_window_view(base.reshape(-1), min(3, base.size)),
)
"""Views in which elements occur again and again."""


def sorted_rows(array):
    """A function that is not known to the compiler."""
    return np.sort(array, axis=-1)


def running_sums(array):
    """Another one, of a whole array."""
    return np.cumsum(array, dtype=array.dtype).reshape(array.shape)


@st.composite
def graphs(draw, steps=12, kinds=None, checks_hold=None, made=Graph):
    """A random case of up to ``steps`` operations or patterns of several.

    ``kinds`` names what is drawn from (methods of the builder); ``checks_hold`` says whether the
    graph's decisions come out as expected, both as a rule; ``made`` makes the empty graph.
    """
    builder = _Builder(draw, made())
    for kind in draw(st.lists(st.sampled_from(kinds or KINDS), min_size=1, max_size=steps)):
        builder.add(kind)
    builder.finish(checks_hold)
    return builder.case


class _Builder(Products):
    """The operations, and patterns of several, that a graph is grown by."""

    def smooth(self):
        return self.mapped(self.one(SMOOTH), self.pick())

    def steep(self):
        x = self.pick()
        return self.mapped(self.one(STEEP), self.mapped("minimum", x, self.number(4.0, x)))

    def narrow(self):
        x = self.pick()
        guarded = self.draw(st.booleans())
        if self.draw(st.booleans()):
            return self.mapped(self.one(POSITIVE), self.mapped("abs", x) if guarded else x)
        return self.mapped(self.one(BOUNDED), self.mapped("sin", x) if guarded else x)

    def arithmetic(self):
        x = self.pick()
        pair = [x, self.partner(x)]
        function = self.one(ARITHMETIC * 2 + RARER)
        return self.mapped(function, *self.draw(st.permutations(pair)))

    def whole(self):
        x = self.pick(("int64", "int32"))
        function = self.one(WHOLE)
        unary = function in ("neg", "abs", "square", "sign")
        return self.mapped(function, x, *[] if unary else [self.partner(x)])

    def comparison(self):
        x = self.pick((*FLOATS, *FLOATS, "int64"))
        return self.mapped(self.one(COMPARISONS), x, self.partner(x))

    def logic(self):
        x = self.pick(("bool",))
        function = self.one(["logical_and", "logical_or", "logical_not"])
        return self.mapped(function, x, *[] if function == "logical_not" else [self.partner(x)])

    def choice(self):
        test, x = self.pick(("bool",)), self.pick()
        other = self.partner(x)
        if not fits(test, x) or not fits(test, other):
            return self.mapped("mask", test, dtype=self.main)
        return self.mapped("where", test, x, other)

    def cast(self):
        x = self.pick((*FLOATS, "int64", "bool"))
        dtype = self.one([*FLOATS, "bool", "int64", "int32"])
        if x.dtype in FLOATS and dtype.startswith("int"):  # what C does not define is left out
            x = self.mapped("where", self.mapped("equal", x, x), x, self.number(0.0, x))
            x = self.mapped("maximum", self.number(-9.0, x), x)
            x = self.mapped("minimum", self.number(9.0, x), x)
        return self.mapped("cast", x, dtype=dtype)

    def view(self):
        x = self.pick((*FLOATS, *FLOATS, "int64", "bool"))
        moves = [*REPEATS, *MOVES] if x.shape else [lambda base: np.broadcast_to(base, (3, 2))]
        return self.seen(x, self.one(moves))

    def strided(self):
        """A view with any strides, from any place that they allow."""
        x = self.pick()
        shape = self.shape()
        if not x.size:
            return None
        strides = [self.draw(st.integers(-4, 4)) for _ in shape]
        ends = [stride * max(n - 1, 0) for n, stride in zip(shape, strides, strict=True)]
        low, high = sum(min(e, 0) for e in ends), sum(max(e, 0) for e in ends)
        if high - low >= x.size:
            return None
        return self.graph.view(x, shape, strides, self.draw(st.integers(-low, x.size - 1 - high)))

    def reduction(self):
        x = self.pick((*FLOATS, *FLOATS, *FLOATS, "int64", "bool"), least=1)
        dims = self.one([(0,), (len(x.shape) - 1,), (*range(len(x.shape)),), (*range(1, 3),)])
        dims = tuple([d for d in dims if d < len(x.shape)])
        functions = ["maximum", "minimum"] if x.dtype == "bool" else ["add", "add", "add", "mul"]
        if all(x.shape[d] for d in dims):
            functions += ["maximum", "minimum", "argmax", "argmin"]
        elif x.dtype == "bool":
            return None  # of nothing there is no greatest
        function = self.one(functions)
        if function in ("argmax", "argmin") and len(dims) > 1:
            dims = self.one([dims, dims[:1]])
        reduced = self.graph.reduce(function, x, dims)
        return self.kept(reduced, x.shape, dims) if self.draw(st.booleans()) else reduced

    def matmul(self):
        a = self.pick(least=2)
        *batch, n, k = a.shape
        if self.draw(st.booleans()):
            b = self.seen(a, lambda base: np.swapaxes(base, -1, -2))
        else:
            b = self.leaf(a.dtype, shape=(*batch, k, self.one(self.lengths)))
        if b is None or a.size * b.shape[-1] > 20 * LARGEST:
            return None
        return self.graph.value("matmul", (a, b), (), (*batch, n, b.shape[-1]), a.dtype)

    def index(self, shape, length):
        """Places along a dimension: given, counted, or the same for a whole row."""
        kind = self.one(["given", "counted", "rows"])
        if kind == "counted" and shape:
            dim = self.draw(st.integers(0, len(shape) - 1))
            return self.graph.elementwise(
                "minimum", self.graph.position(shape, dim), self.graph.constant(length - 1, "int64")
            )
        if kind == "rows" and shape:
            given = self.leaf("int64", shape=shape[:1], below=length)
            strides = [1] + [0] * (len(shape) - 1)
            return self.graph.view(given, shape, strides)
        return self.leaf("int64", shape=shape, below=length)

    def gather(self):
        x = self.pick((*FLOATS, *FLOATS, "int64"), least=1)
        dim = self.draw(st.integers(0, len(x.shape) - 1))
        if not x.shape[dim]:
            return None
        shape = (*x.shape[:dim], self.one(self.lengths), *x.shape[dim + 1 :])
        index = self.index(shape, x.shape[dim])
        return self.graph.gather(x, index, dim)

    def scatter(self):
        part = self.pick(least=1)
        dim = self.draw(st.integers(0, len(part.shape) - 1))
        length = max(1, self.one(self.lengths))
        shape = (*part.shape[:dim], length, *part.shape[dim + 1 :])
        index = self.index(part.shape, length)
        return self.graph.value("scatter", (part, index), (dim,), shape, part.dtype)

    def place(self):
        x = self.pick((*FLOATS, "int64"))
        around = [self.draw(st.tuples(st.integers(0, 2), st.integers(1, 2))) for _ in x.shape]
        sizes = list(zip(x.shape, around, strict=True))
        shape = tuple([before + n * step for n, (before, step) in sizes])
        base = np.arange(int(np.prod(shape))).reshape(shape)
        spot = base[tuple([slice(before, None, step) for _, (before, step) in sizes])]
        strides = tuple([stride // base.itemsize for stride in spot.strides])
        offset = int(spot.flat[0]) if spot.size else 0
        return self.graph.value("place", (x,), (strides, offset), shape, x.dtype)

    def overwrite(self):
        whole = self.pick((*FLOATS, "int64"), least=1)
        spot = self.seen(whole, self.one(MOVES))
        if spot is None:
            return None
        strides, offset = tight_strides(spot.shape), 0
        if spot.kind == "view" and spot.operands[0] is whole:
            strides, offset = spot.attributes
        elif spot is not whole:
            return None  # a view of what the whole is a view of
        kind = self.one(["changed", "filled"])
        part = self.mapped("add", spot, self.constant(whole.dtype))
        if kind == "filled":
            part = self.graph.view(self.constant(whole.dtype), spot.shape, [0] * len(spot.shape))
        return self.graph.value(
            "overwrite", (whole, part), (strides, offset), whole.shape, whole.dtype
        )

    def join(self):
        x = self.pick((*FLOATS, "int64"), least=1)
        dim = self.draw(st.integers(0, len(x.shape) - 1))
        others = [v for v in self.values if v.dtype == x.dtype and _joins(v, x, dim)]
        parts = [x, *self.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2))]
        length = sum(part.shape[dim] for part in parts)
        shape = (*x.shape[:dim], length, *x.shape[dim + 1 :])
        return self.graph.value("join", parts, (dim,), shape, x.dtype)

    def random(self):
        words = [self.leaf("uint64", shape=()) for _ in range(3)]
        if self.draw(st.booleans()):
            words[2] = self.mapped("add", words[2], self.graph.constant(12345, "uint64"))
        what = self.one(["uniform", "normal", "exponential"])
        return self.graph.value("random", words, (what,), self.shape(), self.main)

    def host(self):
        x = self.pick(least=1)
        function = self.one([sorted_rows, running_sums])
        return self.graph.host(function, (x,), x.shape, x.dtype, function.__name__)

    def chain(self):
        x = self.pick()
        for _ in range(self.draw(st.integers(2, 5))):
            self.values.insert(0, x)
            x = self.one([self.smooth, self.arithmetic, self.steep])()
        return x

    def softmax(self):
        x = self.pick(least=1)
        dims = (self.one([0, len(x.shape) - 1]),)
        if not x.shape[dims[0]]:
            return None
        greatest = self.kept(self.graph.reduce("maximum", x, dims), x.shape, dims)
        powers = self.mapped("exp", self.mapped("sub", x, greatest))
        total = self.kept(self.graph.reduce("add", powers, dims), x.shape, dims)
        self.values.insert(0, total)
        return self.mapped("div", powers, total)

    def log_softmax(self):
        """Its numbers, and as a rule what its backward pass is made of."""
        x = self.pick(least=1)
        dims = (self.one([0, len(x.shape) - 1]),)
        if not x.shape[dims[0]]:
            return None
        greatest = self.kept(self.graph.reduce("maximum", x, dims), x.shape, dims)
        shifted = self.mapped("sub", x, greatest)
        powers = self.mapped("exp", shifted)
        total = self.kept(self.graph.reduce("add", powers, dims), x.shape, dims)
        moves = [lambda base: base, lambda base: base, lambda base: base[::-1]]
        logarithm = self.seen(self.mapped("log", total), self.one(moves))
        found = self.mapped("sub", shifted, logarithm)
        self.values.insert(0, found)
        return self.mapped("exp", found) if self.draw(st.booleans()) else found

    def picked(self):
        """One element along a dimension, others being 0, and as a rule their sum."""
        x = self.pick(least=1)
        dim = self.draw(st.integers(0, len(x.shape) - 1))
        index = self.index((*x.shape[:dim], 1, *x.shape[dim + 1 :]), max(1, x.shape[dim]))
        if self.draw(st.booleans()):
            index = self.mapped("sub", index, self.graph.constant(1, "int64"))
        test = self.mapped("equal", self.graph.position(x.shape, dim), index)
        one = self.seen(x, lambda base: np.take(base, [0], dim)) or x
        if x.shape[dim] and self.draw(st.booleans()):
            one = self.graph.gather(x, self.graph.position(index.shape, dim), dim)
        found = self.mapped("where", test, one, self.number(0.0, x))
        return self.graph.reduce("add", found, (dim,)) if self.draw(st.booleans()) else found

    def normalized(self):
        x = self.pick(least=1)
        dims = (self.one([0, len(x.shape) - 1]),)
        share = self.number(1.0 / max(1, x.shape[dims[0]]), x)
        mean = self.mapped(
            "mul", self.kept(self.graph.reduce("add", x, dims), x.shape, dims), share
        )
        centred = self.mapped("sub", x, mean)
        squares = self.graph.reduce("add", self.mapped("square", centred), dims)
        variance = self.mapped("mul", self.kept(squares, x.shape, dims), share)
        self.values.insert(0, variance)
        spread = self.mapped("sqrt", self.mapped("add", variance, self.number(1e-5, x)))
        return self.mapped("div", centred, spread)

    def layer(self):
        """A linear layer with relu, and the gradients of its weight and bias."""
        x = self.pick(least=2)
        if len(x.shape) != 2:
            return None
        n, k = x.shape
        m = self.one(self.lengths)
        weight, bias = self.leaf(x.dtype, shape=(m, k)), self.leaf(x.dtype, shape=(m,))
        across = self.graph.view(weight, (k, m), (1, k))
        z = self.mapped("add", self.graph.value("matmul", (x, across), (), (n, m), x.dtype), bias)
        slope = self.mapped("mask", self.mapped("greater", z, self.number(0.0, z)), dtype=x.dtype)
        back = self.mapped("mul", self.partner(z), slope)
        if back.shape == (n, m):
            self.values.insert(0, self.graph.reduce("add", back, (0,)))
            turned = self.graph.view(back, (m, n), (1, m))
            self.values.insert(0, self.graph.value("matmul", (turned, x), (), (m, k), x.dtype))
        return self.mapped("maximum", z, self.number(0.0, z))


def _joins(a, b, dim):
    """Whether a value can stand behind another along a dimension."""
    apart = len(a.shape) == len(b.shape) and [n for d, n in enumerate(a.shape) if d != dim]
    return apart == [n for d, n in enumerate(b.shape) if d != dim]


KINDS = (
    "chain", "arithmetic", "smooth", "steep", "narrow", "view", "strided", "reduction", "matmul",
    "sum_of_products", "softmax", "log_softmax", "picked", "normalized", "layer", "comparison",
    "choice", "logic", "cast", "whole", "gather", "scatter", "place", "overwrite", "join", "random",
    "host",
)  # fmt: skip
"""What a graph is grown by."""
