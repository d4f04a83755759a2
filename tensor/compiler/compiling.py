"""``compile``: an ordinary function of tensors or Values as one compiled function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any, final

from ...engine.structures import leaves_of
from .around import uses_values
from .explanation import Explanation
from .printing import GraphView
from .tensor_function import TensorFunction


@final
class CompiledFunction:
    """A function that does what it did before, as compiled code.

    Made by :func:`twingrad.compile`.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function, updated=())
        self._function = function
        self._name = getattr(function, "__qualname__", type(function).__name__)
        self._twin: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._twin is None:
            self._twin = self._chosen(args, kwargs)
        return self._twin(*args, **kwargs)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """The function as a method: it is compiled for each object that it is a method of."""
        if owner is None:
            return self
        if isinstance(owner, type) or not hasattr(owner, "__dict__"):
            return MethodType(self, owner)
        key = f"compiled {self._name}"
        own = owner.__dict__.get(key)
        if own is None or not own._is_method(owner, self._function):
            own = owner.__dict__[key] = CompiledFunction(self._function.__get__(owner, kind))
        return own

    def _is_method(self, owner: Any, function: Any) -> bool:
        """Whether it is a function as a method of this object, and not of one copied from it."""
        method: Any = self._function
        return method.__self__ is owner and method.__func__ is function

    def __reduce__(self) -> Any:
        """What is copied or pickled is the function, which is recorded anew."""
        found: Any = sys.modules.get(self.__module__)
        for name in self._name.split("."):
            found = getattr(found, name, None)
        return self._name if found is self else (compile, (self._function,))

    def _chosen(self, args: Any, kwargs: Any) -> Any:
        """The function on the twin whose numbers it is about."""
        if uses_values(self._function, leaves_of((args, kwargs))):
            from ...engine.tape.function import CompiledFunction as FunctionOfValues

            return FunctionOfValues(self._function)
        return TensorFunction(self._function)

    @property
    def source(self) -> str:
        """The generated code, of the recording that was run last.

        Raises ``RuntimeError`` before the first call.
        """
        text: str = self._called().source
        return text

    @property
    def graph(self) -> GraphView:
        """What was recorded, to be printed or drawn: ``print(step.graph)``.

        Raises ``RuntimeError`` before the first call.
        """
        found: GraphView = self._called().graph
        return found

    def explain(self) -> Explanation:
        """What a call costs: passes over memory, operations, and how near it is to the limit.

        Raises ``RuntimeError`` before the first call.
        """
        found: Explanation = self._called().explain()
        return found

    def _called(self) -> Any:
        if self._twin is None:
            raise RuntimeError(
                f"compile: {self._name} has not been recorded yet: call it once, as what is "
                "compiled depends on its arguments"
            )
        return self._twin

    def __repr__(self) -> str:
        return f"<compiled {self._name}>"


def compile(function: Callable[..., Any]) -> CompiledFunction:
    """Turn an ordinary function of tensors, such as a training step, into compiled code.

    The first call runs the function as it is and records everything that it does on tensors: the
    forward pass, ``backward()``, clipping, the step of an optimizer and of a schedule. The second
    one turns that into one function of Numba, which takes a second or two, or a moment where the
    disk remembers it. From then on a call is that function, with the same results but for
    rounding.

    What differs from call to call has to be among the arguments: tensors, NumPy arrays and floats,
    in lists, tuples and dictionaries too. Parameters and buffers, the state and the options of
    optimizers, and random numbers are read anew in each call. Everything else is as it was when the
    function was recorded: integers and text among the arguments, modes of modules such as
    ``training``, plain numbers around the function. Where that has changed, the function is
    recorded again; so it is for arguments of other shapes.

    What the function gives back are constants: what is to be differentiated has to be so inside.
    After a call, ``grad`` holds what the function would have left there, in memory that the next
    call uses again, unless somebody holds it.

    Parameters
    ----------
    function : callable
        The function or module; of tensors, or of Values, which are replayed by compiled code too.

    Returns
    -------
    CompiledFunction
        Called like the function, with ``source``, ``graph`` and ``explain()``.

    Raises
    ------
    TypeError
        For what cannot be called.
    RuntimeError
        When it is called: where it reads a number of a tensor, such as by ``item()``, ``float()``
        or in an ``if``, or makes a tensor whose shape depends on numbers.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> _ = twingrad.manual_seed(0)
    >>> model = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> @twingrad.compile
    ... def step(x, y):
    ...     optimizer.zero_grad()
    ...     loss = nn.functional.mse_loss(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x = twingrad.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> y = twingrad.tensor([[1.0], [-1.0]])
    >>> losses = [step(x, y).item() for _ in range(100)]
    >>> losses[-1] < 1e-3 < losses[0]
    True
    """
    if isinstance(function, CompiledFunction):
        return function
    if not callable(function):
        raise TypeError(
            f"compile: function must be a function or a module, got {type(function).__name__}: "
            "pass the function itself, not what it gives"
        )
    return CompiledFunction(function)
