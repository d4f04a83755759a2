"""Arrays of the library's own code in a recording: NumPy computes, and the graph takes note."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from ..broadcasting import NDArray

NOT_READABLE = (
    "the numbers of a tensor cannot be read inside a compiled step, as they will be others in the "
    "next one: return the tensor and read it outside, or write where(...) for a branch"
)
NOT_OF_DATA = (
    "the shape of the result depends on numbers, which will be others in the next run of a "
    "compiled step"
)


@final
class Given:
    """A NumPy array that a compiled step was given: its numbers are others in every step.

    ``tensor(given)`` and all operations on tensors take it; NumPy does not.
    """

    def __init__(self, array: NDArray) -> None:
        self.array = array
        self.shape = array.shape
        self.ndim = array.ndim
        self.size = array.size
        self.dtype = array.dtype

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        raise RuntimeError(f"np.asarray: {_REFUSAL}")

    def __array_ufunc__(self, ufunc: Any, *arguments: Any, **options: Any) -> Any:
        raise RuntimeError(f"numpy.{ufunc.__name__}: {_REFUSAL}")

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError(f"[]: {_REFUSAL}")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: {_REFUSAL}")


_REFUSAL = (
    "a NumPy array that a compiled step is given cannot be computed with by NumPy, as its numbers "
    "will be others in the next step: make a tensor of it with twingrad.tensor(...) first"
)


@final
class Traced(np.ndarray[Any, np.dtype[Any]]):
    """An array of a recording, of which the graph knows what NumPy makes of it.

    It shares the memory of the tensor whose numbers it holds; the value of every array in that
    memory is known to the recorder. A truth value that is asked for becomes a check: the compiled
    step will do the same only if it comes out the same.
    """

    recorder: Any

    @staticmethod
    def on(array: NDArray, recorder: Any) -> Any:
        """An array on the same memory that notes what is computed with it."""
        traced = array.view(Traced)
        traced.recorder = recorder
        return traced

    def __array_finalize__(self, source: Any) -> None:
        self.recorder = getattr(source, "recorder", None)

    def plain(self) -> NDArray:
        """The array without its record."""
        plain: NDArray = super().view(np.ndarray)
        return plain

    def _with(self, array: Any) -> Any:
        return Traced.on(array, self.recorder)

    def _tensor(self) -> Any:
        from ..tensor import Tensor

        return Tensor.constant(self.plain())

    # What NumPy computes with it

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from .ufuncs import computed

        return computed(self.recorder, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .array_functions import COMPOSED, called

        if function in COMPOSED:
            return super().__array_function__(function, types, args, kwargs)
        return called(self.recorder, function, args, kwargs)

    # Copies and parts

    def astype(self, dtype: Any, *options: Any, **more: Any) -> Any:
        return self._with(self.recorder.converted(self.plain(), np.dtype(dtype)))

    def copy(self, order: Any = "C") -> Any:
        return self.astype(self.dtype)

    def flatten(self, order: Any = "C") -> Any:
        return self.copy().reshape(-1)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        found = self.plain().reshape(*shape, **options)
        if not self.size or np.may_share_memory(found, self):
            return self._with(found)
        return self.copy().reshape(*shape, **options)

    def ravel(self, order: Any = "C") -> Any:
        return self.reshape(-1)

    def view(self, *kind: Any) -> Any:  # type: ignore[override]
        if not kind or kind[0] in (Traced, np.ndarray):
            return super().view(*kind)
        return self._with(self.recorder.converted(self.plain(), np.dtype(kind[0])))

    def take(  # type: ignore[override]
        self, indices: Any, axis: int | None = None, **options: Any
    ) -> Any:
        if axis is None:
            return self.reshape(-1)[indices]
        return self[(slice(None),) * (axis % self.ndim) + (indices,)]

    def __getitem__(self, index: Any) -> Any:
        if is_basic(index):
            entries = index if isinstance(index, tuple) else (index,)
            whole = entries if any([each is Ellipsis for each in entries]) else (*entries, ...)
            return self._with(self.plain()[whole])
        with self.recorder.running():
            return self._with(self._tensor()[opened(index)]._data)

    def __setitem__(self, index: Any, new: Any) -> None:
        with self.recorder.running():
            self._tensor()[opened(index)] = opened(new)

    def __iter__(self) -> Any:
        return iter([self[k] for k in range(len(self))])

    # Questions about the numbers

    def __bool__(self) -> bool:
        if self.size != 1:
            return bool(self.plain())  # which refuses it
        truth = bool(self.plain().reshape(()))
        self.recorder.check_truth(self.plain().reshape(()), truth)
        return truth

    def item(self, *place: Any) -> Any:
        return self._read("item")

    def tolist(self) -> Any:
        return self._read("tolist")

    def tobytes(self, order: Any = "C") -> Any:
        return self._read("tobytes")

    def __float__(self) -> float:
        number: float = self._read("float")
        return number

    def __int__(self) -> int:
        return int(self._read("int"))

    def __index__(self) -> int:
        return int(self._read("index"))

    def nonzero(self) -> Any:
        self.recorder.check_fixed(self.plain(), "nonzero", "use where(mask, x, 0)")
        return self.plain().nonzero()

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        return np.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        return np.argmin(self, axis, keepdims=keepdims)

    def _read(self, what: str) -> Any:
        self.recorder.check_readable(self.plain(), what)
        return getattr(self.plain(), "item" if self.size == 1 else "tolist")()


def is_basic(index: Any) -> bool:
    """Whether an index is made of whole numbers, slices, None and an ellipsis."""
    entries = index if isinstance(index, tuple) else (index,)
    return all(
        [
            each is None
            or each is Ellipsis
            or (isinstance(each, int | slice | np.integer) and not isinstance(each, bool))
            for each in entries
        ]
    )


def opened(thing: Any) -> Any:
    """Traced arrays, also in tuples, as constants that the recorder knows."""
    if isinstance(thing, tuple):
        return tuple([opened(each) for each in thing])
    return thing._tensor() if isinstance(thing, Traced) else thing
