"""What generated code needs beyond Python: memory at addresses, matrix products, free sums.

Everything here is written straight into the function that uses it, without a call and without
type inference of its own, so that it costs next to nothing to compile and Numba can keep the
compiled function on disk. Importing this module imports Numba.
"""

from __future__ import annotations

import operator
from typing import Any, final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing import templates
from numba.extending import intrinsic, lower_builtin, register_model

from .staging import Builder, signature


@final
class Pointer(types.Type):
    """Elements of one dtype in a row in memory: ``p[i]`` is read and written, never checked.

    Different from an array, an index below zero does not count from the end.
    """

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Pointer({dtype})")


class _PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Pointer) -> None:
        element = manager.lookup(kind.dtype).get_data_type()
        super().__init__(manager, kind, element.as_pointer())  # type: ignore[no-untyped-call]


class _ReadElement(templates.AbstractTemplate):
    """The types of ``p[i]``."""

    key = operator.getitem

    def generic(self, arguments: Any, keywords: Any) -> Any:
        pointer, index = arguments
        if isinstance(pointer, Pointer) and isinstance(index, types.Integer):
            return signature(pointer.dtype, pointer, types.intp)
        return None


class _WriteElement(templates.AbstractTemplate):
    """The types of ``p[i] = x``."""

    key = operator.setitem

    def generic(self, arguments: Any, keywords: Any) -> Any:
        pointer, index, _ = arguments
        if isinstance(pointer, Pointer) and isinstance(index, types.Integer):
            return signature(types.none, pointer, types.intp, pointer.dtype)
        return None


def _read_element(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
    pointer, index = arguments
    return context.unpack_value(builder, sig.return_type, builder.gep(pointer, [index]))


def _write_element(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
    pointer, index, value = arguments
    context.pack_value(builder, sig.args[2], value, builder.gep(pointer, [index]))
    return context.get_dummy_value()


def _register() -> None:
    """Tell Numba what it needs to know of pointers."""
    register: Any = templates.infer_global
    register(operator.getitem)(_ReadElement)
    register(operator.setitem)(_WriteElement)
    model: Any = register_model
    model(Pointer)(_PointerModel)
    lower: Any = lower_builtin
    lower(operator.getitem, Pointer, types.intp)(_read_element)
    lower(operator.setitem, Pointer, types.intp, types.Any)(_write_element)


_register()


def _pointer_at(dtype: types.Type) -> Any:
    """The intrinsic that makes a :class:`Pointer` of an address."""
    kind = Pointer(dtype)

    @intrinsic
    def pointer_at(typing: Any, address: Any) -> Any:
        def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(kind))

        return signature(kind, types.int64), write

    return pointer_at


float32_at = _pointer_at(types.float32)
float64_at = _pointer_at(types.float64)
int8_at = _pointer_at(types.int8)
int16_at = _pointer_at(types.int16)
int32_at = _pointer_at(types.int32)
int64_at = _pointer_at(types.int64)
uint8_at = _pointer_at(types.uint8)
uint64_at = _pointer_at(types.uint64)
bool_at = _pointer_at(types.boolean)


@intrinsic
def pointer_to(typing: Any, array: Any) -> Any:
    """The pointer to the first element of an array."""
    if not isinstance(array, types.Array):
        return None

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        return context.make_array(array)(context, builder, arguments[0]).data

    return signature(Pointer(array.dtype), array), write


@intrinsic
def moved(typing: Any, pointer: Any, count: Any) -> Any:
    """The pointer to the element ``count`` further on."""

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return signature(pointer, pointer, types.int64), write


@intrinsic
def opaque(typing: Any, number: Any) -> Any:
    """The same whole number, of which the compiler cannot see what it is.

    A loop of known length is written out, if it has up to a few dozen rounds, before the compiler
    looks for vectors, which it then does not find: it runs three to eight times slower than a
    loop over ``range(opaque(32))``. Loops of up to 8 rounds are better written out.
    """

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        return builder.asm(ir.FunctionType(word, [word]), "", "=r,0", arguments, False)

    return signature(types.int64, types.int64), write


@intrinsic
def called(typing: Any, address: Any) -> Any:
    """What the C function ``int f(void)`` at an address gives, as an int32.

    A function of Python that :mod:`ctypes` has given an address takes the interpreter's lock
    itself, so that code that has let it go may call it.
    """

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [])

    return signature(types.int32, types.int64), write


