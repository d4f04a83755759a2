"""Products of vectors, matrices and stacks of matrices, as methods of tensors."""

from __future__ import annotations

from math import prod
from typing import Any, Self

from ...engine.operation import real_number
from ...engine.shapes import Shape, broadcast_shape, check_linear
from ..coercion import constant_array
from ..dtypes import FLOATS, DType, bool_
from ..methods import Methods
from .matmul import ADDMM, LINEAR, MM, matrix_shapes, multiplied

_KINDS = ("number", "vector", "matrix", "stack of matrices")


class Products(Methods):
    """What adds up products of elements.

    The factors are tensors, or NumPy arrays beside a tensor, of one dtype other than bool; for
    others a ``TypeError`` says how to convert them. ``ValueError`` is raised, with the shapes,
    where they do not fit.
    """

    __slots__ = ()

    def __matmul__(self, other: Any) -> Self:
        product: Self = _product(self, other, type(self))
        return product

    def __rmatmul__(self, other: Any) -> Self:
        product: Self = _product(other, self, type(self))
        return product

    def matmul(self, other: Any) -> Self:
        """The matrix product ``self @ other``.

        (n) by (n) gives (), (m, n) by (n) gives (m), (n) by (n, p) gives (p), (m, n) by (n, p)
        gives (m, p); dimensions before the last two broadcast. Sums of nothing, n being 0, are 0.
        """
        product: Self = _product(self, other, type(self))
        return product

    def mm(self, mat2: Any) -> Self:
        """The product of two matrices, (m, n) by (n, p)."""
        return self._product_with(mat2, "mm", "mat2", (2, 2))

    def mv(self, vec: Any) -> Self:
        """The product of a matrix and a vector, (m, n) by (n)."""
        return self._product_with(vec, "mv", "vec", (2, 1))

    def dot(self, tensor: Any) -> Self:
        """The sum of the products of the elements of two vectors, (n) by (n): a 0-d tensor."""
        return self._product_with(tensor, "dot", "tensor", (1, 1))

    def vdot(self, other: Any) -> Self:
        """As :meth:`dot`, because all numbers here are real."""
        return self._product_with(other, "vdot", "other", (1, 1))

    def bmm(self, mat2: Any) -> Self:
        """The products of two stacks of equally many matrices, (b, m, n) by (b, n, p)."""
        a, b = factors((self, mat2), type(self), "bmm")
        _check_stacks(a, b, "bmm", ("self", "mat2"))
        product: Self = multiplied(a, b, "bmm")
        return product

    def inner(self, other: Any) -> Self:
        """The sums of products along the last dimensions, (..., n) by (---, n) to (..., ---).

        A 0-d tensor is multiplied with every element.
        """
        a, b = tensors((self, other), type(self), "inner")
        if not a._data.ndim or not b._data.ndim:
            scaled: Self = a * b
            return scaled
        check_factors((a, b), "inner")
        (*before, length), shape = b._data.shape, a._data.shape
        columns = b if b._data.ndim == 1 else b.reshape(prod(before), length).T
        if shape[-1] != length:
            raise ValueError(
                f"inner: the last lengths must be equal, got {shape[-1]} and {length} in shapes "
                f"{shape} and {b._data.shape}: transpose or reshape one of them"
            )
        sums = multiplied(a, columns)
        inner: Self = sums if len(before) < 2 else sums.reshape(*shape[:-1], *before)
        return inner

    def outer(self, vec2: Any) -> Self:
        """The products of each element of a vector with each of another, (m) by (n) to (m, n).

        Dtypes are promoted.
        """
        a, b = tensors((self, vec2), type(self), "outer")
        _check_ndim(a, 1, "outer", "self")
        _check_ndim(b, 1, "outer", "vec2")
        products: Self = a.unsqueeze(1) * b
        return products

    def kron(self, other: Any) -> Self:
        """The Kronecker product: every element of this tensor times all of the other.

        Lengths are multiplied; dimensions of length 1 are put in front where one has fewer.
        Dtypes are promoted.
        """
        a, b = tensors((self, other), type(self), "kron")
        ndim = max(a._data.ndim, b._data.ndim)
        outside, inside = [(1,) * (ndim - each._data.ndim) + each._data.shape for each in (a, b)]
        spread = a.reshape([length for pair in zip(outside, (1,) * ndim) for length in pair])
        products = spread * b.reshape([n for pair in zip((1,) * ndim, inside) for n in pair])
        product: Self = products.reshape([m * n for m, n in zip(outside, inside)])
        return product

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * self + alpha * (mat1 @ mat2)`` for matrices, (m, n) by (n, p).

        This tensor must broadcast to (m, p). With ``beta=0`` its numbers do not matter, not even
        nan. Tensors of integers take whole numbers for ``beta`` and ``alpha``.
        """
        operands: tuple[Any, ...] = (self, mat1, mat2)
        bias = self._data
        if not (
            _fit(mat1, mat2, type(self))
            and bias.dtype is mat1._data.dtype
            and bias.shape == mat2._data.shape[1:]
        ):
            operands = _checked_addmm(factors(operands, type(self), "addmm"))
        if type(beta) is not int or type(alpha) is not int:
            beta = _coefficient(beta, bias.dtype, "addmm: beta")
            alpha = _coefficient(alpha, bias.dtype, "addmm: alpha")
        total: Self = self.record(ADDMM, operands, (beta, alpha))
        return total

    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * self + alpha * (mat @ vec)`` for a matrix (m, n) and a vector (n)."""
        x, a, b = factors((self, mat, vec), type(self), "addmv")
        _check_ndim(a, 2, "addmv", "mat")
        _check_ndim(b, 1, "addmv", "vec")
        total: Self = _added(x, multiplied(a, b, "addmv"), beta, alpha, "addmv")
        return total

    def baddbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * self + alpha * batch1.bmm(batch2)``; this tensor broadcasts to the product."""
        x, a, b = factors((self, batch1, batch2), type(self), "baddbmm")
        _check_stacks(a, b, "baddbmm", ("batch1", "batch2"))
        total: Self = _added(x, multiplied(a, b, "baddbmm"), beta, alpha, "baddbmm")
        return total

    def addbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * self + alpha * batch1.bmm(batch2).sum(0)``, as one product of two matrices."""
        x, a, b = factors((self, batch1, batch2), type(self), "addbmm")
        _check_stacks(a, b, "addbmm", ("batch1", "batch2"))
        matrix_shapes(a._data.shape, b._data.shape, "addbmm")  # raises where they do not fit
        (count, m, n), p = a._data.shape, b._data.shape[2]
        side_by_side = a.permute(1, 0, 2).reshape(m, count * n)
        sums = multiplied(side_by_side, b.reshape(count * n, p))
        total: Self = _added(x, sums, beta, alpha, "addbmm")
        return total

    def _product_with(self, other: Any, what: str, name: str, ndims: tuple[int, int]) -> Self:
        a, b = factors((self, other), type(self), what)
        _check_ndim(a, ndims[0], what, "self")
        _check_ndim(b, ndims[1], what, name)
        product: Self = multiplied(a, b, what)
        return product


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.T + bias``, as one operation.

    Parameters
    ----------
    input : Tensor
        Of shape (..., in).
    weight : Tensor
        Of shape (out, in).
    bias : Tensor, optional
        Of shape (out).

    Returns
    -------
    Tensor
        Of shape (..., out).

    Raises
    ------
    TypeError
        If the dtypes differ, or are bool.
    ValueError
        If the shapes do not fit.
    """
    operands = (input, weight) if bias is None else (input, weight, bias)
    kind = kind_of(operands, "linear")
    if bias is None or not _fit_linear(input, weight, bias, kind):
        operands = _checked_linear(tensors(operands, kind, "linear"))
    return kind.record(LINEAR, operands, ())


def _product(first: Any, second: Any, kind: Any) -> Any:
    """The matrix product of two operands, one of which is a tensor."""
    if _fit(first, second, kind):
        return first.record(MM, (first, second), ())
    a, b = tensors((first, second), kind, "matmul")
    if not a._data.ndim or not b._data.ndim:
        raise ValueError(
            f"matmul: both operands must have a dimension, got shapes {a._data.shape} and "
            f"{b._data.shape}: multiply by a number with *"
        )
    check_factors((a, b), "matmul")
    return multiplied(a, b)


# What need not be looked into more closely is told at once: training spends its time on it.


def _fit(a: Any, b: Any, kind: Any) -> bool:
    """Whether these are tensors of floating point numbers, and matrices that can be multiplied."""
    if type(a) is not kind or type(b) is not kind:
        return False
    x, y = a._data, b._data
    dtype = x.dtype
    return (
        dtype is y.dtype
        and dtype.kind == "f"
        and x.ndim == 2 == y.ndim
        and x.shape[1] == y.shape[0]
    )


def _fit_linear(input: Any, weight: Any, bias: Any, kind: Any) -> bool:
    """Whether these are tensors of floating point numbers that fit a linear layer."""
    if type(input) is not kind or type(weight) is not kind or type(bias) is not kind:
        return False
    x, w, b = input._data, weight._data, bias._data
    dtype = x.dtype
    return (
        dtype is w.dtype is b.dtype
        and dtype.kind == "f"
        and x.ndim > 0
        and w.ndim == 2
        and x.shape[-1] == w.shape[1]
        and b.shape == w.shape[:1]
    )


def _checked_addmm(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands of addmm; ``ValueError`` where their shapes do not fit."""
    x, a, b = operands
    _check_ndim(a, 2, "addmm", "mat1")
    _check_ndim(b, 2, "addmm", "mat2")
    shape = matrix_shapes(a._data.shape, b._data.shape, "addmm")[-1]
    _check_spreads(x._data.shape, shape, "addmm")
    return operands


