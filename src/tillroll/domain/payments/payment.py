"""How an order may be paid: the payment modes that a merchant has set up (docs/wire/emporix.md, 17)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

GATEWAY = "payment-gateway"
ID_CHARACTERS_MAX = 255
# Paid outside of any gateway, so that nothing has to be authorised before the order stands.
PAID_OUTSIDE = {"INVOICE": "invoice", "CASH_ON_DELIVERY": "cash-on-delivery"}
# Who is asked over a network before the order stands.
ASKED_PROVIDERS = ("STRIPE", "SIMULATOR")
TOKEN_CHARACTERS_MAX = 255
# Where a payment method names its mode.
_MODE_ID = "modeId"
# The mode's own word for money that is taken by a person's wish, not with the checkout.
_CAPTURE, _BY_HAND = "/Capture", "manual"


def mode_id(custom_attributes: Mapping[str, Any] | None) -> str | None:
    """The payment mode that a payment method names, if it names what could be one."""
    id = (custom_attributes or {}).get(_MODE_ID)
    return id if isinstance(id, str) and 0 < len(id) <= ID_CHARACTERS_MAX and id.isprintable() else None


def naming(custom_attributes: Mapping[str, Any] | None, mode_id: str) -> dict[str, Any]:
    """What a payment method says that names this mode beside all else that it said."""
    return {**(custom_attributes or {}), _MODE_ID: mode_id}


def token_of(custom_attributes: Mapping[str, Any] | None) -> str | None:
    """What a storefront got for the buyer's card, if a payment method has what could be that."""
    token = (custom_attributes or {}).get("token")
    return token if isinstance(token, str) and 0 < len(token) <= TOKEN_CHARACTERS_MAX and token.isprintable() else None


class PaymentPlan(Struct, frozen=True):
    """How an order is paid whose provider has to be asked; amounts are minor units of the order's currency.

    `amount_minor` is what may be taken, `total_minor` what is owed.
    """

    mode_id: str
    provider: str
    token: str
    captures: bool
    amount_minor: int
    total_minor: int


class PaymentOutcome(Struct, frozen=True, omit_defaults=True):
    """What has become of an order's payment by a provider, as the order shows it."""

    transaction_id: str
    state: str
    authorized_amount: Decimal
    captured_amount: Decimal = Decimal(0)
    refunded_amount: Decimal = Decimal(0)
    refund_state: str | None = None
    redirect_url: str | None = None


class PaymentMode(Struct, frozen=True):
    """One way to pay; `provider` is who sees to it, `configuration` what it wants to know."""

    id: str
    code: str
    provider: str
    active: bool = True
    configuration: dict[str, Any] = {}

    @property
    def method(self) -> str:
        """What an order says about how it is paid."""
        return PAID_OUTSIDE.get(self.provider, self.code)

    @property
    def can_buy(self) -> bool:
        """Whether an order can be paid this way: it is offered, and nobody has to be asked who is not connected."""
        return self.active and (self.provider in PAID_OUTSIDE or self.is_asked)

    @property
    def is_asked(self) -> bool:
        """Whether the provider is asked before the order stands."""
        return self.provider in ASKED_PROVIDERS

    @property
    def captures(self) -> bool:
        """Whether money is taken as soon as it is held."""
        return all(value != _BY_HAND for key, value in self.configuration.items() if key.endswith(_CAPTURE))

    @property
    def settings(self) -> dict[str, str]:
        """The configuration without what is no text."""
        return {key: value for key, value in self.configuration.items() if isinstance(value, str)}
