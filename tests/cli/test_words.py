"""Options as a person writes them, as a configuration has them."""

import pytest

from twingrad.cli.words import understood


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hidden", "64,32", (64, 32)),
        ("hidden", "64, 32", (64, 32)),
        ("hidden", "16", (16,)),
        ("hidden", "none", ()),
        ("hidden", "", ()),
        ("ignore", "id,name", ("id", "name")),
        ("ignore", 'id,"last, first"', ("id", "last, first")),
        ("augment", "noise=0.1, flip", ("noise=0.1", "flip")),
        ("lr", "1e-3", 0.001),
        ("lr", "auto", "auto"),
        ("clip", "1", 1.0),
        ("clip", "none", None),
        ("norm", "none", None),
        ("norm", "layer", "layer"),
        ("class_weight", "balanced", "balanced"),
        ("validation", "0.25", 0.25),
        ("validation", "0", 0),
        ("test", "500", 500),
        ("test", "-3", -3),
        ("epochs", "20", 20),
        ("batch_size", "1_000", 1000),
        ("weight_decay", "1e-4", 1e-4),
        ("activation", "none", "none"),
    ],
)
def test_what_is_written_is_understood(name, text, value):
    found = understood(name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("hidden", "64;32", "--hidden must be whole numbers with commas between them, got '64;32'"),
        ("hidden", "64,", "--hidden must be whole numbers"),
        ("hidden", "6.5", "write for example --hidden 64,32, or --hidden none"),
        ("lr", "fast", "--lr must be a number, got 'fast': write for example --lr 0.01"),
        ("clip", "", "--clip must be a number, got ''"),
        ("test", "10%", "--test must be a number, got '10%'"),
        ("ignore", "a\nb", "--ignore must be names with commas between them, got 'a\\nb'"),
        ("l1", "a", "--l1 must be a number, got 'a'"),
        ("epochs", "2.5", "--epochs must be a whole number, got '2.5'"),
        ("batch_size", "x", "--batch-size must be a whole number, got 'x'"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_an_example(name, text, sentence):
    with pytest.raises(ValueError, match="must be") as caught:
        understood(name, text)
    assert sentence in str(caught.value)
