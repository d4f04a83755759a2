"""``TensorFunction``: an ordinary function of tensors that runs as compiled code."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Hashable, Sequence
from typing import Any, final

import numpy as np

from ...engine.modes import special_mode
from ...engine.structures import leaves_of, rebuilt
from ..tensor import Tensor
from .explanation import Explanation, explanation
from .labels import argument_labels
from .printing import GraphView
from .recording import Recorder
from .references import Surroundings
from .steps import Bound, CheckFailed, OutOfDate, filled, tensors_in

MOST = 8
"""How many recordings are kept for arguments of the same shapes, such as those of two modes."""

MOST_KINDS = 64
"""For how many kinds of arguments, such as shapes, recordings are kept."""

PATIENCE = 3
"""After so many decisions in a row that came out otherwise, a step is recorded anew."""

_NONE: tuple[list[Bound], Sequence[Any]] = ([], ())


@final
class TensorFunction:
    """A function of tensors, such as a training step, that runs as one compiled function.

    Made by :func:`twingrad.compile`, where the function does not work on Values.

    Attributes
    ----------
    latest : Bound or None
        The recording that was made or run last.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = getattr(function, "__qualname__", type(function).__name__)
        self._recordings: dict[Hashable, tuple[list[Bound], Sequence[Any]]] = {}
        self._lock = threading.RLock()
        self.latest: Bound | None = None
        self._failures = 0
        self._has_warned = False
        self._around = Surroundings(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode = special_mode()
        if mode is not None and (mode.recorder is not None or mode.anomaly or mode.witness):
            return self._function(*args, **kwargs)
        with self._lock:
            return self._called(args, kwargs)

    @property
    def source(self) -> str:
        """The generated code of the latest recording."""
        return self._found().source.text

    @property
    def graph(self) -> GraphView:
        """The graph of the latest recording."""
        return GraphView(self._found().recorder.graph)

    def explain(self) -> Explanation:
        """What a call of the latest recording costs.

        Raises ``RuntimeError`` where that holds no longer.
        """
        found = self._found()
        try:
            found.check_current()
        except OutOfDate:
            raise RuntimeError(
                f"explain: what {self._name} was recorded with has changed since: call it once "
                "more, then ask again"
            ) from None
        return explanation(found)

    def _found(self) -> Bound:
        if self.latest is None:
            raise RuntimeError(
                f"compile: {self._name} has not been recorded yet: call it once, as what is "
                "compiled depends on its arguments"
            )
        return self.latest

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves = args if not kwargs and _are_tensors(args) else leaves_of((args, kwargs))
        key = self._key(args, kwargs, leaves)
        found = self._current(key)
        if found is None:
            return self._recorded(key, args, kwargs, leaves)
        if not found.is_compiled:
            found.compile()
        self.latest = found
        try:
            result = found.run(_numbers(leaves))
        except CheckFailed:
            self._failures += 1
            if self._failures >= PATIENCE:
                self._recordings[key][0].remove(found)
                self._failures = 0
            return self._function(*args, **kwargs)
        self._failures = 0
        return result

    def _key(self, args: Any, kwargs: Any, leaves: Sequence[Any]) -> Hashable:
        """What a recording holds for: the kinds of the arguments, and what is around."""
        mode = special_mode()
        around = self._around.read()
        kinds = tuple([_kind(leaf) for leaf in leaves])
        if leaves is args:
            return kinds, around, mode
        return kinds, around, mode, _form(args), _form(kwargs)

    def _current(self, key: Hashable) -> Bound | None:
        """The recording for a key that holds now."""
        recordings, _ = self._recordings.get(key, _NONE)
        for bound in recordings:
            try:
                bound.check_current()
            except OutOfDate:
                continue
            return bound
        return None

    def _recorded(self, key: Hashable, args: Any, kwargs: Any, leaves: Sequence[Any]) -> Any:
        """Run the function as it is, and record it."""
        things = [*_others(leaves), *self._around.things()]
        with Recorder() as recorder:
            given = [_given(leaf, recorder) for leaf in leaves]
            self._label(recorder, args, kwargs, leaves)
            own_args, own_kwargs = rebuilt((args, kwargs), given)
            results = self._function(*own_args, **own_kwargs)
            recorder.finish(tensors_in(results))
        bound = Bound(recorder, _outline(results), self._name)
        self._keep(key, bound, things)
        self.latest = bound
        return filled(results, [Tensor.constant(each._data.copy()) for each in tensors_in(results)])

    def _label(self, recorder: Recorder, args: Any, kwargs: Any, leaves: Sequence[Any]) -> None:
        """Call the arguments in the code as the function calls them."""
        labels = argument_labels(self._function, args, kwargs)
        own = [label for label, leaf in zip(labels, leaves, strict=True) if _differs(leaf)]
        for value, label in zip(recorder.graph.arguments, own, strict=True):
            value.label = label

    def _keep(self, key: Hashable, bound: Bound, things: Sequence[Any]) -> None:
        """Keep a recording, as the first to be tried, and give up the oldest ones for it.

        The things are those that the key tells by their identity: they are kept alive for it.
        """
        recordings, _ = self._recordings.setdefault(key, ([], things))
        recordings.insert(0, bound)
        del recordings[MOST:]
        if len(self._recordings) > MOST_KINDS:
            del self._recordings[next(iter(self._recordings))]
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"compile: {self._name} has been recorded more than {MOST_KINDS} times, as it "
                    "is given, or refers to, something else again and again: pass numbers that "
                    "change as floats or tensors, and count outside of it",
                    RuntimeWarning,
                    stacklevel=5,
                )


