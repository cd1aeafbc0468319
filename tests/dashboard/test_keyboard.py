"""The pages in a real browser, with the keyboard alone: no mouse, no script of ours, and no way that needs either."""

from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.browser import NewPage
from tests.harness import Server, new_shop, run_cli
from tests.owner import PASSWORD, REDIRECT, Application, Owner
from tests.shop import Shop

TABS_MAX = 60
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[tuple[Shop, Application]]:
    """A shop and its application on the shared server."""
    with new_shop(shared_server) as shop:
        keys = shop.credentials["scout"]
        path = f"{shop.url}/healthz"  # a page of this server's, so that the browser need not leave the machine
        for words in (("--redirect-uri", path, "--redirect-uri", REDIRECT),):
            done = run_cli("app", "change", keys["client_id"], *words, database_url=shared_server.database_url)
            assert done.returncode == 0, done.stderr
        with Application(shop.url, keys["client_id"], keys["api_key"]) as application:
            yield shop, application


def focus(page: Page, name: str) -> None:
    """Press Tab until what has this accessible name has the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    pytest.fail(f"{name!r} is not reached with Tab on {page.url}")


# The focused element's name, as a reader of the screen says it: its label, or its text.
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels && one.labels.length ? one.labels[0].firstChild.textContent : one.textContent;
  return label.trim().replace(/\\s+/g, " ");
}"""


def type_into(page: Page, name: str, text: str) -> None:
    """Tab to a field and replace what is in it."""
    focus(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Tab to a button or link and press Enter; waits for the page that follows."""
    focus(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_where_it_begins(page: Page, name: str, text: str) -> None:
    """Type into the field that the page gives the focus to, once it has: that can be a moment after it has loaded."""
    page.wait_for_function(f"name => ({FOCUSED})() === name", arg=name)
    page.keyboard.type(text)


def log_in(page: Page, shop: Shop, name: str) -> None:
    """Log in with the keyboard, beginning where the page puts the focus."""
    page.goto(f"{shop.url}/login")
    type_where_it_begins(page, "User name", name)
    type_into(page, "Password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_consent_from_sign_up_to_the_code_and_back_again(stage: tuple[Shop, Application], page: Page) -> None:
    shop, application = stage
    callback = f"{shop.url}/healthz"
    asked = {"client_id": application.client_id, "redirect_uri": callback, "scopes": "checkouts,username"}
    page.goto(f"{shop.url}/oauth/new?{urlencode({**asked, 'state': 'here'})}")
    name = f"user-{token_hex(6)}"
    press(page, "Sign up")
    type_where_it_begins(page, "User name", name)
    type_into(page, "Password", PASSWORD)
    type_into(page, "Password, once more", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.title() == f"Allow {shop.name}? · Tillroll"
    assert "Add what you buy to your inventory" in page.inner_text("main")
    press(page, "Allow")
    assert page.url.startswith(f"{callback}?code=")
    assert page.url.endswith("&state=here")
    code = page.url.removeprefix(f"{callback}?code=").partition("&")[0]
    user = application.exchange(code, callback).json()["user"]
    assert application.info(user["access_token"]).json()["user"]["username"] == name

    page.goto(f"{shop.url}/inventory")
    press(page, "Applications")
    assert shop.name in page.inner_text("main")
    press(page, f"Withdraw what {shop.name} may do")
    assert "No application posts for you yet" in page.inner_text("main")
    assert application.info(user["access_token"]).status_code == 403


def test_denying_with_the_keyboard(stage: tuple[Shop, Application], page: Page) -> None:
    shop, application = stage
    callback = f"{shop.url}/healthz"
    with Owner(shop.url) as owner:
        owner.sign_up(f"user-{token_hex(6)}")
    log_in(page, shop, owner.name)
    asked = {"client_id": application.client_id, "redirect_uri": callback, "scopes": "checkouts"}
    page.goto(f"{shop.url}/oauth/new?{urlencode(asked)}")
    press(page, "Deny")
    assert page.url == f"{callback}?error=access_denied"


def test_an_item_from_the_list_to_its_sale(stage: tuple[Shop, Application], page: Page) -> None:
    shop, application = stage
    with Owner(shop.url) as owner:
        grant = application.granted(owner.sign_up(f"user-{token_hex(6)}"))
    application.post(grant.post())
    application.post(grant.post(order_id="2", name="Dunk Low", purchase_price=9000, tax=None, shipping_price=None))
    log_in(page, shop, owner.name)
    assert "265.00 spent" in page.inner_text("main")

    type_into(page, "Search", "dunk")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("tbody tr").count() == 1
    press(page, "Dunk Low")
    focus(page, "State")
    page.keyboard.type("Sold")
    type_into(page, "Amount", "120")
    press(page, "Save")
    assert "30.00 USD" in page.inner_text("main")
    assert page.locator(".head .chip").inner_text() == "Sold"

    press(page, "Correct it")
    type_into(page, "Price", "95.00")
    press(page, "Save the correction")
    assert "25.00 USD" in page.inner_text("main")
    assert "version 2 by form" in page.inner_text("main")
    press(page, "Log out")
    page.goto(f"{shop.url}/inventory")
    assert page.title() == "Log in · Tillroll"


def test_the_focus_begins_at_a_way_past_the_menu(stage: tuple[Shop, Application], page: Page) -> None:
    shop, _ = stage
    with Owner(shop.url) as owner:
        owner.sign_up(f"user-{token_hex(6)}")
    log_in(page, shop, owner.name)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


PATHS = ("", "/report", "/report?by=store", "/import", "/new")


def test_pages_fit_the_screen_and_are_readable_in_light_and_dark(
    stage: tuple[Shop, Application], new_page: NewPage
) -> None:
    shop, application = stage
    with Owner(shop.url) as owner:
        grant = application.granted(owner.sign_up(f"user-{token_hex(6)}"))
    long = {"name": "N" * 200, "store": "S" * 100, "brand": "B" * 100, "color": "C" * 100, "tags": ["T" * 100]}
    application.post(grant.post(order_id="x" * 200, checkout_time=1700000000, **long))
    application.post(grant.post(order_id="2", name="\u062d\u0630\u0627\u0621 (42)", purchase_price=10**12))
    for scheme, viewport in (("light", PHONE), ("dark", PHONE), ("light", DESK)):
        page = new_page(viewport=viewport, color_scheme=scheme)
        log_in(page, shop, owner.name)
        item = page.locator("tbody a").first.get_attribute("href")
        for path in (*(f"/inventory{path}" for path in PATHS), item, f"{item}/edit", "/grants", "/account"):
            page.goto(f"{shop.url}{path}")
            assert page.evaluate(OUT_OF_VIEW) == [], (scheme, viewport, path)
            assert page.evaluate(POOR_CONTRAST) == [], (scheme, path)


# What stands beyond the right edge of the screen, or of a part of the page that would have to be scrolled sideways; and
# cells whose text runs into the next one.
OUT_OF_VIEW = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  for (const one of document.querySelectorAll("nav, main, .scroll, section, th, td, dd, h1, p, li, button, a")) {
    if (getComputedStyle(one).clipPath !== "none" || one.closest("thead, .skip")) continue;
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
      wide.push(one.tagName + " " + one.textContent.trim().slice(0, 30));
  }
  return wide;
}"""

# Visible texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2, AA).
POOR_CONTRAST = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => {
    for (let node = one; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.getClientRects().length) continue;
    const [front, back] = [light(channels(getComputedStyle(one).color)), light(behind(one))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (contrast < 4.5) poor.push(one.textContent.trim().slice(0, 40) + " " + contrast.toFixed(2));
  }
  return poor;
}"""
