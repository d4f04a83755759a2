"""Tensors of random numbers, from the default generator or from one of your own.

A seed belongs to one stream, and the numbers of a draw depend on the place in it only: the same
in any shape, in a compiled training step, and on any machine.
"""

from __future__ import annotations

from typing import Any

from ...engine.shapes import Shape, broadcast_shape, whole_numbers
from ..coercion import lengths, plain_number
from ..creation import made, tensor_argument
from ..dtypes import DType, checked, int64, promoted
from ..methods import plain
from ..quiet import quiet
from ..tensor import Tensor
from . import draws
from .generator import Generator
from .sampling import check_std, scaled


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from [0, 1), uniformly: multiples of 2**-24 in float32, of 2**-53 in float64.

    Parameters
    ----------
    size : int
        The lengths, as ``2, 3`` or as ``(2, 3)``.
    generator : Generator, optional
        What to draw from instead of the default generator.
    dtype : dtype, optional
        float32, if not given, or float64.
    requires_grad : bool
        Whether derivatives by it are wanted.

    Examples
    --------
    >>> import twingrad
    >>> generator = twingrad.manual_seed(0)
    >>> twingrad.rand(2, 3).shape
    (2, 3)
    """
    shape, kind = lengths(size, "rand"), draws.float_dtype(dtype, "rand")
    return made(draws.uniform(shape, kind, generator, "rand"), requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from N(0, 1); the arguments are those of :func:`rand`."""
    shape, kind = lengths(size, "randn"), draws.float_dtype(dtype, "randn")
    return made(draws.normal(shape, kind, generator, "randn"), requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from ``low`` to ``high - 1``, int64 if no ``dtype`` is given.

    ``randint(high, size)`` starts at 0. Raises ``ValueError`` where there is no such number, or
    where the dtype cannot hold them.

    >>> import twingrad
    >>> twingrad.randint(5, 6, (3,))
    tensor([5, 5, 5])
    """
    if isinstance(high, list | tuple):
        if size is not None:
            raise TypeError(f"randint: high must be a whole number, got {high!r}: give an int")
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if not isinstance(size, list | tuple):
        raise TypeError(
            f"randint: size must be a tuple of lengths, got {type(size).__name__} {size!r}: write "
            "randint(low, high, (2, 3))"
        )
    shape = lengths(size, "randint")
    return _integers(low, high, shape, dtype or int64, generator, requires_grad, "randint")


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from 0 to ``n - 1`` in random order, int64 if no ``dtype`` is given.

    Raises ``ValueError`` for a negative ``n``, or one whose numbers the dtype cannot hold.

    >>> import twingrad
    >>> twingrad.randperm(4).sort().values
    tensor([0, 1, 2, 3])
    """
    (count,) = lengths((n,), "randperm")
    kind = int64 if dtype is None else checked(dtype, "randperm")
    if count - 1 > draws.whole_range(kind)[1]:
        raise ValueError(f"randperm: n must fit the dtype {kind}, got {count}: name another dtype")
    order = draws.permutation(count, generator, "randperm")
    return made(order.astype(kind, copy=False), requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from N(mean, std**2).

    ``mean`` and ``std`` are numbers, with a ``size``, or at least one of them is a tensor of
    floats: then they broadcast, and the result has their shape and dtype. It is a constant, also
    where they require a gradient: compute ``mean + std * randn_like(mean)`` for one.

    Raises ``TypeError`` where ``size`` is missing or not wanted, ``ValueError`` for a negative
    ``std``, and for shapes that do not broadcast.
    """
    operands = [
        each if isinstance(each, Tensor) else plain_number(each, f"normal: {name}")
        for name, each in (("mean", mean), ("std", std))
    ]
    tensors = [each for each in operands if isinstance(each, Tensor)]
    arrays = [plain(each) if isinstance(each, Tensor) else each for each in operands]
    check_std(arrays[1], "normal")
    if tensors:
        if size is not None:
            raise TypeError(
                "normal: size must be left out where mean or std is a tensor, got "
                f"{size!r}: their shape decides"
            )
        shape = broadcast_shape([each.shape for each in tensors], "normal")
        dtype = dtype or promoted([(each.dtype, each.ndim) for each in tensors])
    elif size is None:
        raise TypeError(
            "normal: size must be given where mean and std are numbers: write "
            "normal(0.0, 1.0, (2, 3))"
        )
    else:
        shape = lengths((size,), "normal")
    kind = draws.float_dtype(dtype, "normal")
    numbers = draws.normal(shape, kind, generator, "normal")
    return made(quiet().run(scaled, numbers, arrays[1], arrays[0]), requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Any:
    """Ones and zeros in the dtype of ``input``, each 1 with its probability.

    The probabilities are the elements of ``input``, or all of them ``p``. Raises ``ValueError``
    for one outside [0, 1].

    >>> import twingrad
    >>> twingrad.bernoulli(twingrad.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    return tensor_argument(input, "bernoulli").bernoulli(p, generator=generator)


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Positions of elements, drawn in proportion to the elements.

    Parameters
    ----------
    input : Tensor of shape (K,) or (N, K)
        Weights of floating point numbers, not negative; they need not add up to 1.
    num_samples : int
        How many positions to draw from every row.
    replacement : bool
        Whether a position may be drawn again.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Returns
    -------
    Tensor of shape (num_samples,) or (N, num_samples), int64

    Raises
    ------
    ValueError
        For another shape, for negative, infinite or missing numbers, and for a row with too few
        weights above 0.

    Examples
    --------
    >>> import twingrad
    >>> twingrad.multinomial(twingrad.tensor([0.0, 2.0, 0.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    return tensor_argument(input, "multinomial").multinomial(
        num_samples, replacement, generator=generator
    )


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from [0, 1) in the shape of ``input``, and its dtype if no other is given."""
    shape, kind = _shape_and_dtype(input, dtype, "rand_like")
    numbers = draws.uniform(shape, draws.float_dtype(kind, "rand_like"), generator, "rand_like")
    return made(numbers, requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from N(0, 1) in the shape of ``input``, and its dtype if no other is given."""
    shape, kind = _shape_and_dtype(input, dtype, "randn_like")
    numbers = draws.normal(shape, draws.float_dtype(kind, "randn_like"), generator, "randn_like")
    return made(numbers, requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from ``low`` to ``high - 1`` in the shape and the dtype of ``input``.

    ``randint_like(input, high)`` starts at 0.
    """
    shape, kind = _shape_and_dtype(input, dtype, "randint_like")
    if high is None:
        low, high = 0, low
    return _integers(low, high, shape, kind, generator, requires_grad, "randint_like")


def _integers(
    low: Any,
    high: Any,
    shape: Shape,
    dtype: Any,
    generator: Generator | None,
    requires_grad: bool,
    what: str,
) -> Tensor:
    least, end = whole_numbers((low, high), f"{what}: low and high")
    drawn = draws.integers(least, end, shape, checked(dtype, what), generator, what)
    return made(drawn, requires_grad)


def _shape_and_dtype(input: Any, dtype: Any, what: str) -> tuple[Shape, DType]:
    tensor = tensor_argument(input, what)
    return tensor.shape, tensor.dtype if dtype is None else checked(dtype, what)
