"""Who may see and do what on the dashboard: every page and every form, for every role, a stranger and nobody."""

from collections.abc import Iterator

import httpx
import pytest

from tests.harness import Server, new_shop
from tests.owner import Owner
from tests.shop import NO_CERTIFICATES, Shop
from tests.staff import staff, told
from tillroll.app import described_routes
from tillroll.settings import Settings

# The forms of the settings: without fields they are told what is missing.
SETTINGS = (
    *("add-company", "remove-company", "add-engine", "remove-engine", "add-origin", "remove-origin", "ban", "lift-ban"),
    *("create-key", "revoke-key", "add-application", "replace-application-key", "revoke-application"),
    *("counting", "switches", "alhena"),
)
ROLES = ("viewer", "analyst", "admin")
# The least role for every route below a shop.
LEAST = {
    "GET /dashboard/{shop}": "viewer",
    "GET /dashboard/{shop}/revenue.csv": "viewer",
    "GET /dashboard/{shop}/models": "viewer",
    "GET /dashboard/{shop}/models.csv": "viewer",
    "GET /dashboard/{shop}/sales": "viewer",
    "GET /dashboard/{shop}/sales.csv": "viewer",
    "GET /dashboard/{shop}/sales/{id}": "viewer",
    "GET /dashboard/{shop}/sales/{id}/credits.csv": "viewer",
    "GET /dashboard/{shop}/carts": "viewer",
    "GET /dashboard/{shop}/carts.csv": "viewer",
    "GET /dashboard/{shop}/health": "viewer",
    "GET /dashboard/{shop}/health.csv": "viewer",
    "GET /dashboard/{shop}/health/audit": "admin",
    "GET /dashboard/{shop}/search": "viewer",
    "GET /dashboard/{shop}/search.csv": "viewer",
    "GET /dashboard/{shop}/live": "viewer",
    "GET /dashboard/{shop}/live/rows": "viewer",
    "GET /dashboard/{shop}/live.csv": "viewer",
    "GET /dashboard/{shop}/connect": "viewer",
    "POST /dashboard/{shop}/health/audit": "admin",
    "POST /dashboard/{shop}/connect/test": "analyst",
    "POST /dashboard/{shop}/sales/{id}/refund": "analyst",
    "POST /dashboard/{shop}/sales/{id}/merge": "analyst",
    "POST /dashboard/{shop}/sales/{id}/split": "analyst",
    "POST /dashboard/{shop}/sales/{id}/undo": "analyst",
    "GET /dashboard/{shop}/people": "admin",
    "POST /dashboard/{shop}/people/role": "admin",
    "POST /dashboard/{shop}/people/remove": "admin",
    "POST /dashboard/{shop}/people/reset-totp": "admin",
    "POST /dashboard/{shop}/people/invite": "admin",
    "POST /dashboard/{shop}/people/withdraw": "admin",
    "GET /dashboard/{shop}/settings": "admin",
    **{f"POST /dashboard/{{shop}}/settings/{name}": "admin" for name in SETTINGS},
}
# Whatever these carry, they do it.
NEVER_WRONG = {"remove", "withdraw", "switches", "test", "audit"}
# What the forms carry; most of it is wrong on purpose, so that whoever may send them is told so with 422.
FORMS = {
    "refund": {"amount": "no amount"},
    "merge": {"sales": "s999999999"},
    "split": {},
    "undo": {"decision": "none"},
    "role": {"name": "nobody of this name", "role": "viewer"},
    "reset-totp": {"name": "nobody of this name"},
    "remove": {"name": "nobody of this name"},
    "invite": {"role": "owner"},
    "withdraw": {"invitation": "none"},
    "add-engine": {"hashid": "not a hashid"},
}


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[tuple[Server, Shop, str, str]]:
    """A shop with sales, the id of one of them, and another shop."""
    with new_shop(shared_server) as shop, new_shop(shared_server) as other:
        sale = told(shop).get("/v1/sales")["items"][0]["id"]
        yield shared_server, shop, sale, other.name


def asked(person: Owner, route: str, shop: str, sale: str) -> int:
    """The status that somebody gets for a route, with the right token for their forms."""
    method, _, path = route.partition(" ")
    address = path.format(shop=shop, id=sale)
    if method == "GET":
        return person.client.get(address).status_code
    return person.client.post(
        address, data={"token": token(person), **FORMS.get(path.rpartition("/")[2], {})}
    ).status_code


def token(person: Owner) -> str:
    """What a person's forms carry, on whichever page."""
    return person.token("/account")


def test_the_table_has_every_route() -> None:
    _, routes = described_routes(Settings())
    found = {f"{one.method} {one.path}" for one in routes if one.path.startswith("/dashboard/")}
    assert found == LEAST.keys()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_it_may_and_nothing_else(stage: tuple[Server, Shop, str, str], role: str) -> None:
    server, shop, sale, _ = stage
    with staff(server, shop.name, role) as person:
        for route, least in LEAST.items():
            status = asked(person, route, shop.name, sale)
            if ROLES.index(role) < ROLES.index(least):
                assert status == 403, route
            elif route.startswith("GET"):
                assert status == 200, route
            else:
                assert status == (303 if route.rpartition("/")[2] in NEVER_WRONG else 422), route


