"""``gradcheck_property`` makes a function a test of its derivatives, which draws the inputs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from inspect import Parameter
from math import log10
from typing import Any, final
from weakref import WeakSet

import numpy as np
from numpy.typing import DTypeLike

from ..engine.checks import check_function, checked_count
from ..nn import Module
from ..tensor import Tensor
from .adapters.adapter import Adapter
from .arguments import function_name
from .gradcheck import gradcheck
from .property_arguments import Given, argument_strategies
from .report import GradientError, GradientWarning, Report
from .signatures import signature_of
from .tally import Tally
from .with_hypothesis import hypothesis, st

_NOTED = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps the settings of a test."""

_SLOWNESS = (
    hypothesis.HealthCheck.too_slow,
    hypothesis.HealthCheck.data_too_large,
    hypothesis.HealthCheck.large_base_example,
)

_ROUNDING = 1e-9
"""Up to this, relative differences do not show the way to a bug."""

_properties: WeakSet[Callable[..., None]] = WeakSet()


def gradcheck_property(
    function: Any = None,
    /,
    *,
    arguments: Mapping[str, Given] | None = None,
    max_examples: int | None = None,
    order: int = 1,
    seed: int | None = None,
    dtype: DTypeLike | st.SearchStrategy[np.dtype[Any]] | None = None,
    elements: Any = None,
    parameters: Any = None,
    projections: int | None = None,
    **given: Given,
) -> Any:
    """Make a test of a function's derivatives, at inputs that Hypothesis draws.

    The test runs :func:`gradcheck` at inputs with kinks, ties, -0.0, huge and tiny numbers, goes
    on towards where the analytic derivative is farthest from the numeric one, and fails with the
    report on the smallest inputs that it finds. It is called without arguments, by pytest or by
    you. Its settings are those of the Hypothesis profile, without deadline.

    Parameters
    ----------
    function : callable
        What is tested: a function, a row of the table, a module or what an adapter gives. Where it
        is left out, as in ``@gradcheck_property(x=(3, 4))``, a decorator comes back.
    arguments : mapping, optional
        The same as ``given``, for arguments whose names are taken by options.
    max_examples : int, optional
        How many inputs are tried; 100 as a rule, and what ``hypothesis.settings`` says.
    order : {1, 2}
        2 for derivatives of the gradient as well.
    seed : int, optional
        With it, the same inputs are drawn each time.
    dtype : dtype or strategy
        Of the arrays that are drawn: float64, float32, or a strategy such as
        :func:`strategies.dtypes`. If not given, it is float64, or what the parameters of a module
        are of.
    elements : strategy of numbers, or mapping
        What these arrays hold: a strategy, or arguments of :func:`strategies.values`, as in
        ``{"min_value": 0.1}`` or ``{"kinks": [2.5]}``.
    parameters, projections
        As for :func:`gradcheck`.
    **given : tuple, strategy or ``...``
        By the name of an argument its shape, in which names stand for lengths to be drawn
        (``x=("batch", 3)``), what draws it, or ``...`` for one that pytest passes, such as a
        fixture. Other arguments without defaults get arrays whose shapes broadcast together;
        those of ``pytest.mark.parametrize`` below this decorator are left to pytest.

    Returns
    -------
    callable
        The test, or the decorator that makes it.

    Raises
    ------
    TypeError
        If ``function`` cannot be called, or for what is no shape, no strategy and not ``...``.
    ValueError
        If there is no such argument, or none to be drawn.

    Warns
    -----
    GradientWarning
        By the test, if nothing could be said of any derivative at any of the inputs.

    Notes
    -----
    The test raises :class:`GradientError` if a derivative is wrong or a promise is broken. It can
    be decorated by ``hypothesis.settings``, ``hypothesis.example`` and ``hypothesis.seed`` further.

    References
    ----------
    Löscher and Sagonas, "Targeted Property-Based Testing", 2017.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import testing
    >>> @testing.gradcheck_property(weight=(3, "width"), max_examples=5)
    ... def test_scores(x, weight):
    ...     return (x.relu().sum() * weight).tanh()
    >>> test_scores()
    >>> testing.gradcheck_property(twingrad.softplus, max_examples=5)()
    """
    said = {**(arguments or {}), **given}
    if max_examples is not None:
        checked_count(max_examples, "gradcheck_property: max_examples", at_least=1)
    options: dict[str, Any] = {"order": order, "seed": seed or 0}
    options |= {"parameters": parameters, "projections": projections}

    def decorate(function: Any) -> Callable[..., None]:
        if not isinstance(function, Adapter):
            check_function(function, "gradcheck_property: function")
        tried = _Property(function, said, options)
        kind = _dtype_of(function) if dtype is None else dtype
        strategies = argument_strategies(tried.drawn, tried.said, kind, elements)
        if not strategies:
            raise ValueError(
                f"gradcheck_property: {tried.name} must have an argument to be drawn, got none: "
                "name some with their shapes, as in x=(3, 4)"
            )
        test = hypothesis.given(**strategies)(tried.example())
        return _test(tried, test if seed is None else hypothesis.seed(seed)(test), max_examples)

    return decorate if function is None else decorate(function)


