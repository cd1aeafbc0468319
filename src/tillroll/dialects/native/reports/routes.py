"""All reports: their routes, and what is said of them."""

from tillroll.dialects.http import Route
from tillroll.dialects.native.reports import carts, holdouts, rates, revenue, searches
from tillroll.dialects.openapi import Operation, Schema
from tillroll.engine.sales.reading import Witnesses

COMPONENTS: dict[str, Schema] = {
    **revenue.COMPONENTS,
    **carts.COMPONENTS,
    **searches.COMPONENTS,
    **holdouts.COMPONENTS,
    **rates.COMPONENTS,
}


def routes(witnesses: Witnesses) -> list[Route]:
    """The reports."""
    return [
        *revenue.routes(witnesses),
        *carts.routes(witnesses),
        *searches.routes(),
        *holdouts.routes(witnesses),
        *rates.routes(),
    ]


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    return [
        *revenue.operations(),
        *carts.operations(),
        *searches.operations(),
        *holdouts.operations(),
        *rates.operations(),
    ]
