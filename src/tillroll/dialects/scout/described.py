"""Scout's dialect, described: the vendor's calls, and the pages for people."""

from collections.abc import Sequence

from tillroll.dialects.explained import explained_by
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import (
    FLAG,
    TEXT,
    WHOLE,
    Answer,
    Demands,
    Description,
    Operation,
    Parameter,
    Place,
    Schema,
    Service,
    either,
    listed,
    nullable,
    one_of,
    record,
    ref,
)
from tillroll.dialects.scout.entries import FIELDS
from tillroll.dialects.scout.errors import ScoutService
from tillroll.dialects.scout.v1 import BASE, OwnerService
from tillroll.domain.inventory.inventory import CURRENCIES, STATES
from tillroll.engine.inventory.applications import SCOPES
from tillroll.engine.inventory.items import Totals

_SUMMARY = """Scout: applications post what users buy, and each post becomes an item of the user's own inventory. An
application sends its secret key as `x-api-key`; a user lets it post on the page `/oauth/new`. People log in with a
cookie, and each of their forms carries a token of the page that it was on."""

_TOKEN = {"token": TEXT}
_LOCAL = {"next?": TEXT}
_STEP = "/account/second-step"
_UNITS = "Amounts are in cents, the time in epoch seconds."


def description() -> Description:
    """The dialect's account of itself."""
    return Description(
        name="scout",
        title="Scout",
        summary=_SUMMARY,
        kinds=("purchase",),
        operations=[*_calls(), *_people(), *_consent(), *_items(), *_owned()],
        closed=(BASE,),
        names_unread=True,
        components=_components(),
        explain=explained_by(__name__),
        services=(
            Service("posting", "Checkout posting", ("/ingest", "/checkout"), "What an application posts."),
            Service("consent", "Consent", ("/api", "/oauth", "/grants"), "How users let applications post."),
            Service("people", "Accounts", ("/sign-up", "/login", "/logout", "/account"), "Pages to log in."),
            Service("pages", "Inventory pages", ("/inventory",), "What a user bought, for people."),
            Service("inventory", "Inventory", ("/v1/inventory",), "What a user bought, for programs."),
        ),
        refusal=_refusal,
        places={
            "items/{id}": Place("item", "The id of the item."),
            "key": Place("key", "The id of the key."),
            "client_id": Place("grant", "The client id of the application."),
        },
        demands=_demands,
        schemes={
            "applicationKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            "ownerKey": {"type": "http", "scheme": "bearer"},
        },
    )


def _refusal(route: Route, status: int) -> Schema | Answer:
    if isinstance(route.service, ScoutService):
        return ref("scout.Refusal")
    if isinstance(route.service, OwnerService):
        return ref("scout.OwnerError")
    return Answer("A page that says what is wrong.", TEXT, content_type="text/html")


def _demands(route: Route) -> Demands:
    if isinstance(route.service, ScoutService):
        return Demands(("applicationKey",), "an application, by its key", refusals=(403, 422))
    if isinstance(route.service, OwnerService):
        return Demands(("ownerKey",), "the owner of an inventory, by a key", refusals=(401, 422))
    return Demands(who="a browser; most pages ask for a login", refusals=(403, 422, 429))


def _calls() -> list[Operation]:
    success = {200: record({"success": FLAG})}
    user = record({"id": WHOLE, "username?": TEXT})
    token = record({"id": WHOLE, "access_token": TEXT, "scopes": listed(one_of(*SCOPES))})
    on_top = {"access_token?": TEXT, "token_type?": one_of("Bearer"), "scope?": TEXT}
    granted = record({"success": FLAG, "user": token, **on_top})
    standard = {f"{name}?": TEXT for name in ("grant_type", "client_id", "client_secret")}
    return [
        Operation("POST", "/ingest", "Adds a checkout to the user's inventory", success, ref("scout.Checkout")),
        Operation("POST", "/checkout", "The newer name of /ingest", success, ref("scout.Checkout")),
        Operation(
            "POST",
            "/api/v1/oauth/token",
            "Exchanges a code for an access token, once",
            {200: granted, 400: ref("scout.Refusal"), 401: ref("scout.Refusal")},
            record({"code": TEXT, "redirect_uri": TEXT, "code_verifier?": TEXT, **standard}, others=True),
            notes="A form is answered as OAuth 2.0 has it (RFC 6749); its `grant_type` is `authorization_code`, and the"
            " application's key is the `client_secret`, in the form or by HTTP Basic.",
        ),
        Operation(
            "GET",
            "/api/v1/oauth/info",
            "Says who an access token stands for",
            {200: record({"success": FLAG, "user": user})},
            parameters=[
                Parameter("access_token", summary="The token; without it, that of the header `Authorization: Bearer`.")
            ],
        ),
    ]


