"""Every example of the other dialects, sent to a running server as it is published."""

import re
from secrets import token_hex

import httpx
import pyotp

from tests.dialects.doofinder.client import SearchShop
from tests.dialects.native.test_sales import Office, bought
from tests.examples.story import Story, with_bodies
from tests.examples.test_emporix import published
from tests.harness import SHARED_SETTINGS, Server, running_server, save_redirect_uri
from tests.owner import REDIRECT, Application, Owner, codes_of, new_key
from tests.shop import Shop
from tests.staff import Told, order, staff
from tests.webhooks.receiver import free_port
from tillroll.app import described_routes
from tillroll.settings import Settings

_SESSION = "5b1d2f3c4a5e6f708192a3b4c5d6e7f8"


# The dialects whose examples are sent here and in `test_emporix.py`.
# The forms of a shop's settings, in an order in which each has what it is about.
SETTINGS = (
    *("add-engine", "remove-engine", "add-company", "remove-company", "add-origin", "remove-origin", "ban", "lift-ban"),
    *("create-key", "revoke-key", "add-application", "replace-application-key", "revoke-application"),
    *("counting", "switches", "alhena"),
)
TOLD = {"emporix", "native", "doofinder", "alhena", "scout", "dashboard"}


def test_no_dialect_is_left_out() -> None:
    descriptions, _ = described_routes(Settings())
    assert {one.name for one in descriptions} == TOLD


def test_our_own_events_are_told_as_it_is_published(shop: Shop, shared_server: Server) -> None:
    document = published(shared_server, "native")
    client = shop.client(shop.credentials["native"]["api_key"])
    story = Story(document, {})
    reported = story.send("POST /v1/events", client).json()
    assert [one["status"] for one in reported["results"]] == ["stored"]
    story.send("POST /v1/identify", client)
    story.send("PUT /v1/rates", client)
    tell_an_endpoint(story, client)
    decide_about_sales(shop, story)
    assert sorted(with_bodies(document) - story.sent) == []


def tell_an_endpoint(story: Story, client: httpx.Client) -> None:
    """An endpoint at which nobody listens is registered, changed, gets another secret, and is sent nothing again."""
    story.known |= {"https://shop.example/tillroll": f"http://127.0.0.1:{free_port()}/tillroll"}
    webhook = "/v1/webhooks/{id}"
    id = story.send("POST /v1/webhooks", client).json()["webhook"]["id"]
    story.send(f"PATCH {webhook}", client, id=id)
    story.send(f"POST {webhook}/secrets", client, id=id)
    story.send(f"POST {webhook}/replay", client, id=id)


def decide_about_sales(shop: Shop, story: Story) -> None:
    """Two sales are made one, and two again; one is paid back in part."""
    shop.standard()
    office = Office(shop)
    for _ in range(2):
        bought(shop)
    second, first = (one["id"] for one in office.wait(lambda found: len(found) == 2))
    story.known |= {"s12": second}
    decision = "POST /v1/sales/{id}/"
    story.send(f"{decision}merge", office.client, id=first)
    reports = office.get(f"/v1/sales/{first}")["reports"]
    story.known |= {"[12]": f"[{reports[-1]['position']}]"}
    story.known |= {"dec_1": story.send(f"{decision}split", office.client, id=first).json()["decision"]}
    story.send(f"{decision}undo", office.client, id=first)
    story.send(f"{decision}refunds", office.client, id=first)


def test_a_search_is_told_as_it_is_published(shop: Shop, shared_server: Server) -> None:
    document = published(shared_server, "doofinder")
    search = SearchShop(shop, shared_server)
    with search.http as client:
        client.headers["authorization"] = f"Token {search.key}"
        story = Story(document, {"HASHID": search.hashid})
        for name in ("init", "click", "image", "redirect"):
            story.send(f"PUT /6/{{hashid}}/stats/{name}", client, hashid=search.hashid)
            story.send(f"POST /6/{{hashid}}/stats/{name}", client, hashid=search.hashid)
        for method in ("PUT", "PATCH"):
            path = "/6/{hashid}/stats/cart/{session_id}"
            story.send(f"{method} {path}", client, hashid=search.hashid, session_id=_SESSION)
        story.send("PUT /6/{hashid}/stats/checkout", client, hashid=search.hashid)
        story.send("POST /6/{hashid}/stats/checkout", client, hashid=search.hashid)
        for method in ("POST", "PUT"):
            story.send(f"{method} /6/{{hashid}}/stats/{{event}}", client, hashid=search.hashid, event="scrolled")
        for name in ("carts", "sales", "visit"):
            story.send(f"POST /api/v2/stats/{name}", client)
        assert [one["outcome"] for one in search.events() if one["outcome"] != "accepted"] == []
    assert sorted(with_bodies(document) - story.sent) == []


