"""Backward passes: from results to the gradients of leaves, or of any tensors asked for."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.handle import Handle
from ..engine.modes import enable_grad, no_grad, special_mode
from ..engine.operation import Operand
from ..engine.shapes import Shape
from . import anomalies
from .broadcasting import stretched
from .coercion import array_from
from .graph import Node, backward_order, by_tensors, edge_of, leading_to, propagate
from .quiet import quiet
from .tracing import made, recorder

if TYPE_CHECKING:
    from .tensor import Tensor

_ndarray = np.ndarray
_handles = count()
_RETAIN = -1
"""The key of the hook that keeps the gradient of a result."""


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the derivatives of the sum of ``tensors`` to the ``grad`` of the leaves.

    ``grad_tensors`` are the derivatives of what you want to differentiate by the tensors; see
    :meth:`Tensor.backward` for these and the rest.
    """
    roots = _listed(tensors, "backward: tensors")
    seeds = (None,) * len(roots) if grad_tensors is None else _several(grad_tensors)
    wanted = None if inputs is None else _listed(inputs, "backward: inputs")
    found = _run(roots, seeds, retain_graph, create_graph, wanted or ())
    taken = {id(seed._data) for seed in seeds if seed.__class__ is roots[0].__class__}
    if wanted is not None:
        for leaf in wanted:
            if edge_of(leaf) in found:
                _deliver(leaf, found[edge_of(leaf)], taken)
        return
    for leaf, total in found.items():
        if leaf.__class__ is not Node:
            _deliver(leaf, total, taken)


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _listed(given: Any, what: str) -> tuple[Tensor, ...]:
    """One tensor or several as a tuple; ``TypeError`` for what is none."""
    found = _several(given)
    for each in found:
        if not isinstance(each, Operand) or not hasattr(each, "_node"):
            raise TypeError(
                f"{what} must be a Tensor or several, got {type(each).__name__} {each!r:.40}: "
                "make tensors with twingrad.tensor(...)"
            )
    return found


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The derivatives of the sum of ``outputs`` by ``inputs``, without touching any ``grad``.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        What is differentiated, and what by: leaves or results in between.
    grad_outputs : Tensor or sequence, optional
        The derivatives of what you want to differentiate by the outputs; 1 for one element.
    retain_graph, create_graph
        As in :meth:`Tensor.backward`.
    allow_unused : bool
        Give None for an input that the outputs do not depend on.

    Raises
    ------
    RuntimeError
        As :meth:`Tensor.backward`, and for an input that does not require a gradient or that
        the outputs do not depend on.

    Examples
    --------
    >>> import twingrad
    >>> x = twingrad.tensor(3.0, requires_grad=True)
    >>> (slope,) = twingrad.autograd.grad(x * x, x)
    >>> slope
    tensor(6.)
    """
    roots = _listed(outputs, "grad: outputs")
    wanted = _listed(inputs, "grad: inputs")
    seeds = (None,) * len(roots) if grad_outputs is None else _several(grad_outputs)
    for position, each in enumerate(wanted):
        if not each.requires_grad:
            raise RuntimeError(
                f"grad: input {position} does not require a gradient: make it with "
                "requires_grad=True before computing with it"
            )
    found = _run(roots, seeds, retain_graph, create_graph, wanted)
    results = []
    taken = {id(each._data) for each in seeds if isinstance(each, type(roots[0]))}
    for position, each in enumerate(wanted):
        gradient = found.get(edge_of(each))
        if gradient is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {position}: leave it out, or pass "
                "allow_unused=True to get None for it"
            )
        results.append(None if gradient is None else _owned(each, gradient, taken))
    return tuple(results)


def _run(
    roots: Sequence[Tensor],
    gradients: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    wanted: Sequence[Tensor],
) -> dict[Any, Any]:
    """One backward pass: the gradients of all leaves and of what is wanted."""
    release = not (create_graph if retain_graph is None else retain_graph)
    mode = special_mode()
    recording = None if mode is None else mode.recorder
    seeds: dict[Any, Any] = {}
    for root, gradient in zip(roots, gradients, strict=True):
        if not root._requires_grad:
            raise RuntimeError(
                f"backward: this tensor of shape {root.shape} does not depend on any that "
                "requires a gradient: compute it outside no_grad() from at least one tensor "
                "with requires_grad=True"
            )
        seed = _seed(root, gradient, create_graph or recording is not None)
        edge = root._node or root
        seeds[edge] = seeds[edge] + seed if edge in seeds else seed
    order, has_hooks, used_up = backward_order(seeds)
    edges = {edge_of(each) for each in wanted} if wanted else ()
    if edges:
        order = leading_to(order, edges)
    elif used_up is not None:
        raise used_up
    watch = anomalies.check_backward if mode is not None and mode.anomaly else None
    if create_graph:
        with enable_grad():
            found = propagate(seeds, order, by_tensors, release, edges, watch)
    elif recording is not None:
        with no_grad():
            found = propagate(seeds, order, recording.contributions, release, edges, watch)
    elif has_hooks:
        with np.errstate(all="ignore"):  # hooks are to run in the context of their owner
            found = propagate(seeds, order, None, release, edges, watch)
    else:
        found = quiet().run(propagate, seeds, order, None, release, edges, watch)
    for leaf in found:
        if leaf.__class__ is not Node and leaf._hooks is not None and (not edges or leaf in edges):
            for hook in list(leaf._hooks.values()):
                found[leaf] = hook(found[leaf], leaf.shape)
    if used_up is not None and any([edge not in found for edge in edges]):
        raise used_up
    return found


def _seed(root: Tensor, gradient: Any, as_tensor: bool) -> Any:
    """The gradient that a backward pass starts with at a root."""
    array = root._data
    if gradient is None:
        if array.size != 1:
            raise RuntimeError(
                f"backward: gradient must be given for a tensor of shape {array.shape}, got "
                "None: pass one of that shape, or call backward() on a sum() or mean()"
            )
        seed = np.empty(array.shape, array.dtype)
        seed.fill(1)
        return type(root).constant(made(seed)) if as_tensor else seed
    kind = type(root)
    if type(gradient) is not kind:
        gradient = kind.constant(array_from(gradient, array.dtype, "backward: gradient"))
    if gradient.shape != array.shape:
        raise RuntimeError(
            f"backward: gradient must have the shape of the tensor, {array.shape}, "
            f"got {gradient.shape}: reshape or broadcast it first"
        )
    gradient = gradient.to(array.dtype)
    return gradient if as_tensor else gradient._data


def _owned(tensor: Tensor, gradient: Any, taken: set[int]) -> Tensor:
    """A gradient as a tensor in the shape of its tensor, on memory that nothing else uses."""
    kind = type(tensor)
    if gradient.__class__ is kind:
        if gradient.shape != tensor.shape:
            gradient = gradient.broadcast_to(tensor.shape)
        if gradient._requires_grad or recorder() is None:
            whole: Tensor = gradient
            return whole
        own: Tensor = gradient.to(tensor.dtype).clone()
        return own
    shape, dtype = tensor._data.shape, tensor._data.dtype
    if gradient.dtype is not dtype:
        gradient = gradient.astype(dtype)
    if gradient.shape != shape or gradient.__class__ is not _ndarray:
        gradient = stretched(gradient, shape)
    elif gradient.base is not None or id(gradient) in taken:
        gradient = gradient.copy()
    taken.add(id(gradient))
    return kind.constant(gradient)


def _deliver(leaf: Tensor, gradient: Any, taken: set[int]) -> None:
    """Add a gradient to the ``grad`` of a leaf."""
    mode = special_mode()
    recording = None if mode is None else mode.recorder
    if recording is not None:
        recording.leaf_gradients.deliver(leaf)
    present = leaf._grad
    if present is None:
        leaf._grad = _owned(leaf, gradient, taken)
    elif recording is not None and not (gradient._requires_grad or present._requires_grad):
        present.add_(gradient)
    elif gradient.__class__ is leaf.__class__ or present._requires_grad:
        kind = type(leaf)
        is_array = gradient.__class__ is not kind
        leaf._grad = present + (kind.constant(gradient) if is_array else gradient)
    elif not present._data.flags.writeable:
        leaf._grad = present + type(leaf).constant(gradient)
    else:
        array = present._data
        quiet().run(np.add, array, gradient, array)
        if present._memory is not None:
            present._memory.change("backward")


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Handle:
    """Call ``hook`` with the gradient of a tensor; see ``Tensor.register_hook``."""
    if not callable(hook):
        raise TypeError(
            f"register_hook: hook must be a function of the gradient, got "
            f"{type(hook).__name__} {hook!r:.40}: pass the function itself"
        )
    if not tensor._requires_grad:
        raise RuntimeError(
            "register_hook: the tensor does not require a gradient, so there will be none: "
            "make it with requires_grad=True, or from tensors that do"
        )
    kind = type(tensor)

    def hooked(gradient: Any, shape: Shape) -> Any:
        is_tensor = type(gradient) is kind
        if is_tensor and (gradient._requires_grad or recorder() is None):
            replaced = hook(gradient)
            return gradient if replaced is None else _replacement(replaced, gradient)
        own = gradient.clone() if is_tensor else kind.constant(stretched(gradient, shape))
        with no_grad():
            replaced = hook(own)
            if is_tensor:
                return gradient if replaced is None else _replacement(replaced, own).clone()
        # the hook may have kept what it was given, and may go on using what it gave
        return gradient if replaced is None else _replacement(replaced, own)._data.copy()

    return _add_hook(tensor, hooked)


def _replacement(replaced: Any, gradient: Tensor) -> Tensor:
    if type(replaced) is not type(gradient) or replaced.shape != gradient.shape:
        what = getattr(replaced, "shape", type(replaced).__name__)
        raise RuntimeError(
            f"register_hook: the hook must give None or a tensor of the gradient's shape "
            f"{gradient.shape}, got {what}: change the gradient and return it"
        )
    return replaced.to(gradient.dtype)


def retain_grad(tensor: Tensor) -> None:
    """Have backward passes write the ``grad`` of a tensor that is no leaf."""
    if not tensor._requires_grad:
        raise RuntimeError(
            "retain_grad: the tensor does not require a gradient, so there will be none: "
            "make it from tensors with requires_grad=True"
        )
    if tensor._node is None:
        return
    kind = type(tensor)
    holder = weakref.ref(tensor)

    def keep(gradient: Any, shape: Shape) -> Any:
        held = holder()
        if held is not None:
            if type(gradient) is not kind:
                held._grad = kind.constant(stretched(gradient, shape))
            else:
                held._grad = gradient if recorder() is None else gradient.clone()
        return gradient

    if tensor._node.hooks is None:
        tensor._node.hooks = {}
    tensor._node.hooks[_RETAIN] = keep


def _add_hook(tensor: Tensor, hook: Callable[[Any, Shape], Any]) -> Handle:
    holder = tensor if tensor._node is None else tensor._node
    name = "_hooks" if tensor._node is None else "hooks"
    hooks = getattr(holder, name)
    if hooks is None:
        hooks = {}
        setattr(holder, name, hooks)
    key = next(_handles)
    hooks[key] = hook
    if _RETAIN in hooks:  # what is kept is what the other hooks made of the gradient
        hooks[_RETAIN] = hooks.pop(_RETAIN)
    return Handle(hooks, key)
