"""The door to the pytest plugin of twingrad, which is in ``twingrad.testing.plugin``.

pytest imports a plugin at every start, whether or not its tests have to do with gradients. A module
within the package would have the whole package imported, and before a coverage plugin begins
to measure: so this one stands beside it, and opens the other when tests have imported the
gradient checker, or when ``--gradcheck-report`` asks for it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError

import pytest

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
]

MARKER = (
    "gradcheck: gradients are compared with differences; set on tests that "
    "twingrad.testing.gradcheck_property makes"
)

_HELP = (
    "tell for each test that checks gradients with twingrad how many derivatives were compared, "
    "what was found and how far off the worst one is; with a file, write the same as JSON"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--gradcheck-report[=FILE.json]``."""
    parser.getgroup("twingrad", "gradients, checked by twingrad").addoption(
        "--gradcheck-report",
        nargs="?",
        const=True,
        default=None,
        type=_json_file,
        metavar="FILE.json",
        help=_HELP,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; begin to take notes if a report is wanted."""
    config.addinivalue_line("markers", MARKER)
    if config.getoption("gradcheck_report") is not None:
        from twingrad.testing import plugin

        plugin.attach(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark property tests before ``-m`` chooses, and make failures readable."""
    if "twingrad.testing.observing" in sys.modules:
        from twingrad.testing import plugin

        plugin.attach(config)
        plugin.mark(items)


def _json_file(name: str) -> str:
    """A name that no test file has: ``--gradcheck-report tests`` would take the tests for it."""
    if not name.endswith(".json"):
        raise ArgumentTypeError(
            f"it must be a file that ends in .json, got {name!r}: write "
            "--gradcheck-report=FILE.json, or put --gradcheck-report behind the tests"
        )
    return name
