"""The tensor twin: arrays of numbers that remember how they were computed."""

from . import autograd
from .primitive import Primitive
from .tensor import Tensor

__all__ = ["Primitive", "Tensor", "autograd"]