def _checked_linear(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands of a linear layer; an error where their dtypes or shapes do not fit."""
    own, wanted = [each._data.dtype for each in operands[:2]]
    if own != wanted and wanted in FLOATS:
        raise TypeError(
            f"linear: input must be of the dtype of weight, {wanted}, got {own}: write "
            f"input.to('{wanted}')" + (f", or model.to('{own}')" if own in FLOATS else "")
        )
    check_factors(operands, "linear")
    shape, weight, *bias = [each._data.shape for each in operands]
    check_linear(shape, weight, bias[0] if bias else None)
    return operands


def _added(x: Any, product: Any, beta: float, alpha: float, what: str) -> Any:
    """``beta * x + alpha * product``."""
    _check_spreads(x._data.shape, product._data.shape, what)
    beta = _coefficient(beta, x._data.dtype, f"{what}: beta")
    alpha = _coefficient(alpha, x._data.dtype, f"{what}: alpha")
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    return product + (x if beta == 1 else x * beta)


def kind_of(operands: tuple[Any, ...], what: str) -> Any:
    """The class of tensors; ``TypeError`` where no operand is one."""
    for each in operands:
        if isinstance(each, Products):
            return type(each)
    raise TypeError(
        f"{what}: operands must hold a Tensor, got "
        f"{', '.join(type(each).__name__ for each in operands) or 'none'}: make one with "
        "twingrad.tensor(...)"
    )


def tensors(operands: tuple[Any, ...], kind: Any, what: str) -> tuple[Any, ...]:
    """The operands as tensors, arrays among them as constants."""
    return tuple(
        [
            each if type(each) is kind else kind.constant(constant_array(each, what))
            for each in operands
        ]
    )


def factors(operands: tuple[Any, ...], kind: Any, what: str) -> tuple[Any, ...]:
    """The operands as tensors, which must be of one dtype that products are added up in."""
    found = tensors(operands, kind, what)
    check_factors(found, what)
    return found


def check_factors(found: tuple[Any, ...], what: str) -> None:
    """Raise ``TypeError`` unless the tensors are of one dtype, and that is not bool."""
    dtype = found[0]._data.dtype
    for each in found:
        if each._data.dtype != dtype:
            dtypes = [t._data.dtype for t in found]
            raise TypeError(
                f"{what}: operands must be of one dtype, got {', '.join(map(str, dtypes))}: "
                "convert the others, for example with "
                f"to('{next((t for t in dtypes if t in FLOATS), dtype)}')"
            )
    if dtype == bool_:
        raise TypeError(
            f"{what}: operands must be numbers, got tensors of bools: convert them with float() or "
            "long()"
        )


def _check_ndim(tensor: Any, ndim: int, what: str, name: str) -> None:
    if tensor._data.ndim != ndim:
        raise ValueError(
            f"{what}: {name} must be a {_KINDS[ndim]}, of {ndim} dimension{'s' * (ndim > 1)}, got "
            f"shape {tensor._data.shape}: reshape it, or use matmul(), which takes them all"
        )


def _check_stacks(a: Any, b: Any, what: str, names: tuple[str, str]) -> None:
    """Raise ``ValueError`` unless both are stacks of equally many matrices."""
    _check_ndim(a, 3, what, names[0])
    _check_ndim(b, 3, what, names[1])
    if a._data.shape[0] != b._data.shape[0]:
        raise ValueError(
            f"{what}: {names[0]} and {names[1]} must hold equally many matrices, got shapes "
            f"{a._data.shape} and {b._data.shape}: expand one, or use matmul(), which broadcasts"
        )


def _check_spreads(shape: Shape, target: Shape, what: str) -> None:
    """Raise ``ValueError`` unless ``shape`` broadcasts to ``target``."""
    try:
        fits = broadcast_shape([shape, target], what) == target
    except ValueError:
        fits = False
    if not fits or len(shape) > len(target):
        raise ValueError(
            f"{what}: self must broadcast to the shape of the product, {target}, got {shape}: "
            "reshape it"
        )


def _coefficient(number: Any, dtype: DType, what: str) -> float:
    """A number that tensors of ``dtype`` are multiplied by, as a Python number."""
    if type(number) is int or (type(number) is float and dtype in FLOATS):
        return number
    if dtype not in FLOATS:
        raise TypeError(
            f"{what} must be a whole number for tensors of dtype {dtype}, got {number!r}: convert "
            "the tensors with float()"
        )
    return real_number(number, what)
