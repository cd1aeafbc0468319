"""Customers, their sessions and their companies, described (docs/wire/emporix.md, 2, 14 and 16)."""

from collections.abc import Mapping

from tillroll.dialects.emporix.customers.admin import PAGE_SIZE
from tillroll.dialects.emporix.customers.answers import CustomerForSeller, ShownAddress, ShownCustomer
from tillroll.dialects.emporix.customers.companies import ASSIGNMENT_FILTERS, LEGAL_ENTITY_FILTERS, LOCATION_FILTERS
from tillroll.dialects.emporix.customers.companies import PAGE_SIZE as COMPANIES_SHOWN
from tillroll.dialects.emporix.wire.described import (
    COUNT,
    FIELDS,
    SORT,
    TOTAL,
    Documents,
    Q,
    asked_for,
    created,
    paging,
    with_patches,
)
from tillroll.dialects.emporix.wire.fields import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from tillroll.dialects.openapi import (
    FLAG,
    NAME,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    answers,
    extended,
    listed,
    nullable,
    one_of,
    partial,
    record,
    ref,
    structs,
)
from tillroll.domain.customers.company import ContactAssignment, LegalEntity, Location
from tillroll.domain.customers.customer import CustomerAddress, Profile

_BASE = "/customer/{tenant}"
_MANAGEMENT = "/customer-management/{tenant}"
_EMAIL: Schema = {"type": "string", "minLength": 3, "maxLength": 320}
_PASSWORD: Schema = {"type": "string", "minLength": PASSWORD_CHARACTERS_MIN, "maxLength": PASSWORD_CHARACTERS_MAX}
_ID = record({"id": TEXT})
_EXPAND = Parameter("expand", TEXT, "`addresses` asks for these, too.")
_TAGS = Parameter("tags", NAME, "`BILLING,SHIPPING` or others, with commas between them.", required=True)
_SLOWED = Answer("Too many failed logins: wait.", ref("ErrorCustomer"), {"Retry-After": "In how many seconds."})
_WRONG = Answer("E-mail and password do not belong together, or the token does not hold.", ref("GatewayFault"))
_KINDS = (
    Documents(
        _MANAGEMENT + "/legal-entities",
        "company.LegalEntity",
        "a legal entity",
        COMPANIES_SHOWN,
        put_creates=True,
        filters=(Q, SORT, FIELDS, *asked_for(LEGAL_ENTITY_FILTERS)),
    ),
    Documents(
        _MANAGEMENT + "/locations",
        "company.Location",
        "a location",
        COMPANIES_SHOWN,
        put_creates=True,
        filters=(Q, SORT, FIELDS, *asked_for(LOCATION_FILTERS)),
    ),
    Documents(
        _MANAGEMENT + "/contact-assignments",
        "company.ContactAssignment",
        "a contact assignment",
        COMPANIES_SHOWN,
        put_creates=True,
        filters=(Q, SORT, FIELDS, *asked_for(ASSIGNMENT_FILTERS)),
    ),
)


def operations() -> list[Operation]:
    """The operations of these services."""
    return [
        *_sessions(),
        *_passwords(),
        *_profiles(),
        *_addresses(_BASE + "/me/addresses", "A customer's own"),
        *_addresses(_BASE + "/customers/{customerNumber}/addresses", "A customer's"),
        *(operation for kind in _KINDS for operation in kind.operations()),
    ]


def _sessions() -> list[Operation]:
    refresh = (
        Parameter("refreshToken", NAME, required=True),
        Parameter("legalEntityId", TEXT, "For which company the customer goes on to act."),
    )
    return [
        Operation("POST", _BASE + "/signup", "Signs a customer up", {201: _ID}, ref("customer.Signup")),
        Operation(
            "POST",
            _BASE + "/login",
            "Logs a customer in, and takes the guest's carts over",
            {200: ref("customer.Login"), 401: _WRONG, 429: _SLOWED},
            record({"email": TEXT, "password": TEXT}, others=True),
        ),
        Operation(
            "GET",
            _BASE + "/refreshauthtoken",
            "Grants a customer the next tokens; the refresh token answers for 30 seconds more",
            {200: ref("customer.Token")},
            parameters=refresh,
        ),
        Operation(
            "GET",
            _BASE + "/validateauthtoken",
            "Says that a token holds",
            {200: record({"valid": FLAG, "customerId": nullable(TEXT), "expires_in": WHOLE})},
        ),
        Operation(
            "GET",
            _BASE + "/logout",
            "Ends a customer's session",
            {204: None},
            parameters=(Parameter("accessToken", NAME, required=True),),
        ),
    ]


def _passwords() -> list[Operation]:
    change = record({"currentPassword": TEXT, "newPassword": _PASSWORD}, others=True)
    reset = record({"token": TEXT, "password": _PASSWORD}, others=True)
    token = Answer("The token, for a back office.", record({"token": TEXT, "expiresIn": WHOLE}))
    changes: dict[int, Answer | Schema | None] = {204: None, 401: _WRONG, 429: _SLOWED}
    path = _BASE + "/password"
    return [
        Operation("POST", path + "/change", "Changes a password", changes, change),
        Operation("PUT", path, "Changes a password, as older clients do", changes, change),
        Operation(
            "POST",
            path + "/reset",
            "Asks for a new password",
            {200: token, 204: None},
            record({"email": _EMAIL}, others=True),
        ),
        Operation("POST", path + "/reset/update", "Sets a new password with a token", {204: None}, reset),
        Operation("POST", path + "/reset/confirm", "The same, as older clients do", {204: None}, reset),
    ]


