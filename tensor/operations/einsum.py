"""Sums of products over named dimensions: einsum and tensordot, made of products of matrices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from ...engine.shapes import Shape, normalized_dims, unpacked
from .matmul import multiplied
from .parts import DIAGONAL
from .products import check_factors, kind_of, tensors

if TYPE_CHECKING:
    from ..tensor import Tensor

_ELLIPSIS = "".join([chr(0x100 + k) for k in range(128)])
"""The names of the dimensions of an ellipsis, the last of all first: none that a user can write."""

_TERM = re.compile(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*")


class Named(NamedTuple):
    """A tensor with a character for the name of each of its dimensions."""

    tensor: Any
    names: str

    def lengths(self, names: str) -> Shape:
        """The lengths along the dimensions of these names."""
        shape = self.tensor.shape
        return tuple([shape[self.names.index(name)] for name in names])

    def ordered(self, names: str) -> Any:
        """The tensor with its dimensions in the order of ``names``, which are all of them."""
        if names == self.names:
            return self.tensor
        return self.tensor.permute([self.names.index(name) for name in names])


def einsum(equation: str, *operands: Any) -> Tensor:
    """The sum of products of elements that ``equation`` tells, after Einstein's convention.

    Each operand has a term, in which a letter names each dimension: ``"ij,jk->ik"`` is
    ``sum over j of a[i, j] * b[j, k]``, the product of two matrices. What has the same name has
    the same position; what is not named behind the arrow is summed over. A name twice in a term
    takes the diagonal, ``...`` stands for any number of dimensions, which broadcast, as a length
    of 1 does everywhere. Without an arrow the result has the dimensions of the ellipsis, and
    then the names that occur once, in alphabetical order, capitals first.

    The operands are taken from left to right; every product with a sum is a matrix product.

    Parameters
    ----------
    equation : str
        The terms, with commas between them, and the term of the result behind ``->``. Spaces
        do not matter.
    operands : Tensor or array
        One for each term; at least one must be a Tensor.

    Raises
    ------
    ValueError
        If the equation is none, or the shapes do not fit it.
    TypeError
        If operands that are multiplied and summed differ in dtype, or are bool.

    Examples
    --------
    >>> from twingrad.tensor import Tensor
    >>> from twingrad.tensor.operations.einsum import einsum
    >>> a = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ii", a)
    tensor(5.)
    >>> einsum("ij,j->i", a, Tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    if not isinstance(equation, str):
        raise TypeError(
            f"einsum: equation must be a str such as 'ij,jk->ik', got {type(equation).__name__}: "
            "put it before the operands"
        )
    found = _as_tensors(unpacked(operands), "einsum")
    terms, output = _terms(equation, [each.ndim for each in found])
    named = _with_equal_lengths(
        [_diagonal(*each) for each in zip(found, terms, strict=True)], equation
    )
    total = named[0]
    for position, other in enumerate(named[1:], 2):
        later = output + "".join([each.names for each in named[position:]])
        total = contracted(total, other, later, "einsum")
    result: Tensor = _result(total, output)
    return result


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """The sum of products over some dimensions of ``a`` and as many of ``b``.

    The result has the other dimensions of ``a``, and behind them those of ``b``.

    Parameters
    ----------
    a, b : Tensor or array
        The factors, of one dtype; at least one must be a Tensor.
    dims : int, or pair of sequences of int
        How many: the last ones of ``a`` and the first ones of ``b``; or which of ``a``, and
        which of ``b``.

    Raises
    ------
    ValueError
        If there are not as many dimensions, or their lengths differ.
    IndexError
        If a dimension is not there.
    TypeError
        If the dtypes differ, or are bool.

    Examples
    --------
    >>> from twingrad.tensor import Tensor
    >>> from twingrad.tensor.operations.einsum import tensordot
    >>> a = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tensordot(a, a, dims=([0], [0]))
    tensor([[10., 14.],
            [14., 20.]])
    """
    first, second = found = _as_tensors((a, b), "tensordot")
    check_factors(found, "tensordot")
    of_first, of_second = _paired_dims(dims, first.ndim, second.ndim)
    lengths = [first.shape[d] for d in of_first], [second.shape[d] for d in of_second]
    if lengths[0] != lengths[1]:
        raise ValueError(
            f"tensordot: the lengths summed over must be equal, got {lengths[0]} and {lengths[1]} "
            f"in shapes {first.shape} and {second.shape} for dims={dims!r}: choose other dims"
        )
    names = [*_ELLIPSIS[: first.ndim + second.ndim]]
    left, right = names[: first.ndim], names[first.ndim :]
    for d, e in zip(of_first, of_second):
        names.remove(left[d])
        names.remove(right[e])
        right[e] = left[d]
    factors = Named(first, "".join(left)), Named(second, "".join(right))
    total: Tensor = contracted(*factors, "".join(names), "tensordot").tensor
    return total


def contracted(a: Named, b: Named, kept: str, what: str) -> Named:
    """The product of two tensors, summed over what is not named in ``kept``.

    Raises ``TypeError`` where that needs one dtype and there are two.
    """
    a, b = _summed(a, b.names + kept), _summed(b, a.names + kept)
    batch = "".join([name for name in a.names if name in b.names and name in kept])
    inner = "".join([name for name in a.names if name in b.names and name not in kept])
    left = "".join([name for name in a.names if name not in b.names])
    right = "".join([name for name in b.names if name not in a.names])
    names = batch + left + right
    if not inner:
        widened = _reshaped(a.ordered(batch + left), a.lengths(batch + left) + (1,) * len(right))
        between = (*b.lengths(batch), *[1 for _ in left], *b.lengths(right))
        return Named(widened * _reshaped(b.ordered(batch + right), between), names)
    check_factors((a.tensor, b.tensor), what)
    many, rows, columns = a.lengths(batch), a.lengths(left), b.lengths(right)
    length = prod(a.lengths(inner))
    product = multiplied(
        _reshaped(a.ordered(batch + left + inner), (*many, prod(rows), length)),
        _reshaped(b.ordered(batch + inner + right), (*many, length, prod(columns))),
    )
    return Named(_reshaped(product, many + rows + columns), names)


def _as_tensors(operands: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    """The operands as tensors, arrays among them as constants."""
    return tensors(operands, kind_of(operands, what), what)


def _terms(equation: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """A name for every dimension of each operand, and of the result."""
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    written = inputs.split(",")
    for term in (*written, result):
        if not _TERM.fullmatch(term):
            raise ValueError(
                f"einsum: equation must be made of letters and at most one ... for each operand, "
                f"got {term!r} in {equation!r}: write it as in 'ij,...jk->...ik'"
            )
    if len(written) != len(ndims):
        raise ValueError(
            f"einsum: equation must have a term for each operand, got {len(written)} in "
            f"{equation!r} for {len(ndims)} operands: separate the terms with commas"
        )
    terms = [_full(*each, equation) for each in zip(written, ndims, strict=True)]
    counts = Counter("".join(terms))
    spread = [name for name in reversed(_ELLIPSIS) if name in counts]
    if arrow:
        output = result.replace("...", "".join(spread))
    else:
        once = [name for name, count in counts.items() if count == 1 and name not in spread]
        output = "".join([*spread, *sorted(once)])
    for name in output:
        if output.count(name) > 1 or name not in counts:
            raise ValueError(
                f"einsum: the result must name dimensions of the operands, each once, got {name!r} "
                f"in {result!r} of {equation!r}: leave it out, or name it in an operand"
            )
    return terms, output


def _full(term: str, ndim: int, equation: str) -> str:
    """A term with a name for each of the dimensions that its ellipsis stands for."""
    before, ellipsis, after = term.partition("...")
    count = ndim - len(before) - len(after)
    if count < 0 or (count > 0 and not ellipsis):
        raise ValueError(
            f"einsum: term {term!r} of {equation!r} must name the {ndim} dimensions of its "
            f"operand, got {len(before) + len(after)} names: name each, or write ... for the others"
        )
    return before + _ELLIPSIS[:count][::-1] + after


def _diagonal(tensor: Any, names: str) -> Named:
    """The elements that have the same position along dimensions of the same name."""
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            if tensor.shape[first] != tensor.shape[second]:
                raise ValueError(
                    f"einsum: dimensions of the same name, {name!r}, must have the same length, "
                    f"got {tensor.shape[first]} and {tensor.shape[second]} in shape "
                    f"{tensor.shape}: name them differently"
                )
            tensor = DIAGONAL(tensor, 0, first, second)
            names = names[:first] + names[first + 1 : second] + names[second + 1 :] + name
    return Named(tensor, names)


def _with_equal_lengths(operands: list[Named], equation: str) -> list[Named]:
    """The operands without the dimensions of length 1 that are stretched to other lengths."""
    lengths: dict[str, int] = {}
    for each in operands:
        for name, length in zip(each.names, each.tensor.shape, strict=True):
            if lengths.setdefault(name, length) == 1:
                lengths[name] = length
            if length not in (1, lengths[name]):
                shapes = " and ".join([str(operand.tensor.shape) for operand in operands])
                raise ValueError(
                    f"einsum: dimensions of the same name must have the same length or 1, got "
                    f"{lengths[name]} and {length} in shapes {shapes} for {equation!r}: reshape "
                    "an operand or name them differently"
                )
    return [_without_ones(each, lengths) for each in operands]


def _without_ones(operand: Named, lengths: dict[str, int]) -> Named:
    shape = operand.tensor.shape
    names = "".join([name for name, n in zip(operand.names, shape) if n == lengths[name]])
    return Named(_reshaped(operand.tensor, tuple([lengths[name] for name in names])), names)


def _summed(operand: Named, kept: str) -> Named:
    """The operand summed over what is not named in ``kept``, in its own dtype."""
    dims = [d for d, name in enumerate(operand.names) if name not in kept]
    if not dims:
        return operand
    names = "".join([name for name in operand.names if name in kept])
    return Named(operand.tensor.sum(dims, dtype=operand.tensor.dtype), names)


def _result(total: Named, output: str) -> Any:
    """What is named in ``output``, in that order, of the sum over all else."""
    dims = [d for d, name in enumerate(total.names) if name not in output]
    if dims:
        names = "".join([name for name in total.names if name in output])
        total = Named(total.tensor.sum(dims), names)
    return total.ordered(output)


def _reshaped(tensor: Any, shape: Shape) -> Any:
    return tensor if tensor.shape == shape else tensor.reshape(shape)


def _paired_dims(dims: Any, ndim: int, other: int) -> tuple[Shape, Shape]:
    """The dimensions that tensordot sums over, of either factor."""
    if type(dims) is int:
        if not 0 <= dims <= min(ndim, other):
            raise ValueError(
                f"tensordot: dims must lie between 0 and {min(ndim, other)} for {ndim} and {other} "
                f"dimensions, got {dims}: sum over dimensions that both have"
            )
        return tuple(range(ndim - dims, ndim)), tuple(range(dims))
    is_pair = isinstance(dims, list | tuple) and len(dims) == 2
    if not is_pair or not all([isinstance(each, list | tuple) for each in dims]):
        raise TypeError(
            f"tensordot: dims must be an int, or a pair of lists of ints, got {dims!r}: write for "
            "example ([1], [0])"
        )
    first = normalized_dims(dims[0], ndim, "tensordot")
    second = normalized_dims(dims[1], other, "tensordot")
    if len(first) != len(second):
        raise ValueError(
            "tensordot: dims must name equally many dimensions of both factors, got "
            f"{dims!r}: give each its partner"
        )
    return first, second
