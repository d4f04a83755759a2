"""States in files: what is written comes back to the bit."""

import errno
import math
import os
import sys
from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from safetensors import numpy as safetensors

import twingrad
from support.states import DTYPES, STATES, bits, of_bits
from twingrad import Array, Tensor, Value, nn, optim
from twingrad.engine import files
from twingrad.optim.checkpoints.state_files import read_state, write_state


def passed_through(state, folder):
    path = folder / "state"
    write_state(path, state)
    return read_state(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("states")


@given(STATES)
def test_any_state_comes_back_to_the_bit(folder, state):
    assert bits(passed_through(state, folder)) == bits(state)


EXTREMES = {
    "zeros": [0.0, -0.0, 0],
    "no finite numbers": [math.inf, -math.inf, math.nan, -math.nan],
    "a nan with a message": of_bits(0x7FF80000DEADBEEF),
    "a signalling nan": of_bits(0xFFF0000000000001),
    "the least and the greatest": [5e-324, sys.float_info.max, sys.float_info.min],
    "thirds": [1 / 3, 2 / 3, 0.1],
    "whole numbers": [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64],
    "a hundred thousand digits": 1 << 332_193,
    "flags are no numbers": [True, 1, 1.0, False, 0, None],
    "tuples are no lists": [(), [], ([],), [()], ((1, 2), [1, 2])],
    "texts": ["", "\0", "\N{GREEK SMALL LETTER ALPHA}", "\U0001f600", '"\\', "$tuple", "NaN"],
    "halves of characters": ["\ud83d", "\ud83d\ude00", "\ud83d\ude00".encode("utf-8", "ignore")],
    "bytes": [b"", b"\0\xff"],
    "keys": {0: "a", "0": "b", "": {-1: None}, "$array": 1, "\ud800": 2, 2**63 - 1: 3},
    "a tag as a key": {"$tuple": [1]},
    "keys of this format": {"twingrad": '{"version":1,"bytes":0,"sha256":"', "sha256": "0" * 64},
    "arrays of one name": {"a.b": np.ones(1), "a": {"b": np.ones(2)}, "a.b~": np.ones(3)},
    "a reserved name": {"__metadata__": np.ones(1), "__metadata__~": np.ones(1)},
    "no name": {"": np.ones(1)},
    "names that are no Unicode": {chr(k): np.ones(1) for k in (0xD800, 0xD801)},
    "no numbers": {"a": np.ones((0, 3)), "b": np.ones((2, 0, 0), np.float16), "c": np.array([])},
    "one number": [np.array(3.5), np.array(True), np.array(7, np.uint64)],
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes_come_back_to_the_bit(tmp_path, name):
    state = {name: EXTREMES[name]}
    assert bits(passed_through(state, tmp_path)) == bits(state)


def test_the_state_itself_may_have_any_keys_and_no_entries(tmp_path):
    for state in ({}, {0: 1}, {"$x": 1}, EXTREMES["keys"]):
        assert bits(passed_through(state, tmp_path)) == bits(state)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_and_shapes_are_kept(tmp_path, dtype):
    numbers = np.arange(24).reshape(2, 3, 4).astype(dtype)
    state = [
        numbers,
        numbers.T,
        numbers[:, ::-2],
        numbers[1, 1, 1:1],
        numbers[0, 0, 0:1].reshape(()),
    ]
    found = passed_through({"": state}, tmp_path)[""]
    assert [each.dtype for each in found] == [np.dtype(dtype)] * 5
    assert bits(found) == bits(state)


def test_arrays_come_back_on_memory_of_their_own(tmp_path):
    shared = np.arange(6.0)
    state = {"all": shared, "again": shared, "part": shared[2:4], "strided": shared[::2]}
    found = passed_through(state, tmp_path)
    assert bits(found) == bits(state)
    for numbers in found.values():
        numbers += 1
    assert found["all"][0] == 1
    np.testing.assert_array_equal(found["part"], [3, 4])


def test_the_byte_order_becomes_that_of_the_machine(tmp_path):
    found = passed_through({"a": np.array([1, 2], ">i4")}, tmp_path)["a"]
    assert bits(found) == bits(np.array([1, 2], "=i4"))


def test_operands_of_both_twins_come_back_as_arrays(tmp_path):
    state = {
        "tensor": Tensor(np.ones((2, 2), np.float32)).T,
        "parameter": nn.Parameter(np.zeros(3)),
        "array": Array([[1.0, 2.0]]),
        "value": Value(2.5),
    }
    expected = {
        "tensor": np.ones((2, 2), np.float32),
        "parameter": np.zeros(3),
        "array": np.array([[1.0, 2.0]]),
        "value": np.array(2.5),
    }
    assert bits(passed_through(state, tmp_path)) == bits(expected)


def test_scalars_of_numpy_come_back_as_the_numbers_that_they_are(tmp_path):
    state = [np.float64(0.1), np.float32(0.1), np.int64(-3), np.uint64(2**64 - 1), np.bool_(True)]
    expected = [0.1, float(np.float32(0.1)), -3, 2**64 - 1, True]
    found = passed_through({"": state, "text": np.str_("a"), np.int8(3): None}, tmp_path)
    assert bits(found) == bits({"": expected, "text": "a", 3: None})


def test_mappings_and_tuples_of_any_kind_come_back_plain(tmp_path):
    state = {"a": OrderedDict(b=1), "c": MappingProxyType({0: sys.version_info})}
    expected = {"a": {"b": 1}, "c": {0: (*sys.version_info,)}}
    assert bits(passed_through(state, tmp_path)) == bits(expected)


@pytest.mark.parametrize("backend", ["tensor", "scalar"])
def test_a_model_and_its_optimizer_go_on_from_a_file_as_if_nothing_had_been(tmp_path, backend):
    def made():
        with twingrad.backend(backend):
            model = nn.MLP(2, [3], 1)
        return model, optim.AdamW(model.parameters(), lr=0.1)

    def step(model, optimizer):
        optimizer.zero_grad()
        (model(np.eye(2)) ** 2).mean().backward()
        optimizer.step()

    model, optimizer = made()
    step(model, optimizer)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    found = passed_through(state, tmp_path)
    other, other_optimizer = made()
    other.load_state_dict(found["model"])
    other_optimizer.load_state_dict(found["optimizer"])
    step(model, optimizer)
    step(other, other_optimizer)
    for name, numbers in model.state_dict().items():
        np.testing.assert_array_equal(numbers, other.state_dict()[name])


def test_other_programs_read_the_arrays_by_names_that_people_read(tmp_path):
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    optimizer = {"state": {0: {"exp_avg": np.ones(2)}}, "groups": [(np.zeros(1),)]}
    write_state(tmp_path / "a", {"model": model.state_dict(), "optimizer": optimizer})
    assert sorted(safetensors.load_file(tmp_path / "a")) == [
        "model.0.bias",
        "model.0.weight",
        "model.1.bias",
        "model.1.num_batches_tracked",
        "model.1.running_mean",
        "model.1.running_var",
        "model.1.weight",
        "optimizer.groups.0.0",
        "optimizer.state.0.exp_avg",
    ]


def test_the_same_state_makes_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_state(tmp_path / name, {"b": np.ones(2), "a": [np.zeros(1), {1: 2}]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"a": [0, print]}, r"got builtin_function_or_method as state\['a'\]\[1\]: save plain"),
        ({"a": {0: (object(),)}}, r"got object as state\['a'\]\[0\]\[0\]"),
        ({"a": 1j}, r"must be made of None, numbers, .* got complex as state\['a'\]"),
        ({"a": np.complex64(1)}, r"got complex64 as state\['a'\]"),
        ({"a": np.longdouble(1)}, r"got longdouble as state\['a'\]"),
        ({"a": {1, 2}}, r"got set as state\['a'\]"),
        ({"a": bytearray(2)}, r"got bytearray as state\['a'\]"),
        ({"a": (k for k in "ab")}, r"got generator as state\['a'\]"),
        ({"a": nn.Linear(1, 1)}, r"got Linear as state\['a'\]"),
        ({"a": np.ma.masked_array([1.0], [True])}, r"got MaskedArray as state\['a'\]"),
        ({"a": np.datetime64(0, "s")}, r"got datetime64 as state\['a'\]"),
        ({"a": np.array([1j])}, r"real numbers of .* got dtype complex128 as state\['a'\]: conv"),
        ({"a": np.array(["b"])}, r"got dtype <U1 as state\['a'\]"),
        ({"a": np.array([print])}, r"got dtype object as state\['a'\]"),
        ({"a": np.ones(1, np.longdouble)}, r"got dtype float128 as|got dtype longdouble as"),
        ({"a": {None: 1}}, r"keys must be text or whole numbers of 64 bits, got NoneType in state"),
        ({True: 1}, "got bool in state: name the entry with text"),
        ({"a": [{(1, 2): 1}]}, r"got tuple in state\['a'\]\[0\]"),
        ({1.0: 1}, "got float in state"),
        ({2**63: 1}, "keys must be text or whole numbers of 64 bits, got int in state"),
        ([1], "state must be a dictionary, got list: pass what state_dict"),
        (None, "state must be a dictionary, got NoneType"),
    ],
)
def test_what_cannot_be_saved_is_told_with_its_place_and_nothing_is_written(
    tmp_path, state, sentence
):
    with pytest.raises(TypeError, match=f"^write_state: .*(?:{sentence})"):
        write_state(tmp_path / "state", state)
    assert not [*tmp_path.iterdir()]


