"""Shipping zones and methods: `/shipping/{tenant}/{site}/zones[/{zone}/methods]` (docs/wire/emporix.md, 11).

A zone lives on a site, a method in a zone; each answers 404 where what it lives in is missing. Reading needs no scope.
"""

from collections.abc import Callable

from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import amount_problem, country_problem
from tillroll.dialects.emporix.wire.payload import flag, reads_of_list, typed
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Words,
    Writes,
    resource_routes,
    shown,
)
from tillroll.dialects.emporix.wire.secured import Call, Handle, anybody, back_office, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.domain.documents import Money
from tillroll.domain.money import has_unpayable_decimals, minor_exponent
from tillroll.domain.shipping.zones import ShippingMethod, Zone
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Reads, Transaction

# More than any carrier's tariff has.
FEES_MAX = 500
SHIP_TO_MAX = 10_000
# Everything below one parent is answered at once, as Emporix does; a site with more has no list.
LISTED_MAX = 1000

_ZONES = "/shipping/{tenant}/{site}/zones"
_METHODS = "/shipping/{tenant}/{site}/zones/{zone}/methods"

_NAME_MISSING = "name This field is required. Please provide either value in the content language or a translation map."


def routes() -> list[Route]:
    """The routes of zones and methods."""
    zones, methods = _zones(), _methods()

    def read(path: str, handle: Handle, reads: Reads | Callable[[Inbound], Reads]) -> Route:
        return Route("GET", path, secured(SHIPPING, anybody(), handle), SHIPPING, reads=reads)

    return [
        *resource_routes(zones, read(zones.path, _show_zones, reads_of_list), read(zones.one, _show_zone, "point")),
        *resource_routes(methods, read(methods.path, _show_methods, reads_of_list)),
    ]


def _zones() -> Resource:
    return Resource(
        path=_ZONES,
        kind=Kind.ZONE,
        service=SHIPPING,
        writers=back_office("shipping.shipping_manage"),
        readers=anybody(),
        body=Body(Zone, _check_zone, countries=(("shipTo", "country"),)),
        ids=Ids(under=("site",)),
        index=Index(below=Kind.METHOD),
        words=Words("A zone with id '{id}' does not exist.", "A zone with id '{id}' already exists."),
        writes=Writes(updated=200, deletes_strictly=True),
        rules=(site_exists,),
    )


def _methods() -> Resource:
    return Resource(
        path=_METHODS,
        kind=Kind.METHOD,
        service=SHIPPING,
        writers=back_office("shipping.shipping_manage"),
        readers=anybody(),
        body=Body(ShippingMethod, _check_method),
        ids=Ids(under=("site", "zone")),
        words=Words("A method with id '{id}' does not exist.", "A method with id '{id}' already exists."),
        writes=Writes(updated=200, deletes_strictly=True),
        rules=(lambda change: _missing_zone(change.tx, change.call),),
    )


def site_exists(change: Change) -> Refusal | None:
    """The rule for what lives on a site."""
    call = change.call
    return None if documents.has_site(change.tx, call.shop, call.inbound.values["site"]) else SHIPPING.refusal(404)


def _missing_zone(tx: Transaction, call: Call) -> Refusal | None:
    key = f"{call.inbound.values['site']}/{call.inbound.values['zone']}"
    return SHIPPING.refusal(404) if documents.find(tx, call.shop, Kind.ZONE, key) is None else None


def _check_zone(zone: Zone) -> list[Problem | None]:
    return [
        None if zone.name else _invalid("name", _NAME_MISSING),
        None
        if 1 <= len(zone.ship_to) <= SHIP_TO_MAX
        else _invalid("shipTo", f"shipTo must name 1 to {SHIP_TO_MAX} destinations, not {len(zone.ship_to)}"),
        *(
            _country_problem(f"shipTo[{index}].country", target.country)
            or _postal_code_problem(f"shipTo[{index}].postalCode", target.postal_code)
            for index, target in enumerate(zone.ship_to[:SHIP_TO_MAX])
        ),
    ]


