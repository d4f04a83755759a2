"""Who takes part."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import jax_and_optax, limit, micrograd_demo, numpy_by_hand, ours, pytorch, scikit_learn
from .base import Peer

PEERS: Mapping[str, Peer] = MappingProxyType(
    {
        peer.name: peer
        for module in (
            *(ours, pytorch, jax_and_optax, scikit_learn, micrograd_demo, numpy_by_hand, limit),
        )
        for peer in module.PEERS
    }
)
"""All peers by name, ourselves first."""
