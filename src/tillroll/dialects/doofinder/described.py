"""Doofinder's dialect, described. Bodies may come as JSON, as a form or in the query; JSON is what is shown."""

from collections.abc import Mapping

from tillroll.dialects.doofinder.errors import V2
from tillroll.dialects.doofinder.reports import DAYS_MAX, INTERVALS, PRODUCT_TYPES, REPORTS
from tillroll.dialects.explained import explained_by
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    WHOLE,
    Demands,
    Description,
    Operation,
    Parameter,
    Place,
    Schema,
    Service,
    either,
    listed,
    one_of,
    record,
    ref,
)
from tillroll.domain.events.devices import DEVICES

_SUMMARY = """Doofinder's stats: search sessions, clicks, banners, carts and checkouts, of versions 5, 6 and 2. Clients
send `Authorization: Token KEY`; pages of an origin that the shop admits send none."""

_SESSION: Schema = {"type": "string", "maxLength": 32}
_USER: Schema = {"type": "string", "maxLength": 36}
_DIGITS: Schema = {"type": "string", "pattern": "^[0-9]{1,30}$"}
_AMOUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
_PRICE: Schema = {"type": "number", "minimum": 0, "maximum": 999_999}
_NAME: Schema = {"type": "string", "maxLength": 1000}
_NO_ENGINE = "There is no such search engine."
_REGISTERED = {200: ref("doofinder.Registered")}
_OK: Mapping[int, Schema] = {200: one_of("OK")}


def description() -> Description:
    """The dialect's account of itself."""
    return Description(
        name="doofinder",
        title="Doofinder",
        summary=_SUMMARY,
        kinds=(
            *("init", "click", "banner_click", "banner_display", "redirect", "visit", "other"),
            *("cart_add", "cart_remove", "cart_clear", "cart", "cart_expired", "checkout"),
        ),
        operations=[
            *_version_6(),
            *_of_queries("/6/stats", _REGISTERED),
            *_of_queries("/5/stats", _OK),
            *_of_queries("/4/stats", _OK),
            *_hits(),
            *_top_stats(),
            *_stats_2(),
            *_reports(),
        ],
        components={
            "doofinder.Registered": record({"status": one_of("registered")}),
            "doofinder.Error": record({"error": TEXT}),
            "doofinder.Problem": record({"error": record({"code": TEXT, "message": TEXT})}),
            "doofinder.Report": record({"results": listed(OBJECT), "total": {}, "total_count": WHOLE}, others=True),
        },
        explain=explained_by(__name__),
        services=(
            Service("6", "Search events, version 6", ("/6",), "Sessions, clicks, carts and checkouts."),
            Service("5", "Search events, version 5", ("/5", "/4"), "The same, in the words of older clients."),
            Service("2", "Sales and reports, version 2", ("/api",), "Carts and sales as a whole, and what came of it."),
        ),
        refusal=lambda route, _status: ref("doofinder.Problem" if route.service is V2 else "doofinder.Error"),
        demands=_demands,
        places={
            "hashid": Place("search engine", "The id of the search engine."),
            "session_id": Place("", "The id of the visitor's search session."),
            "name": Place("", "The name of the sector."),
            "event": Place("", "The name of the event."),
            "dfid": Place("", "The item, as the search named it."),
            "query": Place("", "What was searched for."),
        },
        schemes={"doofinder_key": {"type": "apiKey", "in": "header", "name": "Authorization"}},
    )


def _demands(route: Route) -> Demands:
    who = "whoever has a key of the shop; without one, pages of an admitted origin"
    if route.service is V2:
        who = "whoever has a key of the shop, or a token that one of them has signed"
    return Demands(("doofinder_key",), who, refusals=(401, 403, 429) if route.writes else (401, 403))


