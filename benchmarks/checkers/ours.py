"""Mutants as functions and modules of ours, checked by ``twingrad.testing``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from typing import Any, final

import numpy as np
from scipy import special

import twingrad
from twingrad import Tensor, nn
from twingrad.tensor.primitive import Call

from ..mutants.records import Derivative, Operation, Row, Rule
from .base import Check, Checker, FloatArray, parameters_of
from .spaces import Function, Space, sigmoid, softplus


def _either(plain: Function, of_tensors: Function) -> Function:
    """The first for arrays, as in an ordinary pass; the second if there is a tensor."""

    def function(*arguments: Any) -> Any:
        whole = arguments[0] if isinstance(arguments[0], list) else arguments
        has_tensor = any(isinstance(each, Tensor) for each in whole)
        return (of_tensors if has_tensor else plain)(*arguments)

    return function


def _where(condition: Any, a: Any, b: Any) -> Any:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return twingrad.where(condition, a, b)
    return np.where(_plain(condition), a, b)


def _plain(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, Tensor) else x


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(x, Tensor):
        return x.sum(dim=axis, keepdim=keepdims)
    return np.sum(x, axis, keepdims=keepdims)


def _amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(x, Tensor):
        return x.amax(dim=() if axis is None else axis, keepdim=keepdims)
    return np.max(x, axis, keepdims=keepdims)


def _flip(x: Any, axis: int) -> Any:
    return x.flip(axis) if isinstance(x, Tensor) else np.flip(x, axis)


def custom(rule: Rule) -> Function:
    """A function of tensors or arrays that is differentiated as the rule says."""

    primitive = cache(lambda operands: _primitive(rule, operands))

    def function(*operands: Any) -> Any:
        return primitive(len(operands))(*operands)

    return function


def _primitive(rule: Rule, operands: int) -> twingrad.Primitive:
    @final
    class Mutant(twingrad.Primitive):
        arity = operands
        saves = tuple(range(operands))
        saves_out = True

        def forward(self, *arguments: Any) -> Any:
            return np.array(rule.forward(SPACE, *arguments))

        def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
            return rule.vjp(SPACE, gradient, call.out, *call.inputs)

    return Mutant()


SPACE = Space(
    exp2=_either(np.exp2, twingrad.exp2),
    log10=_either(np.log10, twingrad.log10),
    atan=_either(np.arctan, twingrad.atan),
    exp=_either(np.exp, twingrad.exp),
    expm1=_either(np.expm1, twingrad.expm1),
    log=_either(np.log, twingrad.log),
    log1p=_either(np.log1p, twingrad.log1p),
    sin=_either(np.sin, twingrad.sin),
    cos=_either(np.cos, twingrad.cos),
    tan=_either(np.tan, twingrad.tan),
    sinh=_either(np.sinh, twingrad.sinh),
    cosh=_either(np.cosh, twingrad.cosh),
    tanh=_either(np.tanh, twingrad.tanh),
    sqrt=_either(np.sqrt, twingrad.sqrt),
    square=_either(np.square, twingrad.square),
    erf=_either(special.erf, twingrad.erf),
    erfc=_either(special.erfc, twingrad.erfc),
    sigmoid=_either(sigmoid, twingrad.sigmoid),
    softplus=_either(softplus, twingrad.softplus),
    abs=_either(np.abs, twingrad.abs),
    sign=_either(np.sign, twingrad.sign),
    hypot=_either(np.hypot, twingrad.hypot),
    atan2=_either(np.arctan2, twingrad.atan2),
    maximum=_either(np.maximum, twingrad.maximum),
    minimum=_either(np.minimum, twingrad.minimum),
    where=_where,
    sum=_sum,
    amax=_amax,
    cumsum=_either(np.cumsum, twingrad.cumsum),
    flip=_flip,
    concat=_either(np.concatenate, twingrad.cat),
    stack=_either(np.stack, twingrad.stack),
    constant=np.asarray,
    detach=lambda x: x.detach() if isinstance(x, Tensor) else x,
    custom=custom,
)

_numbers = count(1)


@contextmanager
def function_of(operation: Operation, made: Derivative) -> Iterator[Function]:
    """The operation with this derivative as a function of tensors."""
    with ExitStack() as rows:
        if isinstance(made, Row):
            yield _declared(made, rows)
        else:
            function = custom(made)
            yield lambda *inputs: operation.use(function, *inputs)


def _declared(row: Row, rows: ExitStack) -> twingrad.Formula:
    """The row in the table, under a name that none has, until ``rows`` end."""
    partials = list(row.partials)
    for called, helper in row.helpers.items():
        declared = _declared(helper, rows)
        partials = [each.replace(f"{called}(", f"{declared.name}(") for each in partials]
    unique = f"row_of_the_study_{next(_numbers)}"
    formula = twingrad.formula(unique, ", ".join(row.arguments), row.value, partials)
    rows.callback(formula.remove)
    return formula


@final
class _Layer(nn.Module):
    """A layer that computes ``function(x, *parameters)``."""

    def __init__(self, function: Function, parameters: Mapping[str, FloatArray]) -> None:
        super().__init__()
        self._function = function
        self._names = tuple(parameters)
        for name, array in parameters.items():
            self.register_parameter(name, nn.Parameter(array))

    def forward(self, x: Any) -> Any:
        return self._function(x, *[self.get_parameter(name) for name in self._names])


@final
class Twingrad(Checker):
    """``twingrad.testing.gradcheck(order=2)``."""

    name = "twingrad"

    @contextmanager
    def checking(self, operation: Operation, made: Derivative) -> Iterator[Check]:
        """See :class:`Checker`."""
        from twingrad import testing

        with function_of(operation, made) as function:

            def check(inputs: Sequence[FloatArray]) -> None:
                if operation.place == "module":
                    layer = _Layer(function, parameters_of(operation, inputs))
                    testing.gradcheck(layer, inputs[0], order=2)
                else:
                    testing.gradcheck(function, *inputs, order=2)

            yield check

    def version(self) -> str:
        """See :class:`Checker`."""
        return f"twingrad {twingrad.__version__}"
