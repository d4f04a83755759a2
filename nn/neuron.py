"""Neurons, layers and networks of Values, called as micrograd calls them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ..engine.primitives import DOT
from ..engine.value import Value


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """Every Value that training changes, in a fixed order."""
        return []

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: they are None, "not computed", again."""
        for parameter in self.parameters():
            parameter.grad = None


class Neuron(Module):
    """The artificial neuron: ``relu(w1*x1 + ... + wn*xn + b)``, or the same without relu.

    The sum is one node with 2n + 1 parents, so that ``dz/dw = x`` is one edge.

    Parameters
    ----------
    nin : int
        The number of inputs.
    nonlin : bool
        Whether relu is applied.

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
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Value:
        """The output for ``nin`` inputs, Values or numbers."""
        if len(x) != len(self.w):
            raise ValueError(
                f"Neuron: x must hold {len(self.w)} inputs, got {len(x)}: "
                "give one number or Value per weight"
            )
        total: Value = Value.apply(DOT, *self.w, *x, self.b)
        return total.relu() if self.nonlin else total

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

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
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True) -> None:
        self.neurons = [Neuron(nin, nonlin) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        """A list of the outputs, or the one output of a layer of one neuron."""
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """The parameters of the neurons, neuron by neuron."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: relu layers, and a linear one at the end.

    Parameters
    ----------
    nin : int
        The number of inputs.
    nouts : sequence of int
        The number of neurons of each layer.

    Raises
    ------
    TypeError
        If ``nouts`` is not a sequence.

    Examples
    --------
    >>> from twingrad.nn import MLP
    >>> len(MLP(2, [16, 16, 1]).parameters())
    337
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        if not isinstance(nouts, Sequence):
            raise TypeError(
                f"MLP: nouts must list the neurons of each layer, got {nouts!r}: "
                f"write [{nouts!r}] for one layer"
            )
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sizes[k], sizes[k + 1], nonlin=k != last) for k in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        """The outputs of the last layer, as :class:`Layer` gives them."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """The parameters of the layers, layer by layer."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
