"""Shapes, numbers, arrays, operands and modules that are drawn where derivatives go wrong."""

import subprocess
import sys
from functools import cache
from math import copysign, inf, isinf, isnan, prod

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from support.examples import drawn
from support.twins import TWINS, operand
from twingrad import Array, Tensor, Value
from twingrad.testing import strategies
from twingrad.testing.strategies.modules import MODULES

EVERY_DTYPE = pytest.mark.parametrize("dtype", ["float64", "float32"])


@cache
def numbers_of(dtype):
    return drawn(strategies.values(dtype), 1500)


def test_shapes_are_small_as_a_rule_and_long_now_and_then():
    found = [shape for shape, _ in drawn(st.tuples(strategies.shapes(), st.floats()))]
    assert () in found
    assert all(min(shape, default=1) >= 1 and len(shape) <= 3 for shape in found)
    long = [shape for shape in found if max(shape, default=0) > 4]
    assert 0.03 < len(long) / len(found) < 0.5
    assert all(len(shape) <= 2 and sum(n > 4 for n in shape) == 1 for shape in long)


@given(strategies.shapes(min_dims=1, max_dims=2, min_side=0, max_side=3, longest=0))
def test_shapes_stay_within_their_limits(shape):
    assert 1 <= len(shape) <= 2
    assert all(0 <= length <= 3 for length in shape)


@given(st.integers(1, 4), st.data())
def test_broadcastable_shapes_broadcast(count, data):
    found = data.draw(strategies.broadcastable_shapes(count))
    assert len(found) == count
    np.broadcast_shapes(*found)