def nested(levels, wrapped):
    state = {}
    for _ in range(levels - 1):
        state = wrapped(state)
    return {"": state} if levels > 1 else state


@pytest.mark.parametrize(
    "wrapped", [lambda s: {"a": s}, lambda s: [s], lambda s: (s,), lambda s: {0: s}]
)
def test_a_state_may_have_64_levels_and_no_more(tmp_path, wrapped):
    state = nested(63, wrapped)
    assert bits(passed_through(state, tmp_path)) == bits(state)
    with pytest.raises(ValueError, match=r"at most 64 levels, got more in state\[''\]\["):
        write_state(tmp_path / "deeper", nested(65, wrapped))


def test_a_state_that_contains_itself_is_refused(tmp_path):
    state = {"a": []}
    state["a"].append(state)
    with pytest.raises(
        ValueError, match=r"got more in state\['a'\]\[0\]\['a'\]: look whether it c"
    ):
        write_state(tmp_path / "state", state)


def test_too_much_plain_data_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("twingrad.optim.checkpoints.state_files._LONGEST", 1000)
    write_state(tmp_path / "state", {"a": [0] * 100, "b": np.zeros(1000)})
    with pytest.raises(
        ValueError, match=r"at most 1000 bytes of plain data, got 1\d{3}: save long"
    ):
        write_state(tmp_path / "other", {"a": [0] * 600})
    assert not (tmp_path / "other").exists()


def test_a_failure_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "state"
    write_state(path, {"a": 1})
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match=r"write_state: .*state' \(no space left .*: make room") as e:
        write_state(path, {"a": 2})
    assert e.value.errno == errno.ENOSPC
    assert read_state(path) == {"a": 1}
    assert [*tmp_path.iterdir()] == [path]


def test_a_wrong_path_is_told_by_an_error_of_its_kind(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"read_state: path must lead to a file, got .*no'"):
        read_state(tmp_path / "no")
    with pytest.raises(IsADirectoryError, match=r"read_state: .* \(is a directory\): check it"):
        read_state(tmp_path)
    with pytest.raises(IsADirectoryError, match=r"write_state: path must be where a file can be"):
        write_state(tmp_path, {})
    with pytest.raises(FileNotFoundError, match=r"write_state: .*\(no such file or directory\)"):
        write_state(tmp_path / "no" / "file", {})
