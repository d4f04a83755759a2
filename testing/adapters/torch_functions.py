"""Functions and modules of PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import check_function
from ...engine.optional import needed
from ..library import Compute, GraphLibrary, Store, plain_floats
from ..operand_subject import OperandSubject, operand_subject
from ..parameters import held_by
from ..subject import FloatArray
from .adapter import Adapter
from .complex_step import complex_or_none

_PIP = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


@final
class Torch(GraphLibrary):
    """PyTorch's tensors, of float32 and float64, on any device."""

    wanted: ClassVar[str] = "torch.Tensor"

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._floats = (torch.float32, torch.float64)
        self._forward = needed("torch.autograd.forward_ad", "from_torch", _PIP)

    def signed(self, function: Any) -> Any:
        """The ``forward`` of a module."""
        return function.forward if self.is_module(function) else function

    def floats(self, leaf: Any) -> FloatArray | None:
        """Of tensors, of NumPy arrays, and of Python floats."""
        if self.is_operand(leaf):
            return self.array(leaf) if leaf.dtype in self._floats else None
        return plain_floats(leaf)

    def is_marked(self, leaf: Any) -> bool:
        """Whether it is a tensor with ``requires_grad``."""
        return self.is_operand(leaf) and bool(leaf.requires_grad)

    def is_leaf(self, operand: Any) -> bool:
        """Whether it has no history."""
        return bool(operand.is_leaf)

    def is_result(self, leaf: Any) -> bool:
        """Whether it is a tensor of float32 or float64."""
        return self.is_operand(leaf) and leaf.dtype in self._floats

    def is_operand(self, leaf: Any) -> bool:
        """Whether it is a tensor."""
        return isinstance(leaf, self._torch.Tensor)

    def fixed(self, leaf: Any) -> Any:
        """Arrays of floats as tensors, the rest as it is."""
        array = plain_floats(leaf) if isinstance(leaf, np.ndarray) else None
        return leaf if array is None else self._torch.tensor(array)

    def widened(self, leaf: Any) -> Any:
        """Tensors of floats in float64."""
        return leaf.detach().double() if self.is_result(leaf) else leaf

    def leaf(self, array: NDArray[Any], like: Any) -> Any:
        """A tensor on this memory, or on the device of ``like``."""
        return self._on_device(self._torch.from_numpy(array), like).requires_grad_()

    def constant(self, array: FloatArray, like: Any) -> Any:
        """A tensor on this memory, or on the device of ``like``."""
        tensor = self._torch.from_numpy(array).to(like.dtype)
        return self._on_device(tensor, like)

    def _on_device(self, tensor: Any, like: Any) -> Any:
        return tensor.to(like.device) if self.is_operand(like) else tensor

    def array(self, operand: Any) -> NDArray[Any]:
        """The memory of a tensor, or a copy of what is on another device."""
        numbers: NDArray[Any] = operand.detach().cpu().numpy()
        return numbers

    def gradients(
        self,
        results: Sequence[Any],
        leaves: Sequence[Any],
        cotangents: Sequence[Any],
        differentiable: bool,
    ) -> list[Any]:
        """By ``torch.autograd.grad``."""
        roots, seeds = _with_history(results, cotangents)
        if not roots or not leaves:
            return [None] * len(leaves)
        found = self._torch.autograd.grad(
            roots,
            [*leaves],
            seeds,
            retain_graph=True,
            create_graph=differentiable,
            allow_unused=True,
        )
        if None in found:
            _refuse_errors(roots)
        return [*found]

    def accumulate(
        self, results: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any]
    ) -> None:
        """By ``torch.autograd.backward``."""
        roots, seeds = _with_history(results, cotangents)
        if roots and leaves:
            self._torch.autograd.backward(roots, seeds, retain_graph=True, inputs=[*leaves])

    def gradient_of(self, leaf: Any) -> Any:
        """The ``grad`` of a tensor."""
        return leaf.grad

    def forget(self, leaf: Any) -> None:
        """Set the ``grad`` of a tensor to None."""
        leaf.grad = None

    def is_module(self, thing: Any) -> bool:
        """Whether it is a ``torch.nn.Module``."""
        return isinstance(thing, self._torch.nn.Module)

    def buffers(self, module: Any) -> Iterator[Store]:
        """In the dictionaries of buffers that modules have."""
        for owner in module.modules():
            for name, buffer in owner._buffers.items():
                if buffer is not None:
                    yield owner._buffers, name

    def keep(self, operand: Any) -> Callable[[], None]:
        """By a copy, which is written back behind PyTorch's back: versions do not change."""
        data, grad = operand.data, operand.grad
        numbers = data.clone()

        def put_back() -> None:
            operand.data = data
            data.copy_(numbers)
            operand.grad = grad

        return put_back

    def place(self, operand: Any, array: FloatArray) -> None:
        """In the tensor's memory, or as its memory where that is of another dtype."""
        tensor = self._on_device(self._torch.tensor(array), operand)
        if tensor.dtype == operand.dtype:
            operand.data.copy_(tensor)
        else:
            operand.data = tensor

    def pushed(
        self, compute: Compute, leaves: Sequence[Any], tangents: Sequence[FloatArray]
    ) -> list[Any] | None:
        """By dual numbers; None where a function has no forward mode, which PyTorch says."""
        forward = self._forward
        with forward.dual_level(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*torch.jit", DeprecationWarning)  # PyTorch's own
            duals = [
                forward.make_dual(leaf, self.constant(np.array(tangent), leaf))
                for leaf, tangent in zip(leaves, tangents, strict=True)
            ]
            try:
                results = [forward.unpack_dual(each) for each in compute(duals)]
            except NotImplementedError:
                return None
        return [
            self._torch.zeros_like(each.primal) if each.tangent is None else each.tangent
            for each in results
        ]

    def complex_results(
        self, compute: Compute, arrays: Sequence[NDArray[np.complex128]], likes: Sequence[Any]
    ) -> list[Any] | None:
        """On complex tensors, where all that the function does is defined there."""
        torch = self._torch

        def results() -> list[NDArray[Any]]:
            with torch.no_grad():
                leaves = [
                    self._on_device(torch.tensor(array), like)
                    for array, like in zip(arrays, likes, strict=True)
                ]
                return [self.array(each) for each in compute(leaves)]

        return complex_or_none(results)

    def random_state(self) -> Any:
        """Where the global generator of the CPU stands."""
        return self._torch.get_rng_state()

    def has_drawn(self, start: Any) -> bool:
        """Whether the global generator of the CPU has gone on."""
        return not self._torch.equal(self._torch.get_rng_state(), start)

    @contextmanager
    def running(self, start: Any) -> Iterator[None]:
        """Record graphs, also inside ``no_grad``; generators of other devices go their way."""
        torch = self._torch
        before = torch.get_rng_state()
        torch.set_rng_state(start)
        try:
            with torch.enable_grad():
                yield
        finally:
            torch.set_rng_state(before)


def _with_history(results: Sequence[Any], cotangents: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Those results that require a gradient, and their cotangents."""
    pairs = [pair for pair in zip(results, cotangents, strict=True) if pair[0].requires_grad]
    return [result for result, _ in pairs], [cotangent for _, cotangent in pairs]


def _refuse_errors(roots: Sequence[Any]) -> None:
    """``TypeError`` where a graph holds a node that stands for an error: that is no zero."""
    nodes = dict.fromkeys(root.grad_fn for root in roots if root.grad_fn is not None)
    waiting = [*nodes]
    for node in waiting:  # which grows meanwhile
        if node.name() == "torch::autograd::Error":
            raise TypeError(
                "gradcheck: order must be 1 for a function whose gradient cannot be "
                "differentiated, got one marked with @once_differentiable: write its backward "
                "with operations that PyTorch differentiates"
            )
        new = [each for each, _ in node.next_functions if each is not None and each not in nodes]
        nodes.update(dict.fromkeys(new))
        waiting.extend(dict.fromkeys(new))


@final
@dataclass(frozen=True)
class TorchFunction(Adapter):
    """A function of PyTorch's tensors, or a ``torch.nn.Module``.

    Attributes
    ----------
    function : callable
        What is checked.
    torch : module
        PyTorch.
    """

    function: Any
    torch: Any

    @property
    def signed(self) -> Any:
        """The ``forward`` of a module."""
        return Torch(self.torch).signed(self.function)

    def subject(
        self, inputs: Sequence[Any], parameters: Any = None, name: str | None = None
    ) -> OperandSubject:
        """The function, or the module with its parameters, at these inputs."""
        library, function = Torch(self.torch), self.function
        held = held_by(library, function, parameters)
        return operand_subject(library, function, inputs, held, name)


def from_torch(function: Callable[..., Any]) -> TorchFunction:
    """A function of PyTorch's tensors, or a ``torch.nn.Module``, for :func:`gradcheck`.

    Its gradients come from ``torch.autograd.grad``, forward mode from dual numbers where the
    function has it. Inputs may be tensors, and NumPy arrays and Python floats, which become
    float64 tensors. The parameters of a module are checked as well; they, its buffers and the
    generator of random numbers are afterwards as they were.

    Raises
    ------
    ModuleNotFoundError
        If PyTorch is not installed.
    TypeError
        For what cannot be called.
    """
    check_function(function, "from_torch: function")
    return TorchFunction(function, needed("torch", "from_torch", _PIP))
