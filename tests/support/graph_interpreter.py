"""The meaning of a compiler's graph: every kind of value computed with NumPy, one at a time.

This is what recorded and compiled steps are held against, so it is strict: operands of a kind or
dtype that the graph does not promise are refused, as is a result of another shape or dtype.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np

from twingrad.tensor.kernels.numpy_code import array_function
from twingrad.tensor.kernels.program import CONDITIONS, EXACT
from twingrad.tensor.random import blocks, draws
from twingrad.tensor.random.blocks import Span

LOGICAL = ("logical_and", "logical_or", "logical_not")
FILLED = {
    "uniform": blocks.uniform,
    "normal": blocks.normal,
    "exponential": blocks.exponential,
    "half": draws.halves_of,
}
SUMS = ("add", "mul")
GIVEN = ("argument", "captured", "number")


@dataclass
class Evaluation:
    """What a step gives: arrays in the order of the graph's lists, gradients by position."""

    results: list = field(default_factory=list)
    gradients: dict = field(default_factory=dict)
    memories: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    values: dict = field(default_factory=dict)

    def everything(self):
        """All that a compiled step gives or leaves behind, each with what it is."""
        for what, arrays in (("result", self.results), ("memory", self.memories)):
            yield from ((f"{what} {k}", array) for k, array in enumerate(arrays))
        yield from ((f"gradient {k}", array) for k, array in sorted(self.gradients.items()))


def evaluate(graph, arguments=(), captured=(), numbers=(), noise=None):
    """A graph on arrays for its arguments and captured memory, and on the host's numbers.

    With ``noise``, a NumPy generator, everything that another implementation may round otherwise
    is off by some units of the last place: the terms of sums, products of matrices among them,
    and the results of functions that IEEE 754 does not settle.
    """
    given = {
        value.number: _checked(value, np.array(array))
        for values, arrays in (
            (graph.arguments, arguments),
            ([memory.before for memory in graph.memories], captured),
            (graph.numbers, [np.array(n, v.dtype) for n, v in zip(numbers, graph.numbers)]),
        )
        for value, array in zip(values, arrays, strict=True)
    }
    known = given.copy()
    with np.errstate(all="ignore"):
        for value in graph.needed():
            if value.kind not in GIVEN:
                operands = [known[operand.number] for operand in value.operands]
                known[value.number] = _checked(value, np.asarray(_computed(value, operands, noise)))
    return Evaluation(
        [known[value.number] for value in graph.results],
        {position: known[value.number] for position, value in graph.gradients.items()},
        [known[memory.after.number] for memory in graph.memories],
        [_truth(known[check.value.number]) for check in graph.checks],
        known,
    )


def places_of_view(shape, strides, offset):
    """Which of the operand's elements each element of a view is."""
    places = np.full(shape, offset, np.int64)
    for dim, (length, stride) in enumerate(zip(shape, strides, strict=True)):
        steps = np.arange(length) * stride
        places += steps.reshape([-1 if d == dim else 1 for d in range(len(shape))])
    return places


def _checked(value, array):
    assert array.shape == value.shape, f"{value} has shape {array.shape}"
    assert array.dtype == value.dtype, f"{value} has dtype {array.dtype}"
    return array


def _truth(array):
    assert (array.shape, array.dtype) == ((), bool), "a check is a truth value without dimensions"
    return bool(array)


def _computed(value, operands, noise):
    compute = KINDS[value.kind]
    if noise is None or not value.dtype.startswith("float"):
        return compute(value, *operands)
    function = value.attributes[0] if value.attributes else ""
    if value.kind in ("matmul", "gemm", "scatter") or (value.kind == "reduce" and function in SUMS):
        operands = [_off(operands[0], noise), *operands[1:]]
    computed = compute(value, *operands)
    if value.kind == "elementwise" and function not in EXACT | {"cast"}:
        computed = _off(computed, noise)
    return computed


def _off(array, noise):
    """The array, each number other than 0 off by up to four units of the last place."""
    unit = np.finfo(array.dtype).eps
    return array * (1 + unit * noise.integers(-4, 5, array.shape)).astype(array.dtype)


def _constant(value):
    return np.array(value.attributes[0]).astype(value.dtype)


def _position(value):
    (dim,) = value.attributes
    shape = [-1 if d == dim else 1 for d in range(len(value.shape))]
    return np.broadcast_to(np.arange(value.shape[dim]).reshape(shape), value.shape).copy()


