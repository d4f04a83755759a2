"""What is chosen by the number of rows, where nobody says otherwise."""

import pytest

from twingrad.workflow import Config
from twingrad.workflow.choices import batch_size_of, epochs_of, lower_rate, sentences_of, settled


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


def test_a_batch_may_have_all_rows():
    assert batch_size_of(Config(data="moons", batch_size="all", norm="batch"), 161) == 161


def test_what_is_chosen_is_chosen_once():
    config = settled(Config(data="moons", norm="batch", optimizer="sgd"), 65)
    assert (config.lr, config.epochs, config.batch_size, config.weight_decay) == (0.1, 100, 33, 0)
    assert settled(config, 65) == config
    given = Config(data="moons", lr="auto", epochs=3, batch_size="all", weight_decay=0.5)
    assert settled(given, 65) == given
    assert settled(Config(data="moons", optimizer="lbfgs"), 65).weight_decay is None


def test_the_sentence_of_training_tells_what_is_added_to_the_loss():
    config = Config(data="moons", l1=0.25, l2=0.5, weight_decay=2, schedule="constant", lr=0.125)
    assert [*sentences_of(config, 100, validated=True)] == [
        "training: adamw with a rate of 0.125, weight decay 2, L1 0.25, L2 0.5, in batches of 32 "
        "rows, for 100 epochs at most"
    ]


def test_options_that_need_a_validation_part_are_told_of_where_there_is_none():
    config = Config(data="moons", schedule="plateau", validation=0, patience=3)
    training, patience, plateau = sentences_of(config, 100, validated=False)
    assert training.endswith("for 100 epochs")
    assert "whatever the patience" in patience
    assert "plateau follows the loss of the training rows" in plateau


@pytest.mark.parametrize(("rate", "lower"), [(1e8, 0.1), (1.0, 0.1), (0.5, 0.05), (0.01, 0.001)])
def test_a_lower_rate_is_at_most_the_usual_one(rate, lower):
    assert lower_rate(Config(data="moons", optimizer="sgd"), rate) == pytest.approx(lower)


def test_with_batch_normalization_no_batch_has_a_single_row():
    config = Config(data="moons", norm="batch", batch_size=32)
    assert batch_size_of(config, 65) == 33
