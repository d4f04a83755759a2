"""A function checked at many places: what is not said of its arguments is drawn."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, final

import numpy as np

from ..nn import Module
from ..tensor import Tensor
from .adapters.adapter import Adapter
from .examples import Shape, examples
from .gradcheck import gradcheck
from .observing import observed
from .signatures import Signature, signature_of
from .tally import Tally


@final
@dataclass(frozen=True)
class Trial:
    """What a function is called with, and how it is checked.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        Arguments whose numbers are drawn, and their shapes.
    values : mapping of str to object
        Arguments that are given, and the same in every example.
    order : int
        1 for the gradient, 2 for that of the gradient as well.
    dtype : str or None
        ``"float64"`` or ``"float32"``, of what is drawn and of values; None for that of a
        module's parameters, and else float64.
    examples : int
        How many places are drawn.
    seed : int
        The same seed draws the same places.
    """

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    order: int = 1
    dtype: str | None = None
    examples: int = 100
    seed: int = 0


def can_be_checked(found: Any) -> bool:
    """Whether something is a function, a module or what an adapter gives.

    >>> import math
    >>> can_be_checked(math.sin), can_be_checked(3), can_be_checked(float)
    (True, False, False)
    """
    return isinstance(found, Adapter) or (callable(found) and not inspect.isclass(found))


def run(function: Any, trial: Trial) -> Tally:
    """Check the function at every example, and sum up what was found.

    Arguments that have neither a shape nor a value, nor a default, get shapes that are drawn and
    can be broadcast together. With Hypothesis installed, it draws the examples, and a failing one
    is made as small as it can be.

    Raises
    ------
    GradientError
        If a derivative is wrong or a promise is broken.
    ValueError
        If there is no such argument.

    Examples
    --------
    >>> import twingrad
    >>> tally = run(twingrad.tanh, Trial(values={"x": 0.5}))
    >>> tally.words()
    '1 ok'
    """
    signature = signature_of(function)
    signature.check({**trial.shapes, **trial.values})
    dtype = trial.dtype or _own_dtype(function)
    values = {name: _in_dtype(each, dtype) for name, each in trial.values.items()}
    trial = replace(trial, values=values, dtype=dtype)
    names = [name for name in signature.required if name not in trial.values]
    wanted: dict[str, Shape | None] = {**dict.fromkeys(names), **trial.shapes}
    tally = Tally()
    with observed(tally.add):
        if wanted and find_spec("hypothesis") is not None:
            _with_hypothesis(function, trial, wanted)
        else:
            _with_random_numbers(signature, trial, wanted)
    return tally


def _own_dtype(function: Any) -> str:
    """The dtype of the inputs of a module, which is that of its parameters."""
    parameters = function.parameters() if isinstance(function, Module) else ()
    dtypes = {str(each.dtype) for each in parameters if isinstance(each, Tensor)}
    return "float32" if dtypes == {"float32"} else "float64"


def _in_dtype(given: Any, dtype: str) -> Any:
    """Floating point numbers as an array of the dtype; the rest as it is."""
    is_floating = isinstance(given, float | np.ndarray) and np.asarray(given).dtype.kind == "f"
    return np.asarray(given, dtype) if is_floating else given


def _with_hypothesis(function: Any, trial: Trial, wanted: Mapping[str, Shape | None]) -> None:
    from hypothesis import settings, strategies

    from . import gradcheck_property

    fixed = {name: strategies.just(value) for name, value in trial.values.items()}
    drawn = {name: shape for name, shape in wanted.items() if shape is not None}
    test = gradcheck_property(
        function,
        arguments={**drawn, **fixed},
        max_examples=trial.examples,
        order=trial.order,
        seed=trial.seed,
        dtype=trial.dtype or "float64",
    )
    with _leaving_no_files():
        settings(database=None)(test)()


@contextmanager
def _leaving_no_files() -> Iterator[None]:
    """Hypothesis notes down what it learns of the code around: not in somebody's folder."""
    from hypothesis.configuration import set_hypothesis_home_dir

    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _with_random_numbers(
    signature: Signature, trial: Trial, wanted: Mapping[str, Shape | None]
) -> None:
    count = trial.examples if wanted else 1
    for example in examples(wanted, count, trial.seed, trial.dtype or "float64"):
        _check(signature, trial, example)


def _check(signature: Signature, trial: Trial, example: Mapping[str, Any]) -> None:
    function, inputs = signature.call({**trial.values, **example})
    gradcheck(function, *inputs, order=trial.order, seed=trial.seed)
