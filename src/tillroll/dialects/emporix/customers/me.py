"""A customer's own profile: `/customer/{tenant}/me` (docs/wire/emporix.md, 14). Guests read a pseudo customer."""

from tillroll.dialects.emporix.customers import view
from tillroll.dialects.emporix.customers.one_customer import (
    OK,
    changing,
    is_stale,
    missing,
    patched,
    stale,
)
from tillroll.dialects.emporix.customers.requests import profile_problems
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Reply, respond
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, refuse_if
from tillroll.dialects.emporix.wire.resources import read_document
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, SHOPPERS, Call, secured
from tillroll.dialects.http import Route
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import companies_of
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.store import Transaction


def routes() -> list[Route]:
    """The profile; an older client sends PUT for PATCH, and means the same."""
    me = "/customer/{tenant}/me"
    patch = changing(CUSTOMERS, patch_profile)
    return [
        Route("GET", me, secured(CUSTOMER, SHOPPERS, _show), CUSTOMER),
        Route("PATCH", me, patch, CUSTOMER, read_document, True, MERGE_PATCH),
        Route("PUT", me, patch, CUSTOMER, read_document, True, MERGE_PATCH),
    ]


def _show(tx: Transaction, call: Call) -> Reply:
    """GET: 200 with the customer, or with the one whom all guests are."""
    if call.caller.customer_id is None:
        return respond(200, view.ANONYMOUS)
    stored = customers.find(tx, call.shop, call.caller.customer_id)
    if stored is None:
        return missing(call)
    companies = companies_of(tx, call.shop, stored.id)
    return respond(200, view.for_customer(stored, call.inbound.query.get("expand", ""), companies))


def patch_profile(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """PATCH: 200; what is sent replaces what was there, null empties it. 409 for a stale `metadata.version`."""
    if is_stale(stored, call.inbound.command):
        return stale()
    profile = patched(stored.document.profile, call.inbound.command)
    refuse_if(profile_problems("", profile))
    stored.document.profile = profile
    return OK
