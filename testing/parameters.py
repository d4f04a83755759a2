"""Parameters that a function uses without being passed them: moved for a moment, and put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

import numpy as np

from .library import GraphLibrary, Store
from .subject import FloatArray


@final
class Held:
    """Leaves that a function holds on to, and buffers that it changes as it runs.

    Parameters
    ----------
    library : GraphLibrary
        Whose operands they are.
    parameters : mapping of str to operand
        By name; differentiated by.
    buffers : sequence of (dict, str)
        Where the buffers of modules stand, such as running means.
    is_wide : bool
        Whether buffers are float64 while the function runs, as the parameters are then.
    """

    def __init__(
        self,
        library: GraphLibrary,
        parameters: Mapping[str, Any],
        buffers: Sequence[Store] = (),
        is_wide: bool = False,
    ) -> None:
        self._library = library
        self._parameters = dict(parameters)
        self._buffers = list(buffers)
        self._is_wide = is_wide

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return [*self._parameters]

    @property
    def operands(self) -> list[Any]:
        """The parameters themselves."""
        return [*self._parameters.values()]

    def arrays(self) -> list[FloatArray]:
        """Copies of their numbers."""
        return [np.array(self._library.array(each)) for each in self._parameters.values()]

    def widened(self) -> Held:
        """The same in float64."""
        return Held(self._library, self._parameters, self._buffers, is_wide=True)

    @contextmanager
    def at(self, arrays: Sequence[FloatArray]) -> Iterator[list[Any]]:
        """A block in which the parameters have these numbers.

        Behind it, however it ends, parameters and buffers are the objects that they were, with
        the bits and the ``grad`` that they had.
        """
        found = [(store, name, store[name]) for store, name in self._buffers]
        buffers = [buffer for _, _, buffer in found]
        put_back = [self._library.keep(each) for each in [*self.operands, *buffers]]
        try:
            for operand, array in zip(self.operands, arrays, strict=True):
                self._library.place(operand, array)
            for buffer in buffers if self._is_wide else ():
                numbers = self._library.array(buffer)
                if numbers.dtype.kind == "f":
                    self._library.place(buffer, numbers.astype(np.float64))
            yield self.operands
        finally:
            for each in put_back:
                each()
            for store, name, buffer in found:
                store[name] = buffer


def lasting(parameters: Any) -> Any:
    """Parameters that can be gone through more than once: an iterator becomes a list."""
    return [*parameters] if isinstance(parameters, Iterator) else parameters


def held_by(library: GraphLibrary, function: Any, parameters: Any) -> Held:
    """What a function holds on to: if it is a module its own, and what else is named.

    Parameters
    ----------
    library : GraphLibrary
        Whose operands they are.
    function : callable
        What is checked; a module's parameters that require a gradient are taken.
    parameters : module, mapping of str to operand, iterable of operands, or None
        Leaves that the function uses in a closure; those that require a gradient are taken.

    Raises
    ------
    TypeError
        For what is no operand of the library, or not made of floating point numbers.
    ValueError
        For an operand that was computed, and where none requires a gradient.
    """
    modules = [each for each in (function, parameters) if library.is_module(each)]
    found: dict[str, Any] = {}
    for module in modules:
        own = {name: each for name, each in module.named_parameters() if library.is_marked(each)}
        _join(found, own)
    if parameters is not None and not library.is_module(parameters):
        _join(found, _listed(library, parameters))
    return Held(library, found, [place for module in modules for place in library.buffers(module)])


def _join(found: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add operands that are not there yet, under names that are not there yet."""
    known = {id(each) for each in found.values()}
    for name, operand in more.items():
        if id(operand) not in known:
            known.add(id(operand))
            found[f"parameters[{name!r}]" if name in found else name] = operand


def _listed(library: GraphLibrary, given: Any) -> dict[str, Any]:
    named = _by_name(library, given)
    for name, operand in named.items():
        _check(library, name, operand)
    found = {name: each for name, each in named.items() if library.is_marked(each)}
    if named and not found:
        raise ValueError(
            f"gradcheck: parameters must require a gradient, at least one of them, got "
            f"{', '.join(named)}, none of which does: write requires_grad=True where one is wanted"
        )
    return found


def _by_name(library: GraphLibrary, given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return {str(name): each for name, each in given.items()}
    if library.is_operand(given):
        return {"parameters": given}
    if isinstance(given, Iterable) and not isinstance(given, str | np.ndarray):
        return {f"parameters[{k}]": each for k, each in enumerate(given)}
    raise TypeError(
        f"gradcheck: parameters must be a Module, a mapping of names or an iterable of leaves, got "
        f"{type(given).__name__} {given!r:.40}: pass for example parameters=[w, b]"
    )


def _check(library: GraphLibrary, name: str, operand: Any) -> None:
    if not library.is_result(operand):
        raise TypeError(
            f"gradcheck: {name} must be a {library.wanted} of floating point numbers, got "
            f"{type(operand).__name__} {operand!r:.40}: pass the leaves that the function uses"
        )
    if not library.is_leaf(operand):
        raise ValueError(
            f"gradcheck: {name} must be a leaf, which can be moved, got one that was computed: "
            "pass what it was computed from, and compute it inside the function"
        )