def is_property(test: Any) -> bool:
    """Whether a test, a method or what wraps one was made by :func:`gradcheck_property`.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.testing import gradcheck_property
    >>> is_property(gradcheck_property(twingrad.tanh)), is_property(twingrad.tanh)
    (True, False)
    """
    own = test.__func__ if inspect.ismethod(test) else test
    return inspect.isfunction(own) and any(each in _properties for each in _unwrapped(own))


@final
class _Property:
    """A function whose derivatives are tried at one example after another.

    Attributes
    ----------
    name : str
        What it is called.
    said : mapping
        What was said of its arguments.
    drawn, passed : tuple of str
        The arguments that must be drawn; those that pytest passes.
    tally : Tally
        What was found.
    failed : int or None
        The number of the first example that failed.
    """

    def __init__(
        self, function: Any, said: Mapping[str, Given], options: Mapping[str, Any]
    ) -> None:
        self._function = function
        self._code = function.function if isinstance(function, Adapter) else function
        self.name = function_name(self._code)
        self._signature = signature_of(function)
        self._signature.check(said)
        self._options = options
        self.said = said
        left = {name for name, each in said.items() if each is ...} | {*_parametrized(function)}
        names = (*self._signature.names, *(name for name in said if self._signature.open))
        if inspect.isfunction(function) and names[:1] == ("self",) and "self" not in said:
            left.add("self")
        self.passed = tuple(name for name in dict.fromkeys(names) if name in left)
        self.drawn = tuple(name for name in self._signature.required if name not in left)
        self.begin()

    def begin(self) -> None:
        """Forget what was found."""
        self.tally = Tally()
        self.failed: int | None = None

    def example(self) -> Callable[..., None]:
        """What Hypothesis calls with each example: a function with the arguments' names."""
        names = [*dict.fromkeys((*self.passed, *self.drawn, *self.said))]

        def check(*own: Any, **arguments: Any) -> None:
            self._check({**dict(zip(names, own)), **arguments})

        is_function = inspect.isfunction(self._code)
        update_wrapper(check, self._code, updated=("__dict__",) if is_function else ())
        check.__name__ = self.name
        parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        vars(check)["__signature__"] = inspect.Signature(parameters)
        return check

    def _check(self, arguments: Mapping[str, Any]) -> None:
        function, inputs = self._call(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GradientWarning)
            report: Report = gradcheck(function, *inputs, raise_exception=False, **self._options)
        self.tally.add(report)
        _steer(report)
        if not report.ok:
            self.failed = self.failed or self.tally.checks
            raise GradientError(report)

    def _call(self, arguments: Mapping[str, Any]) -> tuple[Any, list[Any]]:
        """The function and its inputs; what pytest passes becomes a part of the function."""
        fixed = {name: each for name, each in arguments.items() if name in self.passed}
        drawn = {name: each for name, each in arguments.items() if name not in fixed}
        if not fixed or isinstance(self._function, Adapter):
            return self._signature.call(arguments)
        return _with(self._function, fixed, [*drawn]), [*drawn.values()]


