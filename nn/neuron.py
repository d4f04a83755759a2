"""Neurons and layers of Values, called as micrograd calls them, and subclassed as there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from ..engine import formulas
from ..engine.primitives import DOT
from ..engine.value import Value
from .containers import ModuleList, Sequential
from .module import Module


class Neuron(Module):
    """The artificial neuron: ``relu(w1*x1 + ... + wn*xn + b)``, or the same without relu.

    The sum is one node with 2n + 1 parents, so that ``dz/dw = x`` is one edge.

    Parameters
    ----------
    nin : int
        The number of inputs.
    nonlin : bool
        Whether relu is applied.

    Attributes
    ----------
    w : list of Value
        The weights, drawn from U(-1, 1) by Python's ``random``.
    b : Value
        The bias, 0 to begin with.

    Raises
    ------
    ValueError
        When called with another number of inputs.

    Examples
    --------
    >>> import random
    >>> from twingrad.nn import Neuron
    >>> random.seed(1337)
    >>> neuron = Neuron(2)
    >>> print(f"{neuron([1.0, -2.0]).data:.6f}", neuron)
    0.102443 ReLUNeuron(2)
    >>> [name for name, _ in neuron.named_parameters()]
    ['w.0', 'w.1', 'b']
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        super().__init__()
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Any:
        # As any module is called, with less ado: learning spends a good part of its time here.
        return self.forward(x) if self._hooks is None else super().__call__(x)

    def forward(self, x: Sequence[Any]) -> Value:
        """The output for ``nin`` inputs, Values or numbers."""
        weights = self.w
        if len(x) != len(weights):
            raise ValueError(
                f"Neuron: x must hold {len(weights)} inputs, got {len(x)}: "
                "give one number or Value per weight"
            )
        total: Value = Value.apply(DOT, *weights, *x, self.b)
        return Value.apply(formulas.relu, total) if self.nonlin else total

    def parameters(self, recurse: bool = True) -> Any:
        """The weights, then the bias: a list."""
        return [*self.w, self.b]

    def _own_parameters(self) -> Iterator[tuple[str, Any]]:
        yield from ((f"w.{position}", weight) for position, weight in enumerate(self.w))
        yield "b", self.b

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side, all of the same inputs.

    Parameters
    ----------
    nin, nout : int
        The number of inputs, and of neurons.
    nonlin : bool
        Whether the neurons apply relu.

    Attributes
    ----------
    neurons : ModuleList of Neuron
        In the order of the outputs.
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True) -> None:
        super().__init__()
        self.neurons = ModuleList(Neuron(nin, nonlin) for _ in range(nout))

    def forward(self, x: Sequence[Any]) -> Any:
        """A list of the outputs, or the one output of a layer of one neuron."""
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self, recurse: bool = True) -> Any:
        """The parameters of the neurons, neuron by neuron: a list."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


def layers_of_neurons(nin: int, nouts: Sequence[int]) -> Sequential:
    """Layers one behind the other, of as many neurons each as listed; the last one is linear."""
    sizes = [nin, *nouts]
    last = len(nouts) - 1
    return Sequential(*[Layer(sizes[k], sizes[k + 1], nonlin=k != last) for k in range(len(nouts))])
