"""The route table of the Alhena dialect."""

import msgspec
from msgspec import Struct

from tillroll.dialects.alhena import conversations, events, sdk
from tillroll.dialects.alhena.calls import Reception
from tillroll.dialects.alhena.companies import KEY_HEADER, Companies
from tillroll.dialects.alhena.errors import ALHENA
from tillroll.dialects.alhena.payload import Told
from tillroll.dialects.http import Area, Cors, Inbound, Route
from tillroll.dialects.rates import RefusedCalls, place_of, size_cost
from tillroll.engine.access.throttle import Allowance
from tillroll.settings import Settings

# Reports come from pages of the shop, which are of another origin than this server. No header with a key is allowed
# across origins, so that no page can use one.
CORS = Cors("POST", "Content-Type, Accept, Idempotency-Key")
AREAS = (
    Area("analytics", ALHENA, CORS, is_private=True),
    Area("v1/conversations", ALHENA, CORS, is_private=True),
    Area("v1/faq_questions", ALHENA, CORS, is_private=True),
    Area("sdk", ALHENA),
)


def routes(settings: Settings) -> list[Route]:
    """Every route of the dialect."""
    reception = Reception(Companies(), RefusedCalls(settings.refused_calls_per_minute))
    limited = Limits(
        Allowance(settings.visitor_reports_per_minute),
        Allowance(settings.company_reports_per_minute),
        Allowance(settings.address_reports_per_minute),
    ).limited
    return [
        *(limited(route) for route in (*events.routes(reception), *conversations.routes(reception))),
        *sdk.routes(),
    ]


class Limits(Struct, frozen=True):
    """How often a visitor, a company, and pages on one address may report. A back end's key is not limited by address:
    it reports for all visitors of its shop; a wrong one is refused."""

    of_visitor: Allowance
    of_company: Allowance
    of_address: Allowance

    def limited(self, route: Route) -> Route:
        """The same route, whose `decode` also asks whether there is an allowance left."""
        read = route.decode
        assert read is not None

        def decode(inbound: Inbound) -> object:
            told = read(inbound)
            assert isinstance(told, Told)
            sender, now = told.sender, inbound.received_at
            wait = self.of_visitor.take(f"{sender.company_key}/{sender.visitor}", now)
            wait = wait or self.of_company.take(sender.company_key, now)
            if not wait and not inbound.header(KEY_HEADER):
                wait = self.of_address.take(place_of(inbound.remote), now, cost=size_cost(inbound))
            return msgspec.structs.replace(told, wait_seconds=wait) if wait else told

        return msgspec.structs.replace(route, decode=decode)
