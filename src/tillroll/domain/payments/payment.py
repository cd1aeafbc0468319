"""How an order may be paid: the payment modes that a merchant has set up (docs/wire/emporix.md, 17)."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

GATEWAY = "payment-gateway"
ID_CHARACTERS_MAX = 255
# Paid outside of any gateway, so that nothing has to be authorised before the order stands.
PAID_OUTSIDE = {"INVOICE": "invoice", "CASH_ON_DELIVERY": "cash-on-delivery"}


def mode_id(custom_attributes: Mapping[str, Any] | None) -> str | None:
    """The payment mode that a payment method names, if it names what could be one."""
    id = (custom_attributes or {}).get("modeId")
    return id if isinstance(id, str) and 0 < len(id) <= ID_CHARACTERS_MAX and id.isprintable() else None


class PaymentMode(Struct, frozen=True):
    """One way to pay; `provider` is who sees to it."""

    id: str
    code: str
    provider: str
    active: bool = True

    @property
    def method(self) -> str:
        """What an order says about how it is paid."""
        return PAID_OUTSIDE.get(self.provider, self.code)

    @property
    def can_buy(self) -> bool:
        """Whether an order can be paid this way: it is offered, and nobody has to be asked who is not connected."""
        return self.active and self.provider in PAID_OUTSIDE
