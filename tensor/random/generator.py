"""Generators of random numbers: a seed, and how much of its stream has been used."""

from __future__ import annotations

import secrets
from functools import partial
from operator import index
from threading import Lock
from typing import Any, Self, final

import numpy as np

from ..tracing import recorder
from .blocks import Span
from .streams import MASK, key_of

DEFAULT_SEED = 67280421310721
"""The seed of a new generator, as in PyTorch."""

_STATE = np.dtype([("seed", "<u8"), ("place", "<u8")])


@final
class Generator:
    """A stream of random numbers, and a place in it.

    The stream belongs to the seed; see :mod:`.streams`. A draw takes the words it needs from the
    present place on, whatever shape the numbers get: ``rand(6)`` gives the numbers of
    ``rand(2, 3)``. Threads may share a generator: no two draws get the same words.

    Examples
    --------
    >>> import twingrad
    >>> generator = twingrad.Generator().manual_seed(3)
    >>> first = twingrad.rand(2, generator=generator)
    >>> again = twingrad.rand(2, generator=generator.manual_seed(3))
    >>> first.tolist() == again.tolist()
    True
    """

    __slots__ = ("_key", "_lock", "_place", "_seed")

    _key: tuple[int, int]
    _place: int
    _seed: int

    def __init__(self) -> None:
        self._lock = Lock()
        self._start(DEFAULT_SEED, 0)

    def manual_seed(self, seed: int) -> Self:
        """Start the stream of ``seed``, and give the generator back.

        Whole numbers from -2**63 to 2**64 - 1 are taken; a negative one stands for the one of
        64 bits with the same digits, as in PyTorch. Raises ``TypeError`` for what is no whole
        number, and ``ValueError`` for one out of range.
        """
        self._start(_checked_seed(seed), 0)
        return self

    def seed(self) -> int:
        """Start the stream of a seed from the operating system's randomness, and return it."""
        seed = secrets.randbits(64)
        self._start(seed, 0)
        return seed

    def initial_seed(self) -> int:
        """The seed of the stream, as a number of 64 bits."""
        return self._seed

    def get_state(self) -> bytes:
        """The seed and the place in its stream, as 16 bytes for :meth:`set_state`."""
        with self._lock:
            return np.array((self._seed, self._place), _STATE).tobytes()

    def set_state(self, new_state: Any) -> None:
        """Go to a place that :meth:`get_state` gave, as bytes or as an array or tensor of uint8.

        Raises ``TypeError`` for anything else, ``ValueError`` for a wrong number of bytes.
        """
        if not isinstance(new_state, bytes | bytearray):
            array = np.asarray(new_state)
            if array.dtype != np.uint8:
                raise TypeError(
                    "set_state: new_state must be bytes, or an array of uint8, got "
                    f"{type(new_state).__name__} {new_state!r:.40}: pass what get_state() gave"
                )
            new_state = array.tobytes()
        if len(new_state) != _STATE.itemsize:
            raise ValueError(
                f"set_state: new_state must have {_STATE.itemsize} bytes, got {len(new_state)}: "
                "pass what get_state() of this version gave"
            )
        seed, place = np.frombuffer(bytes(new_state), _STATE)[0].item()
        self._start(seed, place)

    def reserve(self, count: int) -> Span:
        """Take ``count`` words of the stream, which no other draw will get."""
        with self._lock:
            first, second = self._key
            span = Span(first, second, self._place)
            self._place = (self._place + count) & MASK
        return span

    def give_back(self, count: int) -> None:
        """Let ``count`` words that were taken last, and not used, be the next ones again."""
        with self._lock:
            self._place = (self._place - count) & MASK

    def _start(self, seed: int, place: int) -> None:
        recording = recorder()
        if recording is None:
            self._go(seed, place)
        else:
            recording.event(partial(self._go, seed, place))

    def _go(self, seed: int, place: int) -> None:
        with self._lock:
            self._seed = seed
            self._key = key_of(seed)
            self._place = place

    def __getstate__(self) -> bytes:
        return self.get_state()

    def __setstate__(self, state: bytes) -> None:
        self._lock = Lock()
        self.set_state(state)

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed}, place={self._place})"


def _checked_seed(seed: Any) -> int:
    try:
        number = index(seed)
    except TypeError:
        raise TypeError(
            f"manual_seed: seed must be a whole number, got {type(seed).__name__} {seed!r:.40}: "
            "give an int"
        ) from None
    if not -(1 << 63) <= number <= MASK:
        raise ValueError(
            f"manual_seed: seed must lie between -2**63 and 2**64 - 1, got {number}: take it "
            "modulo 2**64"
        )
    return number & MASK


default_generator = Generator()
"""What draws that are given no generator use; it starts with a seed of its own each time."""
default_generator.seed()


def chosen(generator: Generator | None, what: str) -> Generator:
    """The generator that a draw is to use; ``TypeError`` for what is none."""
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(
            f"{what}: generator must be a twingrad.Generator or None, got "
            f"{type(generator).__name__} {generator!r:.40}: make one with "
            "Generator().manual_seed(...)"
        )
    return generator


def manual_seed(seed: int) -> Generator:
    """Start the default generator on the stream of ``seed``; see :meth:`Generator.manual_seed`.

    >>> import twingrad
    >>> generator = twingrad.manual_seed(0)
    >>> generator.initial_seed()
    0
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator on a stream that nobody chose, and return its seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> bytes:
    """The state of the default generator; see :meth:`Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Put the default generator into a state that :func:`get_rng_state` gave."""
    default_generator.set_state(new_state)
