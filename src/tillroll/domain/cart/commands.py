"""What is said of a cart as a whole: what it holds beside its lines, as a client sends it."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from tillroll.domain.cart.cart import Cart
from tillroll.domain.delivery.delivery import DeliveryWindow


class CartFields(Struct, frozen=True, kw_only=True):
    """The fields of a cart that replace those that are there: UNSET leaves one as it is, None empties it.

    `addresses` are one of each type; `extra` is kept for the client as it is.
    """

    country_code: str | UnsetType | None = UNSET
    zip_code: str | UnsetType | None = UNSET
    delivery_window: DeliveryWindow | UnsetType | None = UNSET
    delivery_window_id: str | UnsetType | None = UNSET
    channel: dict[str, Any] | UnsetType | None = UNSET
    attached: dict[str, Any] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    addresses: tuple[dict[str, Any], ...] | UnsetType = UNSET
    extra: dict[str, Any] = {}


def fill(cart: Cart, fields: CartFields) -> None:
    """Set what was sent of a cart and leave the rest."""
    for name in (
        "country_code",
        "zip_code",
        "delivery_window",
        "delivery_window_id",
        "channel",
        "attached",
        "metadata",
    ):
        value = getattr(fields, name)
        if value is not UNSET:
            setattr(cart, name, value)
    if fields.addresses is not UNSET:
        cart.addresses = _addresses(cart, fields.addresses)
    if fields.extra:
        cart.extra = {**cart.extra, **fields.extra}
    cart.keep_countries()


def _addresses(cart: Cart, sent: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """These addresses; what is not sent again is emptied, and stays as a stub (docs/wire/emporix.md, 5.1)."""
    types = {address["type"] for address in sent}
    stubs = [{"type": known["type"]} for known in cart.addresses if known["type"] not in types]
    return sorted([*sent, *stubs], key=lambda address: str(address["type"]))
