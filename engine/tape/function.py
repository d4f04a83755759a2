"""``CompiledFunction``: a function of Values, recorded once and then run by compiled code."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from types import MethodType
from typing import Any, final

from ..modes import special_mode, tape_set
from ..value import Value
from .arguments import Arguments
from .outcome import Outcome
from .recorder import Recorder
from .replay import Tape

MOST_TAPES = 16
"""How many recordings a function keeps; beyond, the one that was used longest ago goes."""


@final
class CompiledFunction:
    """A function of Values that does the same as before, by compiled code.

    The first call runs the function as it is and notes what it does on Values: operations,
    ``backward()``, assignments to ``data`` and ``grad``. The second one compiles that, and from
    then on the numbers alone are new: those of its arguments, and those of the Values that it uses
    directly, such as the parameters of a model.

    Values, Arrays, floats and NumPy arrays of floats among the arguments are numbers; integers,
    arrays of integers, text and other objects are not, and the function is recorded anew for
    others. So it is where shapes or lists differ in length, where a Value has a gradient and had
    none before, and where ``requires_grad`` was changed.

    What Python does beside the Values, such as printing or drawing a random number, happens when
    the function is recorded; numbers that it gets so are the same ever after, and so are the
    objects in which it found Values. The drawing of nn's layers, the modes of its modules and the
    steps of optimizers are followed.

    What it gives are Values that can be differentiated outside, unless it calls ``backward()``
    itself. A comparison of Values gives 1 or 0 inside, to be used by ``where`` or added up.

    Parameters
    ----------
    function : callable
        What is compiled.

    Attributes
    ----------
    function : callable
        The same.

    Raises
    ------
    RuntimeError
        When it is recorded: where the function compares a Value, or needs its number otherwise;
        for ``backward(create_graph=True)``; where ``backward()`` reaches what was computed outside.
    TypeError
        For an argument of the tensor twin.

    Examples
    --------
    >>> from twingrad import Value
    >>> from twingrad.engine.tape.function import CompiledFunction
    >>> w = Value(3.0)
    >>> @CompiledFunction
    ... def descend(x):
    ...     loss = (w * x - 1.0) ** 2
    ...     w.grad = None
    ...     loss.backward()
    ...     w.data -= 0.1 * w.grad
    ...     return loss
    >>> [round(descend(1.0).data, 4) for _ in range(3)]
    [4.0, 2.56, 1.6384]
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(
                f"compile: function must be callable, got {type(function).__name__}: pass the "
                "function itself"
            )
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self._tapes: OrderedDict[Hashable, list[Tape]] = OrderedDict()
        self._count = 0
        self._outlived = 0
        self._last: Tape | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives; see the class."""
        mode = special_mode()
        if mode is not None and (mode.anomaly or mode.tape or mode.recorder or mode.witness):
            return self.function(*args, **kwargs)
        given = Arguments(args, kwargs)
        key = given.key, mode is None or mode.record
        for tape in self._tapes.get(key, ()):
            if tape.fits(given):
                if tape.is_outlived():
                    self._forget(key, tape)
                    break
                self._last = tape
                self._tapes.move_to_end(key)
                return tape.run(given)
        return self._record(key, given)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def _record(self, key: Hashable, given: Arguments) -> Any:
        stand_ins = {value: _stand_in(value) for value in given.values}
        recorder = Recorder({own: value for value, own in stand_ins.items()})
        args, kwargs = given.replaced(stand_ins.__getitem__, recorder.number_argument)
        try:
            with tape_set(recorder):
                result = self.function(*args, **kwargs)
        finally:
            for value, own in stand_ins.items():
                value._data, value._grad = own._data, own._grad
        recorder.close()
        outcome = Outcome(recorder, [*stand_ins.values()], result, self.name)
        self._last = tape = Tape(recorder, given, [*stand_ins.values()], outcome)
        self._keep(key, tape)
        return outcome.built(outcome.recorded, given.values, tape.recorded)

    def _forget(self, key: Hashable, tape: Tape) -> None:
        """Drop a recording whose Values are kept: another call may go on from them."""
        self._tapes[key].remove(tape)
        self._outlived += 1
        if self._outlived == 2:
            warnings.warn(
                f"{self.name} keeps Values that it makes, and is recorded anew at every call "
                "because it might go on from them: return them, or keep their detach() outside",
                RuntimeWarning,
                stacklevel=4,
            )

    def _keep(self, key: Hashable, tape: Tape) -> None:
        self._tapes.setdefault(key, []).append(tape)
        if sum(map(len, self._tapes.values())) > MOST_TAPES:
            self._tapes.popitem(last=False)
        self._count += 1
        if self._count == MOST_TAPES + 1:
            warnings.warn(
                f"{self.name} has been recorded {self._count} times, which is slow: integers and "
                "text among its arguments, shapes and lengths should stay the same",
                RuntimeWarning,
                stacklevel=4,
            )

    @property
    def source(self) -> str:
        """The Python that was compiled, of the last call; empty before the second one."""
        return "" if self._last is None else self._last.source

    def explain(self) -> str:
        """What the last call computed: how many numbers, steps and loops."""
        if self._last is None:
            return f"{self.name} has not been called yet: its first call records it"
        return f"{self.name}\n{self._last.explain()}"

    def __repr__(self) -> str:
        return f"<compiled {self.name}, recorded {self._count} times>"


def _stand_in(value: Value) -> Value:
    """A Value without history in the place of one that is passed, with its gradient."""
    own = Value(value._data, value.label, requires_grad=value._requires_grad)
    own._grad = value._grad
    return own
