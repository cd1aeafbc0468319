"""Coupons redeemed by hand: validation, redemptions, referral coupons (docs/wire/emporix.md, 10).

Who asks redeems for themselves; a back office with `coupon.coupon_redeem_on_behalf` for whom it names. What a client
says of order and discount is compared with what the coupon gives. Only the checkout sees the lines of an order: one
for categories is redeemed here on the word of whoever holds the scope, and by nobody else.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.coupons.coupons import DOCUMENT, PAGE_SIZE, insert_coupon, missing, normal, shown_coupon
from tillroll.dialects.emporix.wire.errors import COUPON, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import amount_problem, currency_problem, id_problem
from tillroll.dialects.emporix.wire.payload import body_as, paging, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.rejections import CHECKOUT_DETAILS
from tillroll.dialects.emporix.wire.resources import Document, created, iso
from tillroll.dialects.emporix.wire.secured import Access, Call, back_office, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.domain.coupons.coupons import Coupon, CouponUse, claim_refusals, customer_key, refusals
from tillroll.domain.documents import Money
from tillroll.domain.money import minor_exponent
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE
from tillroll.engine.coupons import coupons, redemptions
from tillroll.engine.coupons.redemptions import NewRedemption
from tillroll.engine.customers import segments
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction
from tillroll.store.coupons.rows import StoredCoupon, StoredRedemption

ON_BEHALF = "coupon.coupon_redeem_on_behalf"
REDEEM = "coupon.coupon_redeem"
MANAGE = "coupon.coupon_manage"
READ = "coupon.coupon_read"

# Tillroll's own: what a referral coupon is made like where the request does not say.
REFERRAL_TEMPLATE = "referralCouponTemplate"

_MAY_VALIDATE = Access(frozenset({SERVICE, CUSTOMER, ANONYMOUS}), (REDEEM, ON_BEHALF))
_MAY_REDEEM = Access(frozenset({SERVICE, CUSTOMER}), (REDEEM, ON_BEHALF))
_COUPON = msgspec.json.Decoder(Coupon, float_hook=Decimal)


class RedemptionRequest(Struct, rename="camel", frozen=True):
    """A redemption as a client asks for it."""

    order_total: Money
    discount: Money
    order_code: str | None = None
    customer_number: str | None = None
    legal_entity_id: str | None = None


class _Redeemer(Struct, frozen=True):
    """Whose redemption it is; None is a guest."""

    customer_id: str | None
    legal_entity_id: str | None

    @property
    def key(self) -> str:
        """Under which name it is counted."""
        return customer_key(self.customer_id or "guest:", self.legal_entity_id)


def routes(catalogue: Catalogue, guests: GuestLimits) -> list[Route]:
    """The routes of validation, redemptions and referral coupons."""
    code, referral = "/coupon/{tenant}/coupons/{code}", "/coupon/{tenant}/referral-coupons/{customerNumber}"
    many, one = code + "/redemptions", code + "/redemptions/{id}"
    read = back_office(READ, MANAGE)

    def run(access: Access, handle: Callable[[Catalogue, Transaction, Call], Reply]) -> Any:
        return secured(COUPON, access, lambda tx, call: handle(catalogue, tx, call))

    def guessing(access: Access, handle: Callable[[Catalogue, Transaction, Call], Reply]) -> Any:
        return secured(COUPON, access, lambda tx, call: guests.guess(COUPON, call, lambda: handle(catalogue, tx, call)))

    return [
        Route("POST", code + "/validation", guessing(_MAY_VALIDATE, _validate), COUPON, _read),
        Route("POST", many, guessing(_MAY_REDEEM, _redeem), COUPON, _read, writes=True),
        Route("GET", many, run(read, _show_page), COUPON, reads=reads_of_list),
        Route("GET", one, run(read, _show), COUPON),
        Route("DELETE", one, run(back_office(MANAGE), _delete), COUPON, writes=True),
        Route("GET", referral, run(Access(frozenset({SERVICE, CUSTOMER}), (READ, MANAGE)), _show_referral), COUPON),
        Route("POST", referral, run(back_office(MANAGE), _make_referral), COUPON, _read_template, writes=True),
    ]


def _read(inbound: Inbound) -> RedemptionRequest:
    if not inbound.body:
        raise Malformed([Problem("", "missing_payload", "Empty payload was sent")])
    asked: RedemptionRequest = body_as(RedemptionRequest)(inbound)
    named = {"orderCode": asked.order_code, "customerNumber": asked.customer_number}
    named["legalEntityId"] = asked.legal_entity_id
    refuse_if(
        [
            *(_money_problem("orderTotal", asked.order_total), _money_problem("discount", asked.discount)),
            *(id_problem(field, id, length_max=120) for field, id in named.items() if id is not None),
        ]
    )
    return asked


def _money_problem(field: str, money: Money) -> Problem | None:
    return currency_problem(money.currency, f"{field}.currency") or amount_problem(f"{field}.amount", money.amount)


def _redeemer(call: Call) -> _Redeemer | Refusal:
    """Whose redemption it is; a refusal where the caller may not redeem for whom it names.

    Only a back office says for which company: a customer's own word would give each company a count of its own.
    """
    asked: RedemptionRequest = call.inbound.command
    caller = call.caller
    if caller.kind == SERVICE:
        if asked.customer_number is not None and ON_BEHALF not in caller.scopes:
            return COUPON.forbidden((ON_BEHALF,))
        return _Redeemer(asked.customer_number, asked.legal_entity_id)
    if asked.customer_number not in (None, caller.customer_id):
        return COUPON.forbidden((ON_BEHALF,))
    return _Redeemer(caller.customer_id, None)


def _validate(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST: 200 without a body where it may be redeemed, else 400 with every reason why not; nothing is written."""
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    known = coupons.find(tx, call.shop, code)
    if known is None or known.deleted:
        return missing(code)
    redeemer = _redeemer(call)
    if isinstance(redeemer, Refusal):
        return redeemer
    refused = _refusals(catalogue, tx, call, (known, redeemer))
    return refused if refused is not None else Response(200, b"", ())


