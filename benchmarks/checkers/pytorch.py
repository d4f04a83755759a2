"""Mutants as functions and modules of PyTorch, checked by ``gradcheck`` and ``gradgradcheck``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

import numpy as np
import torch

from ..mutants.records import Derivative, Operation, Rule
from ..mutants.texts import as_rule
from .base import Check, Checker, FloatArray, parameters_of
from .spaces import Function, Space

_Function: Any = torch.autograd.Function
_Module: Any = torch.nn.Module


def _as_tensor(x: Any) -> Any:
    return torch.as_tensor(x, dtype=torch.float64) if isinstance(x, int | float) else x


def _where(condition: Any, a: Any, b: Any) -> Any:
    return torch.where(condition, _as_tensor(a), _as_tensor(b))


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return x.sum() if axis is None else x.sum(dim=axis, keepdim=keepdims)


def _amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return x.amax() if axis is None else x.amax(dim=axis, keepdim=keepdims)


def custom(rule: Rule) -> Function:
    """An ``autograd.Function`` that is differentiated as the rule says."""

    class Mutant(_Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            out = rule.forward(SPACE, *inputs).clone()
            ctx.save_for_backward(*inputs, out)
            return out

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            *inputs, out = ctx.saved_tensors
            return rule.vjp(SPACE, *cotangents, out, *inputs)

    applied: Function = Mutant.apply
    return applied


SPACE = Space(
    exp2=torch.exp2,
    log10=torch.log10,
    atan=torch.atan,
    exp=torch.exp,
    expm1=torch.expm1,
    log=torch.log,
    log1p=torch.log1p,
    sin=torch.sin,
    cos=torch.cos,
    tan=torch.tan,
    sinh=torch.sinh,
    cosh=torch.cosh,
    tanh=torch.tanh,
    sqrt=torch.sqrt,
    square=torch.square,
    erf=torch.erf,
    erfc=torch.erfc,
    sigmoid=torch.sigmoid,
    softplus=lambda x: torch.nn.functional.softplus(x, threshold=1e3),
    abs=torch.abs,
    sign=torch.sign,
    hypot=lambda a, b: torch.hypot(_as_tensor(a), b),
    atan2=torch.atan2,
    maximum=lambda a, b: torch.maximum(a, _as_tensor(b)),
    minimum=lambda a, b: torch.minimum(a, _as_tensor(b)),
    where=_where,
    sum=_sum,
    amax=_amax,
    cumsum=torch.cumsum,
    flip=lambda x, axis: torch.flip(x, (axis,)),
    concat=torch.cat,
    stack=torch.stack,
    constant=lambda array: torch.as_tensor(np.asarray(array)),
    detach=lambda x: x.detach(),
    custom=custom,
)


@final
class _Layer(_Module):  # type: ignore[misc]
    """A layer that computes ``function(x, *parameters)``."""

    def __init__(self, function: Function, parameters: Mapping[str, Any]) -> None:
        super().__init__()
        self._function = function
        self._names = tuple(parameters)
        for name, tensor in parameters.items():
            self.register_parameter(name, torch.nn.Parameter(tensor))

    def forward(self, x: Any) -> Any:
        # get_parameter refuses the tensors that functional_call puts in the place of parameters
        return self._function(x, *[getattr(self, name) for name in self._names])


def _of_layer(layer: _Layer, names: Sequence[str]) -> Function:
    """The layer as a function of its input and of its parameters."""

    def function(x: Any, *parameters: Any) -> Any:
        return torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x,))

    return function


@final
class PyTorch(Checker):
    """``torch.autograd.gradcheck`` and ``gradgradcheck``."""

    name = "torch"

    @contextmanager
    def checking(self, operation: Operation, made: Derivative) -> Iterator[Check]:
        """See :class:`Checker`."""
        rule = custom(as_rule(made))

        def function(*inputs: Any) -> Any:
            return operation.use(rule, *inputs)

        def check(inputs: Sequence[FloatArray]) -> None:
            tensors = [torch.from_numpy(each.copy()).requires_grad_() for each in inputs]
            checked = function
            if operation.place == "module":
                parameters = parameters_of(operation, [each.detach() for each in tensors])
                checked = _of_layer(_Layer(function, parameters), [*parameters])
            torch.autograd.gradcheck(checked, tensors)
            torch.autograd.gradgradcheck(checked, tensors)

        yield check

    def version(self) -> str:
        """See :class:`Checker`."""
        return f"torch {torch.__version__}"
