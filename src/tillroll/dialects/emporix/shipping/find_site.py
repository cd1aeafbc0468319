"""Which sites ship to a postal code: `POST /shipping/{tenant}/findSite` (docs/wire/emporix.md, 11)."""

from msgspec import Struct

from tillroll.dialects.emporix.delivery.windows import WINDOWS_MAX, bookable, shown_window
from tillroll.dialects.emporix.wire.errors import SHIPPING, respond
from tillroll.dialects.emporix.wire.fields import ZIP_CHARACTERS_MAX, country_problem
from tillroll.dialects.emporix.wire.payload import body_as, number_in, refuse_if, typed
from tillroll.dialects.emporix.wire.resources import Document, iso, stored
from tillroll.dialects.emporix.wire.secured import Call, anybody, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.shipping import shipping
from tillroll.engine.shipping.shipping import Destination
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

# A shop with more sites is asked for one of them.
SITES_MAX = 200


class FindSiteRequest(Struct, rename="camel", frozen=True):
    """Where to; without a country the postal code is looked for in all."""

    postal_code: str
    country: str | None = None


def routes(catalogue_: Catalogue) -> list[Route]:
    """The one route."""

    def find(tx: Transaction, call: Call) -> Response:
        view = catalogue_.view(tx, call.shop)
        entries = documents.page(tx, call.shop, Kind.SITE, limit=SITES_MAX)
        found = [_site(tx, view, call, entry) for entry in entries]
        return respond(200, [site for site in found if site is not None])

    return [Route("POST", "/shipping/{tenant}/findSite", secured(SHIPPING, anybody(), find), SHIPPING, _read)]


_DECODE = body_as(FindSiteRequest)


def _read(inbound: Inbound) -> FindSiteRequest:
    asked: FindSiteRequest = _DECODE(inbound)
    _limit(inbound)
    refuse_if(
        [
            None
            if 0 < len(asked.postal_code) <= ZIP_CHARACTERS_MAX
            else Problem("postalCode", "invalid_field", f"postalCode must have 1 to {ZIP_CHARACTERS_MAX} characters"),
            country_problem("country", asked.country),
        ]
    )
    return asked


def _limit(inbound: Inbound) -> int | None:
    """How many windows of each zone are asked for; None where no windows are."""
    if not typed(inbound.query, "windowsLimit"):
        return None
    return number_in(inbound.query, "windowsLimit", 0, range(WINDOWS_MAX + 1))


def _site(tx: Transaction, view: View, call: Call, entry: Entry) -> Document | None:
    """A site with those of its zones that reach the place; None where none does."""
    asked: FindSiteRequest = call.inbound.command
    zones = shipping.zones_for(view, entry.id, Destination(asked.country, asked.postal_code))
    if not zones:
        return None
    limit = _limit(call.inbound)
    shown: list[Document] = []
    for zone in zones:
        key = f"{entry.id}/{zone.id}"
        document = _plain(documents.find_many(tx, call.shop, Kind.ZONE, [key])[key])
        methods = documents.page(tx, call.shop, Kind.METHOD, limit=SITES_MAX, parent=key)
        document["methods"] = [_plain(method) for method in methods]
        if limit is not None:
            windows = bookable(tx, view, (entry.id, [zone.id]), call.now) if limit else []
            document["actualDeliveryWindows"] = [shown_window(window) for window in windows[:limit]]
        shown.append(document)
    default = next((zone.id for zone in zones if zone.default), None)
    metadata = {"createdAt": iso(entry.created_at), "modifiedAt": iso(entry.modified_at), "version": entry.version}
    site: Document = {"id": entry.id, "zones": shown, "metadata": metadata}
    return site | ({"defaultZoneId": default} if default is not None else {})


def _plain(entry: Entry) -> Document:
    return {name: value for name, value in stored(entry).items() if name != "metadata"}