def _dtype_of(function: Any) -> np.dtype[Any]:
    """The dtype of a module's parameters; float64 for whatever has none."""
    parameters = [*function.parameters()] if isinstance(function, Module) else []
    kinds = [each.dtype for each in parameters if isinstance(each, Tensor)]
    return np.dtype(kinds[0] if kinds else "float64")


def _with(function: Any, fixed: Mapping[str, Any], names: list[str]) -> Callable[..., Any]:
    """The function with some arguments fixed by name, and the others by position."""

    def bound(*operands: Any) -> Any:
        return function(**fixed, **dict(zip(names, operands, strict=True)))

    update_wrapper(bound, function, updated=())
    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    vars(bound)["__signature__"] = inspect.Signature(parameters)
    return bound


def _steer(report: Report) -> None:
    """Have Hypothesis look for larger relative differences, unless they are rounding alone."""
    known = [each.relative for each in report.judgements if np.isfinite(each.relative)]
    greatest = max(known, default=0.0)
    if greatest > _ROUNDING:
        score = log10(min(greatest, 1e20))
        hypothesis.target(score, label="relative difference, as a power of ten")


def _test(
    tried: _Property, drawn: Callable[..., None], max_examples: int | None
) -> Callable[..., None]:
    """The test itself: it shows the report where Hypothesis would show much more."""

    def test(*passed: Any, **arguments: Any) -> None:
        __tracebackhide__ = True
        noted = {name: each for name, each in vars(test).items() if name not in _SHAPE}
        vars(drawn).update(noted)  # such as the settings of decorators above this one
        vars(drawn)[_NOTED] = _quiet(noted[_NOTED], max_examples)
        tried.begin()
        try:
            drawn(*passed, **arguments)
        except GradientError as error:
            failure = GradientError(error.report)
        else:
            _warn_if_nothing_was_judged(tried)
            return
        failure.add_note(
            f"gradcheck_property: example {tried.failed} of those drawn failed; "
            "shown are the smallest inputs that do"
        )
        raise failure from None

    update_wrapper(test, drawn)
    vars(test)["__signature__"] = inspect.signature(drawn)
    _properties.add(test)
    return test


_SHAPE = ("__wrapped__", "__signature__")


def _quiet(noted: hypothesis.settings, max_examples: int | None) -> hypothesis.settings:
    """The settings of a test, without a deadline, and without what the report says better."""
    explain = hypothesis.Phase.explain
    return hypothesis.settings(
        noted,
        max_examples=noted.max_examples if max_examples is None else max_examples,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[phase for phase in noted.phases if phase is not explain],
        suppress_health_check=[*noted.suppress_health_check, *_SLOWNESS],
    )


def _warn_if_nothing_was_judged(tried: _Property) -> None:
    if not tried.tally.judged:
        warnings.warn(
            f"gradcheck_property: nothing could be said of any derivative at "
            f"{tried.tally.checks} inputs ({tried.tally.words()}): give shapes and elements at "
            "which the function is defined",
            GradientWarning,
            stacklevel=3,
        )


def _parametrized(function: Any) -> Iterator[str]:
    """The arguments that marks of pytest on a function pass."""
    marks = getattr(function, "pytestmark", [])
    for mark in marks if isinstance(marks, list) else [marks]:
        if mark.name == "parametrize":
            names = mark.args[0] if mark.args else mark.kwargs["argnames"]
            yield from map(str.strip, names.split(",") if isinstance(names, str) else names)


def _unwrapped(function: Any) -> Iterator[Any]:
    """A function, and what it wraps."""
    while function is not None:
        yield function
        function = vars(function).get("__wrapped__") if inspect.isfunction(function) else None
