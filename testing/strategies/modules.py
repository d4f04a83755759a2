"""Modules of the library with numbers for their parameters, and inputs that fit them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, final

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ... import nn
from ...engine.checks import checked_choice
from ...nn.activations import ACTIVATIONS
from ...nn.backend import random_numbers_kept
from ...nn.losses.names import LOSSES
from .arrays import Elements, FloatArray, filled
from .shapes import shapes

_WEIGHTS = MappingProxyType({"regime": "ordinary", "min_value": -2.0, "max_value": 2.0})
_MILD = MappingProxyType({"regime": "mild"})
_SHARES = MappingProxyType({"regime": "mild", "min_value": 0.01, "max_value": 0.99})


@final
@dataclass(frozen=True)
class ModuleWithInputs:
    """A module and what it is called with.

    Attributes
    ----------
    module : Module
        It is called in training mode where that draws no random numbers, else in evaluation mode.
    inputs : tuple of array
        NumPy arrays, which fit both twins: of the module's dtype, or whole numbers.
    """

    module: nn.Module
    inputs: tuple[NDArray[Any], ...]


@final
class _Drawer:
    """What the parts of a case are drawn with."""

    def __init__(self, draw: st.DrawFn, dtype: np.dtype[Any], elements: Elements) -> None:
        self.draw = draw
        self.dtype = dtype
        self.elements = elements

    def length(self, least: int = 1, most: int = 4) -> int:
        return self.draw(st.integers(least, most))

    def numbers(self, *shape: int, elements: Elements = None) -> FloatArray:
        return filled(self.draw, shape, self.dtype, elements or self.elements)

    def one_of(self, choices: Iterable[int], *shape: int) -> NDArray[np.int64]:
        elements = st.sampled_from([float(choice) for choice in choices])
        return filled(self.draw, shape, np.dtype("float64"), elements).astype(np.int64)


_Case = tuple[nn.Module, tuple[NDArray[Any], ...]]


def _linear(drawer: _Drawer) -> _Case:
    width = drawer.length()
    layer = nn.Linear(width, drawer.length(), bias=drawer.draw(st.booleans()))
    batch = (drawer.length(),) * drawer.draw(st.integers(0, 1))
    return layer, (drawer.numbers(*batch, width),)


def _bilinear(drawer: _Drawer) -> _Case:
    batch, left, right = drawer.length(), drawer.length(most=3), drawer.length(most=3)
    layer = nn.Bilinear(left, right, drawer.length(most=3))
    return layer, (drawer.numbers(batch, left), drawer.numbers(batch, right))


def _embedding(drawer: _Drawer) -> _Case:
    rows = drawer.length()
    return nn.Embedding(rows, drawer.length()), (drawer.one_of(range(rows), drawer.length()),)


def _layer_norm(drawer: _Drawer) -> _Case:
    width = drawer.length(2)
    return nn.LayerNorm(width), (drawer.numbers(drawer.length(), width),)


def _rms_norm(drawer: _Drawer) -> _Case:
    width = drawer.length(2)
    return nn.RMSNorm(width), (drawer.numbers(drawer.length(), width),)


def _group_norm(drawer: _Drawer) -> _Case:
    groups, each = drawer.length(most=2), drawer.length(2, 3)
    channels = groups * each
    return nn.GroupNorm(groups, channels), (drawer.numbers(drawer.length(most=3), channels),)


def _batch_norm(drawer: _Drawer) -> _Case:
    width = drawer.length(most=3)
    return nn.BatchNorm1d(width), (drawer.numbers(drawer.length(2), width),)


def _network(drawer: _Drawer) -> _Case:
    widths = drawer.draw(st.lists(st.integers(1, 4), min_size=1, max_size=2))
    names = ("relu", "tanh", "gelu", "leaky_relu", "elu", "hardswish")
    width = drawer.length()
    network = nn.MLP(
        width,
        widths,
        drawer.length(most=3),
        activation=drawer.draw(st.sampled_from(names)),
        norm=drawer.draw(st.sampled_from((None, "layer", "rms"))),
    )
    return network, (drawer.numbers(drawer.length(), width),)


def _glu(drawer: _Drawer) -> _Case:
    return nn.GLU(), (drawer.numbers(drawer.length(), 2 * drawer.length(most=2)),)


def _activation(make: Callable[[], nn.Module]) -> Callable[[_Drawer], _Case]:
    def drawn(drawer: _Drawer) -> _Case:
        shape = drawer.draw(shapes(min_dims=1, max_dims=2))
        return make().train(make is not nn.RReLU), (drawer.numbers(*shape),)

    return drawn


def _loss(make: Callable[[], nn.Module], name: str) -> Callable[[_Drawer], _Case]:
    def drawn(drawer: _Drawer) -> _Case:
        return make(), _predictions_and_targets(drawer, name)

    return drawn


def _predictions_and_targets(drawer: _Drawer, name: str) -> tuple[NDArray[Any], ...]:
    """What a loss of this name is called with."""
    rows, columns = drawer.length(), drawer.length(2)
    match name:
        case "cross_entropy" | "nll" | "multi_margin":
            return drawer.numbers(rows, columns), drawer.one_of(range(columns), rows)
        case "hinge" | "squared_hinge" | "perceptron" | "soft_margin":
            return drawer.numbers(rows), drawer.one_of((-1, 1), rows)
        case "bce":
            return drawer.numbers(rows, elements=_SHARES), drawer.numbers(rows, elements=_SHARES)
        case "bce_with_logits":
            return drawer.numbers(rows), drawer.numbers(rows, elements=_SHARES)
        case "focal":
            return drawer.numbers(rows), drawer.one_of((0, 1), rows)
        case "poisson_nll":
            return drawer.numbers(rows), drawer.one_of(range(5), rows)
        case _:
            return drawer.numbers(rows, columns), drawer.numbers(rows, columns)


MODULES: Mapping[str, Callable[[_Drawer], _Case]] = MappingProxyType(
    {
        "linear": _linear,
        "bilinear": _bilinear,
        "embedding": _embedding,
        "layer_norm": _layer_norm,
        "rms_norm": _rms_norm,
        "group_norm": _group_norm,
        "batch_norm": _batch_norm,
        "mlp": _network,
        "glu": _glu,
        **{name: _activation(make) for name, make in ACTIVATIONS.items()},
        **{f"{name} loss": _loss(make, name) for name, make in LOSSES.items()},
    }
)
"""What draws a module of each kind with inputs: layers, networks, activations and losses."""


def modules(
    names: Iterable[str] | None = None,
    *,
    twin: str | None = None,
    dtype: str = "float64",
    elements: Elements = None,
) -> st.SearchStrategy[ModuleWithInputs]:
    """Layers, small networks, activations and losses with parameters and inputs, all drawn.

    Parameters
    ----------
    names : iterable of str, optional
        Of these kinds only: ``"linear"``, ``"bilinear"``, ``"embedding"``, ``"layer_norm"``,
        ``"rms_norm"``, ``"group_norm"``, ``"batch_norm"``, ``"mlp"``, ``"glu"``, activations as in
        :data:`twingrad.nn.activations.ACTIVATIONS`, and losses, such as ``"huber loss"``.
    twin : {"tensor", "scalar"}, optional
        The twin that the modules are of; either, where none is given.
    dtype : {"float64", "float32"}
        Of tensors; Values are float64.
    elements : strategy of numbers, or mapping
        What inputs are drawn from, as for :func:`arrays`; mild values where nothing is given.
        Weights lie between -2 and 2.

    Raises
    ------
    ValueError
        For a name, a twin or a dtype that is none.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.modules(["relu"], twin="tensor"), lambda case: True)
    ModuleWithInputs(module=ReLU(), inputs=(array([0.]),))
    """
    chosen = [*MODULES] if names is None else [*names]
    for name in chosen:
        checked_choice(name, "modules: names", MODULES)
    checked_choice(twin, "modules: twin", ("tensor", "scalar", None))
    checked_choice(dtype, "modules: dtype", ("float64", "float32"))
    twins = st.sampled_from(("tensor", "scalar")) if twin is None else st.just(twin)
    return _modules(st.sampled_from(chosen), twins, np.dtype(dtype), elements or _MILD)


@st.composite
def _modules(
    draw: st.DrawFn,
    names: st.SearchStrategy[str],
    twins: st.SearchStrategy[str],
    dtype: np.dtype[Any],
    elements: Elements,
) -> ModuleWithInputs:
    name, twin = draw(names), draw(twins)
    kind = dtype if twin == "tensor" else np.dtype("float64")
    with nn.backend(twin), random_numbers_kept():
        module, inputs = MODULES[name](_Drawer(draw, kind, elements))
    module.to(kind)
    numbers = {
        key: filled(draw, parameter.shape, kind, _WEIGHTS)
        for key, parameter in module.named_parameters()
    }
    module.load_state_dict({**module.state_dict(), **numbers})
    return ModuleWithInputs(module, inputs)
