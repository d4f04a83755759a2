"""What a subject evaluates: a function of a flat list of operands, or the gradient of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from ..engine.structures import leaves_of
from .arguments import Arguments, leaf_names
from .library import Library


class Computation(ABC):
    """Results computed from leaves that require a gradient."""

    @abstractmethod
    def results(self, leaves: Sequence[Any]) -> list[Any]:
        """The operands that come of these."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What the results are called, once they have been computed."""

    @abstractmethod
    def widened(self) -> Computation:
        """The same in float64."""


@final
class Call(Computation):
    """A function called with its arguments, some leaves of which are exchanged.

    Parameters
    ----------
    library : Library
        Whose operands it takes and gives.
    function : callable
        What is called.
    arguments : Arguments
        What with.
    positions : sequence of int
        The leaves to exchange.
    name : str
        What the function is called.
    """

    def __init__(
        self,
        library: Library,
        function: Callable[..., Any],
        arguments: Arguments,
        positions: Sequence[int],
        name: str,
    ) -> None:
        self._library = library
        self._function = function
        self._arguments = arguments
        self._positions = positions
        self._name = name
        exchanged = set(positions)
        self._leaves = [
            each if position in exchanged else library.fixed(each)
            for position, each in enumerate(arguments.leaves)
        ]
        self._count = -1
        self._chosen: list[int] = []
        self._names: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """``"f"``, ``"f[0]"``, ``"f['loss']"``."""
        return self._names

    def widened(self) -> Computation:
        """The same with arguments in float64 where they are not exchanged."""
        wide = Call(self._library, self._function, self._arguments, self._positions, self._name)
        wide._leaves = [self._library.widened(each) for each in self._leaves]
        wide._count, wide._chosen, wide._names = self._count, self._chosen, self._names
        return wide

    def results(self, leaves: Sequence[Any]) -> list[Any]:
        """Those results that are differentiated: at the first call it is decided which.

        They are the floating point ones that require a gradient; if none does, all floating
        point ones. So a part that a function detaches on purpose is nobody's mistake, and a
        function whose only result lost its history is found out.
        """
        own = list(self._leaves)
        for position, leaf in zip(self._positions, leaves):  # what is held stands behind
            own[position] = leaf
        given = self._function(*self._arguments.filled(own))
        found = leaves_of(given)
        if self._count < 0:
            self._choose(given, found)
        same = len(found) == self._count
        if not (same and all(self._library.is_operand(found[each]) for each in self._chosen)):
            raise ValueError(
                f"gradcheck: {self._name} must give the same structure of results everywhere, got "
                f"{type(given).__name__} {given!r:.60} at other numbers: return the same parts, "
                f"each of them a {self._library.wanted}, whatever the numbers are"
            )
        return [found[each] for each in self._chosen]

    def _choose(self, given: Any, found: list[Any]) -> None:
        floating = [k for k, each in enumerate(found) if self._library.is_result(each)]
        if not floating:
            raise TypeError(
                f"gradcheck: {self._name} must give a {self._library.wanted} of floating point "
                f"numbers, or several in tuples and dictionaries, got {_kind(given)} "
                f"{given!r:.60}: return what was computed from the inputs"
            )
        marked = [k for k in floating if self._library.is_marked(found[k])]
        names = leaf_names(given, self._name)
        self._count = len(found)
        self._chosen = marked or floating
        self._names = tuple(names[k] for k in self._chosen)


def _kind(thing: Any) -> str:
    """The name of a class, with its module if it is no built-in one."""
    kind = type(thing)
    is_built_in = kind.__module__ == "builtins"
    return kind.__qualname__ if is_built_in else f"{kind.__module__}.{kind.__qualname__}"


@final
class Gradient(Computation):
    """The gradient of a computation, as a function of its leaves and of its cotangents.

    Parameters
    ----------
    library : Library
        What differentiates.
    computation : Computation
        What is differentiated.
    leaf_names : sequence of str
        What its leaves are called.
    name : str
        What it is called.
    """

    def __init__(
        self, library: Library, computation: Computation, leaf_names: Sequence[str], name: str
    ) -> None:
        self._library = library
        self._computation = computation
        self._leaf_names = tuple(leaf_names)
        self._name = name

    def names(self) -> tuple[str, ...]:
        """``"df/dx"``."""
        name = f"({self._name})" if " " in self._name else self._name
        return tuple(f"d{name}/d{each}" for each in self._leaf_names)

    def widened(self) -> Computation:
        """The gradient of the same in float64."""
        wide = self._computation.widened()
        return Gradient(self._library, wide, self._leaf_names, self._name)

    def results(self, leaves: Sequence[Any]) -> list[Any]:
        """The derivative by each leaf, zeros where there is none."""
        library, count = self._library, len(self._leaf_names)
        variables, cotangents = leaves[:count], [*leaves[count:]]
        compute = self._computation.results
        _, found = library.pulled(compute, variables, lambda _: cotangents, True)
        return [
            library.constant(np.zeros_like(library.array(variable)), variable)
            if gradient is None
            else gradient
            for variable, gradient in zip(variables, found, strict=True)
        ]
