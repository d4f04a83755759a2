"""Sums of matrix products for random graphs."""

import numpy as np
from hypothesis import strategies as st

from .compiler_growth import Growth, fits


class Products(Growth):
    """Grows a graph by products as they stand in sums."""

    def sum_of_products(self):
        """Products, some transposed, scaled or in another shape, and other things beside them."""
        shape = self.shape(2)[-3:]
        terms = [self.term(shape) for _ in range(self.draw(st.integers(1, 4)))]
        for other in self.draw(st.lists(st.sampled_from(["any", "sum", "scatter"]), max_size=2)):
            terms.append(self.beside(other, shape, terms[0]))
        terms = self.draw(st.permutations(terms))
        while len(terms) > 1:
            first, other = (terms.pop(self.draw(st.integers(0, len(terms) - 1))) for _ in range(2))
            if not fits(first, other):
                return None
            terms.append(self.mapped("add", first, other))
        return terms[0]

    def beside(self, kind, shape, term):
        """What is no product: what there is, or something new that will be in memory."""
        if kind == "any":
            return self.partner(term)
        if kind == "sum":
            return self.graph.reduce("add", self.leaf(self.main, shape=(2, *shape)), (0,))
        if not shape[0]:
            return term
        part = self.leaf(self.main, shape=shape)
        index = self.leaf("int64", shape=shape, below=shape[0])
        return self.graph.value("scatter", (part, index), (0,), shape, self.main)

    def term(self, shape):
        """A product of new matrices, in this shape or with a dimension more."""
        *batch, n, m = shape
        is_turned = self.draw(st.booleans())
        k = self.one([*self.lengths, 2, 3])
        rows, columns = (m, n) if is_turned else (n, m)
        a = self.leaf(self.main, shape=(*batch, rows, k))
        if self.draw(st.booleans()):
            a = self.mapped("tanh", a)
        b = self.turned(self.leaf(self.main, shape=(*batch, columns, k)))
        found = self.graph.value("matmul", (a, b), (), (*batch, rows, columns), self.main)
        found = self.turned(found) if is_turned else found
        kind = self.one(["plain", "plain", "scaled", "negative", "reshaped"])
        if kind == "scaled":
            return self.mapped("mul", found, self.constant(self.main))
        if kind == "negative":
            return self.mapped("neg", found)
        if kind == "reshaped":
            return self.seen(found, lambda base: base.reshape(1, *shape)) or found
        return found

    def turned(self, value):
        """A stack of matrices, transposed."""
        return self.seen(value, lambda base: np.swapaxes(base, -1, -2))
