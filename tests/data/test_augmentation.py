"""Changed batches: exact cases, plain loops to compare with, ranges, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage, stats

from twingrad import Generator
from twingrad.data.augmentation import (
    Augmentation,
    Compose,
    Cutout,
    HorizontalFlip,
    Mixup,
    Noise,
    Rotate,
    Shift,
)
from twingrad.data.augmentation.images import rotated, shifted
from twingrad.tensor.dtypes import float64
from twingrad.tensor.random import draws

DTYPES = ["float32", "float64"]
ALL = [
    Shift(2),
    Rotate(30),
    HorizontalFlip(),
    Cutout(3),
    Noise(0.5),
    Mixup(0.4, classes=3),
    Compose([Shift(1), Noise(0.1), Mixup(1.0, classes=3)]),
]
PICTURES = [each for each in ALL if isinstance(each, Shift | Rotate | HorizontalFlip | Cutout)]
PICTURE = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]])

pictures = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 5), st.integers(1, 5)),
    elements=st.floats(-5, 5),
)


def seeded(seed=0):
    return Generator().manual_seed(seed)


def batch(count=40, dtype="float64"):
    generator = np.random.default_rng(1)
    return generator.random((count, 6, 7)).astype(dtype), generator.integers(0, 3, count)


def names(augmentation):
    return type(augmentation).__name__


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("augmentation", ALL, ids=names)
def test_a_batch_keeps_its_shape_and_dtype_and_the_given_one_stays(augmentation, dtype):
    x, y = batch(dtype=dtype)
    kept = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False
    changed, targets = augmentation(x, y, seeded())
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])
    assert changed.shape == x.shape
    assert changed.dtype == x.dtype
    assert len(targets) == len(y)
    assert not np.shares_memory(changed, x)
    assert (changed != x).any()


@pytest.mark.parametrize("augmentation", ALL, ids=names)
def test_the_same_generator_makes_the_same_change(augmentation):
    first, again, other = (augmentation(*batch(), seeded(seed)) for seed in (1, 1, 2))
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize("augmentation", PICTURES, ids=names)
def test_pictures_may_have_channels_or_lie_in_rows(augmentation):
    x, y = batch(10)
    expected, targets = augmentation(x, y, seeded())
    assert targets is y
    options = {k: v for k, v in vars(augmentation).items() if k != "shape"}
    for shape in ((6, 7), [1, 6, 7]):
        in_rows = type(augmentation)(**options, shape=shape)
        found, _ = in_rows(x.reshape(10, 42), y, seeded())
        np.testing.assert_array_equal(found, expected.reshape(10, 42))
        np.testing.assert_array_equal(in_rows(x, y, seeded())[0], expected)
    both = np.stack([x, 2 * x], 1)
    found, _ = augmentation(both, y, seeded())
    np.testing.assert_allclose(found, np.stack([expected, 2 * expected], 1), rtol=1e-12)
    three = type(augmentation)(**options, shape=(2, 6, 7))
    np.testing.assert_array_equal(
        three(both.reshape(10, 84), y, seeded())[0], found.reshape(10, 84)
    )


@pytest.mark.parametrize("augmentation", ALL, ids=names)
def test_every_row_has_a_change_of_its_own(augmentation):
    x = np.tile(batch(1)[0], (60, 1, 1))
    x += np.arange(60)[:, None, None] * isinstance(augmentation, Mixup)
    changed, _ = augmentation(x, np.zeros(60, int), seeded())
    kinds = np.unique((changed - x).round(9), axis=0)
    assert len(kinds) >= (2 if isinstance(augmentation, HorizontalFlip) else 8)


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [
        (0, 0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (1, 0, [[0, 0, 0], [1, 2, 3], [4, 5, 6]]),
        (-1, 0, [[4, 5, 6], [7, 8, 9], [0, 0, 0]]),
        (0, 1, [[0, 1, 2], [0, 4, 5], [0, 7, 8]]),
        (-1, -2, [[6, 0, 0], [9, 0, 0], [0, 0, 0]]),
        (3, 0, [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        (0, -(10**9), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
    ],
)
def test_a_known_picture_is_moved(down, right, expected):
    found = shifted(PICTURE[None], np.array([down]), np.array([right]))
    np.testing.assert_array_equal(found[0, 0], expected)


@given(pictures, st.data())
def test_moving_agrees_with_a_plain_loop(x, data):
    down, right = data.draw(hnp.arrays(np.int64, (2, len(x)), elements=st.integers(-6, 6)))
    expected = np.full(x.shape, 7.5)
    for n, c, i, j in np.ndindex(x.shape):
        a, b = i - down[n], j - right[n]
        if 0 <= a < x.shape[2] and 0 <= b < x.shape[3]:
            expected[n, c, i, j] = x[n, c, a, b]
    np.testing.assert_array_equal(shifted(x, down, right, 7.5), expected)


def test_all_moves_are_equally_likely():
    x = np.zeros((9000, 5, 5))
    x[:, 2, 2] = 1
    moved, _ = Shift(1)(x, np.zeros(9000), seeded())
    counts = moved.sum(0)
    assert counts[1:4, 1:4].sum() == 9000
    assert stats.chisquare(counts[1:4, 1:4].ravel()).pvalue > 1e-3


@pytest.mark.parametrize("dtype", DTYPES)
@given(turns=st.integers(-6, 6), side=st.integers(1, 6))
def test_quarter_turns_are_exact(dtype, turns, side):
    x = np.random.default_rng(0).random((2, 1, side, side)).astype(dtype)
    found = rotated(x, np.array([90.0 * turns, 0.0]), fill=9.0)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(found[0, 0], np.rot90(x[0, 0], turns), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(found[1], x[1])


def test_half_a_turn_of_an_oblong_picture_is_exact():
    x = np.random.default_rng(0).random((1, 2, 4, 7))
    found = rotated(x, np.array([180.0]))
    np.testing.assert_allclose(found, x[..., ::-1, ::-1], atol=1e-12)


@given(pictures, st.data())
def test_turning_agrees_with_a_plain_loop(x, data):
    degrees = data.draw(hnp.arrays(np.float64, len(x), elements=st.floats(-400, 400)))
    height, width = x.shape[2:]
    expected = np.empty(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        a = math.radians(degrees[n])
        down, right = i - (height - 1) / 2, j - (width - 1) / 2
        row = right * math.sin(a) + down * math.cos(a) + (height - 1) / 2
        column = right * math.cos(a) - down * math.sin(a) + (width - 1) / 2
        expected[n, c, i, j] = interpolated(x[n, c], row, column, fill=2.5)
    np.testing.assert_allclose(rotated(x, degrees, 2.5), expected, atol=1e-9)


def interpolated(picture, row, column, fill):
    """The number between four pixels, each weighted by how near it is."""
    total = 0.0
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            is_inside = 0 <= i < picture.shape[0] and 0 <= j < picture.shape[1]
            pixel = picture[i, j] if is_inside else fill
            total += pixel * (1 - abs(row - i)) * (1 - abs(column - j))
    return total


@pytest.mark.parametrize("angle", [17.0, -45.0, 120.0])
def test_turning_agrees_with_scipy_inside(angle):
    x = np.random.default_rng(0).random((1, 1, 15, 15))
    found = rotated(x, np.array([angle]))[0, 0]
    expected = ndimage.rotate(x[0, 0], angle, reshape=False, order=1)
    np.testing.assert_allclose(found[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-9)


def test_angles_are_drawn_evenly_on_both_sides():
    x = np.zeros((4000, 21, 21))
    x[:, 10, :] = np.arange(21) - 10  # a ramp, so that a pixel tells the cosine of its angle
    x += np.arange(21)[:, None] * 100 - 1000
    turned, _ = Rotate(30)(x, np.zeros(4000), seeded())
    sines = (turned[:, 10, 15] - turned[:, 10, 5]) / 1000
    angles = np.degrees(np.arcsin(np.clip(sines, -1, 1)))
    assert stats.kstest(angles, "uniform", args=(-30, 60)).pvalue > 1e-3


@given(pictures)
def test_mirrored_twice_is_as_it_was(x):
    once, _ = HorizontalFlip(1.0)(x, np.zeros(len(x)), seeded())
    np.testing.assert_array_equal(once, x[..., ::-1])
    np.testing.assert_array_equal(HorizontalFlip(1.0)(once, x, seeded())[0], x)
    np.testing.assert_array_equal(HorizontalFlip(0.0)(x, x, seeded())[0], x)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_a_share_of_p_is_mirrored(p):
    x = np.tile([[[0.0, 1.0]]], (4000, 1, 1))
    changed, _ = HorizontalFlip(p)(x, np.zeros(4000), seeded())
    assert stats.binomtest(int(changed[:, 0, 0].sum()), 4000, p).pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 2, 3, 20])
def test_a_square_around_any_pixel_is_covered(size):
    x = np.ones((3000, 5, 6))
    changed, _ = Cutout(size, fill=-1.0)(x, np.zeros(3000), seeded())
    squares = set()
    for i in range(5):
        for j in range(6):
            expected = np.ones((5, 6))
            top, left = i - size // 2, j - size // 2
            expected[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = -1
            squares.add(expected.tobytes())
    assert {picture.tobytes() for picture in changed} == squares
    if size == 1:
        assert stats.chisquare((changed == -1).sum(0).ravel()).pvalue > 1e-3


@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_has_its_distribution_and_leaves_targets(dtype):
    x, y = np.full((2000, 5), 3.0, dtype), np.arange(2000)
    changed, targets = Noise(0.5)(x, y, seeded())
    assert targets is y
    assert stats.kstest((changed - x).ravel().astype(float), "norm", args=(0, 0.5)).pvalue > 1e-3
    np.testing.assert_array_equal(Noise(0)(x, y, seeded())[0], x)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_of_a_mixture_have_a_beta_distribution(alpha):
    x = np.zeros((4000, 1))
    x[:, 0] = np.arange(4000)
    mixed, _ = Mixup(alpha)(x, np.zeros(4000), seeded())
    others = Generator().manual_seed(0)
    draws.uniform((4000,), float64, others, "")
    other = draws.permutation(4000, others, "")
    is_mixed = other != np.arange(4000)
    shares = ((mixed[:, 0] - other) / np.where(is_mixed, np.arange(4000) - other, 1))[is_mixed]
    assert stats.kstest(shares.clip(0, 1), "beta", args=(alpha, alpha)).pvalue > 1e-3


@pytest.mark.parametrize("dtype", DTYPES)
@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=12), alpha=st.floats(0.01, 50))
def test_inputs_and_targets_are_mixed_in_the_same_proportion(dtype, labels, alpha):
    y = np.array(labels)
    x = np.eye(4, dtype=dtype)[y]
    mixed, targets = Mixup(alpha, classes=4)(x, y, seeded())
    assert targets.dtype == dtype
    np.testing.assert_array_equal(mixed, targets)
    assert ((targets >= 0) & (targets <= 1)).all()
    np.testing.assert_allclose(targets.sum(1), 1, rtol=0, atol=4 * np.finfo(dtype).eps)


def test_numbers_and_the_probability_of_one_class_are_mixed_as_they_are():
    x, y = np.arange(12.0).reshape(6, 2), np.arange(6.0)
    mixed, targets = Mixup(1.0)(x, y, seeded())
    np.testing.assert_allclose(mixed[:, 0], 2 * targets, rtol=1e-12)
    wide, rows = Mixup(1.0)(x, x[:, ::-1], seeded())
    np.testing.assert_array_equal(rows, wide[:, ::-1])
    _, chances = Mixup(1.0, classes=1)(x, np.array([0, 1, 0, 1, 1, 0]), seeded())
    _, table = Mixup(1.0, classes=2)(x, np.array([0, 1, 0, 1, 1, 0]), seeded())
    np.testing.assert_allclose(chances, table[:, 1], rtol=1e-12)
    again = Mixup(1.0)(mixed, table, seeded(1))[1]
    np.testing.assert_allclose(again.sum(1), 1, rtol=1e-12)


def test_several_are_done_one_after_the_other():
    x, y = batch()
    generator, other = seeded(), seeded()
    found = Compose([Shift(1), Noise(0.3)])(x, y, generator)[0]
    expected = Noise(0.3)(*Shift(1)(x, y, other), other)[0]
    np.testing.assert_array_equal(found, expected)
    assert generator.get_state() == other.get_state()
    np.testing.assert_array_equal(Compose([])(x, y, generator)[0], x)


@pytest.mark.parametrize(
    ("made", "error", "message"),
    [
        (lambda: Shift(-1), ValueError, "Shift: pixels must be at least 0, got -1"),
        (lambda: Shift(1.5), TypeError, "Shift: pixels must be a whole number, got float 1.5"),
        (lambda: Shift(1, fill=math.nan), ValueError, "Shift: fill must be finite, got nan"),
        (lambda: Rotate(-10), ValueError, "Rotate: degrees must be at least 0 and finite"),
        (lambda: Rotate(math.inf), ValueError, "Rotate: degrees must be at least 0 and finite"),
        (
            lambda: HorizontalFlip(1.1),
            ValueError,
            "HorizontalFlip: p must be at least 0 and at most 1",
        ),
        (lambda: Cutout(0), ValueError, "Cutout: size must be at least 1, got 0"),
        (lambda: Cutout(2, shape=(5,)), ValueError, r"Cutout: shape must be \(H, W\) or"),
        (lambda: Cutout(2, shape=28), ValueError, r"Cutout: shape must be \(H, W\) or"),
        (lambda: Cutout(2, shape=(0, 3)), ValueError, "shape must be of lengths from 1 on"),
        (lambda: Noise(-0.1), ValueError, "Noise: std must be at least 0 and finite, got -0.1"),
        (lambda: Noise("1"), TypeError, "Noise: std must be a real number, got str"),
        (lambda: Mixup(0), ValueError, "Mixup: alpha must be above 0 and finite"),
        (lambda: Mixup(1, classes=0), ValueError, "Mixup: classes must be at least 1, got 0"),
        (lambda: Compose([abs]), TypeError, "must be an Augmentation or a list of them, got bui"),
    ],
)
def test_options_out_of_range_are_refused(made, error, message):
    with pytest.raises(error, match=message):
        made()


@pytest.mark.parametrize(
    ("augmentation", "x", "error", "message"),
    [
        (Shift(1), np.ones((3, 4)), ValueError, r"\(N, C, H, W\), got shape \(3, 4\): for flat"),
        (Shift(1, shape=(2, 3)), np.ones((3, 4)), ValueError, r"rows of shape \(2, 3\), got \(4,"),
        (Rotate(1), np.ones((3, 4, 4), int), TypeError, "Rotate: x must be an array of floating"),
        (Noise(1), np.ones((3, 4), np.uint8), TypeError, "got dtype uint8: convert it with ast"),
        (Noise(1), [[1.0]], TypeError, "Noise: x must be an array of floating point .*got list"),
        (Mixup(1, classes=3), np.ones((3, 4), bool), TypeError, "Mixup: x must be an array of"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(augmentation, x, error, message):
    with pytest.raises(error, match=message):
        augmentation(x, np.zeros(3, int), seeded())


@pytest.mark.parametrize(
    ("classes", "y", "message"),
    [
        (None, [0, 1], "classes must be given where targets are whole numbers, got dtype int64"),
        (2, [0, 2], r"y must be classes from 0 to 1 of shape \(N,\), got shape \(2,\) from 0 to 2"),
        (1, [0, 2], "y must be classes from 0 to 1"),
        (3, [0, -1], "y must be classes from 0 to 2 .* from -1 to 0"),
        (3, [[0], [1]], r"got shape \(2, 1\)"),
    ],
)
def test_targets_that_are_no_classes_are_not_mixed(classes, y, message):
    with pytest.raises(ValueError, match=message):
        Mixup(1.0, classes)(np.ones((2, 3)), np.array(y), seeded())


def test_reprs_can_be_read_back():
    for each in [*ALL, Rotate(5, fill=0.5, shape=(2, 3)), Mixup()]:
        again = eval(repr(each))
        assert isinstance(again, Augmentation)
        assert repr(again) == repr(each)


@pytest.mark.parametrize("make", [Shift, Rotate, Cutout, lambda k, **o: HorizontalFlip(**o)])
def test_pictures_with_their_channels_last_are_refused(make):
    for channels in (1, 3, 4):
        x = np.zeros((2, 8, 9, channels), np.float32)
        with pytest.raises(ValueError, match=r"channels first.*\.transpose\(0, 3, 1, 2\)"):
            make(1)(x, np.zeros(2), Generator())
        with pytest.raises(ValueError, match=r"shape must be of pictures with their channels firs"):
            make(1, shape=(8, 9, channels))
        moved = x.reshape(-1, 8, 9, channels).transpose(0, 3, 1, 2)
        assert make(1)(moved, np.zeros(2), Generator())[0].shape == (2, channels, 8, 9)
    for shape in [(3, 8, 3), (16, 4, 4), (1, 5, 1), (5, 4)]:
        assert make(1)(np.zeros((2, *shape)), np.zeros(2), Generator())[0].shape == (2, *shape)
