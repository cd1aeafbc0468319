"""Sites: `/site/{tenant}/sites` (docs/wire/emporix.md, 15). Reading needs no scope."""

from tillroll.dialects.emporix.wire.errors import SITE
from tillroll.dialects.emporix.wire.fields import currency_problem, id_problem
from tillroll.dialects.emporix.wire.resources import Body, Ids, Resource, Shows, Writes, resource_routes
from tillroll.dialects.emporix.wire.secured import anybody, back_office
from tillroll.dialects.http import Problem, Route
from tillroll.domain.countries import is_country_code
from tillroll.domain.site.sites import Site
from tillroll.engine.documents.documents import Kind

SCALE_MAX = 10


def routes() -> list[Route]:
    """The site routes."""
    return resource_routes(
        Resource(
            path="/site/{tenant}/sites",
            kind=Kind.SITE,
            service=SITE,
            writers=back_office("site.site_manage"),
            readers=anybody(),
            body=Body(Site, _check, countries=(("homeBase", "address", "country"), ("shipToCountries",))),
            ids=Ids("code"),
            writes=Writes(created=lambda _tenant, site_code: {"code": site_code}),
            shows=Shows(page_size=16),
        )
    )


def _check(site: Site) -> list[Problem | None]:
    country = site.home_country
    return [
        id_problem("code", site.code, length_max=64),
        currency_problem(site.currency),
        None
        if site.cart_calculation_scale is None or 0 <= site.cart_calculation_scale <= SCALE_MAX
        else Problem("cartCalculationScale", "invalid_value", f"cartCalculationScale must be 0 to {SCALE_MAX}"),
        None
        if site.names_a_clock
        else Problem("homeBase.timezone", "invalid_value", "timezone must be one of IANA's, such as Europe/Berlin"),
        None
        if country is None or is_country_code(country)
        else Problem("homeBase.address.country", "invalid_value", "country must be an ISO 3166 code of two letters"),
    ]
