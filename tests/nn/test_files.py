"""State dicts in files: safetensors, which PyTorch reads and writes too."""

import errno
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy as safetensors

import twingrad
from support.twins import TWINS, numbers
from twingrad import Array, Tensor, Value, nn
from twingrad.engine import files

GOLDEN = Path(__file__).parents[1] / "golden"
TORCH = GOLDEN / "torch_mlp.safetensors"
"""What PyTorch saved of the network below, which it had trained."""


def network(twin="tensor"):
    with twingrad.backend(twin):
        layers = nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)
        return nn.Sequential(*layers).double().eval()


@pytest.mark.parametrize("twin", TWINS)
def test_a_network_that_pytorch_saved_predicts_the_same(twin):
    golden = json.loads((GOLDEN / "torch_mlp.json").read_text())
    model = network(twin)
    assert model.load_state_dict(nn.load_file(TORCH)) == ([], [])
    found = numbers(model(np.array(golden["inputs"])))
    np.testing.assert_allclose(found, golden["predictions"], rtol=1e-10)


def header(content):
    """What a safetensors file says of its entries."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])


@pytest.mark.parametrize("twin", TWINS)
def test_the_file_of_the_same_network_is_that_of_pytorch(twin, tmp_path):
    model = network(twin)
    model.load_state_dict(nn.load_file(TORCH))
    path = tmp_path / "ours.safetensors"
    nn.save_file(model.state_dict(), path)
    own, golden = path.read_bytes(), TORCH.read_bytes()
    assert header(own) == header(golden)
    assert header(own)["1.num_batches_tracked"]["dtype"] == "I64"
    assert own == golden


def entries():
    x = np.arange(6.0).reshape(2, 3)
    return {
        "contiguous": x,
        "columns": np.asfortranarray(x),
        "transposed": x.T,
        "backwards": x[::-1, ::2],
        "high byte first": x.astype(">f8"),
        "part of a tensor": Tensor(x)[:, 1],
        "parameter": nn.Parameter(x.astype(np.float32)),
        "array": Array(x),
        "value": Value(2.5),
        "number": 3,
        "empty": np.zeros((0, 4), np.float32),
        "bools": np.array([True, False]),
        "bytes": np.array([1, 255], np.uint8),
        "\N{GREEK SMALL LETTER ALPHA}": Tensor(np.array(7)),
    }


def test_entries_come_back_with_their_numbers_shapes_and_dtypes(tmp_path):
    nn.save_file(entries(), tmp_path / "entries")
    found = nn.load_file(str(tmp_path / "entries"))
    assert [*found] == sorted(entries())
    for name, entry in entries().items():
        expected = np.asarray(entry.detach() if isinstance(entry, Tensor) else entry)
        if isinstance(entry, Value):
            expected = np.asarray(entry.data)
        assert type(found[name]) is Tensor
        assert found[name].shape == expected.shape
        assert found[name].dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found[name].numpy(), expected)
        found[name].numpy()[...] = 0  # on memory that can be written


def test_entries_that_share_memory_are_each_written_out(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    nn.save_file(model.state_dict(), tmp_path / "tied")
    found = nn.load_file(tmp_path / "tied")
    assert [*found] == ["0.weight", "1.weight"]
    model.load_state_dict(found)


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "model.safetensors"
    nn.save_file({"old": np.ones(2)}, path)
    return path


def check_untouched(path):
    assert [*nn.load_file(path)] == ["old"]
    assert [*path.parent.iterdir()] == [path]


def test_an_existing_file_is_replaced(old):
    nn.save_file({"new": np.ones(1)}, old)
    assert [*nn.load_file(old)] == ["new"]
    assert [*old.parent.iterdir()] == [old]


def test_a_full_disk_leaves_the_old_file_as_it_was(old, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match=r"save_file: path must be where .* \(no space left on") as e:
        nn.save_file({"new": np.ones(100)}, old)
    assert e.value.errno == errno.ENOSPC
    check_untouched(old)


@pytest.mark.parametrize(
    ("entry", "got"),
    [
        ("text", "got 'bad' of dtype <U4"),
        (np.array([1j]), "got 'bad' of dtype complex128"),
        (None, "got 'bad' of dtype object"),
        (np.ones(1, np.longdouble), "at most 64 bits, got 'bad' of dtype"),
    ],
)
def test_what_is_no_numbers_is_refused_before_the_file_is_touched(old, entry, got):
    with pytest.raises(TypeError, match=got):
        nn.save_file({"good": np.ones(1), "bad": entry}, old)
    check_untouched(old)


@pytest.mark.parametrize("name", [3, "__metadata__"])
def test_names_are_text_that_the_format_does_not_keep_for_itself(old, name):
    with pytest.raises(TypeError, match="names must be text other than '__metadata__', got"):
        nn.save_file({name: np.ones(1)}, old)
    check_untouched(old)


def test_a_state_dict_is_a_dictionary(tmp_path):
    with pytest.raises(TypeError, match=r"state_dict must be a dictionary .* got Linear"):
        nn.save_file(nn.Linear(1, 1), tmp_path / "file")
    assert [*tmp_path.iterdir()] == []


def test_a_wrong_path_is_told_in_a_sentence_by_an_error_of_its_kind(tmp_path):
    nowhere = tmp_path / "no" / "file"
    with pytest.raises(FileNotFoundError, match=r"save_file: path must be .*file' \(no such file"):
        nn.save_file({}, nowhere)
    with pytest.raises(FileNotFoundError, match=r"load_file: path must lead to a file, got .*/no/"):
        nn.load_file(nowhere)
    with pytest.raises(IsADirectoryError, match=r"save_file: .*\(is a directory\): choose another"):
        nn.save_file({}, tmp_path)
    with pytest.raises(IsADirectoryError, match=r"load_file: .*\(is a directory\): check it"):
        nn.load_file(tmp_path)
    assert [*tmp_path.iterdir()] == []


def damaged():
    whole = TORCH.read_bytes()
    return {
        "empty": b"",
        "short": whole[:5],
        "cut off": whole[:-1],
        "longer": whole + b"\0",
        "header cut off": whole[:100],
        "long header": struct.pack("<Q", 1 << 60) + whole[8:],
        "no JSON": whole[:8] + b"x" + whole[9:],
        "pickle": b"\x80\x04K\x01." * 20,
    }


@pytest.mark.parametrize("damage", damaged())
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "damaged"
    path.write_bytes(damaged()[damage])
    with pytest.raises(ValueError, match="load_file: path must lead to a whole safetensors file"):
        nn.load_file(path)


def test_dtypes_that_tensors_do_not_have_are_refused(tmp_path):
    path = tmp_path / "half"
    safetensors.save_file({"a": np.ones(2, np.float32), "b": np.ones(2, np.float16)}, path)
    with pytest.raises(TypeError, match=r"dtypes that tensors have, got float16 in .*float\(\)"):
        nn.load_file(path)
    brain = path.read_bytes().replace(b'"F16" ', b'"BF16"').replace(b'"F16"', b'"BF16"')
    text = brain[8 : brain.index(b"}}") + 2]
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(12))
    with pytest.raises(TypeError, match="dtypes that tensors have, got BF16"):
        nn.load_file(path)
