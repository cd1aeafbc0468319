"""What can be said about a checkout request by looking at it alone (and at the schemas that it names)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.checkout.inputs import Attempt, Facts
from tillroll.domain.countries import strange_country
from tillroll.domain.customers.customer import login_name
from tillroll.domain.money import is_sane_amount
from tillroll.domain.orders.order import Address, Customer, PaymentMethod, PlaceOrder, is_put_off
from tillroll.domain.payments.payment import GATEWAY, TOKEN_CHARACTERS_MAX, mode_id, token_of
from tillroll.domain.rejections import Reason, Rejection, Rejections

# The published schema: docs/wire/emporix.md, 4.1.
ZIP_CHARACTERS_MAX = 11
# RFC 5321: 64 before the @, 255 behind it.
EMAIL_CHARACTERS_MAX = 320
# Each mixin is held against a schema; a customer has a handful of them.
MIXINS_MAX = 10
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def without_absurd_amounts(attempt: Attempt) -> Attempt:
    """The attempt without a shipping choice that nobody can calculate with, and the rejection for it instead."""
    shipping = attempt.request.shipping
    if shipping is None or (is_sane_amount(shipping.amount) and shipping.amount >= 0):
        return attempt
    message = f"shipping.amount must be an amount from 0 to 10^12, not {str(shipping.amount)[:40]}"
    rejection = Rejection(Reason.VALUE_INVALID, "shipping.amount", message)
    return replace(
        attempt,
        request=replace(attempt.request, shipping=None),
        unreadable=(*attempt.unreadable, rejection),
    )


def request_rejections(facts: Facts, attempt: Attempt) -> Rejections:
    """All that is wrong with the request itself: values, addresses, customer, payment, mixins."""
    request = attempt.request
    yield from attempt.unreadable
    yield from _address_rejections(request, attempt)
    yield from _customer_rejections(attempt)
    yield from _guest_rejections(facts, attempt)
    yield from _activity_rejections(facts, attempt)
    yield from _payment_rejections(facts, attempt)
    yield from _mixin_rejections(facts, attempt)


def _is_unreadable(attempt: Attempt, field: str) -> bool:
    return any(one.subject.split(".")[0].split("[")[0] == field for one in attempt.unreadable)


def _address_rejections(request: PlaceOrder, attempt: Attempt) -> Rejections:
    for position, address in enumerate(request.addresses):
        if len(address.zip_code) > ZIP_CHARACTERS_MAX:
            field = f"addresses[{position}].zipCode"
            message = f"{field} must have at most {ZIP_CHARACTERS_MAX} characters, not {len(address.zip_code)}"
            yield Rejection(Reason.VALUE_INVALID, field, message)
        expected = strange_country(address.country)
        if expected is not None:
            field = f"addresses[{position}].country"
            yield Rejection(Reason.VALUE_INVALID, field, f"{field} must be {expected}")
    if _is_unreadable(attempt, "addresses") or request.quote_id is not None:
        return  # what a quote lacks is said of the quote
    types = {address.type for address in request.addresses}
    missing = [type for type in ("SHIPPING", "BILLING") if type not in types]
    if missing:
        found = ", ".join(sorted(types)) or "none"
        message = f"an address of type {' and one of type '.join(missing)} is missing; the request has: {found[:80]}"
        yield Rejection(Reason.ADDRESS_MISSING, "addresses", message)


def _customer_rejections(attempt: Attempt) -> Rejections:
    customer = attempt.request.customer
    if customer is None:
        return
    if len(customer.email) > EMAIL_CHARACTERS_MAX or not _EMAIL.fullmatch(customer.email):
        message = f"customer.email must be an e-mail address, not '{customer.email[:80]}'"
        yield Rejection(Reason.VALUE_INVALID, "customer.email", message)
    # A quote's buyer is who the quote is for: nothing that is sent here could add a name.
    if attempt.request.quote_id is None and not customer.first_name and not customer.last_name:
        message = "customer.firstName or customer.lastName is required: send at least one of them"
        yield Rejection(Reason.VALUE_MISSING, "customer.firstName", message)
    if attempt.customer_id is None and not customer.guest:
        if customer.id:
            message = f"customer.id '{customer.id[:80]}' needs a login: log in as this customer, or send guest: true"
            yield Rejection(Reason.VALUE_INVALID, "customer.id", message)
        else:
            message = "customer.guest or customer.id is required: send guest: true for a checkout without a login"
            yield Rejection(Reason.VALUE_MISSING, "customer.guest", message)
    elif attempt.customer_id is not None and customer.id not in (None, attempt.customer_id):
        message = f"customer.id is '{str(customer.id)[:80]}', but the token belongs to '{attempt.customer_id}'"
        yield Rejection(Reason.VALUE_INVALID, "customer.id", message)


def _guest_rejections(facts: Facts, attempt: Attempt) -> Rejections:
    """Where the shop asks for it, who has an account does not buy without it (docs/wire/emporix.md, 18)."""
    customer = attempt.request.customer
    if attempt.customer_id is None and customer is not None and login_name(customer.email) in facts.account_emails:
        message = "customer.email is that of a customer of this shop: log in to buy, or use another address"
        yield Rejection(Reason.VALUE_INVALID, "customer.email", message)


def _activity_rejections(facts: Facts, attempt: Attempt) -> Rejections:
    """The customer must be active while the checkout is in progress (docs/wire/emporix.md, 4)."""
    if attempt.customer_id is None:
        return
    customer = facts.customers.get(attempt.acting_as)
    if customer is None or not customer.may_buy:
        message = f"the customer '{attempt.customer_id}' is not active, or on hold: ask the shop"
        yield Rejection(Reason.CUSTOMER_NOT_ACTIVE, "customer", message)
    elif not customer.acts:
        message = f"the customer '{attempt.customer_id}' does not act for the company '{attempt.acting_as[1][:64]}'"
        yield Rejection(Reason.LEGAL_ENTITY_NOT_ASSIGNED, "cart.legalEntityId", message)


def _payment_rejections(facts: Facts, attempt: Attempt) -> Rejections:
    request = attempt.request
    count = len(request.payment_methods)
    if count != 1 and not _is_unreadable(attempt, "paymentMethods"):
        message = f"exactly one payment method is needed, but there are {count}: send one"
        yield Rejection(Reason.PAYMENT_METHODS_INVALID, "paymentMethods", message)
    for position, method in enumerate(request.payment_methods):
        wrong = _mode_problem(facts, method)
        if wrong is not None:
            field = f"paymentMethods[{position}].customAttributes.modeId"
            yield Rejection(Reason.PAYMENT_METHODS_INVALID, field, wrong)
        elif _lacks_token(facts, method):
            field = f"paymentMethods[{position}].customAttributes.token"
            message = f"{field} is required: what the provider gave for the card, {TOKEN_CHARACTERS_MAX} signs at most"
            yield Rejection(Reason.PAYMENT_METHODS_INVALID, field, message)
        if method.amount is not None and (not is_sane_amount(method.amount) or method.amount < 0):
            field = f"paymentMethods[{position}].amount"
            yield Rejection(Reason.VALUE_INVALID, field, f"{field} must be an amount from 0 to 10^12")


def _lacks_token(facts: Facts, method: PaymentMethod) -> bool:
    """Whether a provider would be asked for money of nobody."""
    mode = facts.payment_modes.get(mode_id(method.custom_attributes) or "") if method.provider == GATEWAY else None
    return mode is not None and mode.is_asked and token_of(method.custom_attributes) is None


def _mode_problem(facts: Facts, method: PaymentMethod) -> str | None:
    """Why the payment gateway can not see to a payment, if it is to: its mode is missing, or nobody takes it."""
    if method.provider != GATEWAY:
        return None
    named = mode_id(method.custom_attributes)
    if is_put_off(method):
        can_be_paid = any(mode.can_buy for mode in facts.payment_modes.values())
        return None if can_be_paid else "the shop has no payment mode that the payment could be made by later"
    if named is None:
        return "customAttributes.modeId is required: name one of the shop's payment modes"
    mode = facts.payment_modes.get(named)
    if mode is None or not mode.active:
        return f"there is no payment mode '{named[:80]}' that is active: choose one of the shop's payment modes"
    if not mode.can_buy:
        return f"nobody takes payments by {mode.provider} here: choose a mode that is paid outside, as an invoice is"
    return None


def _mixin_rejections(facts: Facts, attempt: Attempt) -> Rejections:
    count = _mixins_count(attempt.request)
    if count > MIXINS_MAX:
        message = f"the request has {count} mixins, more than {MIXINS_MAX}: send fewer"
        yield Rejection(Reason.VALUE_INVALID, "customer.mixins", message)
        return
    for mixin in named_mixins(attempt.request):
        if mixin.address not in facts.schemas:
            message = (
                f"the schema '{mixin.address[:120]}' is not registered in this shop: register it, or drop the mixin"
            )
            yield Rejection(mixin.reason, mixin.field, message)
            continue
        for path, message in attempt.verdicts[mixin.field]:
            joined = mixin.field + (path if path.startswith("[") else f".{path}" if path else "")
            yield Rejection(mixin.reason, joined, message)


class NamedMixin(Struct, frozen=True):
    """A mixin of a request and the address of the schema that it has to keep to; `reason` is told where it does not."""

    field: str
    address: str
    value: Any
    reason: Reason


def named_mixins(request: PlaceOrder) -> Sequence[NamedMixin]:
    """The mixins that name a schema, none where the request has too many to be looked at.

    A mixin without a schema is not checked (docs/wire/emporix.md, 14).
    """
    if not 0 < _mixins_count(request) <= MIXINS_MAX:
        return ()
    found = list(_named("customer", request.customer, Reason.CUSTOMER_SCHEMA_VIOLATED))
    for position, address in enumerate(request.addresses):
        found += _named(f"addresses[{position}]", address, Reason.ADDRESS_SCHEMA_VIOLATED)
    return found


def _mixins_count(request: PlaceOrder) -> int:
    customer = request.customer
    count = len(customer.attached) if customer is not None and customer.attached else 0
    for address in request.addresses:
        if address.attached:
            count += len(address.attached)
    return count


def _named(place: str, owner: Customer | Address | None, reason: Reason) -> Iterator[NamedMixin]:
    if owner is None or not owner.attached:
        return
    addresses = _schema_addresses(owner.metadata)
    for name, value in owner.attached.items():
        if name in addresses:
            yield NamedMixin(f"{place}.mixins.{name}", addresses[name], value, reason)


def _schema_addresses(metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """Mixin name → address of its schema, as `metadata.mixins` names them."""
    named = (metadata or {}).get("mixins")
    if not isinstance(named, dict):
        return {}
    return {name: address for name, address in named.items() if isinstance(address, str)}
