"""Elements chosen by truth values: filled, selected, scattered, and found."""

from __future__ import annotations

from math import prod
from typing import Any, Self

import numpy as np

from ...engine import formulas
from ...engine.shapes import broadcast_shape
from ..coercion import constant_array
from ..dtypes import bool_
from ..methods import Methods, converted
from ..tracing import check_fixed, numbers
from .indexing import Indexing
from .moves import BROADCAST_TO, RESHAPE
from .selection import INDEX_PUT, SELECT


class Masks(Indexing):
    """What masks do. A mask is a tensor, an array or a list of bools, and broadcasts."""

    __slots__ = ()

    def masked_fill(self, mask: Any, value: Any) -> Self:
        """A copy with ``value`` where ``mask`` is true.

        Parameters
        ----------
        mask : Tensor, array or list of bools
            Broadcast against this tensor.
        value : number, or Tensor without dimensions
            Converted to this tensor's dtype.

        Raises
        ------
        TypeError
            If the mask does not hold bools.
        ValueError
            If the shapes do not broadcast, or the value has dimensions.
        """
        truth = _truth(mask, "masked_fill")
        broadcast_shape([self._data.shape, truth.shape], "masked_fill")
        filled: Self = formulas.where(truth, self._filling(value, "masked_fill"), self)
        return filled

    def masked_fill_(self, mask: Any, value: Any) -> Self:
        """Write ``value`` where ``mask`` is true, in place; see :meth:`masked_fill`."""
        filled = self.masked_fill(mask, value)
        return self._replace(filled, "masked_fill_")

    def masked_select(self, mask: Any) -> Self:
        """The elements where ``mask`` is true, in a row: shape ``(n,)``.

        The tensor and the mask broadcast against each other. Raises ``TypeError`` for a mask
        that does not hold bools.
        """
        truth = _truth(mask, "masked_select")
        check_fixed(truth, "masked_select", "use where(mask, x, 0)")
        shape = broadcast_shape([self._data.shape, truth.shape], "masked_select")
        wide = self if shape == self._data.shape else BROADCAST_TO(self, shape)
        selected: Self = SELECT(wide, np.broadcast_to(truth, shape).copy())
        return selected

    def masked_scatter(self, mask: Any, source: Any) -> Self:
        """A copy with the first elements of ``source``, in order, where ``mask`` is true.

        Raises ``ValueError`` where the source has too few elements for the mask.
        """
        truth = _truth(mask, "masked_scatter")
        check_fixed(truth, "masked_scatter", "use where(mask, source, x)")
        shape = broadcast_shape([self._data.shape, truth.shape], "masked_scatter")
        wide = self if shape == self._data.shape else BROADCAST_TO(self, shape)
        places = np.broadcast_to(truth, shape).reshape(-1).nonzero()[0]
        values = self._in_own_dtype(source, "masked_scatter").reshape(-1)
        if len(values) < len(places):
            raise ValueError(
                f"masked_scatter: source must have an element for each of the {len(places)} places "
                f"where mask is true, got {len(values)}: give more, or a smaller mask"
            )
        row = RESHAPE(wide, (prod(shape),))
        written = INDEX_PUT.apply((row, values[: len(places)], places), ((0,),))
        scattered: Self = RESHAPE(written, shape)
        return scattered

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """Where the elements are not 0: an int64 tensor of shape ``(n, ndim)``.

        With ``as_tuple``, one tensor of shape ``(n,)`` for every dimension, which can be used as
        an index; a tensor without dimensions then counts as one of shape ``(1,)``.
        """
        check_fixed(numbers(self), "nonzero", "use where(mask, x, 0)")
        if as_tuple:
            found = np.atleast_1d(self._data).nonzero()
            return tuple([self.constant(each) for each in found])
        return self.constant(np.argwhere(self._data))

    def _filling(self, value: Any, what: str) -> Self:
        """A number as a tensor without dimensions in this tensor's dtype."""
        filling: Self = self._in_own_dtype(value, what)
        if filling._data.ndim:
            raise ValueError(
                f"{what}: value must be one number, got shape {filling._data.shape}: use where() "
                "for values of several elements"
            )
        return filling

    def _in_own_dtype(self, value: Any, what: str) -> Any:
        """A value as a tensor of this tensor's dtype."""
        if type(value) is type(self):
            return converted(value, self._data.dtype)
        return converted(self.constant(constant_array(value, what)), self._data.dtype)


def _truth(mask: Any, what: str) -> Any:
    """A mask as an array of bools."""
    array = numbers(mask) if isinstance(mask, Methods) else mask
    if not isinstance(array, np.ndarray):
        array = constant_array(array, what)
    if array.dtype != bool_:
        raise TypeError(
            f"{what}: mask must hold bools, got dtype {array.dtype}: compare, or convert it with "
            "bool()"
        )
    return array
