"""NumPy's files: .npz with several arrays, .npy in a memory map."""

import tracemalloc

import numpy as np
import pytest

from twingrad.data import load, read_npy, read_npz

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 2] * 2)


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        (("x", "y"), {}, ("x", "y")),
        (("X", "y"), {}, ("X", "y")),
        (("X", "Y"), {}, ("X", "Y")),
        (("x_train", "y_train", "x_test", "y_test"), {}, ("x_train", "y_train")),
        (("x_train", "y_train", "x_test", "y_test"), {"y": "y_test"}, ("x_test", "y_test")),
        (("y_train", "x_train", "extra"), {}, ("x_train", "y_train")),
        (("images", "labels"), {"y": "labels"}, ("images", "labels")),
        (("a", "b", "c"), {"x": "c", "y": "a"}, ("c", "a")),
    ],
)
def test_arrays_are_found_by_their_names(tmp_path, names, options, expected):
    path = tmp_path / "data.npz"
    arrays = {name: (X if name in expected[:1] else Y) + 0.5 * k for k, name in enumerate(names)}
    np.savez_compressed(path, **arrays)
    data = read_npz(path, **options)
    np.testing.assert_array_equal(data.x, arrays[expected[0]])
    assert (data.target, data.name) == (expected[1], "data")


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        ([3, 1, 3, 1, 1, 3], (1, 3), [1, 0, 1, 0, 0, 1]),
        (["b", "a"] * 3, ("a", "b"), [1, 0] * 3),
        ([True, False] * 3, (False, True), [1, 0] * 3),
        ([0.0, 1.0] * 3, None, [0.0, 1.0] * 3),
    ],
)
def test_answers_other_than_floats_are_classes(tmp_path, y, classes, codes):
    np.savez(tmp_path / "d.npz", x=X, y=np.array(y))
    data = load(tmp_path / "d.npz")
    assert data.classes == classes
    assert data.y.tolist() == codes


def test_arrays_that_are_not_there_are_refused(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, images=X, labels=Y, more=Y)
    for options, message in [
        ({"y": "label"}, r"there is no array 'label' in .*: did you mean 'labels'\?"),
        ({"x": "zzz"}, "there is no array 'zzz' in .*: the arrays are 'images', 'labels', 'more'"),
        ({}, "x and y must be arrays in .*: say which, .* or name the answers with target$"),
        ({}, "x and y must be arrays in .*, got 'images', 'labels', 'more': say which"),
        ({"y": "labels"}, r"x and y must be arrays in .*: say which, read_npz\(path, .*=...\)$"),
    ]:
        with pytest.raises(ValueError, match=f"^read_npz: {message}"):
            read_npz(path, **options)


def test_python_objects_are_refused(tmp_path):
    np.savez(tmp_path / "d.npz", x=X, y=np.array([None, "a"] * 3))
    with pytest.raises(TypeError, match="read_npz: arrays must be numbers or text, got Python obj"):
        read_npz(tmp_path / "d.npz")
    np.save(tmp_path / "x.npy", np.array([None, "a"]))
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(TypeError, match="read_npy: arrays must be numbers or text, got Python obj"):
        read_npy(tmp_path / "x.npy")


@pytest.fixture
def files(tmp_path):
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    return tmp_path


@pytest.mark.parametrize(("name", "read"), [("d.npz", read_npz), ("x.npy", read_npy)])
def test_damaged_files_are_refused_or_hold_what_a_data_set_can(files, name, read):
    content = (files / name).read_bytes()
    generator = np.random.default_rng(0)
    cuts = [content[:cut] for cut in range(0, len(content), 7)]
    changed = []
    for _ in range(300):
        other = bytearray(content)
        other[generator.integers(len(content))] = generator.integers(256)
        changed.append(bytes(other))
    refused = read_well = 0
    for damaged in [*cuts, *changed]:
        (files / name).write_bytes(damaged)
        try:
            read(files / name)
        except (ValueError, TypeError) as error:
            refused += "\n" not in str(error)
        else:
            read_well += 1
    assert refused + read_well == len(cuts) + len(changed)
    assert refused >= len(cuts)


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="read_npz: path must lead to a file"):
        load(tmp_path / "d.npz")
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(FileNotFoundError, match="read_npy: path must lead to a file"):
        load(tmp_path / "x.npy")
    with pytest.raises(FileNotFoundError, match="read_npy: path must lead to a file"):
        load(tmp_path / "a.npy", target=tmp_path / "b.npy")
    np.save(tmp_path / "max.npy", X)
    with pytest.raises(ValueError, match=r"none beside '.*max.npy': call it 'may.npy', or write"):
        load(tmp_path / "max.npy")


@pytest.mark.parametrize(
    ("inputs", "answers"), [("x", "y"), ("X", "Y"), ("X", "y"), ("train_x", "train_y")]
)
def test_answers_lie_beside_the_inputs(tmp_path, inputs, answers):
    np.save(tmp_path / f"{inputs}.npy", X)
    np.save(tmp_path / f"{answers}.npy", Y)
    data = load(tmp_path / f"{inputs}.npy")
    assert isinstance(data.x, np.memmap)
    assert (data.name, data.target, data.classes) == (inputs, answers, (0, 1, 2))
    named = load(tmp_path / f"{inputs}.npy", target=tmp_path / f"{answers}.npy")
    np.testing.assert_array_equal(named.y, data.y)


@pytest.mark.parametrize(
    ("dtype", "kept"), [("u1", "f4"), ("i2", "f4"), ("i4", "f8"), ("f2", "f4")]
)
def test_numbers_other_than_floats_are_read_as_a_whole(tmp_path, dtype, kept):
    np.save(tmp_path / "x.npy", X.astype(dtype))
    np.save(tmp_path / "y.npy", Y)
    data = load(tmp_path / "x.npy")
    assert data.x.dtype == kept
    np.testing.assert_array_equal(data.x, X)


def test_a_file_larger_than_what_is_read_of_it(tmp_path):
    shape = (40_000, 250)
    x = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype=np.float32, shape=shape)
    x[:, 0] = np.arange(len(x))
    x.flush()
    del x
    np.save(tmp_path / "y.npy", np.arange(shape[0]) % 2)
    tracemalloc.start()
    try:
        data = load(tmp_path / "x.npy")
        batch = data[np.arange(0, 40_000, 400)]
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert used < data.x.nbytes / 10
    assert batch.x[:, 0].tolist() == [*range(0, 40_000, 400)]
