"""What every call of this dialect goes through, whatever it reports: the steps of its route, one after the other.

    decode ─► hear: whose company? may it report? all fields there? ─► settle: said before, or else judged by the route
           ─► the route's events ─► conclude: ledger and answers

Every call of a known company becomes one event of the ledger, whatever it is answered; only a replay leaves no trace.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.alhena.companies import DIALECT, KEY_HEADER, Companies, Company
from tillroll.dialects.alhena.errors import (
    ALHENA,
    COMPANY_NOT_FOUND,
    MISSING_FIELDS,
    message_of,
    missing_message,
)
from tillroll.dialects.alhena.payload import Sender, Told
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.dialects.rates import RefusedCalls, place_of, size_cost
from tillroll.dialects.replays import answer_of
from tillroll.domain.events.events import (
    ACCEPTED,
    OF_A_PAGE,
    REFUSED,
    SHORT,
    TOO_MANY,
    Note,
    OutsideEvent,
    unread,
)
from tillroll.engine.access import idempotency
from tillroll.engine.access.idempotency import KEY_CHARACTERS_MAX, Claim, Ending, answered_once
from tillroll.engine.access.throttle import Allowance
from tillroll.engine.ledger import ledger
from tillroll.engine.storefronts import visits
from tillroll.engine.storefronts.storefronts import Credited, credit_note
from tillroll.store import Transaction
from tillroll.store.ledger.rows import StrayCall

ENCODER = msgspec.json.Encoder(decimal_format="number")

# Under which name the keys of all storefronts of a shop are kept: a page has no other name that it could prove.
_CALLER = "storefront"
_NO_COMPANY = Company.of_nobody()

Said = TypeVar("Said", bound=Told)


class End(Struct, frozen=True):
    """How a call ended: its answer, what the ledger calls that (nothing where it leaves no trace), and what else became
    true by it."""

    response: Response
    outcome: str = ""
    reason: str = ""
    notes: tuple[Note, ...] = ()


class Call(Struct, Generic[Said], frozen=True):
    """One call, and what it says; `refusal` is its end where it is refused for what it is, whatever was said before."""

    inbound: Inbound
    company: Company
    told: Said
    refusal: End | None = None

    @property
    def list_bytes_max(self) -> int:
        """How much of a list of what was said is kept: all of it from a back end, little of what is refused."""
        if self.refusal is not None:
            return SHORT.known_bytes
        return -1 if self.company.trusts(self.inbound) else OF_A_PAGE.known_bytes


class Kind(Struct, Generic[Said], frozen=True):
    """A kind of call: its name in the ledger, and what its calls tell."""

    name: str
    told: type[Said]


class Limits(Struct, frozen=True):
    """How often a visitor, a company, and pages on one address may report. A back end's key is not limited by address:
    it reports for all visitors of its shop; a wrong one is refused."""

    of_visitor: Allowance
    of_company: Allowance
    of_address: Allowance

    def take(self, inbound: Inbound, sender: Sender) -> int:
        """Take one report; 0, or after how many seconds to try again."""
        now = inbound.received_at
        wait = self.of_visitor.take(f"{sender.company_key}/{sender.visitor}", now)
        wait = wait or self.of_company.take(sender.company_key, now)
        if wait or inbound.header(KEY_HEADER):
            return wait
        return self.of_address.take(place_of(inbound.remote), now, cost=size_cost(inbound))


class Reception(Struct, frozen=True):
    """What all routes share: who is known, how many refused calls are kept, and how often somebody may report."""

    companies: Companies
    refused: RefusedCalls
    limits: Limits


Run = Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]


def report_route(reception: Reception, path: str, run: Run, read: Callable[[Inbound], Told]) -> Route:
    """A route that reports something. A body's declared type is not asked for: browsers that leave a page say plain
    text. Who reports too often is told so by `run`, which counts it."""

    def decode(inbound: Inbound) -> Told:
        told = read(inbound)
        wait = reception.limits.take(inbound, told.sender)
        return replace(told, wait_seconds=wait) if wait else told

    return Route("POST", path, run, ALHENA, decode, writes=True, content_types=())


def hear(tx: Transaction, reception: Reception, kind: Kind[Said], requests: Sequence[Inbound]) -> list[Call[Said]]:
    """The calls of these requests; those that are of no shop, refused or too often have their end already."""
    known = reception.companies.of(tx, {inbound.command.sender.company_key for inbound in requests})
    calls: list[Call[Said]] = []
    for inbound in requests:
        company = known.get(inbound.command.sender.company_key, _NO_COMPANY)
        call = Call(inbound, company, inbound.command)
        refusal = _turned_away(tx, reception, kind.name, call)
        calls.append(call if refusal is None else replace(call, refusal=refusal))
    return calls


def settle(
    tx: Transaction, calls: Sequence[Call[Said]], judge: Callable[[Sequence[Call[Said]]], Sequence[End]]
) -> list[End]:
    """How each call ends: those that were made before as they did then, all others as `judge` says.

    A client that lost an answer, or a page that sent its queue while it was left, says things twice. A report is known
    by its `event_id` or by the Idempotency-Key.
    """
    heard = [call for call in calls if call.refusal is None]

    def run(fresh: Sequence[int]) -> Sequence[End]:
        return judge([heard[place] for place in fresh])

    endings = answered_once(tx, [_claim(call) for call in heard], run, lambda end: answer_of(end.response))
    ends = iter([_end(call, ending) for call, ending in zip(heard, endings, strict=True)])
    return [call.refusal if call.refusal is not None else next(ends) for call in calls]


def conclude(tx: Transaction, ends: Sequence[End], events: Sequence[OutsideEvent]) -> Sequence[Response]:
    """Keep the events of these calls, and what else became true; the answers."""
    ledger.record(tx, events)
    ledger.note(tx, [note for end in ends for note in end.notes])
    return [end.response for end in ends]


def answered_touch(call: Call[Said], kind: str, credited: Sequence[Credited], **further: str) -> End:
    """The end of a call that is an interaction, with the reports that count by it."""
    body: dict[str, Any] = {"status": "success", "event_type": kind.upper(), **further, "credited": len(credited)}
    notes = tuple([credit_note(one, DIALECT, call.inbound.id, call.inbound.received_at) for one in credited])
    return End(Response(200, msgspec.json.encode(body)), ACCEPTED, notes=notes)


def device_of(inbound: Inbound) -> str:
    """What kind of device the caller's browser runs on, as its headers say."""
    return visits.device_of(inbound.header(b"sec-ch-ua-mobile"), inbound.header(b"user-agent"))


