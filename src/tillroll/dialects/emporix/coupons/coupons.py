"""Coupons: `/coupon/{tenant}/coupons[/{code}]` (docs/wire/emporix.md, 10).

Codes are upper-cased unless `enableCouponCodeCaseSensitivity` is configured. Shoppers may read a coupon whose code they
know, without what only the seller should see; one that was issued to others is refused.
"""

from collections.abc import Callable
from datetime import tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.coupons.references import reference_problems
from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import COUPON, Refusal, Reply, encode, encode_page, respond
from tillroll.dialects.emporix.wire.fields import amount_problem, currency_problem, id_problem
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, flag, paging, read_json, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.resource_lists import SCANNED_DOCUMENTS_MAX
from tillroll.dialects.emporix.wire.resources import Document, created, expected_version, iso, merged
from tillroll.dialects.emporix.wire.secured import Access, Call, anybody, back_office, secured
from tillroll.dialects.emporix.wire.yrn import coupon_yrn
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.domain.coupons.coupons import Coupon, CouponRestrictions, status_of
from tillroll.domain.documents import Money
from tillroll.domain.money import HUNDRED, ZERO, has_unpayable_decimals
from tillroll.domain.times import instant
from tillroll.engine.access.access import SERVICE
from tillroll.engine.coupons import coupons, redemptions
from tillroll.engine.coupons.coupons import CouponWrite
from tillroll.engine.documents.snapshot import Catalogue, clock_of
from tillroll.store import Transaction
from tillroll.store.coupons.rows import StoredCoupon

PAGE_SIZE = 16
CODE_CHARACTERS_MAX = 64
# A limit that no shop reaches and every database counts to.
REDEMPTIONS_MAX = 10**9
UNLIMITED = -1

DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)

# What the server says itself, whatever a client sends under these names.
_OWN_FIELDS = ("status", "redemptionCount", "deleted", "legalEntityRedemptions")
_SELLER_FIELDS = ("maxRedemptions", "redemptionCount", "issuedTo", "deleted")
_DEFAULTS: Document = {
    "discountType": "ABSOLUTE",
    "discountCalculationType": "SUBTOTAL",
    "allowAnonymous": False,
    "maxRedemptions": UNLIMITED,
    "maxRedemptionsPerCustomer": UNLIMITED,
    "categoryRestricted": False,
    "segmentRestricted": False,
}

Handle = Callable[[Catalogue, Transaction, Call], Reply]


