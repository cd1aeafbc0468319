"""The route table of the Alhena dialect."""

from tillroll.dialects.alhena import conversations, events, sdk, visits
from tillroll.dialects.alhena.calls import Limits, Reception
from tillroll.dialects.alhena.companies import Companies
from tillroll.dialects.alhena.errors import ALHENA
from tillroll.dialects.http import Area, Cors, Route
from tillroll.dialects.rates import RefusedCalls
from tillroll.engine.access.throttle import Allowance
from tillroll.settings import Settings

# Reports come from pages of the shop, which are of another origin than this server. No header with a key is allowed
# across origins, so that no page can use one.
CORS = Cors("POST", "Content-Type, Accept, Idempotency-Key")
AREAS = (
    Area("analytics", ALHENA, CORS, is_private=True),
    Area("v1/conversations", ALHENA, CORS, is_private=True),
    Area("v1/faq_questions", ALHENA, CORS, is_private=True),
    *(Area(verb.path.strip("/"), ALHENA, CORS, is_private=True) for verb in visits.VERBS),
    Area("sdk", ALHENA),
)


def routes(settings: Settings) -> list[Route]:
    """Every route of the dialect."""
    limits = Limits(
        Allowance(settings.visitor_reports_per_minute),
        Allowance(settings.company_reports_per_minute),
        Allowance(settings.address_reports_per_minute),
    )
    reception = Reception(Companies(), RefusedCalls(settings.refused_calls_per_minute), limits)
    return [*events.routes(reception), *conversations.routes(reception), *visits.routes(reception), *sdk.routes()]