def browser_facts(call: Call[Said]) -> dict[str, str]:
    """What the headers of a browser tell that documents keep: the language that it prefers."""
    language = visits.language_of(call.inbound.header(b"accept-language"))
    return {"language": language} if language else {}


def unread_facts(inbound: Inbound) -> dict[str, object]:
    """The beginning of a body that can not be used as it is; `truncated` says how long all of it is."""
    body = unread(inbound.body)
    return {"body": body} | ({"truncated": len(inbound.body)} if len(body.encode()) < len(inbound.body) else {})


def _turned_away(tx: Transaction, reception: Reception, kind: str, call: Call[Said]) -> End | None:
    """The end of a call that is not heard: refused, of no shop, or too often either; None for all others."""
    if call.told.wait_seconds:
        return _too_often(call, call.told.wait_seconds)
    objection = "no_company" if not call.company.shop else _objection(call)
    if not objection:
        return None
    wait = reception.refused.take(call.company.shop, call.inbound)
    if wait:
        return _too_often(call, wait)
    return _refused(call, objection) if call.company.shop else _stray(tx, kind, call)


def _too_often(call: Call[Said], seconds: int) -> End:
    """A call that is counted, and not kept."""
    response = ALHENA.refuse(429, message=f"Too many requests: try again in {seconds} s.")
    response = Response(response.status, response.body, (*response.headers, (b"retry-after", b"%d" % seconds)))
    return End(response, REFUSED, TOO_MANY) if call.company.shop else End(response)


def _stray(tx: Transaction, kind: str, call: Call[Said]) -> End:
    """A call that no shop stands behind: kept apart, because its company may be registered later."""
    wrong = [one.field for one in call.told.wrong if not one.is_forgivable]
    code = MISSING_FIELDS if wrong else COMPANY_NOT_FOUND
    stray = StrayCall(
        call=call.inbound.id,
        dialect=DIALECT,
        claimed=call.told.sender.company_key,
        kind=kind,
        reason=code.lower(),
        received_at=call.inbound.received_at,
        document=ENCODER.encode(unread_facts(call.inbound)).decode(),
    )
    ledger.record_strays(tx, [stray])
    return End(call.company.error(code, missing_message(wrong) if wrong else message_of(code)))


def _objection(call: Call[Said]) -> str:
    """Why the call is refused before anybody looks at what was reported before, as a reason; empty where it is not."""
    return call.company.objection(call.inbound) or (MISSING_FIELDS.lower() if _wrong(call) else "")


def _wrong(call: Call[Said]) -> list[str]:
    return [one.field for one in call.told.wrong if not (one.is_forgivable and call.company.is_lenient)]


def _refused(call: Call[Said], objection: str) -> End:
    if objection == MISSING_FIELDS.lower():
        response = call.company.error(MISSING_FIELDS, missing_message(_wrong(call)))
    else:
        message = f"The shop takes no reports from this sender: {objection.replace('_', ' ')}."
        response = call.company.error("FORBIDDEN", message, status=403)
    return End(response, REFUSED, objection)


def _claim(call: Call[Said]) -> Claim | None:
    """The key under which a call's answer is kept, if it has one: when and how it was sent makes it no other call."""
    key = call.told.event_id or call.inbound.header(b"idempotency-key")
    if not key or len(key) > KEY_CHARACTERS_MAX:
        return None
    content = ENCODER.encode(replace(call.told, happened_at=0))
    digest = idempotency.digest_of(call.inbound.path.encode(), content)
    return Claim(call.company.shop, _CALLER, key, digest, call.inbound.received_at)


def _end(call: Call[Said], ending: Ending[End]) -> End:
    if ending.is_reused:
        message = "This event_id or Idempotency-Key was used with another report: send a new one."
        return End(call.company.error("KEY_REUSED", message, status=422))
    if ending.repeated is not None:
        return End(Response(ending.repeated.status, ending.repeated.body))
    assert ending.result is not None
    return ending.result
