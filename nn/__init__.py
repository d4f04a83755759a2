"""What is trained: neurons, layers and networks."""

from . import functional, init
from .backend import backend
from .containers import ModuleDict, ModuleList, Sequential
from .linear import Bilinear, Identity, Linear
from .module import Module
from .neuron import MLP, Layer, Neuron
from .parameter import Parameter

__all__ = [
    "MLP",
    "Bilinear",
    "Identity",
    "Layer",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Neuron",
    "Parameter",
    "Sequential",
    "backend",
    "functional",
    "init",
]
