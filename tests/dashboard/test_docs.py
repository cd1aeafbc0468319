"""The pages about routes in a real browser: found by their words, copied, and read without a script."""

import pytest
from playwright.sync_api import Page

from tests.browser import NewPage
from tests.harness import Server

PHONE = {"width": 360, "height": 740}
PAGES = ("/", "/docs", "/docs/emporix/cart", "/docs/emporix/checkout", "/docs/scout/pages")
# What they show is asked of no database.
pytestmark = pytest.mark.parametrize("shared_server", ["sqlite"], indirect=True)

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def routes_shown(page: Page) -> list[str]:
    """The routes of the list that can be seen."""
    return page.locator(".service li:visible").all_inner_texts()


def test_a_route_is_found_by_its_words_from_any_page(new_page: NewPage, shared_server: Server) -> None:
    page = new_page()
    page.goto(f"{shared_server.url}/docs/emporix/cart")
    page.get_by_label("Find a route").fill("coupon delete")
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs?q=coupon+delete")
    found = routes_shown(page)
    assert any("/coupon/{tenant}/coupons/{code}" in one for one in found)
    assert all("coupon" in one.lower() for one in found)
    assert page.get_by_role("status").inner_text() == f"{len(found)} routes have these words."
    page.get_by_label("Find a route").fill("no such words")
    assert routes_shown(page) == []
    assert page.get_by_role("status").inner_text() == "No routes have these words."
    page.get_by_label("Find a route").fill("")
    assert len(routes_shown(page)) > 400


def test_a_command_line_is_copied(new_page: NewPage, shared_server: Server) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{shared_server.url}/docs/emporix/cart")
    operation = page.locator("#post_cart_tenant_carts")
    operation.get_by_role("button", name="Copy").click()
    operation.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == operation.locator("pre").inner_text()


def test_a_link_to_a_shape_opens_it(new_page: NewPage, shared_server: Server) -> None:
    page = new_page()
    page.goto(f"{shared_server.url}/docs/emporix/checkout")
    shape = page.locator("[id='shape-checkout.Customer']")
    assert not shape.is_visible()
    page.get_by_role("link", name="checkout.Customer").first.click()
    shape.wait_for(state="visible")


def test_without_a_script_every_route_is_listed(new_page: NewPage, shared_server: Server) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{shared_server.url}/docs")
    assert not page.get_by_label("Find a route").is_visible()
    assert len(routes_shown(page)) > 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(new_page: NewPage, shared_server: Server, path: str, scheme: str) -> None:
    page = new_page(viewport=PHONE, color_scheme=scheme)
    page.goto(shared_server.url + path)
    assert page.evaluate(OVERFLOW) == 0
