"""The options of a run: what they must be, and as a file of TOML."""

import dataclasses
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.nn.activations import ACTIVATIONS
from twingrad.nn.losses.names import LOSSES
from twingrad.optim.names import OPTIMIZERS
from twingrad.optim.training.scheduling import SCHEDULES
from twingrad.workflow import Config, read_options
from twingrad.workflow.augmenting import AUGMENTATIONS
from twingrad.workflow.choices import RATES
from twingrad.workflow.option_checks import CHECKS, CONSTANT
from twingrad.workflow.tasks import LOSS_NAMES

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
parts = st.floats(0, 1, exclude_max=True) | st.integers(0, 10**6)
from_zero = st.floats(0, 1e300)

OPTIONS = {
    "data": text,
    "target": st.none() | text,
    "task": st.sampled_from(["auto", "classification", "binary", "multiclass", "regression"]),
    "ignore": st.lists(text, max_size=3),
    "hidden": st.lists(st.integers(1, 4096), max_size=4),
    "activation": st.sampled_from(sorted(ACTIVATIONS)),
    "norm": st.sampled_from([None, "batch", "layer", "rms"]),
    "dropout": st.floats(0, 1, exclude_max=True),
    "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
    "lr": st.sampled_from([None, "auto"]) | st.floats(0, 1e9, exclude_min=True),
    "schedule": st.sampled_from([CONSTANT, *SCHEDULES]),
    "l1": from_zero,
    "l2": from_zero,
    "weight_decay": st.none() | from_zero,
    "loss": st.sampled_from(["auto", *LOSS_NAMES]),
    "epochs": st.integers(1, 10**9),
    "batch_size": st.none() | st.integers(1, 10**9),
    "validation": parts,
    "test": parts,
    "patience": st.integers(0, 10**9),
    "clip": st.none() | st.floats(0, 1e300, exclude_min=True),
    "augment": st.lists(st.sampled_from(["flip", "noise=0.5", "mixup", "shift=2"]), max_size=3),
    "class_weight": st.sampled_from([None, "balanced"]),
    "seed": st.integers(0, 2**63 - 1),
    "backend": st.sampled_from(["tensor", "scalar"]),
    "compile": st.booleans(),
}


without_data = {name: each for name, each in OPTIONS.items() if name != "data"}


def test_every_option_is_checked_and_drawn_here():
    names = [each.name for each in dataclasses.fields(Config)]
    assert names == [*CHECKS] == [*OPTIONS]


def test_names_are_those_of_the_rooms_below():
    assert set(LOSS_NAMES) <= set(LOSSES)
    assert set(RATES) == set(OPTIMIZERS)


@given(st.fixed_dictionaries({"data": text}, optional=without_data))
def test_options_outlast_a_file(tmp_path_factory, options):
    config = Config(**options)
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_text(config.to_toml(), encoding="utf-8", newline="")
    again = Config(**read_options(path))
    assert again == config
    assert [type(each) for each in again.options().values()] == [
        type(each) for each in config.options().values()
    ]


def test_defaults_are_written_too_so_that_later_ones_change_nothing():
    written = tomllib.loads(Config(data="iris").to_toml())
    expected = {k: v for k, v in Config(data="iris").options().items() if v is not None}
    assert {k: tuple(v) if isinstance(v, list) else v for k, v in written.items()} == expected


REFUSED = [
    ("data", "", ValueError),
    ("data", "a\0b", ValueError),
    ("data", "lone \ud800", ValueError),
    ("data", 3, TypeError),
    ("target", 3, TypeError),
    ("task", "clasification", ValueError),
    ("ignore", "id", TypeError),
    ("ignore", [1], TypeError),
    ("hidden", "64,32", TypeError),
    ("hidden", [64, 0], ValueError),
    ("hidden", [64, 1.5], TypeError),
    ("hidden", True, TypeError),
    ("activation", "rellu", ValueError),
    ("norm", "bach", ValueError),
    ("dropout", 1, ValueError),
    ("dropout", float("nan"), ValueError),
    ("optimizer", "adamm", ValueError),
    ("optimizer", 1, TypeError),
    ("lr", 0, ValueError),
    ("lr", float("inf"), ValueError),
    ("lr", "fast", TypeError),
    ("schedule", "one-cycle", ValueError),
    ("l1", -1, ValueError),
    ("l2", "much", TypeError),
    ("weight_decay", -0.1, ValueError),
    ("loss", "bce", ValueError),
    ("epochs", 0, ValueError),
    ("epochs", 1.5, TypeError),
    ("batch_size", 0, ValueError),
    ("validation", 1.0, ValueError),
    ("validation", -1, ValueError),
    ("test", -0.1, ValueError),
    ("test", "some", TypeError),
    ("patience", -1, ValueError),
    ("clip", 0, ValueError),
    ("augment", ["blur"], ValueError),
    ("augment", ["noise=x"], ValueError),
    ("augment", ["noise=-1"], ValueError),
    ("augment", ["shift=0.5"], TypeError),
    ("class_weight", "equal", ValueError),
    ("seed", -1, ValueError),
    ("seed", 2**63, ValueError),
    ("seed", True, TypeError),
    ("backend", "gpu", ValueError),
    ("compile", "no", TypeError),
    ("compile", 0, TypeError),
]


