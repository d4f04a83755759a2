"""What a step costs, counted from its graph: operations on numbers, and passages of memory.

A count is of the least that the work asks for: every number that a loop or a call needs is read
once, every number that others need is written once, wherever caches may keep them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ...engine.wording import short_bytes, short_number
from .graph import LEAVES, Graph, Value
from .limits import Limits, Product
from .reading import PRODUCTS
from .strides import tight_strides
from .wording import REDUCTIONS, Name, formula, names_of, roles_of, written_out

FREE = frozenset({"cast", "mask", "where"})
"""Steps that move numbers and compute none."""

LISTED = 3
"""How many things a loop is told by."""


@dataclass(frozen=True, slots=True)
class Work:
    """One loop over memory, or one call.

    Attributes
    ----------
    what : str
        What it computes, for a reader.
    flops : int
        Operations on numbers.
    bytes_read, bytes_written : int
        Memory that passes, every byte counted once.
    products : Counter of Product
        The matrix products among it, and how often each is taken.
    """

    what: str
    flops: int
    bytes_read: int
    bytes_written: int
    products: Counter[Product] = field(default_factory=Counter)


def flops(value: Value) -> int:
    """How many operations on numbers a value takes, its operands being there.

    A step of a program is one operation for each element, an exponential like a sum. A product of
    matrices ``(n, k) @ (k, m)`` is ``2 * n * k * m``. What only moves numbers is none.

    >>> from twingrad.tensor.compiler.graph import Graph
    >>> graph = Graph()
    >>> x = graph.argument((100, 2), "float32")
    >>> flops(graph.elementwise("exp", x)), flops(graph.reduce("add", x, (0,)))
    (200, 198)
    """
    match value.kind:
        case "elementwise":
            return 0 if value.attributes[0] in FREE else value.size
        case "reduce":
            return max(0, value.operands[0].size - value.size)
        case "matmul" | "gemm":
            return 2 * value.size * value.operands[0].shape[-1]
        case "scatter":
            return value.operands[0].size
    return 0


def elements(value: Value) -> int:
    """How many numbers in memory a value stands for: those that a view repeats are one.

    Constants and places along a dimension are in no memory.
    """
    if value.kind in ("constant", "position"):
        return 0
    if value.kind != "view" or not value.size:
        return value.size
    strides, _ = value.attributes
    different = prod([n for n, stride in zip(value.shape, strides) if stride])
    return min(different, elements(value.operands[0]))


def bytes_of(value: Value) -> int:
    """How many bytes of memory a value stands for."""
    return elements(value) * np.dtype(value.dtype).itemsize


def bytes_read(value: Value) -> int:
    """How many bytes are read to compute a value alone, all operands being in memory.

    Reading what a view shows is reading what it is of; the view itself costs nothing.
    """
    if value.kind == "view":
        return 0
    operands = {operand.number: operand for operand in value.operands}
    sizes = {number: bytes_of(operand) for number, operand in operands.items()}
    if value.kind == "gather":
        source = value.operands[0].number
        sizes[source] = min(sizes[source], bytes_written(value))
    return sum(sizes.values())


def bytes_written(value: Value) -> int:
    """How many bytes a value takes in memory; none for what is given, and for views."""
    return 0 if value.kind in LEAVES or value.kind == "view" else bytes_of(value)


def products(value: Value) -> Counter[Product]:
    """The matrix products that a value is, by their sizes and the way they lie in memory."""
    if value.kind not in PRODUCTS:
        return Counter()
    a, b, *_ = value.operands
    *batch, n, m = value.shape
    turned = _is_turned(a), _is_turned(b)
    if value.attributes and value.attributes[1]:  # (a @ b).T is b.T @ a.T
        turned = not turned[1], not turned[0]
    product = Product(n, m, a.shape[-1], value.dtype, *turned)
    return Counter({product: prod(batch)})


def works_of(
    graph: Graph,
    units: Iterable[tuple[Sequence[Value], Collection[Value]]],
    kept: Collection[Value],
) -> list[Work]:
    """What each loop or call of a step costs.

    Parameters
    ----------
    graph : Graph
        What the step computes.
    units : iterable of (items, reads)
        For each loop or call what it computes, and what it reads of what others have computed;
        what else it needs it computes itself.
    kept : collection of Value
        The items that have to be in memory when their loop is done.
    """
    values = [*graph.needed(), *[memory.before for memory in graph.memories]]
    stored = {value.number for value in values if value in kept or value.kind in LEAVES}
    names = names_of(values, all_labels=True)
    name = written_out(names, stored - {v.number for v in values if v.kind == "constant"})
    roles = roles_of(graph, lambda value: names[value.number])
    return [_work(_told(items, name, roles), items, reads, kept) for items, reads in units]


def _work(
    what: str, items: Sequence[Value], reads: Collection[Value], kept: Collection[Value]
) -> Work:
    read: dict[int, int] = {}
    computed: dict[int, Value] = {}
    waiting = [*items]
    while waiting:
        value = waiting.pop()
        if value.number not in computed:
            computed[value.number] = value
            for operand in value.operands:
                source = operand.operands[0] if operand.kind == "view" else operand
                if source in reads or source.kind in LEAVES:
                    passed = min(bytes_of(operand), _most_read(value, operand))
                    known = read.get(source.number, 0) + passed
                    read[source.number] = min(known, bytes_of(source))
                else:
                    waiting.append(source)
    taken = sum([products(value) for value in computed.values()], Counter[Product]())
    return Work(
        what,
        sum(map(flops, computed.values())),
        sum(read.values()),
        sum(bytes_written(item) for item in items if item in kept),
        taken,
    )


def products_of(works: Iterable[Work]) -> Counter[Product]:
    """The matrix products of all the work, and how often each is taken."""
    return sum([work.products for work in works], Counter[Product]())


def moved_by(works: Iterable[Work]) -> int:
    """The bytes that are read and written, but for the products, whose time contains theirs."""
    return sum(work.bytes_read + work.bytes_written for work in works if not work.products)


def explained(
    works: Sequence[Work], limits: Limits | None = None, seconds: float | None = None
) -> str:
    """The work of a step as a table, a row for each loop and call, and what it comes to.

    Parameters
    ----------
    works : sequence of Work
        What the step does, in order.
    limits : Limits, optional
        What the machine can do at best.
    seconds : float, optional
        How long the step takes, to be compared with that.
    """
    rows = [("", "flops", "read", "written")]
    rows += [
        (
            work.what,
            short_number(work.flops),
            short_bytes(work.bytes_read),
            short_bytes(work.bytes_written),
        )
        for work in works
    ]
    read, written = sum(w.bytes_read for w in works), sum(w.bytes_written for w in works)
    total = sum(work.flops for work in works)
    passes = "1 pass" if len(works) == 1 else f"{len(works)} passes"
    rows.append((passes, short_number(total), short_bytes(read), short_bytes(written)))
    wide = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [
        f"{row[0]:{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]:>{wide[3]}}"
        for row in rows
    ]
    if limits is not None:
        taken = products_of(works)
        lines += ["", *_compared(limits, taken, moved_by(works), seconds)]
    return "\n".join([line.rstrip() for line in lines])


def _compared(
    limits: Limits, taken: Mapping[Product, int], moved: int, seconds: float | None
) -> list[str]:
    """The limit in a sentence, and the share of it that is reached."""
    multiplying, moving = limits.multiplying(taken), limits.moving(moved)
    operations = sum(product.flops * count for product, count in taken.items())
    rate = f" ({short_number(operations / multiplying)}flop/s)" if multiplying else ""
    least = multiplying + moving
    lines = [
        f"This machine needs {_time(multiplying)} for the products{rate} and {_time(moving)} for "
        f"the memory of the rest ({short_bytes(round(limits.bandwidth))}/s): {_time(least)} at "
        "least.",
    ]
    if seconds is not None:
        share = 100 * least / seconds
        lines.append(f"The step takes {_time(seconds)}: {share:.0f}% of the limit.")
    return lines


def _most_read(value: Value, operand: Value) -> int:
    """The most bytes of an operand that a value can need: a gather reads no more than it gives."""
    is_source = value.kind == "gather" and operand is value.operands[0]
    return bytes_written(value) if is_source else bytes_of(operand)


def _is_turned(value: Value) -> bool:
    """Whether a matrix is the transpose of one whose rows lie in one piece."""
    if value.kind != "view":
        return False
    turned = tight_strides(value.shape[:-2] + value.shape[:-3:-1])
    strides, _ = value.attributes
    return tuple(strides) == turned[:-2] + turned[:-3:-1]


def _told(items: Sequence[Value], name: Name, roles: Mapping[int, Sequence[str]]) -> str:
    """What a loop computes: the formula of a single value, of several what they are for."""
    if len(items) == 1 and items[0].kind != "elementwise":
        return formula(items[0], name)
    written = [
        role.removeprefix("becomes ")
        for item in items
        for role in roles.get(item.number, [])
        if role.startswith("becomes ")
    ]
    texts = [_aim(item, roles.get(item.number, [])) for item in items]
    texts = [text for text in texts if not text.startswith("becomes ")]
    if written:
        others = f" and {len(written) - 1} more" if len(written) > 1 else ""
        texts.append(f"update of {written[-1]}{others}")
    counted = [f"{n} {text}s" if n > 1 else text for text, n in Counter(texts).items()]
    more = len(counted) - LISTED
    return ", ".join(counted[:LISTED] + ([f"{more} more"] if more > 0 else []))


def _aim(value: Value, roles: Sequence[str]) -> str:
    if value.label or roles:
        return value.label or roles[-1]
    function = value.attributes[0] if value.attributes else value.kind
    return REDUCTIONS.get(function, function) if value.kind == "reduce" else str(function)


def _time(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"
