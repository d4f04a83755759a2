"""Names that PyTorch has and this package has not end in a sentence that says what to write."""

import importlib

import pytest

from twingrad.engine.absent import CURES

NAMES = [(module, name) for module in CURES for name in CURES[module]]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_name_of_pytorch_that_is_not_here_says_what_is(module, name):
    with pytest.raises(AttributeError) as caught:
        getattr(importlib.import_module(module), name)
    assert CURES[module][name] in str(caught.value)


@pytest.mark.parametrize("module", CURES)
def test_any_other_name_is_refused_as_python_does(module):
    name = "nonsense"
    with pytest.raises(AttributeError) as caught:
        getattr(importlib.import_module(module), name)
    assert str(caught.value) == f"module {module!r} has no attribute 'nonsense'"
