"""The streams of random numbers: the same in Python, NumPy and compiled code, and random."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twingrad.tensor.random import blocks, streams
from twingrad.tensor.random.blocks import BLOCK, Span

seeds = st.integers(0, streams.MASK)
places = st.integers(0, streams.MASK)
counts = st.sampled_from([0, 1, 2, 3, 10, 101])
float32, float64 = np.dtype("float32"), np.dtype("float64")


def words_of(span, count):
    return [
        streams.word(span.first, span.second, (span.start + k) & streams.MASK) for k in range(count)
    ]


def scalar_uniforms(span, count, dtype):
    if dtype == float64:
        return [streams.uniform64(bits) for bits in words_of(span, count)]
    return [streams.uniform32(streams.half(*span, k)) for k in range(count)]


def scalar_exponentials(span, count, dtype):
    if dtype == float64:
        positives = [streams.positive64(bits) for bits in words_of(span, count)]
    else:
        positives = [streams.positive32(streams.half(*span, k)) for k in range(count)]
    return [-streams.logarithm(positive) for positive in positives]


def scalar_normals(span, count, dtype):
    bits = words_of(span, count + 1)
    numbers = []
    for k in range(0, count, 2):
        pair = streams.normal_pair64(bits[k], bits[k + 1])
        numbers += pair if dtype == float64 else streams.normal_pair32(bits[k // 2])
    return numbers[:count]


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]),
        (1234567, [6457827717110365317, 3203168211198807973, 9817491932198370423]),
    ],
)
def test_the_inner_part_is_splitmix64(seed, expected):
    found = [
        streams.mixed((seed + k * streams.GAMMA) & streams.MASK)
        for k in range(1, len(expected) + 1)
    ]
    assert found == expected
    assert list(streams.key_of(seed)) == expected[:2]


@given(seeds, places, counts)
def test_blocks_hold_the_words_of_the_scalar_stream(seed, start, count):
    span = Span(*streams.key_of(seed), start)
    assert blocks.words(span, count).tolist() == words_of(span, count)
    assert blocks.halves(span, count).tolist() == [streams.half(*span, k) for k in range(count)]


@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
@pytest.mark.parametrize("name", ["uniform", "exponential", "normal"])
@settings(max_examples=30)
@given(seed=seeds, start=places, count=counts)
def test_blocks_hold_the_numbers_of_the_scalar_stream(name, dtype, seed, start, count):
    span = Span(*streams.key_of(seed), start)
    out = np.empty(count, dtype)
    getattr(blocks, name)(span, out)
    scalar = {
        "uniform": scalar_uniforms,
        "exponential": scalar_exponentials,
        "normal": scalar_normals,
    }[name]
    np.testing.assert_array_equal(out, np.array(scalar(span, count, dtype)).astype(dtype))


@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
@pytest.mark.parametrize("name", ["uniform", "exponential", "normal"])
@pytest.mark.parametrize("count", [2 * BLOCK - 1, 2 * BLOCK + 1, 4 * BLOCK + 3])
def test_a_draw_goes_on_over_the_ends_of_blocks(name, dtype, count):
    fill = getattr(blocks, name)
    whole, tail = np.empty(count, dtype), np.empty(21, dtype)
    span = Span(*streams.key_of(3), 17)
    fill(span, whole)
    skipped = count // 2 - 10 + count // 2 % 2
    words = skipped if dtype == float64 else skipped // 2
    fill(span._replace(start=17 + words), tail)
    np.testing.assert_array_equal(whole[skipped : skipped + 21], tail)


@given(places, st.integers(1, streams.MASK))
def test_numbers_below_a_limit_are_the_high_half_of_a_long_product(bits, limit):
    assert streams.below(bits, limit) == (bits * limit) >> 64


@settings(max_examples=30)
@given(seeds, st.integers(1, streams.MASK))
def test_blocks_hold_the_numbers_below_a_limit(seed, limit):
    span = Span(*streams.key_of(seed), 5)
    expected = [streams.below(bits, limit) for bits in words_of(span, 9)]
    assert blocks.below(span, 9, limit).tolist() == expected


COMPILED = [
    *("mixed", "word", "half", "below", "logarithm"),
    *("uniform32", "uniform64", "positive32", "positive64"),
    *("normal_pair", "normal_pair32", "normal_pair64"),
]


def compiled(monkeypatch):
    """The functions of the streams module, compiled as they stand."""
    for name in COMPILED:
        monkeypatch.setattr(streams, name, numba.njit(getattr(streams, name)))
    return streams


def test_compiled_code_goes_on_with_the_same_stream(monkeypatch):
    count, start = 1001, streams.MASK - 400
    span = Span(*streams.key_of(9), start)
    expected = {"words": blocks.words(span, count), "below": blocks.below(span, count, 1 << 40)}
    for name in ("uniform", "exponential", "normal"):
        for dtype in (float32, float64):
            expected[name, dtype] = np.empty(count, dtype)
            getattr(blocks, name)(span, expected[name, dtype])
    fast = compiled(monkeypatch)
    first, second, start = (np.uint64(each) for each in span)
    places = [start + np.uint64(k) if k <= 400 else np.uint64(k - 401) for k in range(count + 1)]
    words = [np.uint64(fast.word(first, second, place)) for place in places]
    halves = [np.uint64(fast.half(first, second, start, np.uint64(k))) for k in range(count)]
    np.testing.assert_array_equal(words[:-1], expected["words"])
    limit = np.uint64(1 << 40)
    np.testing.assert_array_equal([fast.below(w, limit) for w in words[:-1]], expected["below"])
    assert [fast.uniform32(h) for h in halves] == expected["uniform", float32].tolist()
    assert [fast.uniform64(w) for w in words[:-1]] == expected["uniform", float64].tolist()
    logarithms = [fast.logarithm(fast.positive64(w)) for w in words[:-1]]
    assert logarithms == (-expected["exponential", float64]).tolist()
    logarithms = np.array([fast.logarithm(fast.positive32(h)) for h in halves])
    np.testing.assert_array_equal(-logarithms.astype(float32), expected["exponential", float32])
    pairs = np.array([fast.normal_pair32(w) for w in words[: (count + 1) // 2]], float32)
    np.testing.assert_array_equal(pairs.ravel()[:count], expected["normal", float32])
    pairs = np.array([fast.normal_pair64(*words[k : k + 2]) for k in range(0, count, 2)])
    np.testing.assert_array_equal(pairs.ravel()[:count], expected["normal", float64])


@given(st.floats(1e-300, 1.0))
def test_the_logarithm_is_exact_to_the_last_place_or_two(u):
    np.testing.assert_allclose(streams.logarithm(u), np.log(u), rtol=4.5e-16)


@given(st.floats(2.0**-53, 1.0), st.floats(0, 1, exclude_max=True), st.booleans())
def test_pairs_lie_at_the_radius_and_the_angle_of_box_and_muller(u, t, is_mirrored):
    radius, angle = np.sqrt(-2 * np.log(u)), np.pi * (t - 0.5 + is_mirrored)
    pair = streams.normal_pair(u, t, is_mirrored)
    np.testing.assert_allclose(
        pair, (radius * np.cos(angle), radius * np.sin(angle)), rtol=1e-14, atol=5e-15
    )


def test_the_ends_of_the_ranges_are_where_they_should_be():
    assert streams.uniform32(0) == streams.uniform64(0) == 0.0
    assert np.float32(streams.uniform32(streams.LOW_HALF)) == np.float32(1 - 2.0**-24) < 1
    assert streams.uniform64(streams.MASK) == 1 - 2.0**-53 < 1
    assert streams.positive32(0) == 2.0**-32
    assert streams.positive32(streams.LOW_HALF) == streams.positive64(streams.MASK) == 1.0
    assert streams.positive64(0) == 2.0**-53
    for extreme in (0, streams.MASK, streams.LOW_HALF, streams.MASK - streams.LOW_HALF):
        assert np.isfinite(streams.normal_pair32(extreme)).all()
        assert np.isfinite(streams.normal_pair64(extreme, extreme)).all()
    assert np.hypot(*streams.normal_pair32(0)) == pytest.approx(np.sqrt(64 * np.log(2)))


COUNT = 1 << 18
KEYS = [streams.key_of(seed) for seed in (0, 1, streams.MASK, streams.GAMMA)]


@pytest.mark.parametrize("key", KEYS)
def test_every_bit_is_set_half_of_the_time_and_independently(key):
    words = blocks.words(Span(*key, 0), COUNT)
    bits = np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1).astype(np.float64) * 2 - 1
    limit = 6 * np.sqrt(COUNT)
    assert np.abs(bits.sum(axis=0)).max() < limit
    products = bits.T @ bits
    np.fill_diagonal(products, 0)
    assert np.abs(products).max() < limit
    assert np.abs(bits[1:].T @ bits[:-1]).max() < limit


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
def test_uniform_numbers_are_uniform_alone_and_in_pairs(key, dtype):
    numbers = np.empty(COUNT, dtype)
    blocks.uniform(Span(*key, 0), numbers)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert stats.chisquare(np.bincount((numbers * 256).astype(int), minlength=256)).pvalue > 1e-6
    cells = (numbers * 32).astype(int)
    for lag in (1, 2, 3, 64):
        pairs = np.bincount(cells[:-lag] * 32 + cells[lag:], minlength=1024)
        assert stats.chisquare(pairs).pvalue > 1e-6


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
def test_normal_and_exponential_numbers_have_their_distributions(key, dtype):
    for fill, distribution in ((blocks.normal, "norm"), (blocks.exponential, "expon")):
        numbers = np.empty(COUNT, dtype)
        fill(Span(*key, 0), numbers)
        numbers = numbers.astype(np.float64)
        assert stats.kstest(numbers, distribution).pvalue > 1e-6
        assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 6 / np.sqrt(COUNT)
        assert abs(np.corrcoef(numbers[:-1] ** 2, numbers[1:] ** 2)[0, 1]) < 6 / np.sqrt(COUNT)


def test_the_tail_of_the_normal_numbers_is_there():
    numbers = np.empty(1 << 21, float32)
    blocks.normal(Span(*KEYS[1], 0), numbers)
    for edge in (3, 4, 4.5):
        expected = numbers.size * 2 * stats.norm.sf(edge)
        assert abs((np.abs(numbers) > edge).sum() - expected) < 6 * np.sqrt(expected)


def test_neighbouring_seeds_and_shifted_ones_have_unrelated_streams():
    seeds = [*range(64), *(k * streams.GAMMA & streams.MASK for k in range(2, 18))]
    rows = np.array([blocks.words(Span(*streams.key_of(seed), 0), 4096) for seed in seeds])
    assert np.unique(rows).size == rows.size
    signs = (rows >> np.uint64(63)).astype(np.float64) * 2 - 1
    agreement = signs @ signs.T
    np.fill_diagonal(agreement, 0)
    assert np.abs(agreement).max() < 6 * np.sqrt(4096)
    first = np.sort(rows[:, 0].astype(np.float64) * 2.0**-64)
    assert stats.kstest(first, "uniform").pvalue > 1e-6