def _version_6() -> list[Operation]:
    stats = "/6/{hashid}/stats"
    cart = f"{stats}/cart/{{session_id}}"
    places = {"session_id": {**_SESSION, "minLength": 1}}
    visit = {"session_id": _SESSION, "user_id?": _USER}
    click = record({**visit, "dfid": TEXT, "query?": TEXT, "position?": {"type": "integer", "minimum": 1}}, others=True)
    numbered = record({"session_id": _SESSION, "id": _DIGITS, "query?": TEXT}, others=True)
    item = record({"id": _NAME, "index": _NAME, "title": TEXT, "amount?": _AMOUNT, "price?": _PRICE}, others=True)
    removed = record({"id": _NAME, "index": _NAME, "amount": _AMOUNT}, others=True)
    bought = record({**visit, "sources?": listed(TEXT)}, others=True)
    return [
        Operation("PUT", f"{stats}/init", "A search session begins", _REGISTERED, record(visit, others=True)),
        Operation("PUT", f"{stats}/click", "A result was clicked", _REGISTERED, click),
        Operation("PUT", f"{stats}/image", "A banner was clicked", _REGISTERED, numbered),
        Operation("PUT", f"{stats}/redirect", "A redirection was followed", _REGISTERED, numbered),
        Operation("PUT", cart, "Adds an item to the session's cart", _REGISTERED, item, places=places),
        Operation("PATCH", cart, "Takes an item out of it", _REGISTERED, removed, places=places),
        Operation("DELETE", cart, "Empties it", _REGISTERED, places=places),
        Operation("PUT", f"{stats}/checkout", "The visitor has bought the cart", _REGISTERED, bought),
        *(
            Operation(method, f"{stats}/{name}", summary, _REGISTERED, shape if method == "POST" else None)
            for method in ("GET", "POST")
            for name, summary, shape in (
                ("init", "A search session begins", record(visit, others=True)),
                ("click", "A result was clicked", click),
                ("image", "A banner was clicked", numbered),
                ("redirect", "A redirection was followed", numbered),
                ("checkout", "The visitor has bought the cart", bought),
            )
        ),
        Operation("GET", f"{stats}/{{event}}", "An event of any other name", _REGISTERED),
        *(
            Operation(
                method, f"{stats}/{{event}}", "An event of any other name", _REGISTERED, record(visit, others=True)
            )
            for method in ("POST", "PUT")
        ),
    ]


def _of_queries(stats: str, success: Mapping[int, Schema]) -> list[Operation]:
    session, item = Parameter("session_id", _SESSION, required=True), Parameter("item_id", _NAME, required=True)
    amount, datatype, user = Parameter("amount", _AMOUNT), Parameter("datatype"), Parameter("user_id", _USER)
    visit = (Parameter("session_id", _SESSION), user)
    asked = (Parameter("query"), Parameter("position", {"type": "integer", "minimum": 1}))
    added = (session, item, amount, datatype, Parameter("title"), Parameter("price", _PRICE), user)
    named: tuple[tuple[str, str, tuple[Parameter, ...]], ...] = (
        ("init", "A search session begins", (session, user)),
        ("click", "A result was clicked", (*visit, Parameter("dfid"), Parameter("id"), datatype, *asked)),
        ("checkout", "The visitor has bought the cart", (session, user)),
        ("img_display", "A banner was shown", (*visit, Parameter("img_id", _DIGITS, required=True))),
        ("img_click", "A banner was clicked", (*visit, Parameter("img_id", _DIGITS, required=True))),
        ("banner_display", "A banner was shown", (*visit, Parameter("banner_id", _DIGITS, required=True))),
        ("banner_click", "A banner was clicked", (*visit, Parameter("banner_id", _DIGITS, required=True))),
        ("redirect", "A redirection was followed", (*visit, Parameter("redirection_id", _DIGITS, required=True))),
        ("add-to-cart", "Adds an item to the session's cart", added),
        ("remove-from-cart", "Takes an item out of it", (session, item, amount, datatype)),
        ("clear-cart", "Empties it", (session,)),
        ("{event}", "An event of any other name", visit),
    )
    hashid = Parameter("hashid", required=True)
    return [
        Operation("GET", f"{stats}/{name}", summary, success, parameters=(hashid, *parameters), missing=_NO_ENGINE)
        for name, summary, parameters in named
    ]


