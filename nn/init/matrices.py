"""Parameters that begin as a matrix with a property: identity, orthogonal, sparse."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from ...engine.operation import real_number
from ...engine.shapes import Shape
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


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Draw an orthogonal matrix Q evenly from all of them, and set the tensor to ``gain * Q``.

    A tensor of more than two dimensions is taken as the matrix of its rows. Of the rows and the
    columns, the fewer are orthonormal. Q comes from the QR decomposition of a matrix of numbers
    from N(0, 1), with the signs that make R's diagonal positive. Saxe, McClelland and Ganguli,
    Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2013);
    Mezzadri, How to generate random matrices from the classical compact groups (2006).

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


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Draw from N(0, std**2), and set ``ceil(sparsity * rows)`` numbers of each column to 0.

    Which ones are zeros is drawn for every column on its own. Martens, Deep learning via
    Hessian-free optimization (2010).

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
    share, spread = real_number(sparsity, "sparse_: sparsity"), deviation(std, "sparse_")
    if not 0 <= share <= 1:
        raise ValueError(
            f"sparse_: sparsity must lie between 0 and 1, got {sparsity}: it is a share of zeros"
        )
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
