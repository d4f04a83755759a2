"""Whatever CSV file there is: training on it works, or says one clear sentence."""

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.csv_files import files, is_sentence
from support.running import run
from twingrad import data, workflow

tasks = st.sampled_from(["auto", "regression", "classification"])
shares = st.sampled_from([0, 0.1, 0.3, 1])


def last_column(path):
    """The name of the last column, if the file is a table."""
    try:
        return data.read_csv(path).names[-1]
    except (ValueError, TypeError):
        return None


def refusal_of(folder, content, **options):
    """The error of a training on a file; None if there was none."""
    path, out = folder / "any.csv", folder / "run"
    path.write_bytes(content)
    shutil.rmtree(out, ignore_errors=True)
    try:
        run(path, out, target=last_column(path), hidden=[2], **options)
    except (ValueError, TypeError) as error:
        return error
    return None


def check(folder, refusal):
    """There is a report, or a sentence and nothing else."""
    if refusal is None:
        assert (folder / "run" / "report.html").exists()
        assert "is finished" in workflow.summary(folder / "run")
    else:
        assert is_sentence(refusal), repr(refusal)
        assert not (folder / "run").exists()


@pytest.mark.usefixtures("undrawn")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), tasks, shares, shares)
def test_any_file_is_trained_on_or_refused(tmp_path_factory, content, task, validation, test):
    folder = tmp_path_factory.getbasetemp()
    options = {"task": task, "validation": validation, "test": test, "epochs": 2}
    check(folder, refusal_of(folder, content, **options))


@settings(max_examples=8)
@given(files())
def test_any_file_that_is_trained_on_is_reported(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    check(folder, refusal_of(folder, content, epochs=1))
