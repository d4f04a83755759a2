"""Sums of matrix products, which BLAS computes in one place, and products that it transposes.

A schedule works on a graph in which such products are of the kind ``gemm``. Of ``a @ b + c @ d``
the first product is written, and the second one is added to it where it lies: there is no memory
for the second one, and no loop that adds them up. What else is added to products comes last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import final

from ...engine.shapes import Shape
from .graph import Check, Graph, Memory, Value
from .patterns import is_step
from .strides import composed, tight_strides

BASES = frozenset({"scatter", "place", "overwrite", "join", "reduce"})
"""Kinds of values that are in memory of their own, to which a product can be added."""

LEAST = 1e-6
"""The least factor that is left to BLAS, which may multiply parts of a sum by it: with such a one,
or the inverse of it, they are as far from overflow as the sum is.
"""


def accumulated(graph: Graph) -> Graph:
    """The same step with products that are added to what is in memory.

    Every value has the number of the one in whose place it stands, and the given graph stays as it
    is. The results are the same but for rounding.

    Examples
    --------
    >>> graph = Graph()
    >>> a, b = (graph.argument((3, 3), "float64") for _ in range(2))
    >>> products = [graph.value("matmul", pair, (), (3, 3), "float64") for pair in ((a, b), (b, a))]
    >>> graph.results = [graph.elementwise("add", *products)]
    >>> accumulated(graph).results
    [<gemm 4: float64[3, 3]>]
    """
    plan = _Plan(graph)
    return _Rebuilding(plan).graph(graph) if plan.gemms else graph


@final
@dataclass(frozen=True, slots=True)
class Term:
    """A product as it stands in a sum: ``factor * (a @ b)``, or the transpose of that.

    Attributes
    ----------
    top : Value
        What stands in the sum.
    product : Value
        The product of ``a`` and ``b``.
    factor : float
        What it is multiplied by.
    is_turned : bool
        Whether the sum has its transpose.
    between : list of Value
        What the product is there, once it is computed so.
    """

    top: Value
    product: Value
    factor: float
    is_turned: bool
    between: list[Value]

    @property
    def shape(self) -> Shape:
        """The shape of the matrix that is added."""
        return _turned(self.product.shape) if self.is_turned else self.product.shape


@final
class _Plan:
    """What is to become of the values of a graph.

    Attributes
    ----------
    values : list of Value
        All of them, in order.
    uses : Counter of Value
        How often each is an operand or a root.
    gemms : dict of Value to (Term, Value or None)
        Where products are computed, each with the value to which it is added.
    same : set of Value
        Values that their first operand that is no constant already is.
    gone : set of Value
        What sums do without, because it has been added elsewhere.
    """

    def __init__(self, graph: Graph) -> None:
        self.values = graph.needed()
        self.uses = Counter(each for value in self.values for each in value.operands)
        self.uses.update(graph.roots())
        self.gemms: dict[Value, tuple[Term, Value | None]] = {}
        self.same: set[Value] = set()
        self.gone: set[Value] = set()
        self._memory = {memory.after: memory.before for memory in graph.memories}
        self._last_check = max([check.value.number for check in graph.checks], default=0)
        inner: set[Value] = set()
        for value in reversed(self.values):
            if is_step(value, "add") and value not in inner:
                self._add_sum(value, inner)
            elif value.kind == "view":
                self._add_turned(value)

    def _add_turned(self, view: Value) -> None:
        """Let BLAS transpose a product of which nothing but the transpose is needed."""
        if view in self.same:
            return
        term = self._term(view)
        if term is not None and term.between == [view]:
            self._compute(term, None)

    def _add_sum(self, value: Value, inner: set[Value]) -> None:
        """Let products that stand in a sum be added to each other, or to something in memory."""
        parts = self._parts(value, inner)
        terms = [term for part in parts if self.uses[part] == 1 and (term := self._term(part))]
        for shapes in dict.fromkeys([(term.shape, term.top.shape) for term in terms]):
            alike = [term for term in terms if (term.shape, term.top.shape) == shapes]
            alike.sort(key=lambda term: term.product.number)
            bases = [part for part in parts if part.shape == shapes[0] == shapes[1]]
            bases = [part for part in bases if self._is_base(part, value)]
            self._chain(value, alike, bases[0] if bases else None)

    def _chain(self, value: Value, terms: Sequence[Term], base: Value | None) -> None:
        """Let terms be added one after the other, beginning with the base."""
        first, *others = terms
        if base is not None and not others and {*value.operands} == {first.top, base}:
            self.gemms[value] = first, base
        elif base is not None and base.kind in BASES and base.number < first.product.number:
            self._compute(first, base)
            self.gone.add(base)
        elif others and (first.is_turned or first.factor != 1):
            self._compute(first, None)
        for before, term in zip(terms, others):
            self._compute(term, before.product)
            self.gone.add(before.top)

    def _compute(self, term: Term, base: Value | None) -> None:
        self.gemms[term.product] = term, base
        self.same.update(term.between)

    def _parts(self, value: Value, inner: set[Value]) -> list[Value]:
        """What a sum is of, sums within it that nothing else needs taken apart."""
        found: list[Value] = []
        waiting = [value]
        while waiting:
            for part in waiting.pop().operands:
                if is_step(part, "add") and self.uses[part] == 1:
                    inner.add(part)
                    waiting.append(part)
                else:
                    found.append(part)
        return found

    def _is_base(self, part: Value, whole: Value) -> bool:
        """Whether products may be added where part of a sum lies, which nothing else needs.

        Memory that outlives the step must not change before all decisions have come out right.
        """
        if part.kind == "captured":
            is_known = self._memory.get(whole) is part and self._last_check < whole.number
            return is_known and self.uses[part] == 1
        return part.kind in BASES and self.uses[part] == 1

    def _term(self, top: Value) -> Term | None:
        """A product that nothing else needs, as it stands somewhere; None if it is none."""
        value, factor, is_turned = top, 1.0, False
        between: list[Value] = []
        while value.kind != "matmul":
            scale = _scale(value)
            if scale is not None:
                factor *= scale[0]
                between.append(value)
            elif value.kind != "view" or is_turned:
                return None
            elif _is_transposed(value):
                is_turned = True
                between.append(value)
            elif not _is_reshaped(value):
                return None
            value = value.operands[0] if scale is None else scale[1]
            if self.uses[value] != 1:
                return None
        fits = value.size > 1 and value.operands[0].size and LEAST <= abs(factor) <= 1 / LEAST
        return Term(top, value, factor, is_turned, between) if fits else None


@final
class _Rebuilding:
    """Makes the graph that a plan wants."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._gone = {*plan.gone}
        self._new: dict[Value, Value] = {}
        for value in plan.values:
            found = self._made(value)
            is_made = found.number == value.number or found.kind == "gemm"
            if found is not value and is_made and not found.label:
                found.label = value.label
            self._new[value] = found

    def graph(self, graph: Graph) -> Graph:
        """A graph with the same leaves."""
        new, found = self._new, copy(graph)
        found.results = [new[value] for value in graph.results]
        found.gradients = {k: new[value] for k, value in graph.gradients.items()}
        found.checks = [Check(new[check.value], check.expected) for check in graph.checks]
        found.memories = [
            Memory(memory.before, new.get(memory.after, memory.after)) for memory in graph.memories
        ]
        return found

    def _made(self, value: Value) -> Value:
        """What stands in the place of a value."""
        if value in self._plan.gemms:
            return self._gemm(value, *self._plan.gemms[value])
        if value in self._plan.same:
            return next(self._new[each] for each in value.operands if each.kind != "constant")
        operands = [each for each in value.operands if each not in self._gone]
        if is_step(value, "add") and len(operands) < 2:
            return self._rest(value, operands)
        news = tuple([self._new[each] for each in value.operands])
        if all([new is old for new, old in zip(news, value.operands)]):
            return value
        return Value(value.kind, news, value.attributes, value.shape, value.dtype, value.number)

    def _rest(self, value: Value, operands: Sequence[Value]) -> Value:
        """What is left of a sum of two, in the shape of the sum."""
        if not operands:
            self._gone.add(value)
            return value
        rest = self._new[operands[0]]
        return rest if rest.shape == value.shape else _stretched(rest, value)

    def _gemm(self, value: Value, term: Term, base: Value | None) -> Value:
        operands = [self._new[each] for each in term.product.operands]
        operands += [] if base is None else [self._new[base]]
        attributes = (term.factor, term.is_turned)
        return Value("gemm", (*operands,), attributes, term.shape, value.dtype, value.number)


