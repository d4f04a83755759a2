"""What is trained: neurons, layers and networks."""

from .neuron import MLP, Layer, Module, Neuron

__all__ = ["MLP", "Layer", "Module", "Neuron"]
