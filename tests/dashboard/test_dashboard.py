"""The dashboard in a real browser, by mouse and by keyboard: what is on the page is what the API says."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage
from tests.clients.npm import node_modules
from tests.dashboard.test_keyboard import focus, press, type_into, type_where_it_begins
from tests.harness import SHARED_SETTINGS, new_shop, running_server
from tests.owner import PASSWORD, Owner
from tests.shop import Shop
from tests.staff import Told, staff, told, touch
from tillroll.dashboard.wording import Wording

__all__ = ["node_modules"]

SAY = Wording("en_US", UTC)
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
PATHS = (
    "",
    "?period=90&model=linear",
    "/models",
    "/sales",
    "/sales/{sale}",
    "/carts",
    "/search",
    "/live",
    "/connect",
    "/health",
    "/health/audit",
    "/people",
    "/settings",
)
# What weighs so much that nobody may be left with it.
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Told, Owner]]:
    """A shop with sales, its API, and an admin of it; on SQLite alone, because browsers do not see the database."""
    address = f"sqlite:///{tmp_path_factory.mktemp('browsed') / 'tillroll.db'}"
    with (
        running_server(address, settings=SHARED_SETTINGS) as server,
        new_shop(server) as shop,
        staff(server, shop.name, "admin") as person,
    ):
        yield shop, told(shop), person


def log_in(page: Page, shop: Shop, name: str) -> None:
    """Log in by mouse; staff are led to their shop."""
    page.goto(f"{shop.url}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{shop.url}/dashboard/{shop.name}")


def shown(page: Page, key: str) -> str:
    """The figure of a card."""
    return page.locator(f"#card-{key} .value").inner_text()


def assert_figures(page: Page, said: dict[str, Any]) -> None:
    """Fail unless the cards are the API's figures."""
    assert shown(page, "total") == SAY.money(said["total_minor"], said["currency"])
    assert shown(page, "attributed") == SAY.money(said["assisted_minor"], said["currency"])
    assert shown(page, "direct") == SAY.money(said["direct_minor"], said["currency"])
    assert shown(page, "net") == SAY.money(said["net_minor"], said["currency"])
    assert shown(page, "orders") == SAY.number(said["orders"])


def test_by_mouse_from_the_login_to_a_refund_and_a_file(stage: tuple[Shop, Told, Owner], page: Page) -> None:
    shop, api, person = stage
    log_in(page, shop, person.name)
    assert_figures(page, api.revenue())
    page.get_by_role("link", name="7 days").click()
    assert "period=7" in page.url
    page.get_by_text("More filters").click()
    page.get_by_label("Model").select_option("First touch")
    page.get_by_role("button", name="Show").click()
    assert "model=first" in page.url
    assert_figures(page, api.revenue(model="first"))
    by_source = {one["source"]: one for one in api.revenue(model="first", by="source")["by"]}
    for row in page.locator("#sources tbody tr").all():
        name, amount = row.locator("th").inner_text().strip(), row.locator("td").first.inner_text()
        (source,) = (one for one in by_source if SAY.name(one) == name)
        assert amount == SAY.money(by_source[source]["total_minor"], "EUR")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV by source").click()
    rows = list(csv.DictReader(io.StringIO(Path(downloading.value.path()).read_text("utf-8-sig"))))
    assert {one["source"] for one in rows} == by_source.keys()

    page.get_by_role("link", name="Sales", exact=True).click()
    page.get_by_label("Order number or sale").fill("1003")
    page.get_by_role("button", name="Show").click()
    page.locator("#sales").get_by_role("link", name="1003").click()
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Reason").fill("a scratch")
    page.get_by_role("button", name="Give back").click()
    expect(page.get_by_role("status")).to_contain_text("The refund is kept")
    (sale,) = api.get("/v1/sales", q="1003")["items"]
    assert api.get(f"/v1/sales/{sale['id']}")["refunded_minor"] == 1000
    assert "€10.00: a scratch" in page.inner_text("main")


def test_by_keyboard_from_the_login_to_the_explanation_of_a_sale(stage: tuple[Shop, Told, Owner], page: Page) -> None:
    shop, _, person = stage
    page.goto(f"{shop.url}/login")
    type_where_it_begins(page, "User name", person.name)
    type_into(page, "Password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    press(page, "90 days")
    focus(page, "What is this? Total revenue")
    page.keyboard.press("Enter")
    assert page.get_by_text("All sales of these days before refunds").is_visible()
    page.goto(f"{shop.url}/dashboard/{shop.name}")
    press(page, "Sales")
    press(page, "1001")
    press(page, "Linear")
    assert "1/2 of the line" in page.inner_text("main")
    page.goto(page.url)
    press(page, "Log out")
    page.goto(f"{shop.url}/dashboard/{shop.name}")
    assert page.title() == "Log in · Tillroll"


def test_the_chart_is_drawn_and_needs_nobody_else(stage: tuple[Shop, Told, Owner], page: Page) -> None:
    shop, _, person = stage
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, shop, person.name)
    page.wait_for_function("document.getElementById('chart').width > 300")
    coloured = page.evaluate(
        "() => { const c = document.getElementById('chart');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 200) }"
    )
    assert coloured
    assert [url for url in asked if not url.startswith((shop.url, "data:"))] == []


def test_figures_and_tables_are_there_without_scripts(stage: tuple[Shop, Told, Owner], new_page: NewPage) -> None:
    shop, api, person = stage
    page = new_page(viewport=DESK, java_script_enabled=False)
    log_in(page, shop, person.name)
    assert_figures(page, api.revenue())
    assert page.locator("#sources tbody tr").count() > 2
    assert not page.locator("#chart").is_visible()
    page.get_by_text("The same as a table").click()
    page.goto(f"{shop.url}/dashboard/{shop.name}/live")
    assert page.locator("#events tbody tr").count() > 5
    assert page.get_by_role("link", name="Load again").is_visible()
    assert not page.locator("#live-pause").is_visible()


def test_live_shows_what_arrives_without_being_loaded_again(stage: tuple[Shop, Told, Owner], page: Page) -> None:
    shop, api, person = stage
    log_in(page, shop, person.name)
    page.goto(f"{shop.url}/dashboard/{shop.name}/live")
    api.tell(touch("banner", product="a-product-of-just-now"))
    expect(page.locator("#events")).to_contain_text("a-product-of-just-now", timeout=15_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live-state")).to_have_text("Paused.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_nobody_is_kept_out(
    stage: tuple[Shop, Told, Owner], new_page: NewPage, node_modules: Path, scheme: str, viewport: dict[str, int]
) -> None:
    shop, api, person = stage
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    sale = api.get("/v1/sales", q="1001")["items"][0]["id"]
    page = new_page(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{shop.url}/login")
    assert violations(page, axe) == {}, "/login"
    log_in(page, shop, person.name)
    for path in PATHS:
        page.goto(f"{shop.url}/dashboard/{shop.name}{path.format(sale=sale)}")
        for one in page.locator("details").all():
            one.evaluate("one => one.open = true")
        assert violations(page, axe) == {}, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, viewport)


def test_what_keeps_people_out_would_be_found(new_page: NewPage, node_modules: Path) -> None:
    page = new_page(viewport=DESK)
    page.set_content('<html lang="en"><title>A page</title><main><h1>One</h1><img src="data:,"></main></html>')
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    assert violations(page, axe).keys() == {"image-alt"}


def violations(page: Page, axe: str) -> dict[str, Any]:
    """What axe finds that is serious, with the first place of each."""
    page.evaluate(axe)
    found = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
    return {one["id"]: one["nodes"][0]["html"] for one in found if one["impact"] in SERIOUS}