def _people() -> list[Operation]:
    name = {**_TOKEN, **_LOCAL, "name": TEXT}
    following = [Parameter("next", summary="Where to go on to: an address of this server.")]
    passwords = {"password": TEXT, "again": TEXT}
    code = {**_TOKEN, "code": TEXT}
    return [
        _page("/sign-up", "The form to sign up", following),
        _form("/sign-up", "Signs up, and logs in", {**name, **passwords}),
        _page("/login", "The form to log in", following),
        _form("/login", "Logs in, or asks for the code of a second step", {**name, "password": TEXT}, page=True),
        _form(
            "/login/code",
            "Tells the code of a second step, and so logs in",
            {**_TOKEN, **_LOCAL, "step": TEXT, "code": TEXT},
        ),
        _form("/logout", "Logs out", _TOKEN),
        _page(f"{_STEP}", "A secret for codes that has yet to be confirmed"),
        _form(f"{_STEP}", "Makes such a secret", _TOKEN),
        _form(f"{_STEP}/confirm", "Asks for codes from now on, and shows recovery codes once", code, page=True),
        _form(f"{_STEP}/codes", "Makes other recovery codes, which are shown once", code, page=True),
        _form(f"{_STEP}/end", "Asks for no code any more", code),
        _page("/account", "The account: password and keys"),
        _form("/account/password", "Changes the password", {**_TOKEN, "known": TEXT, **passwords}),
        _form("/account/keys", "Makes a key for programs, which is shown once", {**_TOKEN, "label": TEXT}, page=True),
        _form("/account/keys/{key}/revoke", "Revokes a key", _TOKEN),
    ]


def _consent() -> list[Operation]:
    asked = {"client_id": TEXT, "redirect_uri": TEXT, "scopes": TEXT}
    proof = {"code_challenge": TEXT, "code_challenge_method": one_of("S256")}
    query = [Parameter(name, required=name != "scopes") for name in asked]
    query += [Parameter("scope"), Parameter("response_type", one_of("code"))]
    query += [Parameter("state"), *(Parameter(name, schema) for name, schema in proof.items())]
    optional = {f"{name}?": schema for name, schema in {"state": TEXT, **proof}.items()}
    decision = {**_TOKEN, **asked, **optional, "decision": one_of("allow", "deny")}
    return [
        _page("/oauth/new", "Shows who asks for what; scopes are separated by commas", query),
        _form("/oauth/new", "Allows or denies, and goes back to the redirect_uri", decision),
        _page("/grants", "What the user lets which applications do"),
        _form("/grants/{client_id}/withdraw", "Withdraws a grant: its token is worth nothing from now on", _TOKEN),
    ]


def _items() -> list[Operation]:
    chosen = [Parameter("q"), Parameter("state"), Parameter("currency"), Parameter("after"), Parameter("before")]
    entry = {**_TOKEN, **{f"{field}?": TEXT for field in FIELDS}}
    step = {**_TOKEN, "state": one_of(*STATES), "amount?": TEXT, "currency?": TEXT, "date": TEXT}
    return [
        _page("/inventory", "The inventory, with totals per currency", chosen),
        _page("/inventory/report", "Count and cost by brand, store, size, month or application", [Parameter("by")]),
        _page("/inventory/new", "The form to add an item"),
        _form("/inventory/new", "Adds an item", entry),
        _page("/inventory/items/{id}", "One item with its versions and steps"),
        _form("/inventory/items/{id}/state", "Marks an item as listed, sold, returned or lost", step),
        _page("/inventory/items/{id}/edit", "The form to correct an item"),
        _form("/inventory/items/{id}/edit", "Corrects an item: a new version, the newest counts", entry),
        Operation(
            "GET",
            "/inventory/export",
            "The inventory as a CSV file",
            {200: Answer("The file.", TEXT, content_type="text/csv"), 303: _ELSEWHERE},
            parameters=chosen[:3],
        ),
        _page("/inventory/import", "The form to import a CSV file"),
        Operation(
            "POST",
            "/inventory/import",
            "Imports a CSV file, all of it or nothing",
            {200: _SEEN, 303: _ELSEWHERE},
            record({**_TOKEN, "file": {"type": "string", "format": "binary"}}),
        ),
    ]


