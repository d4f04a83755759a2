"""States of training: nested plain data with arrays, drawn and compared."""

import math
import struct

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = [
    *["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
    *["float16", "float32", "float64"],
]


def bits(entry):
    """What is equal only for data of the same kinds in the same order with the same bits."""
    kind = type(entry).__name__
    if isinstance(entry, np.ndarray):
        return kind, entry.dtype.str, entry.shape, entry.tobytes()
    if isinstance(entry, dict):
        return kind, [(type(key).__name__, key, bits(each)) for key, each in entry.items()]
    if isinstance(entry, list | tuple):
        return kind, [*map(bits, entry)]
    return kind, struct.pack("<d", entry) if isinstance(entry, float) else entry


def small(seed=0):
    """A state with some of each kind."""
    numbers = np.random.default_rng(seed)
    return {
        "model": {"0.weight": numbers.normal(size=(2, 3)).astype(np.float32)},
        "optimizer": {"state": {0: {"step": 3, "exp_avg": numbers.normal(size=3)}}, "lr": 1e-3},
        "history": [{"loss": float(numbers.random()), "best": math.nan, "done": False}],
        "random": (b"\0\1", 2**70, "\ud800", None, np.arange(3, dtype=np.uint8)),
    }


def of_bits(number):
    """The float with these 64 bits."""
    return struct.unpack("<d", struct.pack("<Q", number))[0]


def in_layout(numbers, layout):
    """The same numbers, laid out in memory in another way."""
    if layout == "columns":
        return np.asfortranarray(numbers)
    if layout == "backwards" and numbers.ndim:
        return numbers[::-1].copy()[::-1]
    return numbers


@st.composite
def arrays(draw):
    """Arrays of any bits, and no dimension, or none of a length, or any order in memory."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    count = int(np.prod(shape, dtype=int)) * dtype.itemsize
    content = draw(st.binary(min_size=count, max_size=count))
    raw = np.frombuffer(content, np.uint8)
    numbers = raw % 2 == 1 if dtype.kind == "b" else raw.view(dtype)
    return in_layout(numbers.reshape(shape), draw(st.sampled_from(["", "columns", "backwards"])))


TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
KEYS = TEXTS | st.integers(-(2**63), 2**63 - 1) | st.sampled_from(["$array", "a.b", "__metadata__"])
FLOATS = st.floats() | st.integers(0, 2**64 - 1).map(of_bits)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(63, 16_000).map(lambda digits: -(1 << digits) - 1)
    | FLOATS
    | TEXTS
    | st.binary(max_size=20)
    | arrays()
)
STATES = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.lists(inner, max_size=4).map(tuple)
            | st.dictionaries(KEYS, inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=5,
)
