"""Coupons, described (docs/wire/emporix.md, 10)."""

from tillroll.dialects.emporix.coupons.coupons import PAGE_SIZE
from tillroll.dialects.emporix.coupons.redemptions import RedemptionRequest
from tillroll.dialects.emporix.wire.described import COUNT, LOCATION, PARTIAL, Q, paging, with_patches
from tillroll.dialects.openapi import (
    FLAG,
    TEXT,
    TIME,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    extended,
    listed,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.coupons.coupons import Coupon


def operations() -> list[Operation]:
    """The operations of this service."""
    many, one = "/coupon/{tenant}/coupons", "/coupon/{tenant}/coupons/{code}"
    sent, shown = ref("coupon.Coupon"), ref("coupon.Shown")
    new = Answer("It is created.", record({"id": TEXT, "yrn": TEXT}), LOCATION)
    counted = {"Items-Count": "How many there are, for `totalCount=true`."}
    deleted = Parameter("showDeleted", FLAG, "Whether deleted coupons are listed, too.")
    total = Parameter("totalCount", FLAG, "Whether `Items-Count` says how many there are.")
    return [
        Operation(
            "GET",
            many,
            "Lists coupons",
            {200: Answer("One page.", listed(shown), counted)},
            parameters=(Q, deleted, total, *paging(PAGE_SIZE), COUNT),
        ),
        Operation("POST", many, "Creates a coupon", {201: new}, sent),
        Operation("GET", one, "Shows a coupon", {200: ref("coupon.Seen")}, notes="Shoppers see no seller's fields."),
        Operation("PUT", one, "Replaces a coupon", {200: None}, sent, (PARTIAL,)),
        Operation("PATCH", one, "Changes a coupon", {200: None}, ref("coupon.CouponPatch")),
        Operation("DELETE", one, "Marks a coupon as deleted", {204: None}),
        *_redemptions(one),
    ]


def _redemptions(one: str) -> list[Operation]:
    many, sent, shown = one + "/redemptions", ref("coupon.RedemptionRequest"), ref("coupon.Redemption")
    referral = "/coupon/{tenant}/referral-coupons/{customerNumber}"
    new = Answer("It is redeemed.", record({"id": TEXT}), LOCATION)
    return [
        Operation("POST", one + "/validation", "Asks whether a coupon may be redeemed", {200: None}, sent),
        Operation("POST", many, "Redeems a coupon", {201: new}, sent),
        Operation("GET", many, "Lists redemptions", {200: listed(shown)}, parameters=paging(PAGE_SIZE)),
        Operation("GET", many + "/{id}", "Shows a redemption", {200: shown}),
        Operation("DELETE", many + "/{id}", "Gives a redemption back", {204: None}),
        Operation("GET", referral, "Shows a customer's referral coupon", {200: ref("coupon.Shown")}),
        Operation(
            "POST",
            referral,
            "Makes a customer's referral coupon",
            {201: Answer("It is created.", record({"code": TEXT}), LOCATION)},
            ref("coupon.CouponPatch"),
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    found = structs("coupon", {"Coupon": Coupon}, left_out=("Coupon.code",))
    known = {
        "status": one_of("VALID", "INACTIVE", "EXPIRED", "USED"),
        "redemptionCount": WHOLE,
        "deleted": FLAG,
        "legalEntityRedemptions": listed(record({"legalEntityId": TEXT, "count": WHOLE})),
        "metadata": ref("Metadata"),
    }
    always = ("code", "name", "discountType", "status", "metadata")
    shown = extended(found["coupon.Coupon"], known, required=(*always, "redemptionCount", "deleted"))
    seen = extended(found["coupon.Coupon"], known, required=always)
    sent = extended(found["coupon.Coupon"], {"description": {"anyOf": [TEXT, {"type": "object"}]}})
    asked = structs("coupon", {"RedemptionRequest": RedemptionRequest})
    own = {"id": TEXT, "redeemedAt": TIME}
    redemption = extended(asked["coupon.RedemptionRequest"], own, required=("id", "redeemedAt"))
    found |= asked | {"coupon.Redemption": redemption}
    return with_patches(found | {"coupon.Coupon": sent}, "coupon.Coupon") | {"coupon.Shown": shown, "coupon.Seen": seen}
