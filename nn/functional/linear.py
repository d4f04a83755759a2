"""Weighted sums."""

from __future__ import annotations

from typing import Any

from ..backend import operands, twin_of


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.T + bias``: what a layer of neurons computes.

    Parameters
    ----------
    input : operand or numbers
        Of shape ``(..., in)``.
    weight : operand
        Of shape ``(out, in)``.
    bias : operand, optional
        Of shape ``(out,)``.

    Returns
    -------
    operand
        Of shape ``(..., out)``.

    Raises
    ------
    TypeError
        If the operands are not of one twin and one dtype.
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.linear([1.0, 2.0], Array([[3.0, -1.0]]), Array([0.5])).tolist()
    [1.5]
    """
    input, weight, bias = operands("linear", "bias", input=input, weight=weight, bias=bias)
    return twin_of(weight).linear(input, weight, bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``y[..., k] = sum over i, j of x1[..., i] * weight[k, i, j] * x2[..., j] + bias[k]``.

    Parameters
    ----------
    input1, input2 : operand or numbers
        Of shapes ``(..., in1)`` and ``(..., in2)``, equal but for the last length.
    weight : operand
        Of shape ``(out, in1, in2)``.
    bias : operand, optional
        Of shape ``(out,)``.

    Raises
    ------
    TypeError
        If the operands are not of one twin and one dtype.
    ValueError
        If the shapes do not fit.
    """
    input1, input2, weight, bias = operands(
        "bilinear", "bias", input1=input1, input2=input2, weight=weight, bias=bias
    )
    shapes = input1.shape, input2.shape
    if (
        weight.ndim != 3
        or shapes[0][:-1] != shapes[1][:-1]
        or shapes[0][-1:] + shapes[1][-1:] != weight.shape[1:]
    ):
        raise ValueError(
            f"bilinear: input1 and input2 must have shapes (..., in1) and (..., in2) for a weight "
            f"of shape (out, in1, in2), got {shapes[0]}, {shapes[1]} and {weight.shape}: reshape "
            "the inputs, or build the layer for these lengths"
        )
    products = input1[..., None, None, :] @ weight
    result = (products[..., 0, :] * input2[..., None, :]).sum(-1)
    return result if bias is None else result + bias