def test_either_of_two_broadcastable_shapes_may_be_the_larger_one():
    found = drawn(strategies.broadcastable_shapes(2))
    assert any(prod(a) < prod(b) for a, b in found)
    assert any(prod(a) > prod(b) for a, b in found)
    assert any(max(a, default=0) > 4 for a, _ in found)


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: strategies.shapes(max_dims=-1), "min_dims must not be above max_dims, got 0 and"),
        (lambda: strategies.shapes(min_side=5), "min_side must not be above max_side, got 5 and 4"),
        (lambda: strategies.shapes(min_dims=-1), "shapes: min_dims must be at least 0, got -1"),
        (lambda: strategies.shapes(longest=-1), "shapes: longest must be at least 0, got -1"),
        (lambda: strategies.broadcastable_shapes(0), "count must be at least 1, got 0"),
        (lambda: strategies.values("float16"), "dtype must be float64 or float32, got float16"),
        (lambda: strategies.values("int64"), "dtype must be float64 or float32, got int64"),
        (
            lambda: strategies.values(min_value=1, max_value=0),
            "not be above max_value, got 1.0 and",
        ),
        (lambda: strategies.values(min_value=inf), "must have a finite float64 between them"),
        (lambda: strategies.values(regime="wild"), "regime must be 'ordinary' or 'mild' or 'any'"),
        (lambda: strategies.modules(["lstm"]), "modules: names must be 'linear' or"),
        (lambda: strategies.modules(twin="gpu"), "twin must be 'tensor' or 'scalar' or None"),
        (lambda: strategies.modules(dtype="int8"), "dtype must be 'float64' or 'float32'"),
    ],
)
def test_wrong_arguments_are_refused_by_a_sentence(draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()


@EVERY_DTYPE
@pytest.mark.parametrize(
    ("what", "holds"),
    [
        ("0.0", lambda x: x == 0 and copysign(1, x) > 0),
        ("-0.0", lambda x: x == 0 and copysign(1, x) < 0),
        ("a kink", lambda x: x == -6.0),
        ("its left neighbour", lambda x: 1 - 1e-6 < x < 1),
        ("its right neighbour", lambda x: 3 < x < 3 + 1e-5),
        ("far left", lambda x: -100 <= x < -3),
        ("far right", lambda x: 50 < x <= 100),
        ("huge", lambda x: abs(x) > 1e30),
        ("tiny", lambda x: 0 < abs(x) < 1e-30),
        ("denormal", lambda x: 0 < abs(x) < 1.1e-38),
    ],
)
def test_numbers_of_every_kind_are_drawn(what, holds, dtype):
    assert any(holds(x) for x in numbers_of(dtype)), what


def test_the_last_bit_beside_a_kink_is_reached():
    neighbours = {float(np.nextafter(1.0, side)) for side in (-inf, inf)}
    assert neighbours & set(numbers_of("float64"))


@given(st.data())
@EVERY_DTYPE
def test_numbers_are_finite_and_held_by_the_dtype(dtype, data):
    number = data.draw(strategies.values(dtype))
    assert type(number) is float
    assert np.isfinite(number)
    assert float(np.dtype(dtype).type(number)) == number


RANGES = [
    (0.0, None),
    (None, -1e-3),
    (2.25, 2.5),
    (1e-4, 2e-4),
    (1e10, None),
    (7.3, 7.3),
    (-0.0, 1),
]


@pytest.mark.parametrize(("low", "high"), RANGES)
@pytest.mark.parametrize("regime", ["any", "mild", "ordinary"])
@EVERY_DTYPE
@settings(max_examples=30)
@given(st.data())
def test_numbers_stay_in_their_range(low, high, regime, dtype, data):
    if low == high:
        low = high = float(np.dtype(dtype).type(low))
    number = data.draw(strategies.values(dtype, min_value=low, max_value=high, regime=regime))
    assert low is None or number >= low
    assert high is None or number <= high


def test_a_range_that_begins_at_0_holds_no_negative_0():
    found = drawn(strategies.values(min_value=0.0))
    assert all(copysign(1, x) > 0 for x in found)
    assert any(x == 0 for x in found)


def test_the_ends_of_a_range_are_drawn_on_purpose():
    found = drawn(strategies.values(min_value=0.123, max_value=77.7))
    assert {0.123, 77.7} <= set(found)


def test_kinks_of_ones_own_are_drawn_and_passed_closely():
    found = drawn(strategies.values(kinks=[2.375]), 2000)
    assert 2.375 in found
    assert any(0 < abs(x - 2.375) < 1e-6 for x in found)


def test_mild_and_ordinary_numbers_neither_overflow_nor_vanish():
    mild = drawn(strategies.values(regime="mild"))
    assert all(x == 0 or 1e-13 < abs(x) <= 100 for x in mild)
    assert any(0 < abs(x) < 1e-5 for x in mild)
    ordinary = drawn(strategies.values(regime="ordinary"))
    assert all(x == 0 or 1e-4 < abs(x) <= 100 for x in ordinary)


def test_nan_and_infinities_come_where_they_are_allowed():
    found = drawn(strategies.values(allow_nan=True, allow_infinity=True))
    assert any(isnan(x) for x in found)
    assert {inf, -inf} <= set(found)
    above = drawn(strategies.values(min_value=0, allow_infinity=True))
    assert inf in above
    assert -inf not in above
    bounded = strategies.values(min_value=0, max_value=1, allow_infinity=True)
    assert not any(isinf(x) for x in drawn(bounded))


def test_no_denormal_number_is_drawn_where_none_is_allowed():
    found = drawn(strategies.values(allow_subnormal=False), 1000)
    assert all(x == 0 or abs(x) >= np.finfo(np.float64).tiny for x in found)


def test_numbers_shrink_to_simple_ones():
    assert find(strategies.values(), lambda x: True) == 0.0
    assert find(strategies.values(), lambda x: x > 1e6) <= 1e6 + 2
    assert find(strategies.values(), lambda x: x < -3) in (-4.0, -3.1, -3.001)


@given(st.data())
@EVERY_DTYPE
def test_arrays_have_the_shape_and_the_dtype_that_were_asked_for(dtype, data):
    array = data.draw(strategies.arrays((2, 3), dtype))
    assert array.shape == (2, 3)
    assert array.dtype == dtype
    assert np.isfinite(array).all()
    assert array.flags.writeable


def test_shapes_and_dtypes_of_arrays_may_be_drawn():
    found = drawn(strategies.arrays(strategies.shapes(min_dims=1), strategies.dtypes()))
    assert {array.dtype.name for array in found} == {"float64", "float32"}
    assert len({array.shape for array in found}) > 10
    assert all(array.ndim for array in found)
    assert {array.ndim for array in drawn(strategies.arrays())} == {0, 1, 2, 3}


def test_arrays_have_ties_and_arrays_without_them():
    found = drawn(strategies.arrays(8))
    distinct = [len(np.unique(array)) for array in found]
    assert sum(count < 8 for count in distinct) > 50
    assert sum(count == 8 for count in distinct) > 30
    assert any((np.diff(array) == 0).any() and count > 1 for array, count in zip(found, distinct))


def test_one_array_mixes_numbers_of_all_sizes():
    found = drawn(strategies.arrays(6), 800)
    assert any((abs(x) > 1e9).any() and ((abs(x) < 7) & (x != 0)).any() for x in found)


def test_large_arrays_are_drawn_too():
    found = drawn(strategies.arrays((30, 40)), 40)
    assert max(len(np.unique(array)) for array in found) > 20
    assert any((array[0] != array[1]).any() for array in found)


def test_elements_are_what_was_asked_for():
    of_range = drawn(strategies.arrays(5, elements={"min_value": 1, "max_value": 2}), 50)
    assert all(((array >= 1) & (array <= 2)).all() for array in of_range)
    of_strategy = drawn(strategies.arrays(5, elements=st.sampled_from([7.0, 8.0])), 50)
    assert all(np.isin(array, [7, 8]).all() for array in of_strategy)


def test_arrays_shrink_to_few_simple_numbers():
    tied = find(strategies.arrays(), lambda x: x.size > 1 and len(np.unique(x)) < x.size)
    assert tied.shape == (2,)
    assert not tied.any()
    assert find(strategies.arrays(), lambda x: x.ndim == 2).tolist() == [[0.0]]


@given(strategies.broadcastable_arrays(3, max_side=3))
def test_groups_of_arrays_broadcast(group):
    assert len(group) == 3
    np.broadcast_arrays(*group)


def test_groups_of_arrays_have_ties_between_them():
    pairs = drawn(strategies.broadcastable_arrays(2, min_dims=1))
    ordinary = [(a, b) for a, b in pairs if len(np.unique(a)) > 2]
    assert sum(np.isin(b, a).all() for a, b in ordinary) > len(ordinary) / 5
    assert sum(not np.isin(b, a).any() for a, b in ordinary) > len(ordinary) / 10


def test_operands_are_leaves_of_their_twin():
    (tensor,) = drawn(strategies.tensors((2, 2), "float32"), 1)
    assert isinstance(tensor, Tensor)
    assert (tensor.shape, tensor.dtype, tensor.requires_grad) == ((2, 2), np.float32, True)
    (array,) = drawn(strategies.value_arrays(3, requires_grad=False), 1)
    assert isinstance(array, Array)
    assert (array.shape, array.requires_grad) == ((3,), False)
    numbers = drawn(strategies.scalars({"min_value": 2.0}), 50)
    assert all(isinstance(value, Value) and value.data >= 2 for value in numbers)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", MODULES)
def test_modules_run_on_their_inputs(name, twin):
    for case in drawn(strategies.modules([name], twin=twin), 3):
        assert {type(each) for each in case.inputs} == {np.ndarray}
        inputs = [operand(twin, x) if x.dtype.kind == "f" else x for x in case.inputs]
        inputs = [x if twin == "scalar" or x.dtype.kind == "f" else Tensor(x) for x in inputs]
        result = case.module(*inputs)
        assert isinstance(result, Tensor if twin == "tensor" else Array | Value)


def test_modules_draw_their_weights_and_leave_the_random_numbers_alone():
    from twingrad.tensor import get_rng_state

    before = get_rng_state()
    cases = drawn(strategies.modules(["linear"], twin="tensor", dtype="float32"), 50)
    weights = {case.module.weight.detach().numpy().tobytes() for case in cases}
    assert len(weights) > 10
    assert all(case.module.weight.dtype == np.float32 for case in cases)
    assert all(case.inputs[0].dtype == np.float32 for case in cases)
    assert np.array_equal(np.asarray(get_rng_state()), np.asarray(before))


def test_modules_of_both_twins_are_drawn():
    cases = drawn(strategies.modules(["mlp"]), 40)
    kinds = {type(next(iter(case.module.parameters()))) for case in cases}
    assert len(kinds) == 2


MISSING = """
import sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "hypothesis":
            raise ModuleNotFoundError("No module named 'hypothesis'", name="hypothesis")
sys.meta_path.insert(0, Finder)
import twingrad.testing
for name in ("strategies", "properties"):
    try:
        __import__(f"twingrad.testing.{name}")
    except ModuleNotFoundError as error:
        print(error)
"""


def test_without_hypothesis_the_room_is_there_and_what_needs_it_says_so():
    ran = subprocess.run([sys.executable, "-c", MISSING], capture_output=True, text=True)
    assert not ran.stderr
    sentence = 'testing: drawing inputs needs hypothesis: pip install "twingrad[test]"'
    assert ran.stdout.splitlines() == [sentence, sentence]
