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


@contextmanager
def watched(browser):
    """Opens files; at the end no page must have asked for anything else, or complained."""
    contexts, requests, complaints = [], [], []

    def opened(file, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    asked = [url for url in requests if not url.startswith("data:")]  # which is in the page
    assert len(asked) == len(contexts), asked
    assert all(url.startswith("file:") for url in asked), asked
    assert not complaints
