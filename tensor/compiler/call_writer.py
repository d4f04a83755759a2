"""Calls as Python source: products by BLAS, and what moves elements to other places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

from .buffers import Buffers
from .fragments import INDENT, VARIABLES, nested, single
from .graph import Value
from .places import NOWHERE, Index, Place, at, in_rows, with_strides
from .reading import PRODUCTS, added_to, is_single, matrix
from .steps_in_code import Vocabulary
from .strides import tight_strides


@final
class CallWriter:
    """Writes the units that are calls."""

    def __init__(self, buffers: Buffers, words: Vocabulary, names: dict[Value, str]) -> None:
        self._names = names
        self._buffers = buffers
        self._words = words

    def lines(self, value: Value) -> list[str]:
        """The call as lines of source."""
        writers: dict[str, Callable[[Value], list[str]]] = {
            "matmul": self._product,
            "gemm": self._product,
            "scatter": self._scatter,
            "place": self._place,
            "overwrite": self._overwrite,
            "join": self._join,
            "host": self._host,
            "reduce": self._search,
        }
        return writers[value.kind](value)

    def _name(self, value: Value) -> str:
        return self._words.memory(self._buffers.of[value])

    def _element(self, value: Value, index: Index) -> str:
        if is_single(value):
            return single(value, self._words, self._buffers, self._names)
        return f"{self._name(value)}[{in_rows(index, value.shape)}]"

    # Products

    def _product(self, value: Value) -> list[str]:
        if not value.size:
            return []
        if not value.operands[0].size:
            return self._filled(value)
        rows, columns = value.shape[-2:]
        batches = value.shape[:-2]
        variables = [*VARIABLES[: len(batches)]]
        index = tuple([at(name) for name in variables])
        call = self._call(value, index, (NOWHERE, NOWHERE), str(rows), str(columns))
        return nested(variables, batches, [call])

    def _call(
        self, value: Value, index: Index, start: tuple[Place, Place], rows: str, columns: str
    ) -> str:
        """BLAS's product of a part of a matrix, so many rows and columns from a start on."""
        a, b, *_ = value.operands
        factor, is_turned = value.attributes or (1, False)
        if is_turned:  # (a @ b).T is b.T @ a.T
            first = self._matrix(b, (*index, NOWHERE, start[0]), is_turned)
            second = self._matrix(a, (*index, start[1], NOWHERE), is_turned)
        else:
            first = self._matrix(a, (*index, start[0], NOWHERE))
            second = self._matrix(b, (*index, NOWHERE, start[1]))
        target = self._moved(self._name(value), _among(value.shape, (*index, *start)))
        alpha = self._words.constant(factor, value.dtype)
        beta = self._words.constant(0 if added_to(value) is None else 1, value.dtype)
        kind = "sgemm" if value.dtype == "float32" else "dgemm"
        self._words.helper("gemm")
        return (
            f"gemm({kind}, {first[1]}, {second[1]}, {rows}, {columns}, {a.shape[-1]}, {alpha}, "
            f"{first[0]}, {first[2]}, {second[0]}, {second[2]}, {beta}, {target}, "
            f"{value.shape[-1]})"
        )

    def tiles(self, value: Value) -> int:
        """In how many tiles threads compute a value; 0 if it is computed in one piece."""
        return 0 if _tile(value) is None else -(-_tiled_length(value) // _tile_width(value))

    def tile(self, value: Value) -> list[str]:
        """The lines that compute the tile of this number: some columns, or some rows."""
        rows, columns = value.shape
        width, length = _tile_width(value), _tiled_length(value)
        count = "stop - start"
        if _tile(value) == 1:
            call = self._call(value, (), (NOWHERE, at("start")), str(rows), count)
        else:
            call = self._call(value, (), (at("start"), NOWHERE), count, str(columns))
        return [f"start = {width} * tile", f"stop = min(start + {width}, {length})", call]

    def _matrix(self, value: Value, index: Index, is_turned: bool = False) -> tuple[str, int, int]:
        """The memory of a matrix from a place on, whether BLAS transposes it, its row length.

        The place is one in the value, also where the transpose of it is needed.
        """
        home = value if value in self._buffers.of else value.operands[0]
        if home is value:
            place = _among(value.shape, index)
            return self._moved(self._name(home), place), int(is_turned), max(value.shape[-1], 1)
        strides, offset = value.attributes
        found = matrix(value)
        assert found is not None
        place = with_strides(index, strides, offset)
        return self._moved(self._name(home), place), int(found[0] != is_turned), found[1]

    def _moved(self, name: str, place: Place) -> str:
        if place == NOWHERE:
            return name
        return f"{self._words.helper('moved')}({name}, {place})"

    # Other places

    def _filled(self, value: Value) -> list[str]:
        """Zeros everywhere."""
        zero = self._words.constant(0, value.dtype)
        return nested("i", [value.size], [f"{self._name(value)}[i] = {zero}"])

    def _scatter(self, value: Value) -> list[str]:
        part, chosen = value.operands
        (dim,) = value.attributes
        index = _running(part.shape)
        where = self._element(chosen, index)
        target = tuple([at("k_chosen") if d == dim else place for d, place in enumerate(index)])
        strides = tight_strides(value.shape)
        strides = tuple([s or 1 if d == dim else s for d, s in enumerate(strides)])
        place = with_strides(target, strides, 0)
        body = [
            f"k_chosen = {where}",
            f"{self._name(value)}[{place}] += {self._element(part, index)}",
        ]
        return [*self._filled(value), *_over(part.shape, body)]

    def _place(self, value: Value) -> list[str]:
        (part,) = value.operands
        return [*self._filled(value), *self._written(value, part, *value.attributes)]

    def _overwrite(self, value: Value) -> list[str]:
        base, part = value.operands
        source = self._element(base, ()) if is_single(base) else f"{self._name(base)}[i]"
        copy = nested("i", [value.size], [f"{self._name(value)}[i] = {source}"])
        return [*copy, *self._written(value, part, *value.attributes)]

    def _written(self, value: Value, part: Value, strides: Sequence[int], offset: int) -> list[str]:
        """The elements of a part, written where a view would read them."""
        index = _running(part.shape)
        place = with_strides(index, strides, offset)
        source = self._element(part, index)
        return _over(part.shape, [f"{self._name(value)}[{place}] = {source}"])

    def _join(self, value: Value) -> list[str]:
        (dim,) = value.attributes
        strides = tight_strides(value.shape)
        lines: list[str] = []
        start = 0
        for part in value.operands:
            index = _running(part.shape)
            own = tuple([0 if n == 1 else s for n, s in zip(part.shape, strides)])
            place = with_strides(index, own, start * _step(value.shape, dim))
            source = self._element(part, index)
            lines += _over(part.shape, [f"{self._name(value)}[{place}] = {source}"])
            start += part.shape[dim]
        return lines

    def _search(self, value: Value) -> list[str]:
        """The places of extremes along dimensions that others follow."""
        (operand,) = value.operands
        function, dims = value.attributes
        index = _running(operand.shape)
        name, dtype = "found", operand.dtype
        lengths = tuple([operand.shape[d] for d in dims])
        place = in_rows(tuple([index[d] for d in dims]), lengths)
        text = "t"
        body = [
            f"{text} = {self._element(operand, index)}",
            *self._words.found_extreme(function, name, text, place),
        ]
        inner = [d for d in dims if operand.shape[d] != 1]
        outer = [d for d, n in enumerate(operand.shape) if n != 1 and d not in dims]
        body = nested([str(index[d]) for d in inner], [operand.shape[d] for d in inner], body)
        target = in_rows(tuple([index[d] for d in outer]), tuple([operand.shape[d] for d in outer]))
        body = [
            f"{name} = 0",
            f"{name}_value = {self._words.start(function, dtype)}",
            *body,
            f"{self._name(value)}[{target}] = {name}",
        ]
        return nested([str(index[d]) for d in outer], [operand.shape[d] for d in outer], body)

    def _host(self, value: Value) -> list[str]:
        self._words.helper("called")
        position = self._words.host(value)
        return [f"if called(addresses[{position}]):", f"{INDENT}return -1"]


PRODUCT = 4_000_000
"""From so many multiplications on, threads share a product."""

WIDTH = 128
"""The least rows or columns of a tile: fewer would cost BLAS more than they are worth."""

MOST_TILES = 4


def _tile(value: Value) -> int | None:
    """The dimension along which threads share a product; None if they do not."""
    if value.kind not in PRODUCTS or len(value.shape) != 2:
        return None
    rows, columns = value.shape
    if rows * columns * value.operands[0].shape[-1] < PRODUCT or max(rows, columns) < 2 * WIDTH:
        return None
    return 1 if columns >= 2 * WIDTH else 0


def _tiled_length(value: Value) -> int:
    return value.shape[_tile(value) or 0]


def _tile_width(value: Value) -> int:
    """How wide a tile is, which depends on the shape alone."""
    return max(WIDTH, -(-_tiled_length(value) // (16 * MOST_TILES)) * 16)


def _among(shape: Sequence[int], index: Index) -> Place:
    """Where an element is among those of an array; dimensions of length 1 may be walked too."""
    found, step = NOWHERE, 1
    for place, length in zip(reversed(index), reversed(shape)):
        found += place.times(step)
        step *= length
    return found


def _step(shape: Sequence[int], dim: int) -> int:
    found = 1
    for length in shape[dim + 1 :]:
        found *= length
    return found


def _running(shape: Sequence[int]) -> Index:
    """The index of loops over all dimensions that are longer than 1."""
    names = iter(VARIABLES)
    return tuple([NOWHERE if n == 1 else at(next(names)) for n in shape])


def _over(shape: Sequence[int], body: Sequence[str]) -> list[str]:
    lengths = [n for n in shape if n != 1]
    return nested(VARIABLES[: len(lengths)], lengths, body)