def _elementwise(value, *operands):
    (function,) = value.attributes
    kinds = [operand.dtype for operand in operands]
    if function == "cast":
        return operands[0].astype(value.dtype)
    if function == "mask":
        assert kinds == [bool], f"{value} is made of {kinds}"
        return operands[0].astype(value.dtype)
    if function == "where":
        assert kinds == [bool, value.dtype, value.dtype], f"{value} chooses from {kinds}"
        return np.where(*operands)
    expected = bool if function in LOGICAL else value.dtype
    if function in CONDITIONS - {*LOGICAL}:
        expected = kinds[0]
    assert all(kind == expected for kind in kinds), f"{value}: {function} of {kinds}"
    return array_function(function)(*operands)


def _view(value, operand):
    places = places_of_view(value.shape, *value.attributes)
    assert np.all((places >= 0) & (places < operand.size)), f"{value} leaves its operand"
    return operand.reshape(-1)[places]


def _reduce(value, operand):
    function, dims = value.attributes
    if function in ("argmax", "argmin"):
        kept = [d for d in range(operand.ndim) if d not in dims]
        count = prod([operand.shape[d] for d in dims])
        rows = operand.transpose([*kept, *dims]).reshape(*value.shape, count)
        return getattr(rows, function)(axis=-1)
    return array_function(function).reduce(operand, axis=dims, dtype=value.dtype)


def _matmul(value, a, b):
    assert a.dtype == b.dtype == value.dtype, f"{value} is a product of {a.dtype} and {b.dtype}"
    assert a.shape[:-2] == b.shape[:-2], f"{value} is a product of {a.shape} and {b.shape}"
    return np.matmul(a, b)


def _gemm(value, a, b, *others):
    factor, is_turned = value.attributes
    product = _matmul(value, a, b) * np.dtype(value.dtype).type(factor)
    product = np.swapaxes(product, -1, -2) if is_turned else product
    assert all((x.shape, x.dtype) == (product.shape, product.dtype) for x in others), f"{value}"
    return sum(others, product)


def _places_of_index(value, shape, index):
    """For each dimension of a shape the places that an index along one of them names."""
    (dim,) = value.attributes
    assert index.dtype == np.int64, f"{value} has an index of {index.dtype}"
    assert np.all((index >= 0) & (index < shape[dim])), f"{value} has an index out of range"
    places = [*np.indices(index.shape)]
    places[dim] = index
    return tuple(places)


def _gather(value, source, index):
    return source[_places_of_index(value, source.shape, index)]


def _scatter(value, part, index):
    assert part.shape == index.shape, f"{value} has a part of {part.shape} at {index.shape}"
    total = np.zeros(value.shape, value.dtype)
    np.add.at(total, _places_of_index(value, value.shape, index), part)
    return total


def _written(value, whole, part):
    places = places_of_view(part.shape, *value.attributes)
    assert np.unique(places).size == places.size, f"{value} writes a place twice"
    assert np.all((places >= 0) & (places < whole.size)), f"{value} writes beyond its end"
    assert part.dtype == value.dtype, f"{value} takes up {part.dtype}"
    written = whole.reshape(-1).copy()
    written[places] = part
    return written.reshape(value.shape)


def _place(value, part):
    return _written(value, np.zeros(value.shape, value.dtype), part)


def _join(value, *operands):
    assert all(operand.dtype == value.dtype for operand in operands), f"{value} joins other dtypes"
    return np.concatenate(operands, axis=value.attributes[0])


def _random(value, *words):
    assert all(word.dtype == np.uint64 for word in words), f"{value} has a key of other dtypes"
    numbers = np.empty(value.size, value.dtype)
    FILLED[value.attributes[0]](Span(*map(int, words)), numbers)
    return numbers.reshape(value.shape)


def _host(value, *operands):
    return value.attributes[0](*[operand.copy() for operand in operands])


KINDS = {
    "constant": _constant,
    "position": _position,
    "elementwise": _elementwise,
    "view": _view,
    "reduce": _reduce,
    "matmul": _matmul,
    "gemm": _gemm,
    "gather": _gather,
    "scatter": _scatter,
    "place": _place,
    "overwrite": _written,
    "join": _join,
    "random": _random,
    "host": _host,
}
