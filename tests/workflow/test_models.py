"""Networks of runs: built, saved, and loaded with care."""

import numpy as np
import pytest

from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data.records import Record
from twingrad.nn.backend import numbers_of
from twingrad.tensor.random.generator import get_rng_state
from twingrad.workflow import Config
from twingrad.workflow.models import Architecture, digest_of_file, load_model

SMALL = Architecture((3,), (5, 4), 2, "tanh", "batch", 0.5)


def saved(architecture, path, backend="tensor", seed=3):
    model = architecture.build(backend, seed)
    nn.save_file(model.state_dict(), path)
    return model.eval()


def test_options_become_a_network():
    config = Config(data="iris", hidden=[8], activation="gelu", norm="layer", dropout=0.1)
    model = Architecture.of(config, (4,), 3).build()
    names = [type(each).__name__ for each in model]
    assert names == ["Linear", "LayerNorm", "GELU", "Dropout", "Linear"]
    assert [model[0].in_features, model[-1].out_features] == [4, 3]


def test_pictures_are_flattened_first():
    model = Architecture((2, 3), (), 2, "relu", None, 0.0).build()
    assert [type(each).__name__ for each in model] == ["Flatten", "Linear"]
    assert optim.predict(model, np.ones((5, 2, 3))).shape == (5, 2)


def test_weights_follow_from_the_seed_and_nothing_else_does():
    before = get_rng_state()
    first, again, other = (SMALL.build("tensor", seed) for seed in (0, 0, 1))
    assert get_rng_state() == before
    assert (first[0].weight == again[0].weight).all()
    assert (first[0].weight != other[0].weight).any()


@pytest.mark.parametrize("trained_on", TWINS)
@pytest.mark.parametrize("used_on", TWINS)
def test_a_network_of_either_twin_can_be_loaded_and_used_on_either(tmp_path, trained_on, used_on):
    model = saved(SMALL, tmp_path / "model", trained_on)
    path = tmp_path / "model"
    loaded = load_model(SMALL, path, digest_of_file(path)).to(used_on)
    x = np.random.default_rng(0).normal(size=(6, 3))
    assert not loaded.training
    assert loaded.backend == used_on
    np.testing.assert_allclose(optim.predict(loaded, x), optim.predict(model, x), rtol=1e-5)
    if trained_on == "scalar":
        assert numbers_of(loaded[0].weight).dtype == np.float64
        np.testing.assert_array_equal(numbers_of(loaded[0].weight), numbers_of(model[0].weight))


def test_an_architecture_outlasts_a_file():
    assert Architecture.from_record(Record(SMALL.to_dict(), "it")) == SMALL
    linear = Architecture((2, 3), (), 1, "relu", None, 0.0)
    assert Architecture.from_record(Record(linear.to_dict(), "it")) == linear


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [0]},
        {"shape": "3"},
        {"widths": []},
        {"widths": [5, -1]},
        {"widths": [5.0]},
        {"activation": "os.system"},
        {"norm": "none"},
        {"dropout": 1},
        {"dropout": None},
    ],
)
def test_a_damaged_architecture_is_refused(change):
    with pytest.raises(ValueError, match=r"it: data\['"):
        Architecture.from_record(Record(SMALL.to_dict() | change, "it"))


@pytest.mark.parametrize(
    "other",
    [
        Architecture((3,), (5, 5), 2, "tanh", "batch", 0.5),
        Architecture((3,), (5, 4), 2, "tanh", None, 0.5),
        Architecture((3,), (5, 4, 4), 2, "tanh", "batch", 0.5),
        Architecture((10**6,), (10**6,), 2, "tanh", None, 0.0),
        Architecture((1,), (1,), 1, "tanh", None, 0.0),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, other):
    path = tmp_path / "model.safetensors"
    saved(SMALL, path)
    with pytest.raises(ValueError, match=r"model\.safetensors' must hold the weights") as caught:
        load_model(other, path, digest_of_file(path))
    assert str(caught.value).endswith("restore the file, or train again in a new folder")


def test_a_single_changed_byte_of_the_weights_is_noticed(tmp_path):
    path = tmp_path / "a run" / "model.safetensors"
    path.parent.mkdir()
    saved(SMALL, path)
    digest, content = digest_of_file(path), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="must be as training wrote it") as caught:
        load_model(SMALL, path, digest)
    assert str(caught.value).endswith(f"with twingrad train --resume '{path.parent}'")


def test_the_sentence_of_a_network_tells_all_of_it():
    assert SMALL.sentence == "network: 3 - 5 - 4 - 2, tanh, batch norm, dropout 0.5"
    assert Architecture((3,), (), 2, "relu", None, 0).sentence == "network: 3 - 2, relu"
