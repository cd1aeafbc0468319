"""Reading the ledger as people do: the latest first, some days of it, and every mistake named."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import field

from tests.dialects.alhena.storefront import Visitor
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded
from tests.store.ground import NOW
from tillroll.app import described_routes
from tillroll.dialects import native
from tillroll.dialects.http import Inbound, Malformed, Route
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.published import knowing_parameters
from tillroll.settings import Settings

DESCRIPTIONS, FOUND = described_routes(Settings())
KINDS = native.kinds_of(DESCRIPTIONS)
CLOSED = {
    (operation.method, operation.path): [one for one in operation.parameters if one.place == "query"]
    for description in DESCRIPTIONS
    for operation in description.operations
    if any(operation.path == prefix or operation.path.startswith(f"{prefix}/") for prefix in description.closed)
}
ROUTES = [route for route in knowing_parameters(DESCRIPTIONS, FOUND) if (route.method, route.path) in CLOSED]


@pytest.fixture
def reader(shop: Shop) -> httpx.Client:
    """A program that may read the shop's ledger, in which two calls stand."""
    visitor = Visitor(shop)
    visitor.talk()
    visitor.cart()
    return shop.client(shop.credentials["native"]["api_key"])


def kinds(reader: httpx.Client, **query: Any) -> list[str]:
    """What a page shows, by kind."""
    return [one["kind"] for one in succeeded(reader.get("/v1/events", params=query), 200)["events"]]


BOTH = ["conversation_opened", "cart_event"]


def test_the_latest_come_first_where_that_is_asked_for(reader: httpx.Client) -> None:
    assert kinds(reader) == kinds(reader, order="asc") == BOTH
    assert kinds(reader, order="desc") == BOTH[::-1]
    page = succeeded(reader.get("/v1/events", params={"order": "desc", "limit": 1}), 200)
    assert kinds(reader, order="desc", after=page["next"]) == BOTH[:1]
    assert kinds(reader, order="desc", after=0) == []
    nothing = succeeded(reader.get("/v1/events", params={"order": "desc", "kind": "purchase"}), 200)
    assert nothing == {"events": [], "next": 0}


def test_some_days_are_those_of_the_shops_clock(shop: Shop, reader: httpx.Client) -> None:
    now = datetime.now(UTC)
    shop.site(homeBase={"address": {"country": "NZ", "zipCode": "1"}, "timezone": "Pacific/Kiritimati"})
    today = (now + timedelta(hours=14)).date()
    assert kinds(reader, **{"from": str(today - timedelta(days=1)), "to": str(today)}) == BOTH
    assert kinds(reader, **{"from": str(today + timedelta(days=1))}) == []
    assert kinds(reader, to=str(today - timedelta(days=2))) == []
    for name, moment, shown in (
        ("from", now - timedelta(minutes=5), BOTH),
        ("from", now + timedelta(minutes=5), []),
        ("to", now - timedelta(minutes=5), []),
        ("to", now + timedelta(minutes=5), BOTH),
    ):
        assert kinds(reader, **{name: moment.isoformat()}) == shown
        assert kinds(reader, **{name: moment.isoformat(), "order": "desc"}) == shown[::-1]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"form": "2026-11-01"}, "form", "there is no parameter form, did you mean from?"),
        ({"From": "2026-11-01"}, "From", "did you mean from?"),
        ({"kind": "order"}, "kind", "order_placed"),
        ({"dialect": "emporics"}, "dialect", "alhena, doofinder, emporix, native, scout"),
        ({"order": "newest"}, "order", "order is one of asc, desc"),
        ({"from": "yesterday"}, "from", "a moment in ISO 8601, or a day"),
        ({"to": "2026-13-01"}, "to", "a moment in ISO 8601, or a day"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "from must not be after to"),
        ({"after": "x"}, "after", "a whole number"),
        ({"limit": "501"}, "limit", "from 1 to 500"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(
    reader: httpx.Client, query: Mapping[str, str], field: str, said: str
) -> None:
    refused = reader.get("/v1/events", params=query)
    assert_refused(refused, 400, "/v1/events")
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert said in refused.text


def test_a_stranger_is_not_told_which_parameters_there_are(shop: Shop) -> None:
    assert shop.client("wrong").get("/v1/events", params={"form": "1"}).status_code == 401


def test_every_kind_that_is_listed_can_be_asked_for(reader: httpx.Client) -> None:
    for dialect, names in KINDS.items():
        for name in names:
            assert set(kinds(reader, dialect=dialect, kind=name)) <= {name}


class Heard(dict[str, str]):
    """Parameters that remember which of them were asked for."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return default


class Watched(Inbound):
    """A request without parameters that remembers which of them were asked for."""

    heard: set[str] = field(default_factory=set)

    @property
    def query(self) -> dict[str, str]:
        return Heard(self.heard)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_our_own_routes_take_no_parameter_that_is_not_described(route: Route) -> None:
    described = {one.name for one in CLOSED[route.method, route.path]}
    assert route.decode is not None
    with pytest.raises(Malformed) as refused:
        route.decode(Inbound(route.method, route.path, {}, b"none=1", [], b"{}", "", 0, "0" * 32))
    assert [problem.field for problem in refused.value.problems] == ["none"]
    if route.service is NATIVE and route.method == "GET":
        watched = Watched(route.method, route.path, {}, b"", [], b"", "", NOW, "0" * 32)
        route.decode(watched)
        assert watched.heard == described
