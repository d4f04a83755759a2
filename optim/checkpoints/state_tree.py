"""Nested plain data as JSON and arrays by name, exact to the bit; and back, without any code."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ...engine.files import is_encodable
from ...nn.backend import backend_of, numbers_of

Arrays = dict[str, NDArray[Any]]
Place = tuple[str | int, ...]

_DEEPEST = 64
"""How many levels of dictionaries, lists and tuples a state may have."""


def packed(state: Mapping[Any, Any], what: str) -> tuple[Any, Arrays]:
    """What ``json.dumps`` can write of a state, and its arrays by their place in it.

    Numbers, texts, lists and dictionaries of texts stand for themselves. All else is a dictionary
    whose only key says what it is: ``$tuple``, ``$dict`` (pairs of key and entry, where not all
    keys are plain text), ``$array`` (by name), and, as hexadecimal digits, ``$int`` (of more than
    64 bits), ``$float`` (not finite: its 8 bytes, the high one first), ``$bytes``, and ``$text``
    (in UTF-8, of what is no valid Unicode).

    Raises ``TypeError``, beginning with ``what`` and the place, for what is no plain data, and
    ``ValueError`` for a state that is nested too deeply, as one is that contains itself.
    """
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{what}: state must be a dictionary, got {type(state).__name__}: pass what "
            "state_dict() gives, or {'name': ...}"
        )
    packing = _Packing(what)
    return packing.entry(state, ()), packing.arrays


def unpacked(text: str, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The data that JSON text of :func:`packed` tells of; each of the arrays is in it once.

    Nothing but data is made, whatever the text is. Raises ``ValueError`` for any other text.
    """
    unpacking = _Unpacking(dict(arrays))
    try:
        data = json.loads(
            text,
            object_pairs_hook=unpacking.made,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if unpacking.arrays:
        raise ValueError(f"nothing refers to the array {next(iter(unpacking.arrays))!r:.40}")
    return data


def unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dictionary of pairs; ``ValueError`` for a key that occurs twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


@final
class _Packing:
    """What has been packed so far of one state."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.arrays: Arrays = {}

    def entry(self, entry: Any, place: Place) -> Any:
        if isinstance(entry, np.generic) and _is_saved(entry.dtype):
            entry = entry.item()
        if entry is None or isinstance(entry, bool):
            return entry
        if isinstance(entry, int):
            return entry if _is_short(entry) else {"$int": hex(entry)}
        if isinstance(entry, float):
            return entry if isfinite(entry) else {"$float": struct.pack(">d", entry).hex()}
        if isinstance(entry, str):
            return entry if is_encodable(entry) else {"$text": _utf8(entry).hex()}
        if isinstance(entry, bytes):
            return {"$bytes": entry.hex()}
        if isinstance(entry, Mapping | list | tuple):
            return self._nested(entry, place)
        return {"$array": self._named(self._numbers(entry, place), place)}

    def _nested(self, entry: Mapping[Any, Any] | list[Any] | tuple[Any, ...], place: Place) -> Any:
        if len(place) == _DEEPEST:
            raise ValueError(
                f"{self.what}: state must have at most {_DEEPEST} levels, got more in "
                f"{_told(place[:3])}: look whether it contains itself"
            )
        if isinstance(entry, Mapping):
            return self._dictionary(entry, place)
        parts = [self.entry(each, (*place, k)) for k, each in enumerate(entry)]
        return {"$tuple": parts} if isinstance(entry, tuple) else parts

    def _dictionary(self, entry: Mapping[Any, Any], place: Place) -> Any:
        entries = [(self._key(key, place), each) for key, each in entry.items()]
        parts = [(key, self.entry(each, (*place, key))) for key, each in entries]
        if all(isinstance(k, str) and is_encodable(k) and not k.startswith("$") for k, _ in parts):
            return dict(parts)
        return {"$dict": [[self.entry(key, place), part] for key, part in parts]}

    def _key(self, key: Any, place: Place) -> str | int:
        if isinstance(key, str):
            return key
        if isinstance(key, int | np.integer) and not isinstance(key, bool) and _is_short(int(key)):
            return int(key)
        raise TypeError(
            f"{self.what}: keys must be text or whole numbers of 64 bits, got "
            f"{type(key).__name__} in {_told(place)}: name the entry with text"
        )

    def _numbers(self, entry: Any, place: Place) -> NDArray[Any]:
        """The numbers of an array as the format wants them: row by row, the low byte first."""
        known = isinstance(entry, np.ndarray) or backend_of(entry) is not None
        if not known or isinstance(entry, np.ma.MaskedArray):
            raise TypeError(
                f"{self.what}: state must be made of None, numbers, text, bytes, lists, tuples, "
                f"dictionaries and arrays, got {type(entry).__name__} as {_told(place)}: save "
                "plain data that tells what it was"
            )
        numbers = numbers_of(entry)
        if not _is_saved(numbers.dtype):
            raise TypeError(
                f"{self.what}: arrays must be of real numbers of at most 64 bits, got dtype "
                f"{numbers.dtype} as {_told(place)}: convert it, or save a list"
            )
        return np.asarray(numbers, numbers.dtype.newbyteorder("="), order="C")

    def _named(self, numbers: NDArray[Any], place: Place) -> str:
        """The name under which an array is kept: its path, and a mark if that is taken."""
        name = _utf8(".".join(map(str, place))).decode("utf-8", "replace")
        while name in self.arrays or name == "__metadata__":  # which the format keeps for itself
            name += "~"
        self.arrays[name] = numbers
        return name


@final
class _Unpacking:
    """What has not been referred to yet of the arrays of one state."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def made(self, pairs: list[tuple[str, Any]]) -> Any:
        """What a JSON object stands for; its entries have been unpacked before."""
        if not any(key.startswith("$") for key, _ in pairs):
            return unique(pairs)
        if len(pairs) == 1:
            ((tag, content),) = pairs
            if isinstance(content, str):
                return self._from_text(tag, content)
            if tag == "$tuple" and isinstance(content, list):
                return tuple(content)
            if tag == "$dict" and isinstance(content, list):
                return unique([*map(_pair, content)])
        raise ValueError(f"an entry is of an unknown kind, {pairs[0][0]!r:.40}")

    def _from_text(self, tag: str, content: str) -> Any:
        if tag == "$array":
            return self._array(content)
        if tag not in _FROM_TEXT:
            raise ValueError(f"an entry is of an unknown kind, {tag!r:.40}")
        return _FROM_TEXT[tag](content)

    def _array(self, name: str) -> NDArray[Any]:
        if name not in self.arrays:
            raise ValueError(f"there is no array {name!r:.40}, or it occurs twice")
        numbers = self.arrays.pop(name)
        if not _is_saved(numbers.dtype):
            raise ValueError(f"the array {name!r:.40} is of dtype {numbers.dtype}")
        return numbers.copy()  # into memory that can be written to


def _pair(given: Any) -> tuple[str | int, Any]:
    if not isinstance(given, list) or len(given) != 2 or type(given[0]) not in (str, int):
        raise ValueError("the entries of a dictionary are no pairs")
    return given[0], given[1]


def _float(digits: str) -> float:
    content = bytes.fromhex(digits)
    if len(content) != 8:
        raise ValueError("a number is not of 8 bytes")
    (number,) = struct.unpack(">d", content)
    return float(number)


_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "$int": lambda digits: int(digits, 16),
    "$float": _float,
    "$bytes": bytes.fromhex,
    "$text": lambda digits: bytes.fromhex(digits).decode("utf-8", "surrogatepass"),
}


def _whole(digits: str) -> int:
    if len(digits) > 20 or not _is_short(number := int(digits)):
        raise ValueError("a whole number has more than 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _is_short(number: int) -> bool:
    return -(1 << 63) <= number < 1 << 63


def _is_saved(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _told(place: Place) -> str:
    return "state" + "".join([f"[{key!r:.40}]" for key in place])