@intrinsic
def gemm(
    typing: Any,
    function: Any,
    transpose_a: Any,
    transpose_b: Any,
    n: Any,
    m: Any,
    k: Any,
    alpha: Any,
    a: Any,
    lda: Any,
    b: Any,
    ldb: Any,
    beta: Any,
    c: Any,
    ldc: Any,
) -> Any:
    """``C = alpha * op(A) @ op(B) + beta * C`` for matrices in rows, by a BLAS routine.

    Parameters
    ----------
    function : int64
        The address of ``sgemm`` or ``dgemm``, as the pointers' dtype demands; see :mod:`.blas`.
    transpose_a, transpose_b : int or bool
        Whether op transposes, that is, whether A is given in the shape ``(k, n)`` in place of
        ``(n, k)``, and B as ``(m, k)`` in place of ``(k, m)``.
    n, m, k : int
        C is ``(n, m)``, op(A) ``(n, k)``, op(B) ``(k, m)``.
    alpha, beta : float
        Where beta is 0, C is only written; where it is 1, the product is added to it.
    a, b, c : Pointer
        The first elements.
    lda, ldb, ldc : int
        How many elements there are from the start of one row to that of the next, as the matrix
        lies in memory: at least the length of a row, and at least 1.
    """
    if not (isinstance(a, Pointer) and a == b == c and a.dtype in types.real_domain):
        return None
    whole = types.int64
    sig = signature(
        types.none,
        *(whole, whole, whole, whole, whole, whole),
        *(a.dtype, a, whole, a, whole, a.dtype, a, whole),
    )
    return sig, _write_gemm


def _write_gemm(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
    """Call Fortran's gemm, for which rows are columns: it computes ``C.T = op(B).T @ op(A).T``.

    Whole numbers are passed as 64 bits in memory, of which a BLAS with 32-bit ones reads the low
    half, which comes first on the machines that Numba knows.
    """
    function, transpose_a, transpose_b, n, m, k, alpha, a, lda, b, ldb, beta, c, ldc = arguments

    def place(value: Any) -> Any:
        memory = cgutils.alloca_once(builder, value.type)  # type: ignore[no-untyped-call]
        builder.store(value, memory)
        return memory

    def letter(is_transposed: Any) -> Any:
        yes, no = (ir.Constant(ir.IntType(8), ord(each)) for each in "TN")
        zero = ir.Constant(is_transposed.type, 0)
        return place(builder.select(builder.icmp_signed("!=", is_transposed, zero), yes, no))

    passed = [
        *(letter(transpose_b), letter(transpose_a), place(m), place(n), place(k), place(alpha)),
        *(b, place(ldb), a, place(lda), place(beta), c, place(ldc)),
    ]
    kind = ir.FunctionType(ir.VoidType(), [each.type for each in passed])
    builder.call(builder.inttoptr(function, kind.as_pointer()), passed)
    return context.get_dummy_value()


@intrinsic
def any_order_add(typing: Any, a: Any, b: Any) -> Any:
    """``a + b`` for sums whose terms may be added in any order.

    A loop ``total = any_order_add(total, x[i])`` keeps as many partial sums as a vector has
    places, which is faster and more accurate than one after the other. The order is fixed when the
    loop is compiled, so that the same numbers always give the same sum.
    """
    return _unified(a, b, lambda builder, x, y: builder.fadd(x, y, flags=("reassoc",)))


@intrinsic
def any_order_mul(typing: Any, a: Any, b: Any) -> Any:
    """``a * b`` for products whose factors may be multiplied in any order."""
    return _unified(a, b, lambda builder, x, y: builder.fmul(x, y, flags=("reassoc",)))


@intrinsic
def maximum(typing: Any, a: Any, b: Any) -> Any:
    """The greater of two numbers, nan if one is nan, 0 of 0 and -0; loops of it are vectorized."""
    return _unified(a, b, lambda builder, x, y: _binary(builder, "llvm.maximum", x, y))


@intrinsic
def minimum(typing: Any, a: Any, b: Any) -> Any:
    """The smaller of two numbers, nan if one is nan, -0 of 0 and -0; loops of it are vectorized."""
    return _unified(a, b, lambda builder, x, y: _binary(builder, "llvm.minimum", x, y))


def _binary(builder: Builder, name: str, x: Any, y: Any) -> Any:
    kind = ir.FunctionType(x.type, [x.type, x.type])
    return builder.call(builder.module.declare_intrinsic(name, [x.type], kind), [x, y])


def _unified(a: Any, b: Any, instruction: Any) -> Any:
    """The signature and the code of an instruction on two numbers of the same float type."""
    if not (a == b and a in types.real_domain):
        return None

    def write(context: Any, builder: Builder, sig: Any, arguments: Any) -> Any:
        return instruction(builder, *arguments)

    return signature(a, a, a), write
