"""Parameters that begin with a property: identity, orthogonal, sparse."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from ...engine.checks import checked_count, number_within
from ...engine.operation import real_number
from ...engine.shapes import Shape
from ..backend import Generator
from .draws import deviation, normals, normals64, shape_to_draw, twin_to_fill, uniforms64


def eye_(tensor: Any) -> Any:
    """Set the matrix to ones on the diagonal and zeros elsewhere.

    As the weight of a layer it hands on as many inputs as there are outputs. Raises ``TypeError``
    if ``tensor`` is neither a Tensor nor an Array, ``ValueError`` for other than two dimensions.

    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.init.eye_(twingrad.zeros(2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    twin = twin_to_fill(tensor, "eye_")
    rows, columns = _matrix_shape(twin.numbers(tensor).shape, "eye_")
    twin.write(tensor, np.eye(rows, columns))
    return tensor


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Set the tensor to the weight of a convolution that hands its inputs on: 1 in the middle.

    ``w[g * out / groups + k, k, middle] = 1`` for every group g and as many k as there are both
    outputs of a group and inputs; all else is 0. There are no convolutions here: it is for weights
    that go elsewhere.

    Parameters
    ----------
    tensor : Tensor or Array of shape (out, in, ...), of three to five dimensions
        What is filled in place.
    groups : int
        The groups of outputs that each hand the inputs on; a divisor of ``out``.

    Raises
    ------
    TypeError
        If ``tensor`` is neither a Tensor nor an Array.
    ValueError
        If ``tensor`` has other dimensions, or ``groups`` does not divide ``out``.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.init.dirac_(twingrad.zeros(2, 2, 3)).tolist()
    [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    twin = twin_to_fill(tensor, "dirac_")
    shape = twin.numbers(tensor).shape
    if not 3 <= len(shape) <= 5:
        raise ValueError(
            f"dirac_: tensor must have three to five dimensions, got shape {shape}: it is the "
            "weight of a convolution, (out, in, ...)"
        )
    size, rest = divmod(shape[0], checked_count(groups, "dirac_: groups", at_least=1))
    if rest:
        raise ValueError(
            f"dirac_: groups must divide the {shape[0]} outputs, got {groups}: choose a divisor"
        )
    numbers = np.zeros(shape)
    middle = [length // 2 for length in shape[2:]]
    for k in range(min(size, shape[1]) if numbers.size else 0):
        numbers[(slice(k, None, size), k, *middle)] = 1
    twin.write(tensor, numbers)
    return tensor


def orthogonal_(tensor: Any, gain: float = 1, generator: Generator | None = None) -> Any:
    """Draw an orthogonal matrix Q evenly from all of them, and set the tensor to ``gain * Q``.

    A tensor of more than two dimensions is taken as the matrix of its rows. Of the rows and the
    columns, the fewer are orthonormal. Q comes from the QR decomposition of a matrix of numbers
    from N(0, 1), with the signs that make R's diagonal positive. Saxe, McClelland and Ganguli,
    "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013;
    Mezzadri, "How to generate random matrices from the classical compact groups", 2006.

    Parameters
    ----------
    tensor : Tensor or Array of shape (out, in, ...)
        What is filled in place. Without elements it is left as it is.
    gain : float
        The length of the orthogonal rows or columns.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``tensor`` has fewer than two dimensions.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = nn.init.orthogonal_(twingrad.zeros(2, 3, dtype=twingrad.float64))
    >>> (w @ w.T - twingrad.eye(2)).norm().item() < 1e-14
    True
    """
    length = real_number(gain, "orthogonal_: gain")
    shape = shape_to_draw(tensor, "orthogonal_")
    if len(shape) < 2:
        raise ValueError(
            f"orthogonal_: tensor must have two or more dimensions, got shape {shape}: a vector "
            "has no rows to be orthogonal"
        )
    if 0 in shape:
        return tensor
    drawn = normals64(shape, generator).reshape(shape[0], -1)
    is_wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if is_wide else drawn)
    q *= np.where(np.diagonal(r) < 0, -length, length)
    twin_to_fill(tensor, "orthogonal_").write(tensor, (q.T if is_wide else q).reshape(shape))
    return tensor


def sparse_(
    tensor: Any, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Any:
    """Draw from N(0, std**2), and set ``ceil(sparsity * rows)`` numbers of each column to 0.

    Which ones are zeros is drawn for every column on its own. Martens, "Deep learning via
    Hessian-free optimization", 2010.

    Parameters
    ----------
    tensor : Tensor or Array of shape (rows, columns)
        What is filled in place.
    sparsity : float
        The share of zeros, from 0 to 1.
    std : float
        The standard deviation of the others, at least 0.
    generator : Generator, optional
        What to draw from instead of the default generator.

    Raises
    ------
    TypeError
        If ``tensor`` is no operand of floating point numbers.
    ValueError
        If ``tensor`` has other than two dimensions, or a number is out of its range.
    """
    why = "it is a share of zeros"
    share = number_within(sparsity, "sparse_: sparsity", why, at_least=0, at_most=1)
    spread = deviation(std, "sparse_")
    shape = shape_to_draw(tensor, "sparse_")
    rows, _ = _matrix_shape(shape, "sparse_")
    numbers = spread * normals(tensor, generator, "sparse_")
    order = np.argsort(uniforms64(shape, generator), axis=0)
    np.put_along_axis(numbers, order[: ceil(share * rows)], 0.0, axis=0)
    twin_to_fill(tensor, "sparse_").write(tensor, numbers)
    return tensor


def _matrix_shape(shape: Shape, what: str) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(
            f"{what}: tensor must have two dimensions, got shape {shape}: fill a matrix"
        )
    rows, columns = shape
    return rows, columns
