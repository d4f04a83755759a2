"""The network of a run: how it is built, and how its weights are put back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, final

import numpy as np

from .. import nn
from ..data.records import Record
from ..nn.activations import ACTIVATIONS
from ..nn.backend import numbers_of, random_numbers_kept
from ..nn.mlp import NORMS
from ..tensor.random.generator import manual_seed
from .config import Config
from .folder import CURE, Folder


@final
@dataclass(frozen=True, slots=True)
class Architecture:
    """A multi-layer perceptron, described.

    Attributes
    ----------
    shape : tuple of int
        That of a row; what is no row of numbers, such as a picture, is flattened first.
    hidden : tuple of int
        The widths of the hidden layers.
    outputs : int
    activation : str
    norm : str or None
    dropout : float

    Examples
    --------
    >>> model = Architecture((8, 8), (16,), 10, "relu", None, 0.0).build()
    >>> [type(layer).__name__ for layer in model]
    ['Flatten', 'Linear', 'ReLU', 'Linear']
    """

    shape: tuple[int, ...]
    hidden: tuple[int, ...]
    outputs: int
    activation: str
    norm: str | None
    dropout: float

    @classmethod
    def of(cls, config: Config, shape: tuple[int, ...], outputs: int) -> Architecture:
        """What a Config asks for, between rows of this shape and so many outputs."""
        return cls(shape, config.hidden, outputs, config.activation, config.norm, config.dropout)

    def build(self, backend: str = "tensor", seed: int = 0) -> nn.Module:
        """A new network whose weights follow from the seed."""
        with random_numbers_kept():
            manual_seed(seed)
            perceptron = nn.MLP(
                prod(self.shape),
                self.hidden,
                self.outputs,
                activation=self.activation,
                norm=self.norm,
                dropout=self.dropout,
                backend=backend,
            )
        return perceptron if len(self.shape) == 1 else nn.Sequential(nn.Flatten(), *perceptron)

    @property
    def sentence(self) -> str:
        """The widths of all layers, and what is between them."""
        widths = " - ".join(map(str, (prod(self.shape), *self.hidden, self.outputs)))
        norm = f", {self.norm} norm" if self.norm else ""
        dropout = f", dropout {self.dropout:g}" if self.dropout else ""
        return f"network: {widths}, {self.activation}{norm}{dropout}"

    @property
    def weights(self) -> int:
        """How many weights there are between the layers."""
        widths = (prod(self.shape), *self.hidden, self.outputs)
        return sum(a * b for a, b in pairwise(widths))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "shape": [*self.shape],
            "widths": [*self.hidden, self.outputs],
            "activation": self.activation,
            "norm": self.norm,
            "dropout": self.dropout,
        }

    @classmethod
    def from_record(cls, record: Record) -> Architecture:
        """The architecture that :meth:`to_dict` told of; ``ValueError`` for a damaged one."""
        widths, dropout = record.counts("widths"), record.number("dropout")
        if not widths:
            raise record.refused("widths", "at least one number", [])
        if not 0 <= dropout < 1:
            raise record.refused("dropout", "a share from 0 up to 1", dropout)
        return cls(
            record.shape("shape"),
            widths[:-1],
            widths[-1],
            record.choice("activation", ACTIVATIONS),
            record.choice("norm", NORMS) if record.has("norm") else None,
            dropout,
        )


def digest_of_file(path: Path) -> str:
    """The SHA-256 digest of a file; ``OSError`` where it cannot be read."""
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def load_model(architecture: Architecture, path: Path, digest: str) -> nn.Module:
    """The network with the weights of a file, in evaluation mode.

    Raises ``OSError``, ``TypeError`` or ``ValueError`` for a file that cannot be read, has another
    digest, or belongs to another network.
    """
    if digest_of_file(path) != digest:
        raise ValueError(
            f"{str(path)!r} must be as training wrote it, got another (its SHA-256 digest differs)"
            f": write it again with {Folder(path.parent).resuming}"
        )
    state = nn.load_file(path)
    numbers = sum(numbers_of(each).size for each in state.values())
    if architecture.weights > numbers:  # checked before anything of that size is made
        raise _of_another(path, f"{architecture.weights} weights are needed and it has {numbers}")
    model = architecture.build()
    if any(numbers_of(each).dtype == np.float64 for each in state.values()):
        model = model.double()
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise _of_another(path, str(error).partition("got ")[2].partition(": build")[0]) from None
    return model.eval()


def _of_another(path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{str(path)!r} must hold the weights of the network beside it, got others ({reason}): "
        f"{CURE}"
    )