@pytest.mark.parametrize(("name", "given_", "kind"), REFUSED)
def test_what_an_option_cannot_be_is_refused_by_its_name(name, given_, kind):
    with pytest.raises(kind, match=rf"^{name} must [^\n]*: ") as caught:
        Config(**{"data": "iris", name: given_})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ({"activation": "rellu"}, "did you mean 'relu'"),
        ({"optimizer": "adamm"}, "did you mean 'adam"),
        ({"loss": "bce"}, "bce_with_logits"),
        ({"augment": ["nois"]}, "did you mean 'noise'"),
    ],
)
def test_what_may_have_been_meant_is_asked(given_, meant):
    with pytest.raises(ValueError, match=meant):
        Config(data="iris", **given_)


def test_numbers_and_lists_are_kept_in_one_form():
    config = Config(data="iris", hidden=[8], ignore=["id"], dropout=0, lr=1)
    assert config.hidden == (8,)
    assert config.ignore == ("id",)
    assert [type(config.dropout), type(config.lr)] == [float, float]
    assert Config(data="iris", hidden=8).hidden == (8,)
    assert Config(data="iris", hidden=[]).hidden == ()


def test_configs_tell_in_what_they_differ():
    config = Config(data="iris")
    assert config.differing(Config(data="wine", epochs=3)) == ["data", "epochs"]
    assert config.differing(Config(data="iris")) == []


def written(path, text):
    path.write_text(text)
    return path


def test_a_file_may_hold_some_of_the_options(tmp_path):
    path = written(tmp_path / "few.toml", "hidden = [16]\nlr = 'auto'\n# a remark\n")
    assert read_options(path) == {"hidden": (16,), "lr": "auto"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch = 3", "there is no option 'epoch': did you mean 'epochs'"),
        ("[train]\nepochs = 3", "there is no option 'train'"),
        ("epochs = 0", "epochs must be at least 1, got 0"),
        ("epochs = '3'", "epochs must be a whole number"),
        ("lr = 1979-05-27", "lr must be"),
        ("epochs = ", "it must be a file of TOML"),
        ("epochs = 1\nepochs = 2", "it must be a file of TOML"),
        ("a = " + "[" * 3000, "it must be a file of TOML"),
        ("target = '\ufffe\\x'", None),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_option(tmp_path, content, message):
    path = written(tmp_path / "my.toml", content)
    if message is None:
        assert "target" in read_options(path)
        return
    with pytest.raises((ValueError, TypeError), match=f"my.toml': {message}") as caught:
        read_options(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(ValueError, match="it must be a file of TOML"):
        read_options(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.toml"):
        read_options(tmp_path / "no.toml")


def test_every_augmentation_has_a_strength_that_can_be_used():
    for name in AUGMENTATIONS:
        assert Config(data="iris", augment=[name]).augment == (name,)


def test_a_file_may_write_options_as_the_command_line_does(tmp_path):
    path = tmp_path / "options.toml"
    path.write_text("batch-size = 16\nbatch_norm = true\nweight-decay = 0.1\n")
    assert read_options(path) == {"batch_size": 16, "norm": "batch", "weight_decay": 0.1}
    path.write_text("batch-norm = false\n")
    assert read_options(path) == {}
    path.write_text('batch-norm = true\nnorm = "layer"\n')
    with pytest.raises(ValueError, match="norm is said twice: leave out one of the lines"):
        read_options(path)
    path.write_text("no-compile = true\n")
    assert read_options(path) == {"compile": False}