def routes(catalogue: Catalogue, guests: GuestLimits) -> list[Route]:
    """The routes of coupons."""
    manage, read = back_office("coupon.coupon_manage"), back_office("coupon.coupon_read", "coupon.coupon_manage")
    many, one = "/coupon/{tenant}/coupons", "/coupon/{tenant}/coupons/{code}"

    def run(access: Access, handle: Handle) -> Any:
        return secured(COUPON, access, lambda tx, call: handle(catalogue, tx, call))

    def show(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
        return guests.guess(COUPON, call, lambda: _show(catalogue, tx, call))

    return [
        Route("GET", many, run(read, _show_page), COUPON, reads=reads_of_list),
        Route("POST", many, run(manage, _create), COUPON, _read, writes=True),
        Route("GET", one, run(anybody(), show), COUPON),
        Route("PUT", one, run(manage, _replace), COUPON, _read, writes=True),
        Route("PATCH", one, run(manage, _merge), COUPON, _read, True, MERGE_PATCH),
        Route("DELETE", one, run(manage, _delete), COUPON, writes=True),
    ]


def _read(inbound: Inbound) -> Document:
    if not inbound.body:
        raise Malformed([Problem("", "missing_payload", "Empty payload was sent")])
    document = read_json(DOCUMENT, inbound.body)
    refuse_if([nesting_problem(document)])
    return document


def _create(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST: 201 with the code as id, 409 where it is taken; a code is made where none is sent."""
    document: Document = dict(call.inbound.command)
    code = document.get("code") or call.inbound.id[-12:]
    document["code"] = normal(catalogue, tx, call, code) if isinstance(code, str) else code
    document.pop("referralCoupon", None)
    return insert_coupon(tx, call, document, answer=lambda id: {"id": id, "yrn": coupon_yrn(call.shop, id)})


def insert_coupon(tx: Transaction, call: Call, document: Document, *, answer: Callable[[str], Document]) -> Reply:
    """Store a new coupon: 201 with an answer of its code; 400 with all that is wrong with it, 409 where it exists."""
    try:
        write = _valid(document, clock_of(tx, call.shop))
        refuse_if(reference_problems(tx, call.shop, _rules(document)))
    except Malformed as malformed:
        return COUPON.refusal(400, malformed.problems)
    if not coupons.insert(tx, call.shop, write, call.now):
        message = f"Duplicate Coupon '{write.code}' on tenant '{call.shop}'"
        return COUPON.refusal(409, message=message + _why_taken(tx, call.shop, write.code))
    return created(call, answer(write.code), write.code)


def _why_taken(tx: Transaction, shop: str, code: str) -> str:
    """Why a code is taken that no GET shows."""
    known = coupons.find(tx, shop, code)
    if known is None or not known.deleted:
        return ""
    return ": it is that of a deleted coupon, which its redemptions still name. Choose another code."


def _replace(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """PUT: 200; with `?partial=true` the body is merged into what is stored."""
    if flag(call.inbound.query, "partial"):
        return _merge(catalogue, tx, call)
    return _change(catalogue, tx, call, lambda _stored: dict(call.inbound.command))


def _merge(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """PATCH: the fields of the body replace those of the coupon, 200."""
    return _change(catalogue, tx, call, lambda stored: merged(stored, call.inbound.command))


def _change(catalogue: Catalogue, tx: Transaction, call: Call, changed: Callable[[Document], Document]) -> Reply:
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    known = coupons.locked(tx, call.shop, code)
    if known is None:
        return missing(code)
    expected = expected_version(call.inbound.command)
    if expected is not None and expected != known.version:
        return COUPON.refusal(409, message="The coupon has been changed meanwhile: read it again and retry.")
    try:
        before = DOCUMENT.decode(known.document)
        own = {"code": code, "referralCoupon": before.get("referralCoupon")}
        after = {**changed(before), **own}
        write = _valid(after, catalogue.view(tx, call.shop).clock())
        refuse_if(reference_problems(tx, call.shop, _rules(after), _rules(before)))
        refuse_if([_limit_problem(write.redemptions_max, known.redemption_count)])
    except Malformed as malformed:
        return COUPON.refusal(400, malformed.problems)
    coupons.replace(tx, call.shop, write, call.now)
    return Response(200, b"", ())


def _limit_problem(limit: int, count: int) -> Problem | None:
    if limit < 0 or limit >= count:
        return None
    message = f"maxRedemptions must not be below the {count} redemptions so far, but is {limit}"
    return Problem("maxRedemptions", "invalid_value", message)


def _delete(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; the coupon stays and is marked as deleted."""
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    known = coupons.locked(tx, call.shop, code)
    if known is None:
        return missing(code)
    coupons.replace(tx, call.shop, CouponWrite(code, known.redemptions_max, known.document, deleted=True), call.now)
    return Response(204, b"", ())


def _show(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """GET of one coupon, by whoever knows its code."""
    code = normal(catalogue, tx, call, call.inbound.values["code"])
    known = coupons.find(tx, call.shop, code)
    if known is None or known.deleted:
        return missing(code)
    if call.caller.kind == SERVICE:
        return respond(200, shown_coupon(tx, call.shop, known, call.now))
    document = _shown(known, call.now, catalogue.view(tx, call.shop).clock())
    restrictions = document.get("restrictions") or {}
    holders = restrictions.get("validFor") or []
    if document.get("issuedTo") and not document.get("referralCoupon"):
        holders = [document["issuedTo"]]
    if holders and call.caller.customer_id not in holders:
        return COUPON.refusal(403, message=f"Insufficient permissions to retrieve the coupon with Id {code}")
    if restrictions:
        document["restrictions"] = {name: value for name, value in restrictions.items() if name != "validFor"}
    return respond(200, {name: value for name, value in document.items() if name not in _SELLER_FIELDS})


def _show_page(catalogue: Catalogue, tx: Transaction, call: Call) -> Response:
    """GET of a list, with deleted coupons where `showDeleted` says so, and `Items-Count` for `totalCount`."""
    query, asked = call.inbound.query, paging(call.inbound, PAGE_SIZE)
    with_deleted, wanted = flag(query, "showDeleted"), filters.shop_conditions(tx, call.shop, query.get("q", ""))
    rows = range(SCANNED_DOCUMENTS_MAX) if wanted else range(asked.offset, asked.offset + asked.size)
    clock = catalogue.view(tx, call.shop).clock()
    page = [_shown(coupon, call.now, clock) for coupon in coupons.page(tx, call.shop, rows, with_deleted=with_deleted)]
    count = coupons.total(tx, call.shop, with_deleted=with_deleted)
    if wanted:
        if count > SCANNED_DOCUMENTS_MAX:
            message = f"there are more than {SCANNED_DOCUMENTS_MAX} coupons: ask for one by its code"
            raise Malformed([Problem("q", "invalid_query_parameter", message)])
        found = [document for document in page if all(condition.holds(document) for condition in wanted)]
        page, count = found[asked.offset : asked.offset + asked.size], len(found)
    counted = flag(query, "totalCount") or asked.total
    return Response(200, encode_page(page), (JSON_CONTENT, *(((b"items-count", b"%d" % count),) if counted else ())))


def shown_coupon(tx: Transaction, shop: str, coupon: StoredCoupon, now: int) -> Document:
    """A coupon as its seller sees it, with how often each company has redeemed it."""
    return _shown(coupon, now, clock_of(tx, shop)) | {
        "legalEntityRedemptions": _company_counts(tx, shop, [coupon]).get(coupon.code, [])
    }


def _company_counts(tx: Transaction, shop: str, found: list[StoredCoupon]) -> dict[str, list[Document]]:
    counts: dict[str, list[Document]] = {}
    for code, company, count in redemptions.by_legal_entity(tx, shop, [coupon.code for coupon in found]):
        counts.setdefault(code, []).append({"legalEntityId": company, "count": count})
    return counts


def _shown(coupon: StoredCoupon, now: int, clock: tzinfo) -> Document:
    document: Document = _DEFAULTS | DOCUMENT.decode(coupon.document)
    metadata = document.get("metadata")
    rules = msgspec.convert(document, Coupon)
    return document | {
        "status": status_of(rules, redemption_count=coupon.redemption_count, now=now, clock=clock),
        "redemptionCount": coupon.redemption_count,
        "deleted": bool(coupon.deleted),
        "metadata": {
            **(metadata if isinstance(metadata, dict) else {}),
            "version": coupon.version,
            "createdAt": iso(coupon.created_at),
            "modifiedAt": iso(coupon.modified_at),
        },
    }


def missing(code: str) -> Refusal:
    """404 for a coupon that is not there."""
    return COUPON.refusal(404, message=f"Coupon with code {code} not found.")


def normal(catalogue: Catalogue, tx: Transaction, call: Call, code: str) -> str:
    """A code as it is kept."""
    return coupons.normal_code(catalogue.view(tx, call.shop), code)


def _kept(document: Document) -> Document:
    """What is stored of a document."""
    return {name: value for name, value in document.items() if name not in _OWN_FIELDS and value is not None}


def _rules(document: Document) -> Coupon:
    """A document as the rules of a coupon."""
    return converted(_kept(document), Coupon)


def _valid(document: Document, clock: tzinfo) -> CouponWrite:
    """The coupon to be stored, in a shop with this clock; raises Malformed with everything that is wrong with it."""
    kept = _kept(document)
    coupon = converted(kept, Coupon)  # which makes numbers in `kept` of what came as text or with decimals
    refuse_if(
        [
            id_problem("code", coupon.code, length_max=CODE_CHARACTERS_MAX),
            None if coupon.name else Problem("name", "missing_value", "name is required: send a text"),
            *_check_discount(coupon),
            *_check_limits(coupon),
            *_check_exclusions(coupon),
            *_check_period(coupon.restrictions, clock),
            *_money_problems("restrictions.minOrderValue", coupon.restrictions.min_order_value),
        ]
    )
    return CouponWrite(coupon.code, coupon.max_redemptions, encode(kept).decode())


def _check_discount(coupon: Coupon) -> list[Problem | None]:
    percentage, absolute = coupon.discount_percentage, coupon.discount_absolute
    found: list[Problem | None] = _money_problems("discountAbsolute", absolute)
    if percentage is not None:
        found.append(amount_problem("discountPercentage", percentage))
    if coupon.discount_type == "PERCENT" and percentage is None:
        found.append(Problem("discountPercentage", "missing_value", "a PERCENT coupon needs a discountPercentage"))
    if coupon.discount_type == "ABSOLUTE" and absolute is None:
        found.append(Problem("discountAbsolute", "missing_value", "an ABSOLUTE coupon needs a discountAbsolute"))
    if percentage is not None and percentage.is_finite() and not ZERO <= percentage <= HUNDRED:
        message = f"discountPercentage must be 0 to 100, but is {percentage}"
        found.append(Problem("discountPercentage", "invalid_value", message))
    return found


def _check_limits(coupon: Coupon) -> list[Problem | None]:
    limits = {
        "maxRedemptions": coupon.max_redemptions,
        "maxRedemptionsPerCustomer": coupon.max_redemptions_per_customer,
    }
    return [
        None
        if UNLIMITED <= limit <= REDEMPTIONS_MAX
        else Problem(name, "invalid_value", f"{name} must be {UNLIMITED} for unlimited, or 0 to {REDEMPTIONS_MAX}")
        for name, limit in limits.items()
    ]


def _check_exclusions(coupon: Coupon) -> list[Problem | None]:
    """Which fields exclude or need each other."""
    rules, included = coupon.restrictions, set(coupon.restrictions.included_categories)
    categories = bool(included or rules.excluded_categories)
    broken = [
        (
            coupon.discount_type == "FREE_SHIPPING" and coupon.category_restricted,
            "categoryRestricted",
            "a FREE_SHIPPING coupon must not be restricted to categories",
        ),
        (
            coupon.allow_anonymous and coupon.max_redemptions_per_customer != UNLIMITED,
            "maxRedemptionsPerCustomer",
            "guests can not be counted: set allowAnonymous to false, or maxRedemptionsPerCustomer to -1",
        ),
        (
            coupon.allow_anonymous and bool(rules.valid_for),
            "restrictions.validFor",
            "a coupon for certain customers must not allow anonymous redemption",
        ),
        (
            coupon.category_restricted and coupon.segment_restricted,
            "segmentRestricted",
            "categoryRestricted and segmentRestricted exclude each other",
        ),
        (
            coupon.segment_restricted and bool(rules.valid_for),
            "restrictions.validFor",
            "segmentRestricted and validFor exclude each other",
        ),
        (
            coupon.segment_restricted != bool(rules.segments),
            "restrictions.segments",
            "segments must be given if, and only if, segmentRestricted is true",
        ),
        (
            categories != coupon.category_restricted,
            "restrictions.includedCategories",
            "categories must be given if, and only if, categoryRestricted is true",
        ),
        (
            bool(included.intersection(rules.excluded_categories)),
            "restrictions.excludedCategories",
            "a category can not be included and excluded",
        ),
    ]
    return [Problem(field, "invalid_value", message) for is_broken, field, message in broken if is_broken]


def _check_period(rules: CouponRestrictions, clock: tzinfo) -> list[Problem | None]:
    found: list[Problem | None] = [
        Problem(f"restrictions.{name}", "invalid_value", f"'{text[:64]}' is not a date and time in ISO 8601")
        for name, text in (("validFrom", rules.valid_from), ("validUntil", rules.valid_until))
        if text is not None and instant(text) is None
    ]
    if not rules.period(clock).can_hold:
        found.append(Problem("restrictions.validUntil", "invalid_value", "validUntil must not be before validFrom"))
    return found


def _money_problems(field: str, money: Money | None) -> list[Problem | None]:
    if money is None:
        return []
    if (unknown := currency_problem(money.currency, f"{field}.currency")) is not None:
        return [amount_problem(f"{field}.amount", money.amount), unknown]
    if has_unpayable_decimals(money.amount, money.currency):
        message = f"{money.currency} has no decimals, but {field}.amount has"
        return [Problem(f"{field}.amount", "invalid_value", message)]
    return [amount_problem(f"{field}.amount", money.amount)]
