"""Random tensors: streams, generators, shapes, distributions, and what is refused."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from twingrad.tensor.creation import ones, tensor, zeros
from twingrad.tensor.random.functions import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from twingrad.tensor.random.generator import (
    Generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FLOATS = ["float32", "float64"]

# Made once by this package: a stream must never change.
RAND = [9318062.0, 5972782.0, 5885275.0]
RAND_64 = [7602731406420539.0, 7535752436090324.0]
RANDN = ["-0x1.7bb8960000000p-3", "-0x1.327bb20000000p-1", "0x1.3a62b00000000p-2"]
RANDN_64 = ["0x1.c20c4908dddfep-1", "-0x1.6d12479a98d57p-2"]
RANDINT = [0, 1, -1, 3, -3]
RANDPERM = [0, 1, 5, 3, 4, 2]

DRAWS = {
    "rand": lambda shape, **options: rand(shape, **options),
    "randn": lambda shape, **options: randn(shape, **options),
    "randint": lambda shape, **options: randint(-5, 100, shape, **options),
    "normal": lambda shape, **options: normal(1.0, 2.0, shape, **options),
    "rand_like": lambda shape, **options: rand_like(zeros(shape), **options),
    "randn_like": lambda shape, **options: randn_like(zeros(shape), **options),
    "randint_like": lambda shape, **options: randint_like(zeros(shape), 9, **options),
    "bernoulli": lambda shape, **options: bernoulli(ones(shape) / 2, **options),
    "normal_": lambda shape, **options: zeros(shape).normal_(**options),
    "uniform_": lambda shape, **options: zeros(shape).uniform_(**options),
    "bernoulli_": lambda shape, **options: zeros(shape).bernoulli_(**options),
    "exponential_": lambda shape, **options: zeros(shape).exponential_(**options),
    "random_": lambda shape, **options: zeros(shape, dtype=int).random_(**options),
}


@pytest.fixture(autouse=True)
def _the_default_generator_stays_as_it_is():
    state = get_rng_state()
    yield
    set_rng_state(state)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@given(shape=shapes)
def test_the_shape_does_not_matter_for_the_numbers(draw, shape):
    manual_seed(1)
    made = draw(shape)
    assert made.shape == shape
    manual_seed(1)
    assert draw((made.numpy().size,)).tolist() == made.reshape(-1).tolist()


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_generator_of_ones_own_leaves_the_default_one_alone(draw):
    manual_seed(5)
    expected, after = draw((7,)).tolist(), rand(1).tolist()
    manual_seed(6)
    generator = Generator().manual_seed(5)
    before = get_rng_state()
    assert draw((7,), generator=generator).tolist() == expected
    assert get_rng_state() == before
    assert rand(1, generator=generator).tolist() == after
    with pytest.raises(
        TypeError, match=r"generator must be a twingrad\.Generator or None, got int"
    ):
        draw((7,), generator=3)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_draws_follow_one_another_and_seeds_differ(draw):
    manual_seed(5)
    first, second = draw((50,)).tolist(), draw((50,)).tolist()
    assert first != second
    manual_seed(4)
    assert draw((50,)).tolist() != first


def test_numbers_are_the_same_on_every_machine_and_in_every_version():
    manual_seed(0)
    assert (rand(3).numpy() * 2**24).tolist() == RAND
    assert (rand(2, dtype="float64").numpy() * 2**53).tolist() == RAND_64
    assert [each.hex() for each in randn(3).tolist()] == RANDN
    assert [each.hex() for each in randn(2, dtype="float64").tolist()] == RANDN_64
    assert randint(-10, 10, (5,)).tolist() == RANDINT
    assert randperm(6).tolist() == RANDPERM


def test_a_state_brings_a_generator_back_to_its_place():
    generator = Generator().manual_seed(3)
    rand(5, generator=generator)
    state = generator.get_state()
    assert type(state) is bytes
    expected = randn(4, generator=generator).tolist()
    for kept in (
        state,
        bytearray(state),
        np.frombuffer(state, np.uint8),
        tensor(np.frombuffer(state, np.uint8)),
    ):
        other = Generator()
        other.set_state(kept)
        assert other.initial_seed() == 3
        assert randn(4, generator=other).tolist() == expected
    generator.set_state(state)
    copy = pickle.loads(pickle.dumps(generator))
    assert randn(4, generator=copy).tolist() == expected
    assert repr(copy) == "Generator(seed=3, place=5)"
    with pytest.raises(ValueError, match="new_state must have 16 bytes, got 3"):
        generator.set_state(b"abc")
    with pytest.raises(TypeError, match="new_state must be bytes, or an array of uint8, got list"):
        generator.set_state([1, 2])


def test_seeds_are_taken_as_pytorch_takes_them():
    assert Generator().initial_seed() == 67280421310721
    assert manual_seed(-1).initial_seed() == 2**64 - 1
    assert initial_seed() == 2**64 - 1
    assert manual_seed(np.int64(4)).initial_seed() == 4
    assert manual_seed(tensor(4)).initial_seed() == 4
    assert seed() == initial_seed()
    assert seed() != seed()
    with pytest.raises(TypeError, match=r"seed must be a whole number, got float 1\.5"):
        manual_seed(1.5)
    with pytest.raises(TypeError, match="manual_seed: seed must be a whole number, got str 'a'"):
        manual_seed("a")
    with pytest.raises(ValueError, match=r"manual_seed: seed must lie between -2\*\*63 and"):
        manual_seed(2**64)


def test_threads_share_a_generator_without_getting_the_same_numbers():
    generator = Generator().manual_seed(8)
    with ThreadPoolExecutor(8) as pool:
        drawn = [*pool.map(lambda _: rand(1000, dtype="float64", generator=generator), range(64))]
    numbers = np.concatenate([each.numpy() for each in drawn])
    generator.manual_seed(8)
    together = rand(64000, dtype="float64", generator=generator).numpy()
    np.testing.assert_array_equal(np.sort(numbers), np.sort(together))


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_are_drawn_in_the_dtype_asked_for(dtype):
    generator = Generator().manual_seed(1)
    for made in (
        rand(3, dtype=dtype, generator=generator),
        randn(3, dtype=dtype, generator=generator),
        normal(0, 1, (3,), dtype=dtype, generator=generator),
        rand_like(zeros(3, dtype=dtype), generator=generator),
        randn_like(zeros(3, dtype=dtype), generator=generator),
        bernoulli(zeros(3, dtype=dtype), generator=generator),
        zeros(3, dtype=dtype).exponential_(generator=generator),
    ):
        assert made.dtype == dtype
        assert not made.requires_grad
    assert rand(3, dtype=dtype, requires_grad=True).requires_grad
    assert randn_like(zeros(3, dtype=dtype), requires_grad=True).is_leaf


@pytest.mark.parametrize("dtype", FLOATS)
def test_ranges_hold(dtype):
    generator = Generator().manual_seed(2)
    numbers = zeros(100_000, dtype=dtype).uniform_(-3, 1e-7, generator=generator).numpy()
    assert numbers.min() >= -3
    assert numbers.max() < np.array(1e-7, dtype)
    assert stats.kstest(numbers.astype(np.float64), "uniform", (-3, 3 + 1e-7)).pvalue > 1e-6
    tight = ones(1000, dtype=dtype).uniform_(1, 1 + 4e-7, generator=generator).numpy()
    assert tight.max() < np.array(1 + 4e-7, dtype)
    assert ones(3, dtype=dtype).uniform_(2, 2).tolist() == [2, 2, 2]
    rate = zeros(100_000, dtype=dtype).exponential_(4, generator=generator).numpy()
    assert rate.min() >= 0
    assert stats.kstest(rate.astype(np.float64), "expon", (0, 0.25)).pvalue > 1e-6
    moved = zeros(100_000, dtype=dtype).normal_(5, 0.5, generator=generator).numpy()
    assert stats.kstest(moved.astype(np.float64), "norm", (5, 0.5)).pvalue > 1e-6


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**64 - 1))
def test_whole_numbers_lie_where_they_should(low, width):
    high = min(low + width, 2**63)
    made = randint(low, high, (20,), generator=Generator().manual_seed(1))
    assert made.dtype == np.int64
    assert all(low <= number < high for number in made.tolist())


def test_whole_numbers_are_equally_likely():
    generator = Generator().manual_seed(3)
    for made in (
        randint(-3, 4, (70_000,), generator=generator),
        randint_like(zeros(70_000), -3, 4, generator=generator),
        zeros(70_000, dtype="int8").random_(-3, 4, generator=generator),
    ):
        counts = np.bincount(made.numpy().astype(int) + 3, minlength=7)
        assert counts.size == 7
        assert stats.chisquare(counts).pvalue > 1e-6
    every_byte = zeros(50_000, dtype="uint8").random_(generator=generator).numpy()
    assert stats.chisquare(np.bincount(every_byte, minlength=256)).pvalue > 1e-6
    assert set(zeros(100, dtype=bool).random_(generator=generator).tolist()) == {True, False}
    assert zeros(100).random_(generator=generator).numpy().max() <= 2**24
    assert set(zeros(100).random_(2, generator=generator).tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    "made",
    [randint(5, (3,)), randint(0, 5, (3,)), randint(0, 5, [3]), randint(5, size=(3,))],
)
def test_bounds_and_size_are_told_apart(made):
    assert made.shape == (3,)
    assert made.dtype == np.int64
    assert 0 <= made.numpy().min() <= made.numpy().max() < 5


@given(st.integers(0, 40), st.integers(0, 1000))
def test_a_permutation_holds_every_number_once(n, chosen_seed):
    made = randperm(n, generator=Generator().manual_seed(chosen_seed))
    assert made.dtype == np.int64
    assert sorted(made.tolist()) == [*range(n)]


def test_all_permutations_are_equally_likely():
    generator = Generator().manual_seed(3)
    codes = [int("".join(map(str, randperm(4, generator=generator).tolist()))) for _ in range(4800)]
    _, counts = np.unique(codes, return_counts=True)
    assert counts.size == 24
    assert stats.chisquare(counts).pvalue > 1e-6
    assert randperm(3, dtype="int32").dtype == np.int32


def test_truth_values_have_their_probabilities():
    generator = Generator().manual_seed(3)
    chances = tensor([0.0, 0.1, 0.5, 1.0]).broadcast_to(50_000, 4)
    means = bernoulli(chances, generator=generator).numpy().mean(axis=0)
    assert means[[0, 3]].tolist() == [0, 1]
    np.testing.assert_allclose(means[1:3], [0.1, 0.5], atol=6 * 0.5 / np.sqrt(50_000))
    mask = zeros(50_000, dtype=bool).bernoulli_(0.2, generator=generator)
    assert mask.dtype == bool
    assert abs(mask.numpy().mean() - 0.2) < 6 * 0.4 / np.sqrt(50_000)
    assert zeros(2, 2).bernoulli_(tensor([1.0, 0.0])).tolist() == [[1, 0], [1, 0]]
    assert ones(2, dtype=int).bernoulli_(np.float64(0)).tolist() == [0, 0]
    assert bernoulli(ones(2), 0.0).tolist() == [0, 0]
    assert ones(2).bernoulli(0).tolist() == [0, 0]


def test_normal_takes_numbers_and_tensors():
    generator = Generator()
    plain = randn(3, dtype="float64", generator=generator.manual_seed(1)).numpy()
    mean = tensor([[1.0], [2.0]], dtype="float64", requires_grad=True)
    std = tensor([0.5, 1.0, 2.0], dtype="float64")
    both = normal(mean, std, generator=generator.manual_seed(1))
    assert both.shape == (2, 3)
    assert not both.requires_grad
    np.testing.assert_array_equal(both.numpy()[0], plain * std.numpy() + 1)
    one = normal(2, std, generator=generator.manual_seed(1))
    np.testing.assert_array_equal(one.numpy(), plain * std.numpy() + 2)
    other = normal(std, 3.0, generator=generator.manual_seed(1))
    np.testing.assert_array_equal(other.numpy(), plain * 3 + std.numpy())
    sized = normal(0.1, 0.2, (3,), dtype="float64", generator=generator.manual_seed(1))
    np.testing.assert_array_equal(sized.numpy(), plain * 0.2 + 0.1)


def test_positions_are_drawn_in_proportion_to_their_weights():
    generator = Generator().manual_seed(3)
    weights = tensor([[1.0, 0.0, 3.0, 4.0], [0.0, 5.0, 0.0, 0.0]])
    drawn = multinomial(weights, 40_000, replacement=True, generator=generator)
    assert drawn.dtype == np.int64
    assert drawn.shape == (2, 40_000)
    counts = np.bincount(drawn.numpy()[0], minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], [5000, 15000, 20000]).pvalue > 1e-6
    assert set(drawn.numpy()[1].tolist()) == {1}


def test_positions_drawn_without_replacement_do_not_repeat():
    generator = Generator().manual_seed(3)
    rows = tensor([1.0, 2.0, 0.0, 5.0]).broadcast_to(20_000, 4)
    drawn = multinomial(rows, 3, generator=generator).numpy()
    assert (np.sort(drawn, axis=1) == [0, 1, 3]).all()
    assert (
        stats.chisquare(
            np.bincount(drawn[:, 0], minlength=4)[[0, 1, 3]], [2500, 5000, 12500]
        ).pvalue
        > 1e-6
    )
    after_the_greatest = drawn[drawn[:, 0] == 3, 1]
    assert abs((after_the_greatest == 1).mean() - 2 / 3) < 6 * 0.5 / np.sqrt(
        after_the_greatest.size
    )
    assert multinomial(tensor([0.5, 0.5]), 2).shape == (2,)


def test_what_is_filled_has_slope_0_and_leaves_are_guarded():
    leaf = ones(3, requires_grad=True)
    with pytest.raises(
        RuntimeError, match="normal_: a leaf that requires a gradient cannot be changed"
    ):
        leaf.normal_()
    result = leaf * 2
    assert result.uniform_() is result
    result.sum().backward()
    assert leaf.grad.tolist() == [0.0, 0.0, 0.0]
    base = zeros(2, 3)
    base.T.bernoulli_(1.0)
    assert base.tolist() == [[1, 1, 1], [1, 1, 1]]
    saved = leaf * 3
    squares = saved * saved
    saved.detach().normal_()
    with pytest.raises(RuntimeError, match="changed in place by normal_"):
        squares.sum().backward()


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: rand(-1), ValueError, "rand: a length must not be negative"),
        (lambda: randn("a"), TypeError, "randn: length must be a whole number, got str"),
        (
            lambda: rand(2, dtype=int),
            TypeError,
            "rand: dtype must be float32 or float64, got int64",
        ),
        (lambda: rand_like(ones(2, dtype=int)), TypeError, "rand_like: dtype must be float32 or"),
        (lambda: randn_like([1.0]), TypeError, "randn_like: input must be a Tensor, got list"),
        (
            lambda: randint(3, 3, (2,)),
            ValueError,
            "randint: low must be less than high, got 3 and 3",
        ),
        (lambda: randint(0.5, 3, (2,)), TypeError, "randint: low and high must be a whole number"),
        (lambda: randint(0, 300, (2,), dtype="uint8"), ValueError, "must lie between 0 and 255"),
        (
            lambda: randint(0, 3, 2),
            TypeError,
            "randint: size must be a tuple of lengths, got int 2",
        ),
        (lambda: randint(3), TypeError, "randint: size must be a tuple of lengths, got NoneType"),
        (lambda: randint(1, (2,), (3,)), TypeError, "randint: high must be a whole number"),
        (lambda: randperm(-1), ValueError, "randperm: a length must not be negative"),
        (lambda: randperm(300, dtype="uint8"), ValueError, "randperm: n must fit the dtype uint8"),
        (lambda: normal(0.0, 1.0), TypeError, "normal: size must be given where mean and std are"),
        (lambda: normal(ones(2), 1.0, (2,)), TypeError, "normal: size must be left out where mean"),
        (lambda: normal(0.0, -1.0, (2,)), ValueError, "normal: std must not be negative, got -1.0"),
        (lambda: normal(0.0, -ones(2)), ValueError, "normal: std must not be negative"),
        (lambda: normal("a", 1.0, (2,)), TypeError, "normal: mean must be a real number, got str"),
        (lambda: normal(ones(2), ones(3)), ValueError, r"normal: shapes \(2,\) and \(3,\) do not"),
        (lambda: normal(ones(2, dtype=int), 1.0), TypeError, "normal: dtype must be float32 or"),
        (lambda: bernoulli(tensor([0.5, 1.5])), ValueError, "p must lie between 0 and 1, got 1.5"),
        (
            lambda: bernoulli(tensor([float("nan")])),
            ValueError,
            "p must lie between 0 and 1, got nan",
        ),
        (lambda: bernoulli(tensor([1, 0])), TypeError, "bernoulli: the tensor must hold floating"),
        (
            lambda: ones(2).bernoulli_(2),
            ValueError,
            "bernoulli_: p must lie between 0 and 1, got 2",
        ),
        (lambda: ones(2).bernoulli_(ones(3)), ValueError, r"p must broadcast to the shape \(2,\)"),
        (lambda: ones(2, dtype=int).normal_(), TypeError, "normal_: the tensor must hold floating"),
        (lambda: ones(2).normal_(0, -1), ValueError, "normal_: std must not be negative, got -1"),
        (lambda: ones(2).normal_("a"), TypeError, "normal_: mean must be a real number, got str"),
        (lambda: ones(2).uniform_(2, 1), ValueError, "uniform_: start must not exceed to"),
        (lambda: ones(2).uniform_(-3e38, 3e38), ValueError, "float32 must hold their difference"),
        (
            lambda: ones(2).exponential_(0),
            ValueError,
            "exponential_: lambd must be positive, got 0",
        ),
        (lambda: ones(2).random_(5, 5), ValueError, "random_: low must be less than high"),
        (
            lambda: multinomial(ones(2, 2, 2), 1),
            ValueError,
            "multinomial: input must be one row of",
        ),
        (lambda: multinomial(ones(0), 1), ValueError, "multinomial: input must be one row of"),
        (lambda: multinomial(ones(2), 0), ValueError, "num_samples must be at least 1, got 0"),
        (
            lambda: multinomial(-ones(2), 1),
            ValueError,
            "multinomial: input must hold finite weights",
        ),
        (lambda: multinomial(zeros(2), 1, True), ValueError, "every row needs 1 weights above 0"),
        (
            lambda: multinomial(tensor([1.0, 0.0]), 2),
            ValueError,
            "every row needs 2 weights above 0",
        ),
        (lambda: multinomial(tensor([1, 2]), 1), TypeError, "multinomial: the tensor must hold"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_cure(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


@pytest.mark.parametrize(
    "refused",
    [lambda: rand(2, dtype=int), lambda: ones(2).normal_(0, -1), lambda: bernoulli(ones(2), 2.0)],
)
def test_a_refused_draw_takes_nothing_from_the_stream(refused):
    before = get_rng_state()
    with pytest.raises((TypeError, ValueError)):
        refused()
    assert get_rng_state() == before
