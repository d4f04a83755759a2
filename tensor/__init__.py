"""The tensor twin: arrays of numbers that remember how they were computed."""

from . import autograd
from .memory import keep_freed_memory
from .primitive import Primitive
from .tensor import Tensor

keep_freed_memory()

__all__ = ["Primitive", "Tensor", "autograd"]