def test_a_visitor_is_told_of_as_it_is_published(shop: Shop, shared_server: Server) -> None:
    document = published(shared_server, "alhena")
    story = Story(document, {"mugs": shop.name})
    client = shop.client()
    opened = story.send("POST /v1/conversations", client).json()["conversation_id"]
    story.send("POST /v1/conversations/{id}/messages", client, id=opened)
    for name in ("faq_questions", "page_views", "product_views", "nudges", "answers", "experiments", "identities"):
        story.send(f"POST /v1/{name}", client)
    story.send("POST /analytics/cart_events", client)
    story.send("POST /analytics/checkout_events", client)
    story.send("POST /v1/conversations/{id}/close", client, id=opened)
    assert sorted(with_bodies(document) - story.sent) == []


def test_an_inventory_is_kept_as_it_is_published(shop: Shop, shared_server: Server) -> None:
    document = published(shared_server, "scout")
    keys = shop.credentials["scout"]
    save_redirect_uri(shared_server.database_url, keys["client_id"], REDIRECT)
    story = Story(document, {"USER_NAME": f"ada-{token_hex(6)}", "CLIENT_ID": keys["client_id"]})
    with Owner(shop.url) as owner, Application(shop.url, keys["client_id"], keys["api_key"]) as application:
        get_in(story, owner)
        consent(story, owner, application)
        keep(story, owner)
        bearer = shop.client(new_key(owner))
        added = story.send("POST /v1/inventory/items", bearer).json()["id"]
        story.send("PUT /v1/inventory/items/{id}", bearer, id=added)
        story.send("POST /v1/inventory/items/{id}/steps", bearer, id=added)
        story.send("POST /v1/inventory/sheet", bearer)
        fill(story, owner, "POST /grants/{client_id}/withdraw", "/grants", client_id=keys["client_id"])
    assert sorted(with_bodies(document) - story.sent) == []


def test_a_shop_is_looked_after_as_it_is_published(shop: Shop, shared_server: Server, sqlite_url: str) -> None:
    document = published(shared_server, "dashboard")
    api = Told(shop)
    api.tell(order("1", ("mug", "9.00"), visitor="a"), order("2", ("mug", "9.00"), visitor="b"))
    two, one = (item["id"] for item in api.get("/v1/sales")["items"])
    page, people = f"/dashboard/{shop.name}/sales/{one}", f"/dashboard/{shop.name}/people"
    story = Story(document, {"OTHER_SALE": two, "REPORT": two.removeprefix("s")})
    with staff(shared_server, shop.name, "admin") as admin, Owner(shop.url) as other:
        story.known["USER_NAME"] = other.sign_up(f"vic-{token_hex(6)}").name
        for name in ("refund", "merge", "split", "undo"):
            decisions = api.get(f"/v1/sales/{one}")["decisions"]
            story.known |= {"DECISION": decisions[-1]} if decisions else {}
            path = f"POST /dashboard/{{shop}}/sales/{{id}}/{name}"
            fill(story, admin, path, page, shop=shop.name, id=one)
        for name in ("role", "reset-totp", "remove"):
            fill(story, admin, f"POST /dashboard/{{shop}}/people/{name}", people, shop=shop.name)
        for _ in range(2):
            shown = fill(story, admin, "POST /dashboard/{shop}/people/invite", people, shop=shop.name).text
        story.known["INVITATION_DIGEST"] = re.findall(r'name="invitation" value="(\w+)"', shown)[0]
        fill(story, admin, "POST /dashboard/{shop}/people/withdraw", people, shop=shop.name)
        link = re.search(r"/join/([\w-]+)", shown)
        assert link is not None
        fill(story, other, "POST /join/{invitation}", link[0], invitation=link[1])
        assert other.client.get(f"/dashboard/{shop.name}").status_code == 200
        fill(
            story, admin, "POST /dashboard/{shop}/health/audit", f"/dashboard/{shop.name}/health/audit", shop=shop.name
        )
        fill(story, admin, "POST /dashboard/{shop}/connect/test", f"/dashboard/{shop.name}/connect", shop=shop.name)
        decide(story, admin, shop)
    set_up(story, sqlite_url)
    assert sorted(with_bodies(document) - story.sent) == []


