"""Functions of other libraries, wrapped so that their gradients can be checked."""

from .adapter import Adapter
from .autograd_functions import from_autograd
from .jax_functions import from_jax
from .numpy_functions import from_numpy
from .torch_functions import from_torch

__all__ = ["Adapter", "from_autograd", "from_jax", "from_numpy", "from_torch"]
