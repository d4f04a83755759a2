"""Calls as Python source: products by BLAS, and what moves elements to other places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

from .buffers import Buffers
from .graph import Value, tight_strides
from .loop_writer import INDENT, VARIABLES, nested, single
from .places import NOWHERE, Index, Place, at, in_rows, with_strides
from .schedule import is_single, matrix
from .steps_in_code import Vocabulary


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
        a, b = value.operands
        if not value.size:
            return []
        rows, columns = value.shape[-2:]
        inner = a.shape[-1]
        if not inner:
            return self._filled(value)
        batches = value.shape[:-2]
        variables = [*VARIABLES[: len(batches)]]
        index = tuple([at(name) for name in variables])
        first, second = self._matrix(a, index), self._matrix(b, index)
        target = self._moved(self._name(value), in_rows((*index, NOWHERE, NOWHERE), value.shape))
        one, zero = (self._words.constant(k, value.dtype) for k in (1, 0))
        kind = "sgemm" if value.dtype == "float32" else "dgemm"
        self._words.helper("gemm")
        call = (
            f"gemm({kind}, {first[1]}, {second[1]}, {rows}, {columns}, {inner}, {one}, "
            f"{first[0]}, {first[2]}, {second[0]}, {second[2]}, {zero}, {target}, {columns})"
        )
        return nested(variables, batches, [call])

    def _matrix(self, value: Value, index: Index) -> tuple[str, int, int]:
        """The memory of a matrix, whether it is transposed there, and its row length there."""
        home = value if value in self._buffers.of else value.operands[0]
        if home is value:
            place = in_rows((*index, NOWHERE, NOWHERE), value.shape)
            return self._moved(self._name(home), place), 0, max(value.shape[-1], 1)
        strides, offset = value.attributes
        place = with_strides((*index, NOWHERE, NOWHERE), strides, offset)
        found = matrix(value)
        assert found is not None
        return self._moved(self._name(home), place), int(found[0]), found[1]

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
