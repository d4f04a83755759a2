"""What may be done while training goes on: the base class of callbacks, and functions as such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, final

from ..stopping import EarlyStopping

if TYPE_CHECKING:
    from ..training.training import Training

Function = Callable[["Training"], object]


class Callback:
    """Something to do at certain points of training: write the methods that are needed.

    Each is given the :class:`~twingrad.optim.Training`, and what it gives back is ignored. An
    exception ends the training: :meth:`on_train_end` is still called for all callbacks.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> class Counter(optim.Callback):
    ...     steps = 0
    ...
    ...     def on_step_end(self, training):
    ...         self.steps += 1
    >>> counter = Counter()
    >>> model = nn.MLP(2, [4], 2)
    >>> history = twingrad.fit(
    ...     model, data.toys.moons(100), epochs=2, batch_size=50, callbacks=[counter], seed=0
    ... )
    >>> counter.steps
    4

    Attributes
    ----------
    watches_weights : bool
        Whether :meth:`on_step_end` looks at the model, or changes it or how it is trained. If it
        only reads the training's own numbers, set it to False: compiled training then takes many
        steps in one call, behind which the method is called for one step after the other.
    """

    watches_weights: ClassVar[bool] = True

    def on_train_begin(self, training: Training) -> None:
        """Before the first epoch, once a checkpoint was loaded if there is one."""

    def on_epoch_begin(self, training: Training) -> None:
        """Before the first batch of an epoch, or of what is left of it."""

    def on_compile(self, training: Training) -> None:
        """Before the step is compiled, which takes up to a few seconds the first time."""

    def on_step_end(self, training: Training) -> None:
        """After each step of the optimizer and of the schedule."""

    def on_epoch_end(self, training: Training) -> None:
        """After each epoch and its validation: the history has a new row, which may be added to."""

    def on_train_end(self, training: Training) -> None:
        """At last, however training ends, also after an exception or Ctrl-C; in reverse order."""

    def state_dict(self) -> dict[str, Any]:
        """What the callback must remember when training is resumed, as plain data and arrays."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with what :meth:`state_dict` gave."""


@final
class EpochFunction(Callback):
    """A function that is called at the end of each epoch."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def on_epoch_end(self, training: Training) -> None:
        """Call the function."""
        self.function(training)


def checked_callbacks(given: Any) -> list[Callback]:
    """The callbacks as a list; ``TypeError`` for what is neither a callback nor a function."""
    if given is None:
        return []
    if isinstance(given, Callback) or callable(given):
        return [_checked(given)]
    if not isinstance(given, Iterable):
        raise TypeError(
            f"fit: callbacks must be a list, got {type(given).__name__}: write callbacks=[...]"
        )
    return [_checked(each) for each in given]


def _checked(given: Any) -> Callback:
    if isinstance(given, Callback):
        return given
    if isinstance(given, EarlyStopping):
        raise TypeError(
            "fit: callbacks must be Callbacks, or functions of the Training, got an EarlyStopping: "
            "pass it as early_stopping="
        )
    if isinstance(given, type) or not callable(given):
        what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)[:40]
        raise TypeError(
            f"fit: callbacks must be Callbacks, or functions of the Training, got {what}: derive "
            "a class from optim.Callback, and make one of it"
        )
    return EpochFunction(given)
