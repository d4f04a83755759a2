"""The parameters that a function is to work on, as people pass them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .backend import Backend, backend_of, named
from .members import Members


class Selection(NamedTuple):
    """Parameters of one twin, and this twin: the selected one where there are no parameters."""

    twin: Backend
    parameters: list[Any]


def selected(parameters: Any, what: str) -> Selection:
    """One parameter, or an iterable of them.

    Raises ``TypeError``, beginning with ``what``, for anything else and for a mix of twins. An
    iterator without parameters, most often one that has been used up, is warned of.
    """
    own = backend_of(parameters)
    if own is not None:
        return Selection(own, [parameters])
    if not isinstance(parameters, Iterable) or isinstance(parameters, str | Mapping):
        raise TypeError(
            f"{what}: parameters must be a parameter or an iterable of them, got "
            f"{type(parameters).__name__}: pass model.parameters()"
        )
    found = [*parameters]
    twins: dict[Backend, None] = {}
    for position, each in enumerate(found):
        twin = backend_of(each)
        if twin is None:
            raise TypeError(
                f"{what}: parameters must be Tensors, Arrays or Values, got "
                f"{type(each).__name__} as number {position}: pass model.parameters()"
            )
        twins[twin] = None
    if len(twins) > 1:
        raise TypeError(
            f"{what}: parameters must be of one twin, got some of each: move the model with to(...)"
        )
    if not found and isinstance(parameters, Iterator):
        warnings.warn(
            f"{what}: parameters is an iterator that gives none, so there is nothing to do: pass "
            "model.parameters() anew each time, as an iterator can be used once",
            stacklevel=3,
        )
    return Selection(next(iter(twins), named()), found)


def weights(given: Any, what: str) -> Selection:
    """The weights of a module, which are neither biases nor scales; else all that are given.

    They are its parameters with two or more dimensions, and all single Values: what these are for
    cannot be seen.
    """
    if isinstance(given, Members):
        return selected([each for each in given.parameters() if _is_weight(each)], what)
    return selected(given, what)


def _is_weight(parameter: Any) -> bool:
    ndim: int | None = getattr(parameter, "ndim", None)  # a Value has none
    return ndim is None or ndim > 1