def _country_problem(field: str, country: str) -> Problem | None:
    problem = country_problem(field, country, needed=True)
    if problem is None:
        return None
    return _invalid(field, f"{field} Provided value is not a valid country code: {problem.message}")


def _postal_code_problem(field: str, postal_code: str | None) -> Problem | None:
    if postal_code is None or ("*" not in postal_code[:-1] and len(postal_code) <= 32):
        return None
    return _invalid(field, f"{field} must be a postal code, or its beginning followed by a single '*'")


def _check_method(method: ShippingMethod) -> list[Problem | None]:
    found: list[Problem | None] = [
        None if method.name else _invalid("name", _NAME_MISSING),
        None if method.fees else _invalid("fees", "fees may not be empty"),
        None if len(method.fees) <= FEES_MAX else _invalid("fees", f"there may be at most {FEES_MAX} fees"),
        *_money_problems("maxOrderValue", method.max_order_value),
    ]
    for index, fee in enumerate(method.fees[:FEES_MAX]):
        found += _money_problems(f"fees[{index}].cost", fee.cost)
        found += _money_problems(f"fees[{index}].minOrderValue", fee.min_order_value)
    return found


def _money_problems(field: str, money: Money | None) -> list[Problem | None]:
    if money is None:
        return []
    return [
        amount_problem(f"{field}.amount", money.amount),
        None
        if minor_exponent(money.currency) is not None
        else _invalid(f"{field}.currency", f"{field}.currency must be an ISO 4217 code, not '{money.currency}'"),
        _invalid(f"{field}.amount", f"{money.currency} has no decimals, but {field}.amount has")
        if has_unpayable_decimals(money.amount, money.currency)
        else None,
    ]


def _invalid(field: str, message: str) -> Problem:
    return Problem(field, "invalid_field", message)


def _show_zones(tx: Transaction, call: Call) -> Response:
    """GET of a site's zones, with their methods and fees where `expand` asks for them."""
    zones = documents.page(tx, call.shop, Kind.ZONE, limit=LISTED_MAX, parent=call.inbound.values["site"])
    return respond(200, [_expanded(tx, call, zone.id, shown(zone)) for zone in zones])


def _show_zone(tx: Transaction, call: Call) -> Reply:
    """GET of one zone, expanded as a list of zones would be."""
    id = call.inbound.values["id"]
    key = f"{call.inbound.values['site']}/{id}"
    entry = documents.find(tx, call.shop, Kind.ZONE, key)
    if entry is None:
        return _zones().missing(id)
    return respond(200, _expanded(tx, call, key, shown(entry)))


def _expanded(tx: Transaction, call: Call, key: str, zone: Document) -> Document:
    wanted = {part.strip() for part in call.inbound.query.get("expand", "").split(",")}
    zone.pop("methods", None)  # they have documents of their own
    if "methods" not in wanted:
        return zone
    methods = _methods_of(tx, call, key, "activeMethods")
    if "fees" not in wanted:
        methods = [{name: value for name, value in method.items() if name != "fees"} for method in methods]
    return zone | {"methods": methods}


def _show_methods(tx: Transaction, call: Call) -> Reply:
    """GET of a zone's methods, by `active` only those that are, or are not."""
    missing = _missing_zone(tx, call)
    if missing is not None:
        return missing
    key = f"{call.inbound.values['site']}/{call.inbound.values['zone']}"
    return respond(200, _methods_of(tx, call, key, "active"))


def _methods_of(tx: Transaction, call: Call, zone_key: str, parameter: str) -> list[Document]:
    """The methods of a zone; where this parameter says something, those that are active, or that are not."""
    methods = [shown(entry) for entry in documents.page(tx, call.shop, Kind.METHOD, limit=LISTED_MAX, parent=zone_key)]
    if not typed(call.inbound.query, parameter):
        return methods
    is_wanted = flag(call.inbound.query, parameter)
    return [method for method in methods if method.get("active", True) is is_wanted]
