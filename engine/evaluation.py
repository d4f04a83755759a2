"""A function evaluated at variables of its own: what every derivative of functions begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from math import prod
from typing import Any

import numpy as np

from .operation import Operand
from .scalar_twin import ScalarTwin
from .structures import leaves_like, leaves_of, mapped, rebuilt
from .twin import Twin

_twins: dict[type[Operand], type[Twin]] = {}


def register_twin(kind: type[Operand], twin: type[Twin]) -> None:
    """Have calls that are given an operand of this kind run on ``twin``."""
    _twins[kind] = twin


def _twin_for(given: Any) -> Twin:
    """The twin of the operand of highest precedence in ``given``; for none, the scalar one."""
    operands = operands_of(given)
    leading = max(operands, key=lambda operand: operand.precedence, default=None)
    return _twins.get(type(leading), ScalarTwin)(operands)  # type: ignore[arg-type]


def operands_of(given: Any) -> list[Operand]:
    """The Values, Arrays and tensors at any depth of ``given``."""
    return [leaf for leaf in leaves_of(given) if isinstance(leaf, Operand)]


class Evaluation:
    """The value of a function, with everything that its derivatives are computed from.

    Parameters
    ----------
    what : str
        The derivative that is wanted, for messages.
    function : callable
        What is differentiated.
    args, kwargs
        What it is called with.
    positions : sequence of int
        The arguments to differentiate by.
    has_aux : bool
        Whether it gives a pair: what is differentiated, and what is given back as it is.
    directions
        What else decides on which twin this runs.
    """

    def __init__(
        self,
        what: str,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        positions: Sequence[int],
        *,
        has_aux: bool = False,
        directions: Any = None,
    ) -> None:
        self.what = what
        self.name = getattr(function, "__name__", "the function")
        self.twin = _twin_for((args, dict(kwargs), directions))
        self.arguments = [args[position] for position in positions]
        with self.twin.running():
            own = list(args)
            for position in positions:
                own[position] = mapped(self._variable(position), args[position])
            output = function(*own, **kwargs)
        self.variables = leaves_of([own[position] for position in positions])
        self._aux: Any = None
        if has_aux:
            output, self._aux = self._pair(output)
        self.output = output
        self.outputs = leaves_of(output)

    def _variable(self, position: int) -> Callable[[Any], Any]:
        what = f"{self.what}: argument {position}"
        return lambda leaf: self.twin.variable(leaf, what)

    def _pair(self, result: Any) -> tuple[Any, Any]:
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"{self.what}: with has_aux=True {self.name} must give a pair (output, aux), got "
                f"{type(result).__name__} {result!r:.60}: return both, or leave has_aux out"
            )
        return result

    def require_single(self) -> None:
        """Refuse a function that gave anything but one number, with ``TypeError``."""
        output = self.output
        single = self.twin.single(output) if self.twin.is_output(output) else None
        if single is None:
            raise self._refusal(
                f"one {self.twin.wanted}",
                output,
                "return one number, computed from the arguments, such as a sum(), or use "
                "jacobian() for several",
            )
        self.output, self.outputs = single, [single]

    def require_outputs(self) -> None:
        """Refuse a function that gave anything but what can be differentiated."""
        for leaf in self.outputs or [self.output]:
            if not self.twin.is_output(leaf):
                raise self._refusal(
                    f"{self.twin.wanted}s, or nested lists of them,",
                    leaf,
                    "return what is computed from the arguments, and the rest with has_aux=True",
                )

    def _refusal(self, wanted: str, got: Any, cure: str) -> TypeError:
        return TypeError(
            f"{self.name} must give {wanted} to be differentiated, got {type(got).__name__} "
            f"{got!r:.60}: {cure}"
        )

    def result(self, structure: Any) -> Any:
        """What the caller gets for a structure of outputs or derivatives."""
        return mapped(self.twin.result, structure)

    def with_aux(self, *results: Any) -> Any:
        """Results, and behind them what ``has_aux`` gives back."""
        return (*results, self.result(self._aux))

    def slopes(self, differentiable: bool | None = None) -> list[Any]:
        """The derivative of the one output by every variable."""
        unit = self.twin.unit(self.outputs[0], (0,) * len(self.twin.shape(self.outputs[0])))
        return self.pulled([unit], differentiable)

    def pulled(self, cotangents: Sequence[Any], differentiable: bool | None = None) -> list[Any]:
        """The derivative of ``sum(cotangents * outputs)`` by every variable.

        It can be differentiated again if a call around this one needs that, or if told to.
        """
        if differentiable is None:
            differentiable = self.twin.is_nested(self.outputs, cotangents)
        return self.twin.pulled(self.outputs, cotangents, self.variables, differentiable)

    def products(self, tangents: Sequence[Any]) -> list[Any]:
        """The Hessian of the one output times the tangents, one for each variable."""
        nested = self.twin.is_nested(self.outputs, tangents)
        return self.twin.pulled(self.slopes(True), tangents, self.variables, nested)

    def later(self, given: Any) -> Evaluation:
        """The same evaluation, for what is differentiated later, given something more."""
        later = copy(self)
        later.twin = self.twin.later(operands_of(given))
        return later

    def directions(self, given: Any, like: Any, leaves: Sequence[Any], what: str) -> list[Any]:
        """Tangents or cotangents, given in the structure ``like``, for its ``leaves``."""
        return [
            self.twin.direction(each, leaf, f"{self.what}: {what} {k}")
            for k, (each, leaf) in enumerate(
                zip(leaves_like(given, like, f"{self.what}: {what}s"), leaves, strict=True)
            )
        ]

    def pushed(self, tangents: Sequence[Any]) -> list[Any]:
        """The derivative of every output along the tangents, one for each variable."""
        pulled, dummies = self._transposed()
        nested = self.twin.is_nested(self.outputs, tangents)
        return self.twin.pulled(pulled, tangents, dummies, nested)

    def _transposed(self) -> tuple[list[Any], list[Any]]:
        """``pulled(u)``, and the dummies u that it is a linear function of.

        Its derivative by u, weighted with tangents t, is the sum over the variables of
        ``doutput/dvariable * t``, which is what forward mode computes.
        """
        twin = self.twin
        dummies = [twin.variable(twin.zeros(output), self.what) for output in self.outputs]
        return self.pulled(dummies, differentiable=True), dummies

    def blocks(self) -> list[list[Any]]:
        """The derivative of every output leaf (rows) by every variable (columns).

        Each has the shape of the output, followed by that of the variable. One backward pass is
        made for each element of the outputs, or of the variables where they have fewer.
        """
        sizes = [
            sum(prod(self.twin.shape(leaf)) for leaf in leaves)
            for leaves in (self.outputs, self.variables)
        ]
        return self._blocks_by_rows() if sizes[0] <= sizes[1] else self._blocks_by_columns()

    def _blocks_by_rows(self) -> list[list[Any]]:
        twin, variables = self.twin, self.variables
        blocks = []
        for output in self.outputs:
            nested = twin.is_nested([output], ())
            rows = [
                twin.pulled([output], [unit], variables, nested) for unit in _units(twin, output)
            ]
            parts = [[row[k] for row in rows] for k in range(len(variables))]
            blocks.append([twin.block(part, 0, output, v) for part, v in zip(parts, variables)])
        return blocks

    def _blocks_by_columns(self) -> list[list[Any]]:
        twin, outputs = self.twin, self.outputs
        pulled, dummies = self._transposed()
        nested = twin.is_nested(outputs, ())
        blocks: list[list[Any]] = [[] for _ in outputs]
        for variable, slope in zip(self.variables, pulled, strict=True):
            columns = [
                twin.pulled([slope], [unit], dummies, nested) for unit in _units(twin, variable)
            ]
            for k, output in enumerate(outputs):
                part = [column[k] for column in columns]
                blocks[k].append(twin.block(part, -1, output, variable))
        return blocks

    def rebuilt(self, leaves: Sequence[Any]) -> list[Any]:
        """Derivatives by the variables as the caller gets them, in the form of every argument."""
        built: list[Any] = rebuilt(self.arguments, map(self.twin.result, leaves))
        return built


def _units(twin: Twin, leaf: Any) -> list[Any]:
    return [twin.unit(leaf, index) for index in np.ndindex(twin.shape(leaf))]
