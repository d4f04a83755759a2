"""What derivatives of functions need of a twin: variables of their own, and backward passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Self

from .shapes import Shape


class Twin(ABC):
    """One call of a derivative, on one of the twins.

    A leaf is what stands in the nested lists, tuples and dictionaries that functions take and
    give: a number, a Value, an Array, a tensor. Variables and outputs are leaves of the twin's
    own kinds; cotangents belong to outputs, tangents to variables, and have their shapes.
    """

    wanted: ClassVar[str]
    """What a function must give to be differentiated, for messages."""

    @abstractmethod
    def __init__(self, operands: Sequence[Any]) -> None:
        """A call that is given these operands, at any place of its arguments."""

    @abstractmethod
    def later(self, operands: Sequence[Any]) -> Self:
        """The same call, for what is differentiated later, given these operands too."""

    @abstractmethod
    def running(self) -> AbstractContextManager[Any]:
        """What surrounds the function while it runs."""

    @abstractmethod
    def variable(self, leaf: Any, what: str) -> Any:
        """A fresh variable in place of a leaf of an argument.

        If an outer derivative is to go on from the results, it is connected to the leaf as a
        node of its own, so that differentiating by it does not reach what the function uses of
        the leaf without being passed it. Raises ``TypeError``, beginning with ``what``, for
        what cannot be differentiated by.
        """

    @abstractmethod
    def is_output(self, leaf: Any) -> bool:
        """Whether a leaf that a function gave can be differentiated."""

    @abstractmethod
    def single(self, output: Any) -> Any:
        """An output of one element, in the form in which it is given back; None for others."""

    @abstractmethod
    def direction(self, given: Any, like: Any, what: str) -> Any:
        """What was passed as a tangent or cotangent of the leaf ``like``.

        Raises ``ValueError``, beginning with ``what``, for another shape.
        """

    @abstractmethod
    def shape(self, leaf: Any) -> Shape:
        """The shape of a variable or an output; () for a number."""

    @abstractmethod
    def zeros(self, leaf: Any) -> Any:
        """A constant 0 for every element of a variable or an output."""

    @abstractmethod
    def unit(self, leaf: Any, index: Shape) -> Any:
        """1 for the element at ``index`` of a variable or an output, 0 for all others."""

    @abstractmethod
    def is_nested(self, outputs: Iterable[Any], directions: Iterable[Any]) -> bool:
        """Whether derivatives of these outputs in these directions are differentiated again."""

    @abstractmethod
    def pulled(
        self,
        outputs: Sequence[Any],
        cotangents: Sequence[Any],
        variables: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """The derivative of ``sum(cotangents * outputs)`` by every variable, in its shape.

        It is 0 for a variable that no output depends on.
        """

    @abstractmethod
    def block(self, parts: Sequence[Any], dim: int, output: Any, variable: Any) -> Any:
        """The derivative of an output by a variable, in the shape of the one and the other.

        ``parts`` are its rows, one for each element of the output, with ``dim`` 0, or its
        columns, one for each element of the variable, with ``dim`` -1.
        """

    @abstractmethod
    def result(self, leaf: Any) -> Any:
        """A leaf as the caller gets it: a constant, unless an outer derivative goes on from it."""
