"""A browser to look at pages with, if there is one."""

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_QUIET = ["disable-background-networking", "disable-component-update", "disable-sync"]
_QUIET += ["no-first-run", "disable-quic", "disable-gpu", "no-sandbox"]


@contextmanager
def chromium():
    """A running Chromium; the test that asks for it is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("the page is tested in Chromium, which is not installed")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the page is tested through playwright, not installed"
    )
    with playwright.sync_playwright() as started:
        arguments = [f"--{each}" for each in _QUIET]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
