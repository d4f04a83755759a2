"""Tensors and modules of PyTorch, told from other things without importing PyTorch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_tensor(thing: Any) -> bool:
    """Whether it is a tensor; nothing is, where nobody imported PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def is_module(thing: Any) -> bool:
    """Whether it is a module; nothing is, where nobody imported PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


def has_no_options(thing: Any) -> bool:
    """Whether it is a module whose class has no ``__init__`` of its own."""
    first = sys.modules["torch"].nn.Module.__init__ if is_module(thing) else None
    return first is not None and type(thing).__init__ is first


def array_of(tensor: Any) -> NDArray[Any] | None:
    """The numbers of a tensor; None for those that NumPy does not have, such as bfloat16."""
    try:
        return np.asarray(tensor.detach().cpu().numpy())
    except (TypeError, RuntimeError):
        return None


def tensor_of(array: NDArray[Any], like: Any) -> Any:
    """A tensor that requires a gradient if another one does."""
    return sys.modules["torch"].from_numpy(array).requires_grad_(like.requires_grad)