def _hits() -> list[Operation]:
    hit = "hit/{session_id}/{event}/{hashid}"
    return [
        Operation("GET", f"/{version}/{path}", "An event, as clients before version 5.2 tell of it", _OK)
        for version in ("5", "4")
        for path in (hit, f"{hit}/{{dfid}}", f"{hit}/{{dfid}}/{{query}}")
    ]


def _top_stats() -> list[Operation]:
    parameters = (
        Parameter("hashid", required=True),
        Parameter("days", {"type": "integer", "minimum": 1, "maximum": DAYS_MAX}, "how far back; 30 without it"),
        Parameter("withresult", FLAG, "false: searches that found nothing, which no event tells"),
    )
    report = {200: ref("doofinder.Report")}
    return [
        Operation(
            "GET",
            "/5/topstats/searches",
            "The queries behind clicks",
            report,
            parameters=parameters,
            missing=_NO_ENGINE,
        ),
        Operation(
            "GET",
            "/5/topstats/clicks",
            "The items that were clicked most",
            report,
            parameters=parameters,
            missing=_NO_ENGINE,
        ),
    ]


def _stats_2() -> list[Operation]:
    visitor = {"session_id?": _SESSION, "user_id?": _USER}
    line = record({"id": _NAME, "quantity": _AMOUNT, "price": either(_PRICE, TEXT), "title?": TEXT}, others=True)
    cart = record({"hashid": TEXT, "checkout_json": listed(line), "currency?": TEXT, **visitor}, others=True)
    sale = record({"hashid": TEXT, "has_init?": FLAG, **visitor}, others=True)
    visit = record({"store": TEXT, "hashid?": TEXT, "page_type?": TEXT, **visitor}, others=True)
    return [
        Operation(
            "POST", "/api/v2/stats/carts", "The whole cart at the checkout page", _REGISTERED, cart, missing=_NO_ENGINE
        ),
        Operation("POST", "/api/v2/stats/sales", "The payment is confirmed", _REGISTERED, sale, missing=_NO_ENGINE),
        Operation("POST", "/api/v2/stats/visit", "A page was visited", _REGISTERED, visit, missing=_NO_ENGINE),
    ]


def _reports() -> list[Operation]:
    parameters = (
        Parameter("from", TEXT, "YYYY-MM-DD or YYYYMMDD, or UNIX seconds or milliseconds", required=True),
        Parameter("to", TEXT, "the same; a day is meant to its end", required=True),
        Parameter("hashids[]", TEXT, "only this engine; may be repeated"),
        Parameter("tz", TEXT, "the time zone of days, or an offset such as +02:00; Etc/UTC without it"),
        Parameter("device", one_of(*DEVICES), "only what is known to come from it"),
        Parameter("format", one_of("json", "csv")),
        Parameter("aggregate", FLAG, "one row for the whole time"),
        Parameter("interval", one_of(*INTERVALS), "how long a row of a series is: a day, a week, a month"),
    )
    of_clicks = Parameter("product_type", one_of(*PRODUCT_TYPES), "only clicks on this")
    query, dfid = Parameter("query", TEXT, "only after this search"), Parameter("dfid", TEXT, "only this item")
    limit = Parameter("limit", WHOLE, "how many rows; 100 without it")
    named = Parameter("query_name[]", TEXT, "only these searches")
    hits = tuple(
        Parameter(name, TEXT, "what no event tells: with it there are no rows")
        for name in ("total_hits", "no_results", "opportunities")
    )
    top = (named, query, dfid, *hits, limit)
    more = {
        "clicks": (of_clicks,),
        "searches/top": top,
        "searches/popular": top,
        "clicked_items/position": (query, dfid, limit),
        "redirects": (query,),
        "top-sales": (limit,),
        "clicks/by-query/{query}": (limit,),
        "clicks/{dfid}/searches/top": (limit,),
        **dict.fromkeys(("clicked_items", "clicks/top", "clicked_items/searches"), (query, dfid, limit)),
    }
    return [
        Operation(
            "GET",
            f"/api/v2/stats/{name}",
            f"Report: {name}",
            {200: ref("doofinder.Report")},
            parameters=(*parameters, *more.get(name, ())),
            missing=_NO_ENGINE,
        )
        for name in REPORTS
    ]
