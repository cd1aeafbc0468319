"""Settings by form: what was decided holds in the dialects at once, and the page says who decided it."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from tests.dashboard.test_figures import Stage
from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, new_shop
from tests.staff import Told, staff


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[Stage]:
    """A shop and an admin of it."""
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "admin") as person:
        yield Stage(shop, person, Told(shop))


def sent(stage: Stage, form: str, status: int = 303, /, **fields: str) -> httpx.Response:
    """The answer to a form of the settings."""
    answer = stage.person.send(f"{stage.base}/settings/{form}", fields, page=f"{stage.base}/settings")
    assert answer.status_code == status, answer.text
    return answer


def once(answer: httpx.Response) -> dict[str, str]:
    """What a page shows once."""
    return dict(re.findall(r'<dt>(.*?)</dt><dd class="secret">(.*?)</dd>', answer.text))


def test_a_key_is_shown_once_does_what_it_may_and_is_revoked(stage: Stage) -> None:
    answer = sent(stage, "create-key", 200, **{"kind": "native", "scope-reports:read": "1"})
    key = once(answer)["API key"]
    assert "no-store" in answer.headers["cache-control"]
    client = stage.shop.client(key)
    assert client.get("/v1/reports/revenue").status_code == 200
    assert client.get("/v1/events").status_code == 403
    page = stage.person.page(f"{stage.base}/settings")
    assert key not in page
    identifier = re.findall(r"A key for native was created: (\w+)\.", page)[0]
    sent(stage, "revoke-key", identifier=identifier)
    assert client.get("/v1/reports/revenue").status_code == 401
    assert "The shop has no live key like that" in sent(stage, "revoke-key", 422, identifier=identifier).text
    nothing = sent(stage, "create-key", 422, kind="native").text
    assert "Choose what the key may do" in nothing
    assert key not in stage.api.client.get("/v1/events", params={"subject": "settings"}).text


def test_a_back_office_gets_a_client_that_logs_in(stage: Stage) -> None:
    made = once(sent(stage, "create-key", 200, kind="emporix"))
    form = {"client_id": made["Client id"], "client_secret": made["Client secret"], "grant_type": "client_credentials"}
    assert stage.shop.client().post("/oauth/token", data=form).status_code == 200


def test_an_application_is_added_gets_another_key_and_is_revoked(stage: Stage) -> None:
    made = once(sent(stage, "add-application", 200, title="A bot", redirect_uris="https://bot.example/back"))
    again = once(sent(stage, "replace-application-key", 200, client_id=made["Client id"]))
    assert again["API key"] != made["API key"]
    assert "no fragment" in sent(stage, "add-application", 422, title="A bot", redirect_uris="javascript:alert(1)").text
    sent(stage, "revoke-application", client_id=made["Client id"])
    sent(stage, "revoke-application", 422, client_id=made["Client id"])


def test_how_a_storefronts_events_are_taken_is_decided_by_form(stage: Stage) -> None:
    stranger = Visitor(stage.shop)
    assert stranger.cart().status_code == 404
    wrong = sent(stage, "alhena", 422, mode="loose", window_hours="0", cart_value="unit", line_value="line").text
    assert 'id="alhena-mode-wrong"' in wrong
    assert 'id="alhena-window_hours-wrong"' in wrong
    chosen = {"mode": "lenient", "window_hours": "48", "cart_value": "unit", "line_value": "line"}
    sent(stage, "alhena", **chosen)
    assert stranger.cart().status_code == 200
    page = stage.person.page(f"{stage.base}/settings")
    assert '<option value="lenient" selected>' in page
    assert 'name="window_hours" value="48"' in page
    assert "How Alhena&#39;s calls are taken was decided." in page
    sent(stage, "alhena", **chosen, requires_key="1")
    assert stranger.cart().status_code == 403
    sent(stage, "alhena", **chosen | {"mode": "strict"})


def test_a_ban_holds_at_once_and_an_error_stands_beside_its_field(stage: Stage) -> None:
    visitor = Visitor(stage.shop)
    assert visitor.talk().status_code == 200
    sent(stage, "ban", network="127.0.0.0/8")
    assert visitor.talk().status_code == 403
    sent(stage, "lift-ban", network="127.0.0.0/8")
    assert visitor.talk().status_code == 200
    wrong = sent(stage, "ban", 422, network="<nowhere>").text
    field = re.search(r'<input id="ban-network"[^>]*>', wrong)
    assert field is not None
    assert 'aria-invalid="true" aria-describedby="ban-network-wrong"' in field[0]
    assert 'value="&lt;nowhere&gt;"' in field[0]
    assert 'id="ban-network-wrong"' in wrong


def test_engines_companies_and_origins_come_and_go(stage: Stage) -> None:
    hashid = stage.shop.credentials["doofinder"]["hashid"][::-1]
    sent(stage, "add-engine", hashid=hashid.upper(), label="window")
    assert "This hashid is taken" in sent(stage, "add-engine", 422, hashid=hashid).text
    sent(stage, "remove-engine", hashid=hashid)
    company = f"{stage.shop.name}-two"
    sent(stage, "add-company", company=company)
    assert f"<code>{company}</code>" in stage.person.page(f"{stage.base}/settings")
    sent(stage, "remove-company", company=company)
    sent(stage, "add-origin", origin="https://Shop.example")
    assert "<code>https://shop.example</code>" in stage.person.page(f"{stage.base}/settings")
    assert "has no path" in sent(stage, "add-origin", 422, origin="https://shop.example/path").text
    sent(stage, "remove-origin", origin="https://shop.example")


COUNTING = {
    **{"authority": "native, emporix", "numbers": "plain", "match_minutes": "10", "shared_persons": "2"},
    **{"window_days": "14", "half_life_hours": "24", "windows": "chat=12\nnewsletter = 0"},
}


def test_how_sales_are_counted_is_decided_as_a_whole(stage: Stage) -> None:
    sent(stage, "counting", **COUNTING)
    page = unescape(stage.person.page(f"{stage.base}/settings"))
    assert "chat=12\nnewsletter=0</textarea>" in page
    assert re.search(r'id="counting-window_days"[^>]*value="14"', page)
    wrong = sent(stage, "counting", 422, **COUNTING | {"window_days": "0", "authority": "fax", "windows": "chat"}).text
    for said in ("A whole number from 1 to 3650", "Name each of", "is not SOURCE=HOURS"):
        assert said in unescape(wrong)
    assert re.search(r'id="counting-window_days"[^>]*value="0"', wrong)


def test_the_page_says_who_changed_what(stage: Stage) -> None:
    sent(stage, "switches", strict_fields="1")
    page = unescape(stage.person.page(f"{stage.base}/settings"))
    changes = re.findall(r"<li><bdi>(.*?)</bdi>: (.*?)<small>", page)
    assert changes[0] == (stage.person.name, "Fields that nobody reads are refused from now on.")
    found = stage.api.get("/v1/events", subject="settings", order="desc", limit=1)["events"][0]
    assert found["kind"] == "settings_changed"
