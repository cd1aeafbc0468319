"""The route table of Doofinder's dialect: three generations of paths, one meaning for each event."""

from functools import partial

import msgspec

from tillroll.dialects.doofinder import reports, said
from tillroll.dialects.doofinder.errors import V2, V5, V6, V6_GET, SearchService
from tillroll.dialects.doofinder.writes import Run, writes
from tillroll.dialects.http import Area, Cors, Inbound, Route
from tillroll.dialects.rates import RefusedCalls, place_of, size_cost
from tillroll.engine.access.admission import Gates
from tillroll.engine.access.throttle import Allowance
from tillroll.settings import Settings

# What a browser asks leave for (docs/wire/doofinder.md, 7).
CORS = Cors("GET, PUT, PATCH, DELETE, POST", "Authorization, Content-Type, Accept, Idempotency-Key")
# Clients whose base address ends with a slash send two (docs/wire/doofinder.md, 12).
AREAS = tuple(
    Area(prefix, service, CORS, doubles_slash=True, is_private=True)
    for prefix, service in (("6", V6), ("5", V5), ("4", V5), ("api/v2", V2))
)

# Older names of parameters (docs/wire/doofinder.md, 14.11).
_ITEM = {"item_id": "id", "item": "id", "datatype": "index"}
_BANNER = {"img_id": "id", "banner_id": "id"}
_REDIRECT = {"redirection_id": "id"}


def routes(gates: Gates, settings: Settings) -> list[Route]:
    """Every route of the dialect."""
    run = writes(gates, RefusedCalls(settings.refused_calls_per_minute))
    reporting = (
        *_version_6(run),
        *_of_queries(V6_GET, run, "/6/stats"),
        *_of_queries(V5, run, "/5/stats"),
        *_of_queries(V5, run, "/4/stats"),
        *_hits(run),
        *_stats_2(run),
    )
    pages = Allowance(settings.address_reports_per_minute)
    return [*(_limited(route, pages) for route in reporting), *reports.routes(gates)]


def _limited(route: Route, pages: Allowance) -> Route:
    """The same route, whose `decode` also says how long a page has to wait whose address reports too often.

    Who says a key is not asked: shops report from one address for all of their visitors. A wrong key is refused.
    """
    read = route.decode
    assert read is not None

    def decode(inbound: Inbound) -> object:
        found = read(inbound)
        assert isinstance(found, said.Said)
        if not inbound.header(b"authorization"):
            found.wait_seconds = pages.take(place_of(inbound.remote), inbound.received_at, cost=size_cost(inbound))
        return found

    return msgspec.structs.replace(route, decode=decode)


def _version_6(run: Run) -> list[Route]:
    """Version 6; its client sends an event by name with whatever method its caller says (docs/wire/doofinder.md, 2)."""
    stats = "/6/{hashid}/stats"
    cart = f"{stats}/cart/{{session_id}}"
    route = partial(_route, V6, run)
    return [
        route("PUT", f"{stats}/init", "init", said.init),
        route("PUT", f"{stats}/click", "click", said.click),
        route("PUT", f"{stats}/image", "banner_click", said.banner),
        route("PUT", f"{stats}/redirect", "redirect", said.redirect),
        route("PUT", cart, "cart_add", said.cart_add, takes_rest=True),
        route("PATCH", cart, "cart_remove", said.cart_remove, takes_rest=True),
        route("DELETE", cart, "cart_clear", said.cart_clear, takes_rest=True),
        route("PUT", f"{stats}/checkout", "checkout", said.checkout),
        *(
            route(method, f"{stats}/{name}", kind, read)
            for method in ("GET", "POST")
            for name, kind, read in (
                ("init", "init", said.init),
                ("click", "click", said.click),
                ("image", "banner_click", said.banner),
                ("redirect", "redirect", said.redirect),
                ("checkout", "checkout", said.checkout),
            )
        ),
        *(route(method, f"{stats}/{{event}}", "other", said.anything) for method in ("GET", "POST", "PUT")),
    ]


def _of_queries(service: SearchService, run: Run, stats: str) -> list[Route]:
    """Version 5, and version 6 as a client of version 5 speaks it: everything is a GET with a query."""
    route = partial(_route, service, run, "GET")
    return [
        route(f"{stats}/init", "init", said.init),
        route(f"{stats}/click", "click", said.click_5, names={"datatype": "index"}),
        route(f"{stats}/checkout", "checkout", said.checkout),
        route(f"{stats}/img_display", "banner_display", said.banner_5, names=_BANNER),
        route(f"{stats}/img_click", "banner_click", said.banner_5, names=_BANNER),
        route(f"{stats}/banner_display", "banner_display", said.banner_5, names=_BANNER),
        route(f"{stats}/banner_click", "banner_click", said.banner_5, names=_BANNER),
        route(f"{stats}/redirect", "redirect", said.redirect_5, names=_REDIRECT),
        route(f"{stats}/add-to-cart", "cart_add", said.cart_add_5, names=_ITEM),
        route(f"{stats}/remove-from-cart", "cart_remove", said.cart_remove_5, names=_ITEM),
        route(f"{stats}/clear-cart", "cart_clear", said.cart_clear),
        route(f"{stats}/{{event}}", "other", said.anything),
    ]


def _hits(run: Run) -> list[Route]:
    """What clients before version 5.2 tell of a click, or of any other event, in the path alone."""
    hit = "/{version}/hit/{session_id}/{event}/{hashid}"
    return [
        _route(V5, run, "GET", path.replace("{version}", version), "other", said.hit)
        for version in ("5", "4")
        for path in (hit, f"{hit}/{{dfid}}", f"{hit}/{{dfid}}/{{query}}")
    ]


def _stats_2(run: Run) -> list[Route]:
    route = partial(_route, V2, run, "POST")
    return [
        route("/api/v2/stats/carts", "cart", said.whole_cart),
        route("/api/v2/stats/sales", "checkout", said.sale),
        route("/api/v2/stats/visit", "visit", said.visit),
    ]


def _route(  # noqa: PLR0913  one argument per column of the table above
    service: SearchService,
    run: Run,
    method: str,
    path: str,
    kind: str,
    read: said.Read,
    *,
    names: dict[str, str] | None = None,
    takes_rest: bool = False,
) -> Route:
    decode = said.reader(service, kind, read, names)
    return Route(method, path, run, service, decode, writes=True, content_types=(), takes_rest=takes_rest)
