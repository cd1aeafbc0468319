"""Draws every page for people to look at, light and dark, wide and narrow: `make screenshots`.

The shop is the demo's, with its ninety days, on a database that is thrown away.
"""

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium
from tests.harness import SHARED_SETTINGS, Server, add_shop, running_server
from tests.owner import PASSWORD, Owner
from tests.shop import Shop
from tests.staff import Told, let_in
from tillroll.demo.days import fill
from tillroll.store import open_store

SHOP = "demo"
WIDTHS = {1280: 900, 360: 740}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PAGES = {
    "revenue": "/dashboard/demo?period=30",
    "revenue-90": "/dashboard/demo?period=90&model=linear",
    "models": "/dashboard/demo/models",
    "sales": "/dashboard/demo/sales",
    "sale": "/dashboard/demo/sales/{sale}?model=linear",
    "conflict": "/dashboard/demo/sales/{conflict}",
    "source": "/dashboard/demo?source=search",
    "carts": "/dashboard/demo/carts",
    "carts-empty": "/dashboard/another/carts",
    "search": "/dashboard/demo/search",
    "live": "/dashboard/demo/live",
    "connect": "/dashboard/demo/connect",
    "connect-empty": "/dashboard/another/connect",
    "health": "/dashboard/demo/health",
    "audit": "/dashboard/demo/health/audit",
    "settings": "/dashboard/demo/settings",
    "people": "/dashboard/demo/people",
    "empty": "/dashboard/another",
    "shops": "/dashboard",
    "account": "/account",
    "second-step": "/account/second-step",
}
# What the README shows of docs/pictures, from the top down to so many pixels.
SHOWN = {"revenue": 1230, "models": 960, "sale": 1230}
OPEN_PAGES = {"start": "/", "login": "/login", "sign-up": "/sign-up", "docs": "/docs"}
# As long as a chart is drawn, and then some.
REST_MILLISECONDS = 400


def main(folder: Path) -> None:
    """Write them all into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draw_first_run(folder)
    with tempfile.TemporaryDirectory(prefix="tillroll-shots-") as place:
        address = f"sqlite:///{Path(place) / 'tillroll.db'}"
        credentials = add_shop(address, SHOP)
        add_shop(address, "another", is_served=True)
        store = open_store(address)
        try:
            fill(store, SHOP, credentials["doofinder"]["hashid"], time.time_ns() // 1000)
        finally:
            store.close()
        with running_server(address, settings=SHARED_SETTINGS) as server, Shop(server.url, credentials) as shop:
            draw(server, shop, folder)


def draw_first_run(folder: Path) -> None:
    """The page of a server that nobody has set up, and what follows from it."""
    with tempfile.TemporaryDirectory(prefix="tillroll-shots-") as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for scheme in SCHEMES:
            for width in WIDTHS:
                address = f"sqlite:///{Path(place) / f'{scheme}{width}.db'}"
                with running_server(address, settings=SHARED_SETTINGS) as server:
                    found = re.search(r"/setup/[\w-]+", server.log)
                    assert found is not None
                    page = page_of(browser, scheme, width)
                    shoot(page, server.url, folder / f"new-{scheme}-{width}.png")
                    shoot(page, server.url + found[0], folder / f"setup-{scheme}-{width}.png")
                    for label, text in (("Name", "acme"), ("User name", "ada"), ("Password", PASSWORD)):
                        page.get_by_label(label).first.fill(text)
                    page.get_by_label("Once more").fill(PASSWORD)
                    page.get_by_role("button", name="Make the shop").click()
                    keep(page, folder / f"ready-{scheme}-{width}.png")
                    page.context.close()
        browser.close()


def draw(server: Server, shop: Shop, folder: Path) -> None:
    """Every page in every size and scheme."""
    api = Told(shop)
    api.settle()
    with Owner(server.url) as person:
        person.sign_up("ada")
        person.send("/account/second-step", page="/account")
    for name in (SHOP, "another"):
        let_in(server, name, "ada", "admin")
    sales = api.get("/v1/sales", source="campaign:autumn-roast")["items"]
    shown = next((one for one in sales if len(one["sources"]) > 1), sales[0])["id"]
    conflict = api.get("/v1/sales", conflicts="true")["items"][0]["id"]
    addresses = {name: path.format(sale=shown, conflict=conflict) for name, path in PAGES.items()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for scheme in SCHEMES:
            for width in WIDTHS:
                picture(browser, server.url, (scheme, width), addresses, folder)
        browser.close()


def picture(browser: Browser, url: str, how: tuple[Scheme, int], addresses: dict[str, str], folder: Path) -> None:
    """All pages in one size and scheme; says which are wider than the screen."""
    scheme, width = how
    page = page_of(browser, scheme, width)
    for name, path in OPEN_PAGES.items():
        shoot(page, url + path, folder / f"{name}-{scheme}-{width}.png")
    page.goto(f"{url}/login")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for name, path in addresses.items():
        shoot(page, url + path, folder / f"{name}-{scheme}-{width}.png")
        if name in SHOWN and (scheme, width) == ("light", 1280):
            page.screenshot(
                path=folder / f"dashboard-{name}.png",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": SHOWN[name]},
            )
    page.context.close()


def page_of(browser: Browser, scheme: Scheme, width: int) -> Page:
    """A page of a fresh profile, in this size and scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, reduced_motion="reduce"
    )
    return context.new_page()


def shoot(page: Page, address: str, file: Path) -> None:
    """One picture of the whole page."""
    page.goto(address)
    keep(page, file)


def keep(page: Page, file: Path) -> None:
    """What the page shows."""
    page.wait_for_timeout(REST_MILLISECONDS)
    page.screenshot(path=file, full_page=True)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        print(f"{file.name} is wider than the screen")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