def _profiles() -> list[Operation]:
    me, many, one = _BASE + "/me", _BASE + "/customers", _BASE + "/customers/{customerNumber}"
    seller, new = ref("customer.ForSeller"), created(_ID)
    places = {"customerNumber": NAME}
    return [
        Operation("GET", me, "Shows whose token it is", {200: ref("customer.Customer")}, parameters=(_EXPAND,)),
        Operation("PATCH", me, "Changes a customer's own profile", {200: None}, ref("customer.ProfilePatch")),
        Operation("PUT", me, "The same, as older clients do", {200: None}, ref("customer.ProfilePatch")),
        Operation(
            "GET",
            many,
            "Lists customers",
            {200: Answer("One page.", listed(seller), TOTAL | {"Count": "How many are on the page."})},
            parameters=(Q, SORT, *paging(PAGE_SIZE), COUNT, _EXPAND),
        ),
        Operation("POST", many, "Creates a customer", {201: new}, ref("customer.New")),
        Operation("GET", one, "Shows a customer", {200: seller}, parameters=(_EXPAND,), places=places),
        Operation("PUT", one, "Replaces a customer", {201: new, 204: None}, ref("customer.New"), places=places),
        Operation("PATCH", one, "Changes a customer", {200: None}, ref("customer.Patch"), places=places),
        Operation("DELETE", one, "Deletes a customer, not what was bought", {202: None}, places=places),
    ]


def _addresses(many: str, whose: str) -> list[Operation]:
    one, shown, sent = many + "/{addressId}", ref("customer.ShownAddress"), ref("customer.Address")
    patch, new = ref("customer.AddressPatch"), created(_ID)
    put = {200: None} if whose.endswith("own") else {201: new, 204: None}
    answers: Mapping[int, Answer | Schema | None] = put
    return [
        Operation("GET", many, f"{whose} addresses", {200: listed(shown)}),
        Operation("POST", many, f"{whose} new address", {201: new}, sent),
        Operation("GET", one, f"{whose} address", {200: shown}),
        Operation("PUT", one, f"{whose} address, replaced", answers, patch),
        Operation("PATCH", one, f"{whose} address, changed", {200: None}, patch),
        Operation("DELETE", one, f"{whose} address, deleted", {204: None}),
        Operation("POST", one + "/tags", f"{whose} address for more purposes", {204: None}, parameters=(_TAGS,)),
        Operation("DELETE", one + "/tags", f"{whose} address for fewer purposes", {204: None}, parameters=(_TAGS,)),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    found = structs("customer", {"Profile": Profile, "Address": CustomerAddress})
    for name in ("Profile", "Address"):
        found[f"customer.{name}"] = {**found[f"customer.{name}"], "additionalProperties": True}
    found["customer.Address"] = extended(found["customer.Address"], {"contactName": NAME}, required=["contactName"])
    companies = structs(
        "company",
        {"LegalEntity": LegalEntity, "Location": Location, "ContactAssignment": ContactAssignment},
        left_out=("LegalEntity.id", "Location.id", "ContactAssignment.id"),
    )
    for name in ("LegalEntity", "Location", "ContactAssignment"):
        companies[f"company.{name}"] = {**companies[f"company.{name}"], "additionalProperties": True}
    names = ("customer.Profile", "customer.Address", *(kind.name for kind in _KINDS))
    return {
        **with_patches({**found, **companies}, *names),
        **_customers(found["customer.Profile"]),
        **_tokens(),
    }


def _customers(profile: Schema) -> dict[str, Schema]:
    flags: dict[str, Schema] = {"active": FLAG, "onHold": FLAG}
    own = {"id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,66}$"}, "password": _PASSWORD, **flags}
    shown = {"Customer": ShownCustomer, "ForSeller": CustomerForSeller, "ShownAddress": ShownAddress}
    return {
        **answers("customer", shown),
        "customer.Signup": record(
            {"email": _EMAIL, "password": _PASSWORD}
            | {"customerDetails?": ref("customer.Profile"), "customerAddress?": ref("customer.Address")},
            others=True,
        ),
        "customer.New": extended(profile, {"contactEmail": _EMAIL, **own}, required=["contactEmail"]),
        "customer.Patch": partial(extended(profile, flags)),
    }


def _tokens() -> dict[str, Schema]:
    pairs: tuple[tuple[str, str, Schema], ...] = (
        ("access_token", "accessToken", TEXT),
        ("expires_in", "expiresIn", WHOLE),
        ("refresh_token", "refreshToken", TEXT),
        ("refresh_token_expires_in", "refreshTokenExpiresIn", WHOLE),
        ("token_type", "tokenType", one_of("Bearer")),
        ("session_id", "sessionId", TEXT),
    )
    token = {name: schema for snake, camel, schema in pairs for name in (snake, camel)}
    login = {**token, "saas_token": TEXT, "saasToken": TEXT, "initialPassword": FLAG}
    return {"customer.Token": record(token), "customer.Login": record(login)}