def _owned() -> list[Operation]:
    item = {200: ref("scout.WholeItem")}
    chosen = [Parameter("q"), Parameter("state"), Parameter("currency")]
    window = [
        Parameter("after", summary="The `next` of the answer before."),
        Parameter("size", {"type": "integer", "minimum": 1, "maximum": 500}),
    ]
    page = record({"items": listed(ref("scout.Item")), "next": nullable(TEXT), "totals": listed(ref("scout.Totals"))})
    group = record({"name": TEXT, "currency": TEXT, "count": WHOLE, "landed_cost": WHOLE})
    taken = record(dict.fromkeys(("added", "corrected", "unchanged", "moved"), WHOLE))
    moved = {"amount?": nullable(WHOLE), "currency?": nullable(one_of(*CURRENCIES)), "time?": nullable(WHOLE)}
    step = record({"state": one_of(*STATES), **moved}, others=True)
    file = Answer("The file.", TEXT, content_type="text/csv")
    key = Parameter(
        "Idempotency-Key",
        summary="Tells the item from others with the same goods: sent again, it is the same item.",
        place="header",
    )
    return [
        Operation(
            "GET", "/v1/inventory", "Items with their totals per currency", {200: page}, parameters=[*chosen, *window]
        ),
        Operation(
            "POST",
            "/v1/inventory/items",
            "Adds an item",
            {201: ref("scout.WholeItem"), **item},
            ref("scout.Goods"),
            parameters=[key],
        ),
        Operation("GET", "/v1/inventory/items/{id}", "One item with its versions and steps", item),
        Operation(
            "PUT",
            "/v1/inventory/items/{id}",
            "Corrects an item: a new version",
            item,
            ref("scout.Correction"),
            conflict="The item has another version by now.",
        ),
        Operation("POST", "/v1/inventory/items/{id}/steps", "Lets an item take a step", item, step),
        Operation(
            "GET",
            "/v1/inventory/report",
            "Count and cost by brand, store, size, month or application",
            {200: record({"by": TEXT, "groups": listed(group)})},
            parameters=[Parameter("by", one_of("brand", "store", "size", "month", "application"))],
        ),
        Operation(
            "GET", "/v1/inventory/sheet", "The inventory as CSV", {200: file}, parameters=[*chosen, Parameter("after")]
        ),
        Operation("POST", "/v1/inventory/sheet", "Imports CSV, all of it or nothing", {200: taken}, TEXT),
    ]


_SEEN = Answer("The page.", TEXT, content_type="text/html")
_ELSEWHERE = Answer("Another address: the login, or what comes next.", headers={"Location": "Where to go."})


def _page(path: str, summary: str, parameters: Sequence[Parameter] = ()) -> Operation:
    return Operation("GET", path, summary, {200: _SEEN, 303: _ELSEWHERE}, parameters=parameters)


def _form(path: str, summary: str, fields: dict[str, Schema], *, page: bool = False) -> Operation:
    answers: dict[int, Answer | Schema | None] = {303: _ELSEWHERE}
    if page:
        answers[200] = _SEEN
    return Operation("POST", path, summary, answers, record(fields, others=True))


def _components() -> dict[str, Schema]:
    cents = either(WHOLE, TEXT)
    goods = {
        "order_id": TEXT,
        "purchase_currency": one_of(*CURRENCIES),
        "purchase_price": WHOLE,
        "tax?": nullable(WHOLE),
        "shipping_price?": nullable(WHOLE),
        "name": TEXT,
        "sku?": TEXT,
        "size": TEXT,
        "brand?": TEXT,
        "color?": TEXT,
        "store?": TEXT,
        "tags?": listed(TEXT),
        "checkout_time": WHOLE,
    }
    own = {"order_id?": TEXT} | {name: kind for name, kind in goods.items() if name != "order_id"}
    item = {
        "id": TEXT,
        **goods,
        "landed_cost": WHOLE,
        "state": one_of(*STATES),
        "state_amount": nullable(WHOLE),
        "state_currency": nullable(one_of(*CURRENCIES)),
        "state_time": WHOLE,
        "profit": nullable(WHOLE),
        "client_id": nullable(TEXT),
        "version": WHOLE,
        "repeats": WHOLE,
    }
    version = {"version": WHOLE, "source": TEXT, "received_time": WHOLE, **goods}
    paid = {"amount": nullable(WHOLE), "currency": nullable(one_of(*CURRENCIES))}
    step = record({"state": one_of(*STATES), **paid, "time": WHOLE})
    sums = [name.removesuffix("_minor") for name in Totals.__struct_fields__ if name != "currency"]
    error = {"status": WHOLE, "message": TEXT, "problems?": listed(TEXT)}
    return {
        "scout.Goods": record(own, others=True, note=_UNITS),
        "scout.Correction": record({**own, "version?": nullable(WHOLE)}, others=True, note=_UNITS),
        "scout.Item": record(item),
        "scout.WholeItem": record({**item, "versions": listed(record(version)), "steps": listed(step)}),
        "scout.Totals": record({"currency": TEXT, **dict.fromkeys(sums, WHOLE)}),
        "scout.OwnerError": record({"error": record(error)}),
        "scout.Refusal": record({"success": FLAG, "message": TEXT, "error?": TEXT, "error_description?": TEXT}),
        "scout.Checkout": record(
            {
                "order_id": TEXT,
                "purchase_currency": one_of(*CURRENCIES),
                "purchase_price": cents,
                "tax?": nullable(WHOLE),
                "shipping_price?": nullable(WHOLE),
                "name": TEXT,
                "sku?": nullable(TEXT),
                "size": TEXT,
                "brand?": nullable(TEXT),
                "color?": nullable(TEXT),
                "store?": nullable(TEXT),
                "user_id": either(WHOLE, TEXT),
                "access_token": TEXT,
                "checkout_time": WHOLE,
                "tags?": either(TEXT, listed(TEXT)),
            },
            others=True,
            note="Prices are in cents, the time in epoch seconds.",
        ),
    }
