"""Webhook endpoints: where events are sent, on this machine only."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from tillroll.simulator.books import Json, public
from tillroll.simulator.desk import Desk, with_metadata
from tillroll.simulator.wire import Outcome, invalid, missing

KIND = "webhook_endpoint"
# As many destinations as an account may have.
ENDPOINTS_MAX = 16


def create(desk: Desk, _id: str, given: Json) -> Outcome:
    """A new endpoint; its secret is told in this answer and never again."""
    if not is_loopback(given["url"]):
        raise invalid("A simulator sends to this machine only: 127.0.0.1, [::1] or localhost.", "url_invalid", "url")
    if len(desk.books.all_of(desk.asking.account, KIND)) >= ENDPOINTS_MAX:
        raise invalid(f"An account has at most {ENDPOINTS_MAX} endpoints.")
    endpoint = {
        "id": desk.new_id("we_"),
        "object": KIND,
        "api_version": given.get("api_version"),
        "application": None,
        "created": desk.now,
        "description": given.get("description"),
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": with_metadata({}, given.get("metadata")),
        "status": "enabled",
        "url": given["url"],
        "_sim": {"secret": desk.new_id("whsec_", 32)},
    }
    desk.put(KIND, endpoint)
    return Outcome(200, {**public(endpoint), "secret": endpoint["_sim"]["secret"]})


def update(desk: Desk, id: str, given: Json) -> Outcome:
    """Change where an endpoint is, what it hears, or whether it hears anything."""
    endpoint = desk.find(KIND, id)
    if not is_loopback(given["url"] if "url" in given else endpoint["url"]):
        raise invalid("A simulator sends to this machine only: 127.0.0.1, [::1] or localhost.", "url_invalid", "url")
    endpoint |= {name: given[name] for name in ("url", "enabled_events", "description") if name in given}
    if "metadata" in given:
        endpoint["metadata"] = with_metadata(endpoint["metadata"], given["metadata"])
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    return Outcome(200, public(desk.put(KIND, endpoint)))


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """An endpoint, without its secret."""
    return Outcome(200, public(desk.find(KIND, id)))


def delete(desk: Desk, id: str, _given: Json) -> Outcome:
    """Send nothing there any more."""
    if desk.books.number(desk.asking.account, KIND, id) is None:
        raise missing(KIND, id, "id")
    desk.books.drop(desk.asking.account, id)
    return Outcome(200, {"id": id, "object": KIND, "deleted": True})


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine, so that nothing that is simulated leaves it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
