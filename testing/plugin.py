"""What pytest tells about checked gradients: ``--gradcheck-report`` and readable failures.

pytest finds the plugin through ``twingrad_pytest``, which imports this module only where it is
needed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, final

import pytest

from ..engine import files
from ..nn.tables import aligned, short
from .observing import observed
from .report import GradientError, Report
from .tally import Tally

NAME = "gradcheck"
"""The marker, the attribute of a test's report, and the title of sections."""

_TAKER = "twingrad-gradcheck-notes"
_SUMMARY = "twingrad-gradcheck-summary"


def attach(config: pytest.Config) -> None:
    """Have tests watched from now on, and the report made if it is wanted; once a session."""
    plugins = config.pluginmanager
    if not plugins.has_plugin(_TAKER):
        plugins.register(NoteTaker(), _TAKER)
    wanted = config.getoption("gradcheck_report")
    on_worker = "workerinput" in vars(config)  # of pytest-xdist: its controller sums up
    if wanted is not None and not on_worker and not plugins.has_plugin(_SUMMARY):
        plugins.register(Summary(_target(config, wanted)), _SUMMARY)


def mark(items: Iterable[pytest.Item]) -> None:
    """Give property tests the marker ``gradcheck``, so that ``-m gradcheck`` finds them."""
    if f"{__package__}.properties" not in sys.modules:
        return
    from .properties import is_property

    for item in items:
        if isinstance(item, pytest.Function) and is_property(item.obj):
            item.add_marker(NAME)


@final
class _Notes:
    """What one test has checked."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.faulty: Report | None = None

    def take(self, report: Report) -> None:
        self.tally.add(report)
        if not report.ok:
            self.faulty = report


_notes = pytest.StashKey[_Notes]()


@final
class NoteTaker:
    """Watches each test, and hands what it checked to the report of pytest."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Take notes while the test runs."""
        notes = item.stash[_notes] = _Notes()
        with observed(notes.take):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the notes; plain data in an attribute reach the controller of pytest-xdist too."""
        report = yield
        notes = item.stash.get(_notes, None)
        if call.when != "call" or notes is None or not notes.tally.checks:
            return report
        vars(report)[NAME] = notes.tally.to_dict()
        if notes.faulty is not None and _tells_nothing(call.excinfo):
            report.sections.append((NAME, str(notes.faulty)))
        return report


def _tells_nothing(failed: pytest.ExceptionInfo[BaseException] | None) -> bool:
    """Whether an assertion has failed that is not about to print the report itself."""
    if failed is None or failed.errisinstance(GradientError):
        return False
    return failed.errisinstance(AssertionError)


@final
class Summary:
    """Sums up a session: a section in the terminal, and a file if one is named."""

    def __init__(self, target: Path | None) -> None:
        self._target = target
        self._tests: dict[str, dict[str, Any]] = {}
        self._trouble = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a test found; the last run of it, where a plugin runs it again."""
        found = vars(report).get(NAME)
        if found is not None:
            outcome = {"outcome": report.outcome, "seconds": report.duration}
            self._tests[report.nodeid] = outcome | found

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file; a session whose report is lost does not pass."""
        if self._target is None:
            return
        try:
            files.write_text(self._target, json.dumps({"tests": self._tests}, indent=1) + "\n")
        except OSError as error:
            rule = "--gradcheck-report must be a file that can be written"
            cure = "nothing was written, choose another place"
            self._trouble = str(files.told(error, rule, self._target, cure).strerror)
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the section."""
        terminalreporter.section(NAME)
        for line in _table(self._tests):
            terminalreporter.line(line)
        if self._trouble:
            terminalreporter.line(self._trouble, red=True)
        elif self._target is not None:
            terminalreporter.line(f"written to {self._target}")


def _target(config: pytest.Config, wanted: str | Literal[True]) -> Path | None:
    """The file, seen from where pytest was started; refused before any test runs."""
    if wanted is True:
        return None
    path = config.invocation_params.dir / wanted
    if not path.parent.is_dir():
        raise pytest.UsageError(
            f"--gradcheck-report must be a file in a folder that exists, got {wanted!r}: create "
            f"{str(path.parent)!r} first"
        )
    return path


def _table(tests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line for each test, and one for all of them."""
    if not tests:
        return ["no test has checked a gradient with twingrad"]
    tallies = {name: Tally.from_dict(found) for name, found in tests.items()}
    total = Tally()
    for tally in tallies.values():
        total.merge(tally)
    seconds = [found["seconds"] for found in tests.values()]
    rows: list[tuple[str, ...]] = [("test", "derivatives", "found", "worst difference", "time")]
    rows += [_row(*each) for each in zip(tallies, tallies.values(), seconds, strict=True)]
    if len(tests) > 1:
        rows.append(_row("all", total, sum(seconds)))
    return aligned(rows, "<><>>")


def _row(name: str, tally: Tally, seconds: float) -> tuple[str, ...]:
    return (
        name,
        str(tally.derivatives),
        tally.words(),
        short(tally.relative),
        f"{seconds:.2f} s",
    )