def _are_tensors(leaves: Sequence[Any]) -> bool:
    return all([type(leaf) is Tensor for leaf in leaves])


def _kind(leaf: Any) -> Hashable:
    """What of an argument a recording is made for."""
    kind = type(leaf)
    if kind is Tensor:
        return leaf._data.dtype, leaf._data.shape, leaf._requires_grad
    if isinstance(leaf, np.ndarray):
        return np.ndarray, leaf.dtype, leaf.shape
    if kind is float or isinstance(leaf, np.floating):
        return float
    if isinstance(leaf, int | str | bytes | np.integer | np.bool_):
        return kind, leaf
    return kind, id(leaf)


def _form(structure: Any) -> Hashable:
    """How arguments are nested."""
    match structure:
        case list() | tuple():
            return type(structure), *[_form(each) for each in structure]
        case dict():
            return dict, *[(key, _form(each)) for key, each in structure.items()]
        case None:
            return None
    return ...


def _others(leaves: Sequence[Any]) -> list[Any]:
    """The arguments that are told by which object they are."""
    return [leaf for leaf in leaves if not isinstance(leaf, Tensor | np.ndarray)]


def _given(leaf: Any, recorder: Recorder) -> Any:
    """An argument in the form in which a function that is recorded gets it.

    It has memory of its own: in another call it may lie in that of another argument, or of a
    parameter, or no longer do so.
    """
    if isinstance(leaf, Tensor):
        own = Tensor.constant(leaf._data.copy("C"))
        own.requires_grad = leaf.requires_grad
        recorder.argument(own)
        return own
    if isinstance(leaf, np.ndarray):
        return recorder.array_argument(np.array(leaf, order="C"))
    if isinstance(leaf, float | np.floating):
        return recorder.number_argument(float(leaf))
    return leaf


def _numbers(leaves: Sequence[Any]) -> list[Any]:
    """The arguments that differ from call to call: arrays, and single numbers."""
    return [leaf._data if type(leaf) is Tensor else leaf for leaf in leaves if _differs(leaf)]


def _differs(leaf: Any) -> bool:
    """Whether an argument differs from call to call."""
    return type(leaf) is Tensor or isinstance(leaf, np.ndarray | float | np.floating)


def _outline(results: Any) -> Any:
    """Results with small constants in the place of tensors: the form alone."""
    blank = Tensor.constant(np.empty(0))
    return filled(results, [blank] * len(tensors_in(results)))
