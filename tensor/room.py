"""The name ``twingrad.tensor``: a room of this package, and in PyTorch a function."""

from types import ModuleType
from typing import Any

from .creation import tensor
from .tensor import Tensor


class Room(ModuleType):
    """A module that is called as the function :func:`twingrad.tensor` is: it is both."""

    def __call__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
        return tensor(data, dtype, requires_grad)
