"""Storefronts with the script on their pages, in a real browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.dialects.alhena.storefront import OURS, VENDOR, pages
from tests.shop import Shop


@pytest.fixture
def open_storefront(shop: Shop, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a storefront with one of the snippets; an error in a script fails the test.

    Refused reports are no errors of a script, though the browser's console has a line for each.
    """
    errors: list[str] = []
    contexts: list[BrowserContext] = []
    ours, vendors = (pages(head.format(url=shop.url, company=shop.name)) for head in (OURS, VENDOR))
    with ours as our_address, vendors as vendors_address:

        def make(*, is_vendors: bool = False) -> Page:
            context = browser.new_context()
            contexts.append(context)
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(vendors_address if is_vendors else our_address)
            return page

        yield make
        for context in contexts:
            context.close()
    assert errors == []