def _scale(value: Value) -> tuple[float, Value] | None:
    """The constant that something of the same shape is multiplied by, and what that is."""
    if is_step(value, "neg"):
        return -1.0, value.operands[0]
    if not is_step(value, "mul"):
        return None
    for factor, other in (value.operands, value.operands[::-1]):
        if factor.kind == "constant" and other.kind != "constant" and other.shape == value.shape:
            return float(factor.attributes[0]), other
    return None


def _is_reshaped(view: Value) -> bool:
    """Whether a view has the elements of its operand in their order."""
    size = view.operands[0].size
    return bool(view.size == size and view.attributes == (tight_strides(view.shape), 0))


def _is_transposed(view: Value) -> bool:
    """Whether a view is its operand with the last two dimensions exchanged."""
    own = view.operands[0].shape
    if len(own) < 2 or view.shape != _turned(own):
        return False
    return bool(view.attributes == (_turned(tight_strides(own)), 0))


def _turned(lengths: Shape) -> Shape:
    """The last two numbers exchanged."""
    return (*lengths[:-2], lengths[-1], lengths[-2])


def _stretched(value: Value, like: Value) -> Value:
    """A value repeated to fill the shape of another one, in the place of which it stands."""
    missing = len(like.shape) - len(value.shape)
    strides, offset = (0,) * missing + tight_strides(value.shape), 0
    if value.kind == "view":
        inner, start = value.attributes
        steps = composed(value.shape, inner, like.shape, strides, 0)
        if steps is not None:
            value, strides, offset = value.operands[0], steps[0], start + steps[1]
    return Value("view", (value,), (strides, offset), like.shape, like.dtype, like.number)
