"""What is chosen by the number of rows, where nobody says otherwise."""

import pytest

from twingrad.workflow import Config
from twingrad.workflow.choices import batch_size_of, epochs_of


@pytest.mark.parametrize(
    ("rows", "batch", "epochs"),
    [
        (1, 1, 100),
        (20, 20, 100),
        (1437, 32, 100),
        (10_000, 32, 100),
        (19_199, 32, 52),
        (19_200, 64, 52),
        (48_000, 128, 21),
        (1_000_000, 1024, 20),
    ],
)
def test_many_rows_have_larger_batches_and_fewer_epochs(rows, batch, epochs):
    config = Config(data="moons")
    assert (batch_size_of(config, rows), epochs_of(config, rows)) == (batch, epochs)


def test_what_is_given_is_taken():
    config = Config(data="moons", batch_size=7, epochs=3)
    assert (batch_size_of(config, 10**6), epochs_of(config, 10**6)) == (7, 3)


def test_with_batch_normalization_no_batch_has_a_single_row():
    config = Config(data="moons", norm="batch", batch_size=32)
    assert batch_size_of(config, 65) == 33
