"""What random graphs of tensors are made of: operations, and arguments that fit any shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, final

from ...engine.formulas import table
from ...engine.shapes import Shape
from .programs import KINKED, SMOOTH

Dice = tuple[int, int]
"""Two whole numbers from 0 on, which decide what the shapes of operands leave open."""


@final
@dataclass(frozen=True)
class Call:
    """An operation with the arguments that go with some operands.

    Attributes
    ----------
    compute : callable
        From the operands to the result.
    text : str
        How that is written, with ``{0}`` and ``{1}`` for the operands: ``"{0}.sum(dim=1)"``.
    """

    compute: Callable[..., Any]
    text: str


Choice = Callable[[Sequence[Shape], Dice], Call | None]
"""From the shapes of the operands to a call; None where there is none that fits."""


@final
@dataclass(frozen=True)
class GraphOperation:
    """What a step of a graph can do.

    Attributes
    ----------
    arity : int
        The number of operands.
    choose : callable
        What it does with operands of given shapes.
    is_smooth : bool
        Whether it has no kinks.
    on_values : bool
        Whether Arrays of Values have it too.
    """

    arity: int
    choose: Choice
    is_smooth: bool = True
    on_values: bool = True


def _row(name: str) -> GraphOperation:
    row = table[name]
    arity = row.arity[0]
    operands = ", ".join(f"{{{k}}}" for k in range(arity))
    call = Call(row, f"{name}({operands})")

    def choose(shapes: Sequence[Shape], dice: Dice) -> Call | None:
        return call if _broadcast(shapes) else None

    return GraphOperation(arity, choose, is_smooth=name in SMOOTH)


def _broadcast(shapes: Sequence[Shape]) -> bool:
    """Whether shapes broadcast with each other."""
    backwards = [shape[::-1] for shape in shapes]
    longest = max(map(len, backwards), default=0)
    lengths = ({s[k] for s in backwards if k < len(s)} - {1} for k in range(longest))
    return all(len(different) < 2 for different in lengths)


def _reduction(name: str, is_smooth: bool = True, on_values: bool = True) -> GraphOperation:
    """Along no dimension in particular, or along one of them, which may be kept."""

    def choose(shapes: Sequence[Shape], dice: Dice) -> Call:
        ndim = len(shapes[0])
        dim = dice[0] % (ndim + 1) - 1
        if dim < 0 and name != "logsumexp":
            return _method(name)
        return _method(name, dim=max(dim, 0), keepdim=bool(dice[1] % 2))

    return GraphOperation(1, choose, is_smooth, on_values)


def _along(name: str, is_smooth: bool = True, on_values: bool = True) -> GraphOperation:
    """Along one dimension."""

    def choose(shapes: Sequence[Shape], dice: Dice) -> Call | None:
        ndim = len(shapes[0])
        return _method(name, dim=dice[0] % ndim) if ndim else None

    return GraphOperation(1, choose, is_smooth, on_values)


def _method(name: str, *arguments: Any, **options: Any) -> Call:
    """A method of the first operand."""
    given = [*map(repr, arguments), *(f"{key}={value!r}" for key, value in options.items())]
    return Call(
        lambda operand: getattr(operand, name)(*arguments, **options),
        f"{{0}}.{name}({', '.join(given)})",
    )


def _product(shapes: Sequence[Shape], dice: Dice) -> Call | None:
    """The matrix product, with the second operand transposed where only that fits."""
    left, right = shapes
    if not left or not right or not _broadcast((left[:-2], right[:-2])):
        return None
    if left[-1] == right[-min(len(right), 2)]:
        return Call(lambda a, b: a @ b, "{0} @ {1}")
    if len(right) > 1 and left[-1] == right[-1]:
        return Call(lambda a, b: a @ b.mT, "{0} @ {1}.mT")
    return None


def _reshaped(shapes: Sequence[Shape], dice: Dice) -> Call:
    shape = shapes[0]
    return _method("reshape", *((-1,), (*shape[::-1],), (1, -1), (-1, 1))[dice[0] % 4])


def _transposed(shapes: Sequence[Shape], dice: Dice) -> Call | None:
    ndim = len(shapes[0])
    return _method("transpose", dice[0] % ndim, -1) if ndim > 1 else None


def _unsqueezed(shapes: Sequence[Shape], dice: Dice) -> Call | None:
    ndim = len(shapes[0])
    return _method("unsqueeze", dice[0] % (ndim + 1)) if ndim < 3 else None


def _expanded(shapes: Sequence[Shape], dice: Dice) -> Call | None:
    return _method("expand", 2 + dice[0] % 2, *shapes[0]) if len(shapes[0]) < 3 else None


def _indexed(shapes: Sequence[Shape], dice: Dice) -> Call | None:
    """A row, a part, every second element, or rows by their numbers, some of them twice."""
    if not shapes[0]:
        return None
    place = dice[1] % shapes[0][0]
    indices: list[tuple[Any, str]] = [
        (slice(place, None), f"{place}:"),
        ((..., slice(None, None, 2)), "..., ::2"),
        (([place, 0, place],), f"[{place}, 0, {place}]"),
    ]
    if len(shapes[0]) > 1:  # a single element of an Array is no Array
        indices.append((place, str(place)))
    index, text = indices[dice[0] % len(indices)]
    return Call(lambda operand: operand[index], f"{{0}}[{text}]")


def _first_of(name: str) -> Choice:
    """The values of ``sort`` and of the like, which give their indices too."""

    def choose(shapes: Sequence[Shape], dice: Dice) -> Call | None:
        if not shapes[0]:
            return None
        dim = dice[0] % len(shapes[0])
        return Call(
            lambda operand: getattr(operand, name)(dim=dim)[0], f"{{0}}.{name}(dim={dim})[0]"
        )

    return choose


def _fixed(name: str, *arguments: Any, **options: Any) -> Choice:
    call = _method(name, *arguments, **options)
    return lambda shapes, dice: call


def _if_matrix(name: str) -> Choice:
    call = _method(name)
    return lambda shapes, dice: call if len(shapes[0]) > 1 else None


OPERATIONS: Mapping[str, GraphOperation] = MappingProxyType(
    {
        **{name: _row(name) for name in (*SMOOTH, *KINKED)},
        "sum": _reduction("sum"),
        "mean": _reduction("mean"),
        "amax": _reduction("amax", is_smooth=False),
        "amin": _reduction("amin", is_smooth=False),
        "logsumexp": GraphOperation(1, _reduction("logsumexp").choose),
        "softmax": _along("softmax"),
        "log_softmax": _along("log_softmax"),
        "matmul": GraphOperation(2, _product),
        "reshape": GraphOperation(1, _reshaped),
        "transpose": GraphOperation(1, _transposed),
        "unsqueeze": GraphOperation(1, _unsqueezed),
        "expand": GraphOperation(1, _expanded),
        "index": GraphOperation(1, _indexed),
        "max": GraphOperation(1, _first_of("max"), is_smooth=False),
        "prod": _reduction("prod", on_values=False),
        "cumsum": _along("cumsum", on_values=False),
        "cumprod": _along("cumprod", on_values=False),
        "logcumsumexp": _along("logcumsumexp", on_values=False),
        "var": GraphOperation(1, _fixed("var", correction=0), on_values=False),
        "sort": GraphOperation(1, _first_of("sort"), is_smooth=False, on_values=False),
        "median": GraphOperation(1, _first_of("median"), is_smooth=False, on_values=False),
        "flip": GraphOperation(1, _fixed("flip", 0), on_values=False),
        "roll": GraphOperation(1, _fixed("roll", 1), on_values=False),
        "tril": GraphOperation(1, _if_matrix("tril"), on_values=False),
    }
)
"""Every operation of random graphs by its name."""
