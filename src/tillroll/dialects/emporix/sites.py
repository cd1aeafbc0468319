"""Sites: `/site/{tenant}/sites` (contracts/emporix.md, 15). Reading needs no scope."""

from tillroll.dialects.emporix.documents import Resource, resource_routes
from tillroll.dialects.emporix.errors import SITE
from tillroll.dialects.emporix.payload import id_problem
from tillroll.dialects.http import Problem, Route
from tillroll.domain.catalogue import Site
from tillroll.domain.money import minor_exponent
from tillroll.engine.catalogue import Kind

SCALE_MAX = 10


def routes() -> list[Route]:
    """The site routes."""
    return resource_routes(
        Resource(
            path="/site/{tenant}/sites",
            kind=Kind.SITE,
            service=SITE,
            shape=Site,
            id_field="code",
            manage=("site.site_manage",),
            read=(),
            page_size=16,
            check=_check,
            created=lambda _tenant, site_code: {"code": site_code},
        )
    )


def _check(site: Site) -> list[Problem | None]:
    country = site.home_country
    return [
        id_problem("code", site.code, length_max=64),
        None
        if minor_exponent(site.currency) is not None
        else Problem("currency", "invalid_value", f"currency must be an ISO 4217 code, not '{site.currency}'"),
        None
        if 0 <= site.cart_calculation_scale <= SCALE_MAX
        else Problem("cartCalculationScale", "invalid_value", f"cartCalculationScale must be 0 to {SCALE_MAX}"),
        None
        if country is None or (len(country) == 2 and country.isalpha())
        else Problem("homeBase.address.country", "invalid_value", "country must be an ISO 3166 code of two letters"),
    ]