def _redeem(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST: 201 with the redemption's id; 400 with every reason why it can not be redeemed."""
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    redeemer = _redeemer(call)
    if isinstance(redeemer, Refusal):
        return redeemer
    known = coupons.locked(tx, call.shop, code)
    if known is None:
        return missing(code)
    refused = _refusals(catalogue, tx, call, (known, redeemer))
    if refused is not None:
        return refused
    limit = _COUPON.decode(known.document).max_redemptions_per_customer
    document = msgspec.to_builtins(call.inbound.command, builtin_types=(Decimal,))
    document = {name: value for name, value in document.items() if value is not None}
    if redeemer.customer_id is not None:
        document["customerNumber"] = redeemer.customer_id
    text = encode(document).decode()
    new = NewRedemption(code, call.inbound.id, redeemer.key, limit, text, redeemer.legal_entity_id)
    redemptions.redeem(tx, call.shop, [new], call.now)
    return created(call, {"id": new.id}, new.id)


def _refusals(
    catalogue: Catalogue, tx: Transaction, call: Call, what: tuple[StoredCoupon, _Redeemer]
) -> Refusal | None:
    (known, redeemer), asked = what, call.inbound.command
    coupon = _COUPON.decode(known.document)
    theirs, view = frozenset[str](), catalogue.view(tx, call.shop)
    if coupon.segment_restricted:
        theirs = segments.of_customer(view, redeemer.customer_id, None, call.now)
    use = CouponUse(
        asked.order_total.currency, asked.order_total.amount, redeemer.customer_id, theirs, clock=view.clock()
    )
    uses = redemptions.uses_of(tx, call.shop, known.code, redeemer.key)
    count = known.redemption_count
    found = refusals(coupon, use, redemption_count=count, customer_uses=uses, now=call.now)
    found += claim_refusals(coupon, asked.order_total, asked.discount)
    if coupon.category_restricted and call.caller.kind != SERVICE:
        found.append(_unseen(coupon))
    if not found:
        return None
    return COUPON.refusal(
        400,
        [Problem("code", CHECKOUT_DETAILS[one.reason][0], one.message) for one in found],
    )


def _unseen(coupon: Coupon) -> Rejection:
    message = f"Coupon {coupon.code} is for categories: redeem it in a checkout, which sees what is bought."
    return Rejection(Reason.COUPON_REDEMPTION_FORBIDDEN, coupon.code, message)


def _show_page(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """GET: the redemptions of a coupon, oldest first, those of orders included."""
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    if coupons.find(tx, call.shop, code) is None:
        return missing(code)
    asked = paging(call.inbound, PAGE_SIZE)
    found = redemptions.page(tx, call.shop, code, range(asked.offset, asked.offset + asked.size))
    return respond(200, [_shown(one) for one in found])


def _show(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """GET of one redemption."""
    code, id = normal(catalogue, tx, call, call.inbound.values["code"]), call.inbound.values["id"]
    found = redemptions.find(tx, call.shop, code, id)
    return respond(200, _shown(found)) if found is not None else _missing_redemption(id)


def _delete(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; the coupon and its customer have one use more again. An order that redeemed it stands."""
    code, id = normal(catalogue, tx, call, call.inbound.values["code"]), call.inbound.values["id"]
    coupons.locked(tx, call.shop, code)
    if not redemptions.give_back(tx, call.shop, (code, id), call.now):
        return _missing_redemption(id)
    return Response(204, b"", ())


def _missing_redemption(id: str) -> Refusal:
    return COUPON.refusal(404, message=f"Redemption with id {id[:120]} not found.")


def _shown(redemption: StoredRedemption) -> Document:
    """A redemption as it is answered; a checkout's says what its order says."""
    own: Document = {"id": redemption.id, "redeemedAt": iso(redemption.redeemed_at)}
    if redemption.order_id is None:
        document: Document = DOCUMENT.decode(redemption.document)
        return document | own
    facts = redemptions.ORDER_FACTS.decode(redemption.document)
    step = Decimal(1).scaleb(-(minor_exponent(facts.currency) or 0))
    told = {
        "orderCode": redemption.order_id,
        "orderTotal": {"amount": facts.order_total_minor * step, "currency": facts.currency},
        "discount": {"amount": facts.discount_minor * step, "currency": facts.currency},
    }
    customer, _, company = (redemption.customer or "").partition("@")
    if customer and not customer.startswith("guest:"):
        told["customerNumber"] = customer
    return own | told | ({"legalEntityId": company} if company and not customer.startswith("guest:") else {})


# -------------------------------------------------------------------------------------------------- referral coupons


def _read_template(inbound: Inbound) -> Document:
    return body_as(Document)(inbound) if inbound.body else {}


def _referral_code(customer_number: str) -> str:
    return f"REF-{customer_number}".upper()


def _show_referral(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """GET: a customer's referral coupon, for the back office and for that customer."""
    customer = call.inbound.values["customerNumber"]
    if call.caller.kind != SERVICE and call.caller.customer_id != customer:
        return COUPON.forbidden((READ,))
    code = _referral_code(customer)
    known = coupons.find(tx, call.shop, code)
    if known is None or known.deleted:
        return COUPON.refusal(404, message=f"Referral coupon for customer {customer[:120]} not found.")
    return respond(200, shown_coupon(tx, call.shop, known, call.now))


def _make_referral(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST: 201 with the coupon's code; made as the body says, else as is configured; 409 for a second one."""
    customer = call.inbound.values["customerNumber"]
    refuse_if([id_problem("customerNumber", customer, length_max=60)])
    template: Document = catalogue.view(tx, call.shop).configured(REFERRAL_TEMPLATE, Document(), _template)
    document = {"name": f"Referral of {customer}", **template, **call.inbound.command}
    document |= {"code": _referral_code(customer), "issuedTo": customer, "referralCoupon": True}
    return insert_coupon(tx, call, document, answer=lambda code: {"code": code})


def _template(value: Any) -> Document:
    return value if isinstance(value, dict) else {}
