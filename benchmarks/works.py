"""What is measured: networks, batches and recipes, and how much faster than whom it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

Kind = Literal["epoch", "step", "scalar", "start"]
"""Whole epochs, rows shuffled and gathered; steps called on batches that are cut already; the loss
of scalars, forward and backward; a process from its start to a trained model."""

RATE = 1e-3
"""The learning rate of Adam, and the highest one of a schedule."""

EAGER = ("PyTorch", "PyTorch, fused Adam")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What goes with training in earnest; without one it is Adam alone.

    Attributes
    ----------
    dropout : float
        The share of hidden units left out, from 0 up to 1; none are left out where peers are
        checked to agree, as each draws its own.
    weight_decay : float
        Of AdamW.
    clip : float
        The greatest norm of the gradient.
    total_steps : int
        Those of the one-cycle schedule: more than are ever made here.
    """

    dropout: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    total_steps: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Aim:
    """So many times faster than the fastest of some peers; than the fastest of all without names.

    ``share`` is that of the machine's limit instead, from 0 to 1.
    """

    times: float = 1.0
    peers: tuple[str, ...] = ()
    share: float | None = None
    ours: str = "twingrad"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do, the same for everybody.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    kind : str
    sizes : tuple of int
        Inputs, hidden layers and classes of a ReLU network; float32, cross-entropy.
    batch, batches : int
        Rows in a step, and steps in a pass through the data.
    recipe : Recipe, optional
    aims : tuple of Aim
    quick : bool
        Whether it is measured in a hurry, too.
    limited : bool
        Whether matrix products and memory are what it waits for, so that the machine's limit
        means something.
    """

    name: str
    kind: Kind
    sizes: tuple[int, ...]
    batch: int
    batches: int
    recipe: Recipe | None = None
    aims: tuple[Aim, ...] = ()
    quick: bool = False
    limited: bool = False

    @property
    def title(self) -> str:
        """What it is, in a line."""
        network = f"{'-'.join(map(str, self.sizes))}, batch {self.batch}"
        match self.kind:
            case "epoch":
                with_all = "; dropout, batch norm, weight decay, clipping, one-cycle"
                return f"epoch of {network}{with_all if self.recipe else ''}"
            case "step":
                return f"steps in a Python loop, {network}"
            case "scalar":
                return "micrograd's demo loss, forward and backward"
            case "start":
                return f"from the start of a process to trained moons, {network}, 100 epochs"

    @property
    def rows(self) -> int:
        """The rows of the data."""
        return self.batch * self.batches

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        normalized = 2 * sum(self.sizes[1:-1]) if self.recipe else 0
        return sum((m + 1) * n for m, n in pairwise(self.sizes)) + normalized


_TINY = (2, 16, 16, 2)
_SMALL = (64, 64, 32, 10)
_MIDDLE = (784, 256, 128, 10)
_LARGE = (784, 1024, 1024, 10)
_EPOCH = (Aim(5.0), Aim(50.0, EAGER))
_STEP = (Aim(5.0, ("JAX, jit",)), Aim(20.0, EAGER))
_PRODUCTS = (Aim(1.1), Aim(share=0.85))
_START = (Aim(1.0, ("PyTorch",), ours="twingrad, cold cache"), Aim(2.0, ("PyTorch",)))

_ALL = (
    Work("tiny-epoch", "epoch", _TINY, 100, 100, aims=_EPOCH, quick=True),
    Work("small-epoch", "epoch", _SMALL, 64, 100, aims=_EPOCH),
    Work("tiny-step", "step", _TINY, 100, 100, aims=_STEP),
    Work("small-step", "step", _SMALL, 64, 100, aims=_STEP),
    Work("middle", "epoch", _MIDDLE, 128, 50, aims=(Aim(1.3),), limited=True, quick=True),
    Work("large", "epoch", _LARGE, 256, 10, aims=_PRODUCTS, limited=True),
    Work("middle-regularized", "epoch", _MIDDLE, 128, 50, Recipe(), (Aim(1.3),), limited=True),
    Work("large-regularized", "epoch", _LARGE, 256, 10, Recipe(), _PRODUCTS, limited=True),
    Work(
        "scalar", "scalar", (2, 16, 16, 1), 100, 1, aims=(Aim(500.0, ("micrograd",)),), quick=True
    ),
    Work("start", "start", _TINY, 100, 10, aims=_START, quick=True),
)

WORKS: Mapping[str, Work] = MappingProxyType({work.name: work for work in _ALL})
"""All works, by name."""