def set_up(story: Story, database_url: str) -> None:
    """Make the first shop of a server of its own."""
    with running_server(database_url, settings=SHARED_SETTINGS) as server, Owner(server.url) as person:
        link = re.search(r"/setup/([\w-]+)", server.log)
        assert link is not None
        fill(story, person, "POST /setup/{link}", link[0], link=link[1])


def decide(story: Story, admin: Owner, shop: Shop) -> None:
    """Change every setting of a shop."""
    page, keys = f"/dashboard/{shop.name}/settings", shop.credentials
    story.known |= {"ENGINE_HASHID": keys["doofinder"]["hashid"], "COMPANY_NEW": f"{shop.name}-second"}
    story.known |= {"APPLICATION_ID": keys["scout"]["client_id"], "KEY_IDENTIFIER": keys["emporix"]["client_id"]}
    for name in SETTINGS:
        fill(story, admin, f"POST /dashboard/{{shop}}/settings/{name}", page, shop=shop.name)


def fill(story: Story, owner: Owner, operation: str, page: str, **places: str) -> httpx.Response:
    """Fill in a form as it stands on a page, and send it."""
    story.known["FORM_TOKEN"] = owner.token(page)
    return story.send(operation, owner.client, keeps={}, **places)


def get_in(story: Story, owner: Owner) -> None:
    """Sign up, log in again, and look after the account."""
    fill(story, owner, "POST /sign-up", "/sign-up")
    step_twice(story, owner)
    fill(story, owner, "POST /logout", "/account")
    fill(story, owner, "POST /login", "/login")
    fill(story, owner, "POST /account/password", "/account")
    fill(story, owner, "POST /account/keys", "/account")
    found = re.search(r"/account/keys/([\w-]+)/revoke", owner.page("/account"))
    assert found is not None
    fill(story, owner, "POST /account/keys/{key}/revoke", "/account", key=found[1])


def step_twice(story: Story, owner: Owner) -> None:
    """Set a second step up, log in with it, and end it again."""
    step = "/account/second-step"
    fill(story, owner, f"POST {step}", "/account")
    secret = re.findall(r'id="secret">([A-Z2-7 ]+)<', owner.page(step))[0].replace(" ", "")
    story.known["FIRST_CODE"] = pyotp.TOTP(secret).now()
    shown = fill(story, owner, f"POST {step}/confirm", step).text
    story.known["RECOVERY_CODE"] = codes_of(shown)[0]
    codes = codes_of(fill(story, owner, f"POST {step}/codes", "/account").text)
    story.known["RECOVERY_CODE"] = codes[0]
    fill(story, owner, "POST /logout", "/account")
    asked = fill(story, owner, "POST /login", "/login").text
    story.known["LOGIN_STEP"] = re.findall(r'name="step" value="([\w-]+)"', asked)[0]
    fill(story, owner, "POST /login/code", "/login")
    story.known["RECOVERY_CODE"] = codes[1]
    fill(story, owner, f"POST {step}/end", "/account")


def consent(story: Story, owner: Owner, application: Application) -> None:
    """Let the application post, and let it post."""
    page = f"/oauth/new?client_id={application.client_id}&redirect_uri={REDIRECT}&scopes=checkouts"
    back = fill(story, owner, "POST /oauth/new", page).headers["location"]
    story.known["CONSENT_CODE"] = httpx.URL(back).params["code"]
    user = story.send("POST /api/v1/oauth/token", application.client).json()["user"]
    story.known |= {"USER_ID": str(user["id"]), "ACCESS_TOKEN": user["access_token"]}
    story.send("POST /ingest", application.client)
    story.send("POST /checkout", application.client)


def keep(story: Story, owner: Owner) -> None:
    """Add an item by hand, correct it, and say what became of it."""
    item = fill(story, owner, "POST /inventory/new", "/inventory/new").headers["location"].rpartition("/")[2]
    fill(story, owner, "POST /inventory/items/{id}/edit", f"/inventory/items/{item}/edit", id=item)
    fill(story, owner, "POST /inventory/items/{id}/state", f"/inventory/items/{item}", id=item)
    fill(story, owner, "POST /inventory/import", "/inventory/import")
