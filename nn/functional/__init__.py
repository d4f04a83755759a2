"""What layers, activations and losses compute, as functions: ``torch.nn.functional``'s names."""

from .linear import bilinear, linear

__all__ = ["bilinear", "linear"]
