"""``Module``: something with parameters, made of other modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from numpy.typing import DTypeLike

from ..engine.checks import check_function
from ..engine.handle import Handle
from ..engine.modes import special_mode
from . import hooks, moving, state, summarizing, tree
from .backend import twin_of, zeros_like
from .labels import name_recorded
from .members import Members, check_initialized
from .watching import followed


class Module(Members):
    """The base class of layers, losses and whole networks, as in PyTorch.

    Write ``__init__``, which begins with ``super().__init__()`` and assigns parameters and other
    modules to ``self``, and :meth:`forward`. What is assigned is found again by
    :meth:`parameters`, :meth:`state_dict`, :meth:`to` and all else.

    Attributes
    ----------
    training : bool
        Whether the module is being trained: dropout and batch normalisation ask for it.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> class Two(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.first = nn.Linear(3, 2)
    ...         self.second = nn.Linear(2, 1)
    ...
    ...     def forward(self, x):
    ...         return self.second(self.first(x).tanh())
    >>> Two()(twingrad.zeros(5, 3)).shape
    (5, 1)
    >>> [name for name, _ in Two().named_parameters()]
    ['first.weight', 'first.bias', 'second.weight', 'second.bias']
    """

    training: bool
    _forward_cure: ClassVar[str] = "write `def forward(self, x): ...` in the class"
    _hooks: hooks.Hooks | None

    def __init__(self) -> None:
        super().__init__()
        self.training = True
        self._hooks = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: {self._forward_cure}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            registered = self._hooks
        except AttributeError:
            check_initialized(self)
            raise
        if special_mode() is not None:
            followed(self)
            name_recorded(self)
        if registered is None:
            return self.forward(*args, **kwargs)
        return hooks.called(self, registered, args, kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args)`` before every ``forward``; what it gives replaces the args.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)``, and gives both or None. With
        ``prepend`` it is called before the other hooks. The handle that comes back has a
        ``remove()``.
        """
        before = self._own_hooks().before
        return hooks.add(before, hook, prepend, with_kwargs, "register_forward_pre_hook")

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args, output)`` behind every ``forward``.

        What it gives, if anything, replaces the output. With ``with_kwargs`` it is
        ``hook(module, args, kwargs, output)``. With ``prepend`` it is called before the other
        hooks.
        """
        after = self._own_hooks().after
        return hooks.add(after, hook, prepend, with_kwargs, "register_forward_hook")

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Call ``hook(module, grad_output)`` in backward passes, before they enter the module.

        ``grad_output`` is a tuple with the gradient by each output. What the hook gives, if
        anything, replaces it. See :meth:`register_full_backward_hook` for the rest.
        """
        outgoing = self._own_hooks().outgoing
        return hooks.add(outgoing, hook, prepend, False, "register_full_backward_pre_hook")

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` in backward passes, as they leave it.

        Both are tuples: the gradients by the positional arguments of this call of the module, and
        by its outputs, with None for what has no gradient. What the hook gives, if anything,
        replaces ``grad_input``. Only tensors have such hooks: a module of the scalar twin raises
        ``RuntimeError`` when it is called.

        Examples
        --------
        >>> import twingrad
        >>> from twingrad import nn
        >>> layer = nn.Linear(2, 1)
        >>> handle = layer.register_full_backward_hook(
        ...     lambda module, grad_input, grad_output: print(grad_output)
        ... )
        >>> layer(twingrad.ones(1, 2)).sum().backward()
        (tensor([[1.]]),)
        """
        incoming = self._own_hooks().incoming
        return hooks.add(incoming, hook, prepend, False, "register_full_backward_hook")

    def _own_hooks(self) -> hooks.Hooks:
        check_initialized(self)
        if self._hooks is None:
            self._hooks = hooks.Hooks()
        return self._hooks

    def train(self, mode: bool = True) -> Self:
        """Set the module and all in it to training, or with ``mode`` False to evaluation.

        Raises ``ValueError`` for a mode that is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(
                f"train: mode must be True or False, got {mode!r}: True is training, False "
                "evaluation"
            )
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set the module and all in it to evaluation: no dropout, running statistics."""
        return self.train(False)

    def apply(self, fn: Callable[[Any], object]) -> Self:
        """Call ``fn`` with every module in this one, and at last with this one itself.

        Raises ``TypeError`` for what is no function.
        """
        check_function(fn, "apply: fn")
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: they are None, "not computed", again.

        With ``set_to_none`` False they are set to 0.
        """
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = zeros_like(parameter)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters are to be trained; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def to(self, target: DTypeLike | None = None, dtype: DTypeLike | None = None) -> Self:
        """Move all parameters and buffers to another twin or dtype, in this module itself.

        Numbers, gradients, modes and whether a gradient is wanted are kept to the last bit; what
        is shared stays shared, and integers stay integers. The scalar twin counts in float64, so
        that what comes back from it is float64. Parameters become new operands: an optimizer
        goes on with these, its state included, while hooks of the old ones stay with them.

        Parameters
        ----------
        target : "scalar", "tensor" or dtype, optional
            ``"scalar"`` makes Arrays of Values of the parameters, ``"tensor"`` makes tensors; a
            dtype such as ``"float64"`` converts what is floating point. ``"cpu"`` changes
            nothing.
        dtype : dtype, optional
            What to convert to besides, as in ``to("tensor", "float32")``.

        Raises
        ------
        TypeError
            For a dtype that is not floating point, or that the twin does not have. Nothing has
            been moved then.
        ValueError
            For a name that is no twin.

        Examples
        --------
        >>> from twingrad import nn
        >>> model = nn.Linear(2, 1).to("scalar")
        >>> model.weight[0, 1].label
        'weight[0,1]'
        >>> model.to("tensor", "float32").weight.dtype
        dtype('float32')
        """
        moving.move(self, target, dtype)
        return self

    def float(self) -> Self:
        """Convert parameters and buffers to float32."""
        return self.to("float32")

    def double(self) -> Self:
        """Convert parameters and buffers to float64."""
        return self.to("float64")

    @property
    def backend(self) -> str:
        """The twin of the parameters, or of the buffers where there are none."""
        return moving.backend_name(self)

    @backend.setter
    def backend(self, value: object) -> None:
        raise AttributeError(
            f"{type(self).__name__}.backend must not be assigned, got {value!r:.40}: it says which "
            "twin the parameters are of; move them with to(...), or choose another name"
        )

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers by path, as tensors without history.

        On the tensor twin they share their memory with the module, as in PyTorch: clone them to
        keep them through further training. With ``keep_vars`` they are the parameters and buffers
        themselves; ``prefix``, such as ``"encoder."``, stands before every path. A state dict fits
        the same architecture on either twin, and in PyTorch.
        """
        found = state.entries(self, prefix)
        if keep_vars:
            return found
        return {name: twin_of(each).exported(each) for name, each in found.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> state.Mismatch:
        """Write the numbers of a state dict into the parameters and buffers.

        Parameters
        ----------
        state_dict : mapping of str to tensor, Array or NumPy array
            What :meth:`state_dict` gave, on either twin, or what a file held. Numbers are
            converted to the dtypes of the module.
        strict : bool
            Whether a missing or unexpected name is an error.

        Returns
        -------
        named tuple (missing_keys, unexpected_keys)
            Empty lists, if ``strict``.

        Raises
        ------
        RuntimeError
            One sentence that lists all missing and unexpected names, all wrong shapes, and what
            is no numbers. Then nothing has been written.
        TypeError
            If it is no mapping.
        """
        return state.load(self, state_dict, strict)

    def extra_repr(self) -> str:
        """What stands in parentheses behind the name of the class in the ``repr``."""
        return ""

    def __repr__(self) -> str:
        return tree.drawn(self, Module.__repr__)

    def summary(
        self,
        input_shape: Sequence[int] | Sequence[Sequence[int]] | None = None,
        dtype: DTypeLike | None = None,
    ) -> summarizing.Summary:
        """A table of the modules, with the shapes of their outputs and counts of parameters.

        The shapes are those of one ``forward`` with zeros, in evaluation and without gradients;
        modes, buffers and random numbers are as before then.

        Parameters
        ----------
        input_shape : tuple of int or list of such tuples, optional
            The shape of the input, the batch included, or those of several inputs. If not given,
            nothing is computed, and there are no shapes of outputs.
        dtype : dtype, optional
            What the inputs are made of, if not of what the parameters are: ``"int64"`` for an
            embedding.

        Raises
        ------
        TypeError
            For what is no shape.
        ValueError
            For negative lengths, and whatever ``forward`` raises.

        Examples
        --------
        >>> from twingrad import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> model.summary((5, 2))
        layer  class       output shape  parameters  trainable
        ------------------------------------------------------
               Sequential  (5, 1)
        0      Linear      (5, 3)                 9  yes
        1      Linear      (5, 1)                 4  yes
        ------------------------------------------------------
        13 parameters, all trainable
        """
        return summarizing.summarized(self, input_shape, dtype)
