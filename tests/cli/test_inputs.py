"""Shapes and values of arguments as they are typed."""

import re

import numpy as np
import pytest

from twingrad.cli.inputs import reshaped, shapes, values


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("x=3,4", (3, 4)),
        ("x=3", (3,)),
        ("x=3,", (3,)),
        ("x=", ()),
        ("x=0,4", (0, 4)),
        ("x = 3 , 4", (3, 4)),
    ],
)
def test_shapes_are_sizes_with_commas_between_them(word, shape):
    assert shapes([word]) == {"x": shape}


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("3,4", "--shape must begin with the name of an argument, got '3,4': write for example "),
        ("=3", "--shape must begin with the name of an argument, got '=3'"),
        (
            "x=3x4",
            "--shape x must be sizes with commas between them, got '3x4': write for example ",
        ),
        ("x=-1", "--shape x must be sizes"),
        ("x=3,,4", "--shape x must be sizes"),
        ("x=,", "--shape x must be sizes"),
        ("x=1.5", "--shape x must be sizes"),
        ("x=٣", "--shape x must be sizes"),
        ("x=99999999999999999999", "--shape x must be sizes"),
    ],
)
def test_what_is_no_shape_is_refused(word, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        shapes([word])


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match=r"--shape must be given once for each .*, got 'x' twice"):
        shapes(["x=3", "x=4"])


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("y=1", 1),
        ("y=-1", -1),
        ("y=sum", "sum"),
        ("y=True", True),
        ("y=None", None),
    ],
)
def test_whole_numbers_and_words_are_as_python_has_them(word, value):
    (found,) = values([word]).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("y=0.5", 0.5),
        ("y=1e-3", 1e-3),
        ("y=pi/2", np.pi / 2),
        ("y=-inf", -np.inf),
        ("y=inf", np.inf),
        ("y=1.0", 1.0),
    ],
)
def test_other_numbers_are_floats(word, value):
    (found,) = values([word]).values()
    assert found == value
    assert type(found) is float


@pytest.mark.parametrize(("word", "numbers"), [("y=0.5,-1", [0.5, -1.0]), ("y=1.0,", [1.0])])
def test_numbers_with_commas_are_an_array(word, numbers):
    (found,) = values([word]).values()
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize("word", ["y=0,2,1", "y=5,"])
def test_whole_numbers_with_commas_are_an_array_of_them(word):
    (found,) = values([word]).values()
    assert found.dtype == np.int64
    assert found.ndim == 1


@pytest.mark.parametrize(
    "word", ["y=1,two", "y=1;2", "y=__import__('os')", "y=1,,2", "y=[1]", "y=", "y=,"]
)
def test_what_is_no_value_is_refused(word):
    with pytest.raises(ValueError, match="--values y "):
        values([word])


def test_values_fill_a_shape():
    np.testing.assert_array_equal(reshaped("y", np.arange(6), (2, 3)), [[0, 1, 2], [3, 4, 5]])
    assert reshaped("y", 3, ()).shape == ()


@pytest.mark.parametrize("given", [np.arange(5), "sum", None, True])
def test_values_that_do_not_fill_a_shape_are_refused(given):
    with pytest.raises(ValueError, match=r"--values y must fill the shape \(2, 3\) of --shape"):
        reshaped("y", given, (2, 3))
