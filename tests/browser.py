"""A real browser for tests: the system's Chromium, headless, driven by Playwright.

    page        a page of a fresh profile, as wide as a desk's screen; it fails the test for errors on its console
    new_page    more of them, with other options: `new_page(viewport={"width": 390, "height": 844}, is_mobile=True)`

Where there is no Chromium the tests skip and say so; who decides about a change (CI=true) must have one.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, because tests run in containers that have none; nothing that asks anybody outside for anything.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ACTION_MILLISECONDS = 30_000

NewPage = Callable[..., Page]


def chromium() -> str:
    """Where the system's Chromium is; skips the test where there is none, and fails it under CI=true."""
    for program in PROGRAMS:
        found = shutil.which(program)
        if found is not None:
            return found
    reason = f"there is no {PROGRAMS[0]} here: install it to run the tests in a browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a module.

    Not of the process: while Playwright is there, its event loop is the thread's, and no test could run another.
    """
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages, each in a profile of its own; what one of them logs as an error fails the test in the end."""
    contexts = []
    errors: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(ACTION_MILLISECONDS)
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.on("console", lambda said: errors.append(f"{said.text} {said.location}") if _is_error(said) else None)
        return made

    yield make
    for context in contexts:
        context.close()
    assert not errors, errors


def _is_error(said: ConsoleMessage) -> bool:
    """Whether a page logged an error; that a server has no icon, which browsers ask everybody for, is none."""
    return said.type == "error" and not said.location["url"].endswith("/favicon.ico")


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """One page on a screen of 1280 by 900."""
    return new_page(viewport={"width": 1280, "height": 900})
