"""What activations have in common as modules."""

from __future__ import annotations

from typing import ClassVar

from ..module import Module


class Activation(Module):
    """A nonlinear function between layers. Abstract: each activation is a class of its own."""

    options: ClassVar[tuple[str, ...]] = ()
    """The attributes that its ``repr`` shows."""

    def extra_repr(self) -> str:
        return ", ".join([f"{name}={getattr(self, name)!r}" for name in self.options])
