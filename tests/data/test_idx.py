"""idx files, in which MNIST is published."""

import gzip
import struct

import numpy as np
import pytest

from twingrad.data import Preparation, load, read_idx

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array, dtype="u1"):
    """An array as an idx file holds it."""
    head = struct.pack(">BBBB", 0, 0, CODES[dtype], array.ndim)
    return head + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(f">{dtype}").tobytes()


def pictures(count=6):
    return np.random.default_rng(0).integers(0, 256, (count, 4, 3))


def folder_of(path, count=6, packed=False):
    ending, pack = (".gz", gzip.compress) if packed else ("", bytes)
    (path / (IMAGES + ending)).write_bytes(pack(idx(pictures(count))))
    (path / (LABELS + ending)).write_bytes(pack(idx(np.arange(count) % 3)))
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("by", ["folder", "file"])
def test_a_pair_is_read_from_its_folder_or_by_its_images(tmp_path, packed, by):
    folder_of(tmp_path, packed=packed)
    path = tmp_path if by == "folder" else tmp_path / (IMAGES + ".gz" * packed)
    data = load(path)
    np.testing.assert_array_equal(data.x, pictures())
    assert (data.x.dtype, data.shape) == (np.float32, (6, 4, 3))
    assert data.y.tolist() == [0, 1, 2, 0, 1, 2]
    assert (data.name, data.target, data.classes) == ("train", "label", (0, 1, 2))


def test_one_may_be_packed_and_the_other_not(tmp_path):
    folder_of(tmp_path)
    (tmp_path / f"{IMAGES}.gz").write_bytes(gzip.compress((tmp_path / IMAGES).read_bytes()))
    (tmp_path / IMAGES).unlink()
    assert len(load(tmp_path)) == 6


def test_of_two_pairs_the_training_pair_is_read(tmp_path):
    folder_of(tmp_path)
    for name, content in [("images-idx3", idx(pictures(3))), ("labels-idx1", idx(np.arange(3)))]:
        (tmp_path / f"t10k-{name}-ubyte").write_bytes(content)
    assert len(load(tmp_path)) == 6
    assert len(load(tmp_path / "t10k-images-idx3-ubyte")) == 3
    (tmp_path / IMAGES).unlink()
    assert load(tmp_path).name == "t10k"


@pytest.mark.parametrize(
    ("dtype", "kept"), [("i1", "f4"), ("i2", "f4"), ("i4", "f8"), ("f4", "f4"), ("f8", "f8")]
)
def test_all_kinds_of_numbers_are_read(tmp_path, dtype, kept):
    array = np.arange(-12, 12).reshape(2, 3, 4)
    (tmp_path / "images").write_bytes(idx(array, dtype))
    (tmp_path / "labels").write_bytes(idx(np.array([7, -7]), "i2"))
    data = read_idx(tmp_path / "images")
    np.testing.assert_array_equal(data.x, array)
    assert (data.x.dtype, data.classes) == (kept, (-7, 7))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: b"", "it begins with the bytes ''"),
        (lambda content: b"\x89PNG" + content, "it begins with the bytes '89 50 4e 47'"),
        (
            lambda content: content[:2] + b"\x07" + content[3:],
            "begins with the bytes '00 00 07 03'",
        ),
        (lambda content: content[:3] + b"\0" + content[4:], "begins with the bytes '00 00 08 00'"),
        (lambda content: content[:9], "it ends within its header"),
        (lambda content: content[:-1], "72 bytes should follow, and 71 do"),
        (lambda content: content + b"\0", "72 bytes should follow, and more do"),
        (lambda content: content[:4] + b"\xff" * 12 + content[16:], "bytes should follow, and 72"),
        (lambda content: content[:3] + b"\xff" + content[4:], "it ends within its header"),
    ],
)
def test_damaged_and_foreign_files_are_refused(tmp_path, change, message):
    path = folder_of(tmp_path) / IMAGES
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(
        ValueError, match=f"^read_idx: path must lead to a whole idx file, .*{message}"
    ):
        load(tmp_path)


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path):
    path = folder_of(tmp_path, packed=True) / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ValueError, match="read_idx: path must lead to a whole gzip file"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (idx(np.arange(5) % 3), "x and y must have equally many rows, got 6 and 5"),
        (
            idx(pictures()),
            r"labels must be whole numbers of shape \(N,\), got uint8 of shape \(6, 4",
        ),
        (idx(np.zeros(6), "f4"), "labels must be whole numbers"),
        (idx(np.zeros(6)), "y must hold at least two classes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, labels, message):
    folder_of(tmp_path)
    (tmp_path / LABELS).write_bytes(labels)
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


def test_a_pair_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"a folder with a pair of idx files, .* got no file of imag"
    ):
        load(tmp_path)
    (tmp_path / "a-images").write_bytes(idx(pictures()))
    with pytest.raises(
        ValueError, match="labels must be beside the images, got no file 'a-labels'"
    ):
        load(tmp_path)
    (tmp_path / "b-images").write_bytes(idx(pictures()))
    with pytest.raises(ValueError, match=r"got 'a-images', 'b-images' in .*: give the path of the"):
        load(tmp_path)
    with pytest.raises(ValueError, match="a file whose name holds 'images', got 'a-labels'"):
        read_idx(tmp_path / "a-labels")


def test_files_that_are_no_idx_files_are_told_of_before_missing_labels(tmp_path):
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="read_idx: path must lead to a whole gzip file"):
        load(path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_pair_that_is_not_read_is_told_of(tmp_path, packed):
    folder_of(tmp_path, packed=packed)
    (tmp_path / (IMAGES + ".gz" * (not packed))).write_bytes(b"the same, packed or not")
    if packed:
        (tmp_path / IMAGES).unlink()
    assert load(tmp_path).notes == ()
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"")
    data = load(tmp_path)
    told = (
        f"beside {IMAGES + '.gz' * packed!r} there is 't10k-images-idx3-ubyte': give its path to "
        "test with it"
    )
    assert data.notes == data[:3].notes == (told,)
    assert told in Preparation.fit(data[:3]).notes
