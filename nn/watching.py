"""What a compiled step follows of modules and the like: attributes that were read as it was made.

A step is recorded with the attributes that there are, such as ``training``, the ``p`` of dropout
or the strength of a regularizer. Where one of them has changed, it has to be recorded anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final
from weakref import WeakKeyDictionary

from ..engine.changes import changes
from ..engine.changes import follow as followed_by_tape
from .backend import backend_of, recorder_in_force
from .hooks import Hooks

if TYPE_CHECKING:
    from .backend import Recorder

_PLAIN = frozenset({bool, int, float, str})
_ABSENT = object()


class Followed:
    """Something whose attributes compiled steps follow: assigning one is a change that counts."""

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, _ABSENT) is not value:
            changes.count += 1
        object.__setattr__(self, name, value)


@final
class Attributes:
    """The attributes that an object had when a step began to use it."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._before = _marks(owner)
        self._left_out: set[str] = set()

    def leave_out(self, name: str) -> None:
        """Do not follow an attribute, as the step itself assigns it and never reads it."""
        self._left_out.add(name)

    def are_kept(self) -> bool:
        """Whether they are all there, and the same."""
        now = _marks(self._owner)
        names = (now.keys() | self._before.keys()) - self._left_out
        return all(
            [_is_same(now.get(name, _ABSENT), self._before.get(name, _ABSENT)) for name in names]
        )


_followed: WeakKeyDictionary[Recorder, dict[int, Attributes]] = WeakKeyDictionary()
"""What each recording follows, by the identity of the object."""


def follow(owner: Any, recorder: Recorder) -> None:
    """Have a step that is being recorded follow the attributes of an object, from now on."""
    known = _followed.setdefault(recorder, {})
    if id(owner) not in known:
        _check_twin(owner)
        known[id(owner)] = attributes = Attributes(owner)
        what = f"the attributes of {type(owner).__name__}"
        recorder.watch(attributes.are_kept, what, counted=True)


def followed(owner: Any) -> None:
    """Have a step follow the attributes of an object, if one is being recorded on either twin."""
    recorder = recorder_in_force()
    if recorder is not None:
        follow(owner, recorder)
    followed_by_tape(owner, lambda: Attributes(owner).are_kept)


def note_assignment(owner: Any, name: str, old: Any, new: Any) -> None:
    """Note that an attribute that is neither parameter nor buffer gets an operand.

    Outputs that a ``forward`` keeps for others are other operands each time, which changes nothing
    for a step that does not read them.
    """
    recorder = None if backend_of(new) is None else recorder_in_force()
    if recorder is not None and all([each.tensor is not old for each in recorder.captured]):
        follow(owner, recorder)
        _followed[recorder][id(owner)].leave_out(name)


def _check_twin(owner: Any) -> None:
    twins = [backend_of(value) for value in vars(owner).values()]
    if any([twin is not None and twin.name == "scalar" for twin in twins]):
        raise RuntimeError(
            f"{type(owner).__name__}: a module of a compiled step must be on the tensor twin, got "
            "one of the scalar twin: move it with to('tensor')"
        )


def _marks(owner: Any) -> dict[str, Any]:
    return {name: _mark(value) for name, value in vars(owner).items()}


def _mark(value: Any) -> Any:
    """What tells whether an attribute is still the same."""
    if isinstance(value, Hooks):
        return value.keys if any(value.keys) else None
    if backend_of(value) is not None:
        return value, value.requires_grad
    if isinstance(value, dict):
        return (*value, *value.values())
    return tuple(value) if isinstance(value, list) else value


def _is_same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_is_same, a, b))
    return type(a) in _PLAIN and bool(a == b)
