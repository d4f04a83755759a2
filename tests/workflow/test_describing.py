"""The summary of a run, and files of a run that are damaged."""

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.running import run, without_reports
from twingrad import workflow


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """The folder of a run on iris."""
    folder = tmp_path_factory.mktemp("runs") / "iris"
    with without_reports():
        run("iris", folder, command="twingrad train iris --epochs 3", seed=5)
    return folder


@pytest.fixture
def copied(iris, tmp_path):
    return shutil.copytree(iris, tmp_path / "copy")


def test_a_summary_tells_data_network_course_and_figures(iris):
    text = workflow.summary(iris)
    for part in [
        "iris' is finished",
        "target 'species': 3 classes, 'setosa', 'versicolor', 'virginica'",
        "loss: cross-entropy, on 3 outputs of the network",
        "Linear",
        "51 parameters, all trainable",
        "training: 3 of 3 epochs",
        "lowest validation loss: ",
        "command: twingrad train iris --epochs 3",
        "seed: 5",
    ]:
        assert part in text, part
    (heads,) = [line.split() for line in text.splitlines() if line.split()[:1] == ["train"]]
    assert heads == ["train", "validation", "test"]
    accuracy = json.loads((iris / "metrics.json").read_text())["test"]["accuracy"]
    (line,) = [line for line in text.splitlines() if line.startswith("accuracy")]
    assert line.split()[-1] == f"{accuracy:.1%}"


def test_a_run_that_has_just_begun_has_no_figures_yet(copied):
    for name in ("metrics.json", "history.jsonl", "model.safetensors"):
        (copied / name).unlink()
    path = copied / "run.json"
    path.write_text(path.read_text().replace('"finished"', '"begun"'))
    text = workflow.summary(copied)
    assert f"is not finished: go on with twingrad train --resume {copied}" in text
    assert "accuracy" not in text


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="there must be a run in the folder"):
        workflow.summary(tmp_path)


@pytest.mark.parametrize("name", ["metrics.json", "history.jsonl", "run.json", "config.toml"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b"null", b"{}", b'{"epoch": "1"}']
)
def test_damaged_files_are_refused_by_name(copied, name, content):
    (copied / name).write_bytes(content)
    if (name, content) == ("history.jsonl", b""):
        assert "0 of 3 epochs" in workflow.summary(copied)
        return
    with pytest.raises(ValueError, match=name.replace(".", r"\.")) as caught:
        workflow.summary(copied)
    assert "\n" not in str(caught.value)


scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def places(tree, path=()):
    """The paths of everything in nested data."""
    yield path
    if isinstance(tree, dict | list):
        for key in [*tree] if isinstance(tree, dict) else range(len(tree)):
            yield from places(tree[key], (*path, key))


def mutated(tree, path, scrap):
    """The tree with something else in a place."""
    if not path:
        return scrap
    copy = tree.copy()
    copy[path[0]] = mutated(tree[path[0]], path[1:], scrap)
    return copy


def works_or_says_a_sentence(folder):
    """Whether a run can be used; if not, that it says why on one line."""
    refusal = None
    try:
        assert len(workflow.predict(folder, "iris")) == 150
    except (ValueError, TypeError, FileNotFoundError, UserWarning) as error:  # also warnings
        refusal = str(error)
    if refusal is not None:
        assert "\n" not in refusal
        assert ": " in refusal


@settings(max_examples=200)
@given(drawn=st.data())
def test_a_run_whose_record_is_mutated_works_or_is_refused(iris, tmp_path_factory, drawn):
    tree = json.loads((iris / "run.json").read_text())
    path = drawn.draw(st.sampled_from([*places(tree)]))
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    for name in ("config.toml", "model.safetensors"):
        shutil.copy(iris / name, folder)
    (folder / "run.json").write_text(json.dumps(mutated(tree, path, drawn.draw(scraps))))
    works_or_says_a_sentence(folder)


@settings(max_examples=100)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_weights_that_are_mutated_work_or_are_refused(iris, tmp_path_factory, place, byte, cut):
    content = bytearray((iris / "model.safetensors").read_bytes())
    at = int(place * len(content))
    if cut:
        del content[at:]
    else:
        content[at] = byte
    folder = tmp_path_factory.getbasetemp() / "mutated weights"
    folder.mkdir(exist_ok=True)
    for name in ("config.toml", "run.json"):
        shutil.copy(iris / name, folder)
    (folder / "model.safetensors").write_bytes(content)
    works_or_says_a_sentence(folder)
