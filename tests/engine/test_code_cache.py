"""Compiled code on disk: what it depends on, and what it takes."""

import sys

import numba
import numpy as np
import pytest

from twingrad.engine.code_cache import compiled

SOURCE = "from module_of_code import number\n\ndef kernel(x):\n    x[0] = number + {}\n"
SIGNATURE = "void(float64[::1])"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that generated code imports from, and a cache folder of one's own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "module_of_code.py"

    def write(number):
        path.write_text(f"number = {number}")
        sys.modules.pop("module_of_code", None)
        return path

    yield write
    sys.modules.pop("module_of_code", None)


def result_of(kernel):
    x = np.zeros(1)
    kernel(x)
    return x[0], sum(kernel.stats.cache_hits.values())


def test_what_a_function_depends_on_makes_it_new_when_it_changes(module, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = module(10)
    source = SOURCE.format(1)
    assert result_of(compiled(source, SIGNATURE, [path])) == (11, 0)
    assert result_of(compiled(source, SIGNATURE, [path])) == (11, 1)
    module(20)
    assert result_of(compiled(source, SIGNATURE, [path])) == (21, 0)
    module(10)
    assert result_of(compiled(source, SIGNATURE, [path])) == (11, 1)


def test_what_depends_on_a_file_that_is_gone_is_compiled_all_the_same(module):
    path = module(10)
    source = SOURCE.format(2)
    assert result_of(compiled(source, SIGNATURE, [path.with_name("gone.py")])) == (12, 0)
    assert result_of(compiled(source, SIGNATURE, [path.with_name("gone.py")])) == (12, 0)


def test_arguments_of_other_types_are_converted_and_not_compiled_for(module):
    module(0)
    source = "def kernel(x, y):\n    x[0] = y\n"
    kernel = compiled(source, "void(float64[::1], float64)")
    x = np.zeros(1)
    kernel(x, 3)
    assert x[0] == 3.0
    with pytest.raises(TypeError, match="No matching definition"):
        kernel(x.astype(np.float32), 3.0)
