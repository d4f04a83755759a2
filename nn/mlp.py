"""``MLP``: a whole multi-layer perceptron in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..engine.checks import checked_count, number_within
from ..engine.wording import suggestion
from .activations import activation as activation_factory
from .backend import backend as built_on
from .backend import named
from .batch_normalization import BatchNorm1d
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .neuron import layers_of_neurons
from .normalization import LayerNorm, RMSNorm

NORMS: Mapping[str, Callable[[int], Module]] = MappingProxyType(
    {"batch": BatchNorm1d, "layer": LayerNorm, "rms": RMSNorm}
)
"""The normalizations that go by a name."""

_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"activation": "relu", "norm": None, "dropout": 0.0, "bias": True}
)


class MLP(Module):
    """A multi-layer perceptron: layers of neurons one behind the other.

    Each hidden layer is a :class:`Linear`, a normalization if there is one, an activation, and a
    :class:`Dropout` if there is one; the last layer is a Linear alone. The modules are called
    ``"0"``, ``"1"``, ... as those of a :class:`Sequential` of the same layers: state dicts of the
    one fit the other, and ``torch.nn.Sequential``.

    Without ``out_features`` it is micrograd's network, ``MLP(2, [16, 16, 1])``: Layers of single
    Neurons on the scalar twin, relu ones and at last a linear one. It takes a sequence of numbers
    or Values and gives a Value, or a list of them. Its layers are ``model.layers``, and
    ``model.parameters()`` is a list of Values.

    Parameters
    ----------
    in_features : int
        The length of an input.
    hidden : sequence of int, or int
        The widths of the hidden layers; of all layers, if there is no ``out_features``.
    out_features : int, optional
        The length of an output.
    activation : str, class of modules or Module
        A name of :data:`twingrad.nn.activations.ACTIVATIONS`, a class that is called without
        arguments, or a module, which is copied for each layer.
    norm : str or callable, optional
        ``"batch"`` (:class:`BatchNorm1d`), ``"layer"`` (:class:`LayerNorm`), ``"rms"``
        (:class:`RMSNorm`), or what makes a module of a width, such as
        ``lambda width: nn.GroupNorm(4, width)``.
    dropout : float
        The share of each hidden layer's outputs that is left out while training: from 0 up to, but
        without, 1.
    bias : bool
        Whether the Linear layers have a bias.
    backend : str, optional
        ``"scalar"`` or ``"tensor"``; the selected twin, if not given.

    Raises
    ------
    TypeError
        If an argument is not of the kind above.
    ValueError
        If a width is below 1, a name is none, ``dropout`` is out of range, or an option is given
        that a network of single neurons does not have.

    Notes
    -----
    Weights and biases begin as :class:`Linear` draws them, whatever the activation, as in PyTorch:
    for others, ``model.apply`` a function of ``nn.init``.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> model = nn.MLP(2, [16, 16], 1, activation="tanh")
    >>> model(twingrad.zeros(100, 2)).shape
    (100, 1)
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias', '4.weight', '4.bias']
    >>> len(nn.MLP(2, [16, 16, 1]).parameters())
    337
    """

    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int] | int,
        out_features: int | None = None,
        activation: str | type[Module] | Module = "relu",
        norm: str | Callable[[int], Module] | None = None,
        dropout: float = 0.0,
        bias: bool = True,
        backend: str | None = None,
    ) -> None:
        super().__init__()
        self.in_features = checked_count(in_features, "MLP: in_features", at_least=1)
        self.out_features = out_features
        if out_features is None:
            given = {"activation": activation, "norm": norm, "dropout": dropout, "bias": bias}
            _check_is_plain(backend, given)
            self.layers = layers_of_neurons(self.in_features, _listed(hidden, "nouts"))
            return
        widths = _listed([hidden] if isinstance(hidden, int) else hidden, "hidden")
        widths = [
            self.in_features,
            *widths,
            checked_count(out_features, "MLP: out_features", at_least=1),
        ]
        with built_on(named(backend).name):
            modules = _modules(widths, activation_factory(activation), _norm(norm), dropout, bias)
        for index, module in enumerate(modules):
            self.add_module(str(index), module)

    def forward(self, input: Any) -> Any:
        """The outputs, of shape ``(..., out_features)``, of inputs ``(..., in_features)``."""
        for name in self._module_names:
            input = self.__dict__[name](input)
        return input

    def parameters(self, recurse: bool = True) -> Any:
        """The parameters, layer by layer; of a network of single neurons a list."""
        if self.out_features is None:
            return [parameter for layer in self.layers for parameter in layer.parameters()]
        return super().parameters(recurse)

    def __getitem__(self, index: int) -> Any:
        return [*self][index]

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[Any]:
        return map(self.__dict__.__getitem__, self._module_names)

    def __repr__(self) -> str:
        if self.out_features is None:
            return f"MLP of [{', '.join(map(str, self.layers))}]"
        return super().__repr__()


def _modules(
    widths: Sequence[int],
    activation: Callable[[], Module],
    norm: Callable[[int], Module] | None,
    dropout: float,
    bias: bool,
) -> list[Module]:
    """The modules of a network whose inputs, layers and outputs have these lengths."""
    number_within(dropout, "MLP: dropout", "it is the share that is left out", at_least=0, below=1)
    modules: list[Module] = []
    for position, width in enumerate(widths[1:-1]):
        modules.append(Linear(widths[position], width, bias))
        if norm is not None:
            modules.append(_normalization(norm, width))
        modules.append(activation())
        if dropout:
            modules.append(Dropout(dropout))
    return [*modules, Linear(widths[-2], widths[-1], bias)]


def _listed(widths: Any, what: str) -> list[int]:
    """The numbers of neurons of layers, each at least 1."""
    if not isinstance(widths, Sequence) or isinstance(widths, str):
        raise TypeError(
            f"MLP: {what} must list the neurons of each layer, got {widths!r}: "
            f"write [{widths!r}] for one layer"
        )
    return [checked_count(width, f"MLP: a number in {what}", at_least=1) for width in widths]


def _norm(norm: Any) -> Callable[[int], Module] | None:
    """What makes a normalization of a width."""
    if norm is None or (callable(norm) and not isinstance(norm, Module)):
        found: Callable[[int], Module] | None = norm
        return found
    if isinstance(norm, str) and norm in NORMS:
        return NORMS[norm]
    error = ValueError if isinstance(norm, str) else TypeError
    raise error(
        f"MLP: norm must be one of {', '.join(map(repr, NORMS))}, or a function of a width that "
        f"gives a module, got {norm!r}: {suggestion(norm, NORMS, 'write for example nn.LayerNorm')}"
    )


def _normalization(norm: Callable[[int], Module], width: int) -> Module:
    module = norm(width)
    if not isinstance(module, Module):
        raise TypeError(
            f"MLP: norm must give a Module, got {type(module).__name__} for a width of {width}: "
            "write for example norm=nn.LayerNorm"
        )
    return module


def _check_is_plain(backend: str | None, options: Mapping[str, Any]) -> None:
    """Check that a network of single neurons is not asked for what it does not have."""
    cure = "write for example MLP(2, [16, 16], 1), with the length of an output behind the list"
    if backend is not None and named(backend).name != "scalar":
        raise ValueError(
            f"MLP: backend must be 'scalar' where out_features is not given, got {backend!r}: a "
            f"network of single neurons is made of Values; {cure}"
        )
    for name, option in options.items():
        if option != _DEFAULTS[name]:
            raise ValueError(
                f"MLP: {name} must be {_DEFAULTS[name]!r} where out_features is not given, got "
                f"{option!r}: a network of single neurons has no such option; {cure}"
            )
