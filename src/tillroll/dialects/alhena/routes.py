"""The route table of the Alhena dialect."""

import msgspec
from msgspec import Struct

from tillroll.dialects.alhena import conversations, events, sdk
from tillroll.dialects.alhena.companies import Companies
from tillroll.dialects.alhena.errors import ALHENA
from tillroll.dialects.alhena.payload import Told
from tillroll.dialects.http import Area, Cors, Inbound, Route, TooMany
from tillroll.dialects.rates import Allowance
from tillroll.settings import Settings

# Reports come from pages of the shop, which are of another origin than this server. No header but the body's type is
# allowed across origins, so that no page can use a key that stands in one.
CORS = Cors("POST", "Content-Type, Accept")
AREAS = (
    Area("analytics", ALHENA, CORS, is_private=True),
    Area("v1/conversations", ALHENA, CORS, is_private=True),
    Area("v1/faq_questions", ALHENA, CORS, is_private=True),
    Area("sdk", ALHENA),
)


def routes(settings: Settings) -> list[Route]:
    """Every route of the dialect."""
    companies = Companies()
    limited = Limits(
        Allowance(settings.visitor_reports_per_minute), Allowance(settings.company_reports_per_minute)
    ).limited
    return [
        *(limited(route) for route in (*events.routes(companies), *conversations.routes(companies))),
        *sdk.routes(),
    ]


class Limits(Struct, frozen=True):
    """How often a visitor and a company may report. Who is told to wait is told before any transaction."""

    of_visitor: Allowance
    of_company: Allowance

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
            if wait:
                raise TooMany(wait)
            return told

        return msgspec.structs.replace(route, decode=decode)