def test_who_belongs_to_another_shop_learns_nothing_of_this_one(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, sale, other = stage
    with staff(server, other, "admin") as stranger:
        for route in LEAST:
            assert asked(stranger, route, shop.name, sale) == 404, route
            assert asked(stranger, route, "nosuchshop", sale) == 404, route
        page = stranger.page(f"/dashboard/{shop.name}", status=404)
        assert "1001" not in page
        # A sale of the one shop is none of the other, by whichever id.
        assert asked(stranger, "GET /dashboard/{shop}/sales/{id}", other, sale) == 404


def test_nobody_is_asked_to_log_in_and_comes_back(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, sale, _ = stage
    with httpx.Client(base_url=server.url, verify=NO_CERTIFICATES, trust_env=False) as nobody:
        for route in LEAST:
            method, _, path = route.partition(" ")
            answer = nobody.request(method, path.format(shop=shop.name, id=sale), data={} if method == "POST" else None)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), route
    with staff(server, shop.name, "viewer") as person:
        person.client.cookies.clear()
        page = person.client.get(f"/dashboard/{shop.name}/sales?q=1001")
        done = person.client.post(
            "/login",
            data={
                "token": person.token(page.headers["location"]),
                "name": person.name,
                "password": "correct horse battery",
                "next": f"/dashboard/{shop.name}/sales?q=1001",
            },
        )
        assert done.headers["location"] == f"/dashboard/{shop.name}/sales?q=1001"


def test_staff_are_led_to_their_shop_and_others_to_their_inventory(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, _, _ = stage
    with staff(server, shop.name, "viewer") as person:
        assert person.client.get("/login").headers["location"] == "/dashboard"
        assert person.client.get("/dashboard").headers["location"] == f"/dashboard/{shop.name}"
    with Owner(server.url) as owner:
        owner.sign_up("an-owner-alone-" + shop.name[-6:])
        assert owner.client.get("/login").headers["location"] == "/inventory"
        assert "tillroll user role" in owner.page("/dashboard")


@pytest.mark.parametrize("way", ["no token", "a token of somebody else", "another site"])
def test_a_form_that_proves_nothing_does_nothing(stage: tuple[Server, Shop, str, str], way: str) -> None:
    server, shop, sale, _ = stage
    with staff(server, shop.name, "admin") as person, staff(server, shop.name, "admin") as another:
        fields = {"token": token(another if way == "a token of somebody else" else person)}
        headers = {"sec-fetch-site": "cross-site"} if way == "another site" else {}
        given = {} if way == "no token" else fields
        for route in (one for one in LEAST if one.startswith("POST")):
            path = route.partition(" ")[2]
            sent = {**given, **FORMS.get(path.rpartition("/")[2], {})}
            answer = person.client.post(path.format(shop=shop.name, id=sale), data=sent, headers=headers)
            assert answer.status_code == 403, route


def test_a_role_that_is_taken_away_opens_nothing_from_the_next_request_on(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, _, _ = stage
    with staff(server, shop.name, "admin") as admin, staff(server, shop.name, "viewer") as person:
        people = f"/dashboard/{shop.name}/people"
        assert person.client.get(f"/dashboard/{shop.name}").status_code == 200
        changed = admin.send(f"{people}/role", {"name": person.name, "role": "analyst"}, page=people)
        assert changed.status_code == 303
        assert "Give money back" in person.page(f"/dashboard/{shop.name}/sales/{stage[2]}")
        assert admin.send(f"{people}/remove", {"name": person.name}, page=people).status_code == 303
        assert person.client.get(f"/dashboard/{shop.name}").status_code == 404
        own = admin.send(f"{people}/remove", {"name": admin.name}, page=people)
        assert own.status_code == 422


def test_a_session_that_is_ended_opens_nothing(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, _, _ = stage
    with staff(server, shop.name, "viewer") as person:
        kept = dict(person.client.cookies)
        assert person.send("/logout", page="/account").status_code == 303
        person.client.cookies.update(kept)
        assert person.client.get(f"/dashboard/{shop.name}").headers["location"].startswith("/login")


def test_pages_run_no_script_but_ours_and_are_kept_by_nobody(stage: tuple[Server, Shop, str, str]) -> None:
    server, shop, sale, _ = stage
    with staff(server, shop.name, "admin") as person:
        for route in (one for one in LEAST if one.startswith("GET")):
            answer = person.client.get(route.partition(" ")[2].format(shop=shop.name, id=sale))
            assert "no-store" in answer.headers["cache-control"], route
            if not route.endswith(".csv"):
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["x-frame-options"] == "DENY"
