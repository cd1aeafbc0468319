"""Sites: `/site/{tenant}/sites` (docs/wire/emporix.md, 15). Reading needs no scope."""

from tillroll.dialects.emporix.wire.errors import SITE, Reply
from tillroll.dialects.emporix.wire.fields import country_problem, currency_problem, id_problem
from tillroll.dialects.emporix.wire.payload import flag, reads_of_list
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Document,
    Ids,
    Resource,
    Shows,
    Writes,
    resource_routes,
    shown,
)
from tillroll.dialects.emporix.wire.secured import Call, Handle, anybody, back_office, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.site.sites import Site
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

SCALE_MAX = 10

# What holds of a site that says nothing else (docs/wire/emporix.md, 15).
_ALWAYS_SAID: Document = {"active": True, "default": False, "taxDeterminationBasedOn": "BILLING_ADDRESS"}


def routes() -> list[Route]:
    """The site routes."""
    sites = Resource(
        path="/site/{tenant}/sites",
        kind=Kind.SITE,
        service=SITE,
        writers=back_office("site.site_manage"),
        readers=anybody(),
        body=Body(Site, _check, countries=(("homeBase", "address", "country"), ("shipToCountries",))),
        ids=Ids("code"),
        writes=Writes(created=lambda _tenant, site_code: {"code": site_code}, updated=200),
        shows=Shows(_present, page_size=16),
    )
    return resource_routes(
        sites, Route("GET", sites.path, secured(SITE, sites.readers, _list_of(sites)), SITE, reads=reads_of_list)
    )


def _present(_call: Call, entry: Entry) -> Document:
    """A site as it is answered: with what the vendor promises of each, and it was not sent with."""
    return {**_ALWAYS_SAID, **shown(entry)}


def _list_of(sites: Resource) -> Handle:
    """GET of the list: without those that are not active, unless `includeInactive` asks for them, too."""

    def show(tx: Transaction, call: Call) -> Reply:
        if flag(call.inbound.query, "includeInactive"):
            return filtered(Listing(sites, {}), tx, call)
        return filtered(Listing(sites, {}), tx, call, fits=lambda site: site["active"] is not False)

    return show


def _check(site: Site) -> list[Problem | None]:
    return [
        id_problem("code", site.code, length_max=64),
        currency_problem(site.currency),
        None
        if site.cart_calculation_scale is None or 0 <= site.cart_calculation_scale <= SCALE_MAX
        else Problem("cartCalculationScale", "invalid_value", f"cartCalculationScale must be 0 to {SCALE_MAX}"),
        None
        if site.names_a_clock
        else Problem("homeBase.timezone", "invalid_value", "timezone must be one of IANA's, such as Europe/Berlin"),
        country_problem("homeBase.address.country", site.home_country),
    ]
