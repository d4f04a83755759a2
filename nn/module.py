"""``Module``: something with parameters, made of other modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from ..engine.handle import Handle
from . import hooks, moving, state, tree
from .members import Members, check_initialized


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
    _hooks: hooks.Hooks | None

    def __init__(self) -> None:
        super().__init__()
        self.training = True
        self._hooks = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every module writes its own."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward: write `def forward(self, x): ...` in the class"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            registered = self._hooks
        except AttributeError:
            check_initialized(self)
            raise
        if registered is None:
            return self.forward(*args, **kwargs)
        return hooks.called(self, registered, args, kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args)`` before every ``forward``; what it gives replaces the args.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)``, and gives both or None.
        """
        self._hooks = self._hooks or hooks.Hooks()
        return hooks.add(self._hooks.before, hook, with_kwargs, "register_forward_pre_hook")

    def register_forward_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args, output)`` behind every ``forward``.

        What it gives, if anything, replaces the output. With ``with_kwargs`` it is
        ``hook(module, args, kwargs, output)``.
        """
        self._hooks = self._hooks or hooks.Hooks()
        return hooks.add(self._hooks.after, hook, with_kwargs, "register_forward_hook")

    def train(self, mode: bool = True) -> Self:
        """Set the module and all in it to training, or with ``mode`` False to evaluation."""
        if not isinstance(mode, bool):
            raise ValueError(
                f"train: mode must be True or False, got {mode!r}: True is training, False "
                "evaluation"
            )
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set the module and all in it to evaluation: no dropout, running statistics."""
        return self.train(False)

    def apply(self, fn: Callable[[Any], object]) -> Self:
        """Call ``fn`` with every module in this one, and at last with this one itself."""
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
                parameter.grad = parameter.grad * 0

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters are to be trained; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def to(self, target: Any) -> Self:
        """Move all parameters and buffers to another twin or dtype, in this module itself.

        ``"scalar"`` makes Arrays of Values of them, ``"tensor"`` tensors; a dtype converts what
        is floating point. Numbers, gradients and modes are kept. The scalar twin counts in
        float64, and what comes from it is float64. An optimizer of the parameters goes on with
        the new ones, its state included.

        Raises
        ------
        TypeError
            For a dtype that is not floating point, or that the twin does not have.
        ValueError
            For a name that is no twin.

        Examples
        --------
        >>> from twingrad import nn
        >>> model = nn.Linear(2, 1).to("scalar")
        >>> type(model.weight).__name__
        'Array'
        """
        moving.move(self, target)
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

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers by path, as tensors without history.

        On the tensor twin they share their memory with the module, as in PyTorch: clone them to
        keep them through further training. With ``keep_vars`` they are the parameters and buffers
        themselves. A state dict fits the same architecture on either twin, and in PyTorch.
        """
        found = state.entries(self, prefix)
        if keep_vars:
            return found
        return {name: state.twin_of(each).exported(each) for name, each in found.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> state.Mismatch:
        """Write the numbers of a state dict into the parameters and buffers.

        Parameters
        ----------
        state_dict : mapping of str to tensor, Array or NumPy array
            What :meth:`state_dict` gave, on either twin, or what a file held.
        strict : bool
            Whether a missing or unexpected name is an error.

        Returns
        -------
        named tuple (missing_keys, unexpected_keys)
            Empty lists, if ``strict``.

        Raises
        ------
        RuntimeError
            One sentence that lists all missing and unexpected names and all wrong shapes. Then
            nothing has been written.
        """
        return state.load(self, state_dict, strict)

    def extra_repr(self) -> str:
        """What stands in parentheses behind the name of the class in the ``repr``."""
        return ""

    def __repr__(self) -> str:
        return tree.drawn(self)

    def summary(self, input_shape: Any = None) -> Any:
        """A table of the modules with the shapes of their outputs and counts of parameters."""
        return tree.Summary(self, input_shape)
