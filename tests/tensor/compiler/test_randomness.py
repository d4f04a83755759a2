"""Streams in generated code: the numbers of eager draws, bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.generated import kernel
from twingrad import Generator, rand, randn
from twingrad.tensor.random import blocks
from twingrad.tensor.random.blocks import Span
from twingrad.tensor.random.streams import FIRST_FACTOR, MASK, SECOND_FACTOR, word

words = st.integers(0, MASK) | st.sampled_from([0, 1, MASK, MASK - 2, 1 << 63])
KINDS = ["uniform", "normal", "exponential"]
DTYPES = ["float32", "float64"]


def drawn(what, dtype, span, count):
    name = f"{what}_{dtype[-2:]}"
    fill = kernel(
        {"randomness": name},
        "first, second, start, out",
        f"void(uint64, uint64, uint64, {dtype}[::1])",
        f"for k in range(out.size):\n    out[k] = {name}(first, second, start, k)",
    )
    out = np.empty(count, dtype)
    fill(*[np.uint64(each) for each in span], out)
    return out


def bits_of(array):
    return array.view(f"u{array.itemsize}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("what", KINDS)
@settings(max_examples=40)
@given(first=words, second=words, start=words, count=st.sampled_from([0, 1, 2, 3, 17, 1000]))
def test_any_place_of_any_stream_has_the_eager_number(what, dtype, first, second, start, count):
    span = Span(first, second, start)
    expected = np.empty(count, dtype)
    getattr(blocks, what)(span, expected)
    np.testing.assert_array_equal(bits_of(drawn(what, dtype, span, count)), bits_of(expected))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("what", "draw"), [("uniform", rand), ("normal", randn)])
def test_what_a_generator_draws_can_be_drawn_again(what, draw, dtype):
    generator = Generator().manual_seed(5)
    span = Generator().manual_seed(5).reserve(0)
    expected = draw(30, 70, dtype=np.dtype(dtype), generator=generator).numpy()
    assert (drawn(what, dtype, span, 2100) == expected.reshape(-1)).all()


def unmixed(z):
    """The number that is mixed into ``z``."""
    z ^= (z >> 31) ^ (z >> 62)
    z = z * pow(SECOND_FACTOR, -1, 1 << 64) & MASK
    z ^= (z >> 27) ^ (z >> 54)
    z = z * pow(FIRST_FACTOR, -1, 1 << 64) & MASK
    return z ^ (z >> 30) ^ (z >> 60)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("bits", [0, MASK, 1, 1 << 63, MASK >> 32, MASK << 32 & MASK, 1 << 31])
def test_words_at_the_ends_of_their_range_give_the_eager_numbers(what, dtype, bits):
    span = Span(unmixed(unmixed(bits)), 0, 0)
    assert word(*span) == bits
    expected = np.empty(2, dtype)
    getattr(blocks, what)(span, expected)
    np.testing.assert_array_equal(bits_of(drawn(what, dtype, span, 2)), bits_of(expected))
