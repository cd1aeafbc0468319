"""Shops and their keys: what `tillroll shop` and `tillroll key` do."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.money import minor_exponent
from tillroll.engine.access import access, admission
from tillroll.engine.access.native_keys import identifier_of
from tillroll.store import Transaction
from tillroll.store.access import credentials as access_rows
from tillroll.store.access import rows as token_rows
from tillroll.store.access.credentials import NewCredential, SigningKey
from tillroll.store.inventory import applications as application_rows
from tillroll.store.inventory.applications import ApplicationSettings
from tillroll.store.shops import members as member_rows
from tillroll.store.shops import rows
from tillroll.store.shops.rows import ShopHoldings

_NAME = re.compile(r"[a-z][a-z0-9]{2,15}")
_ZONE = re.compile(r"^[a-z]{2}\d-")

# What a shop's own back office may do; a key for less is made with `key create --scopes`.
EVERY_SCOPE = (
    "site.site_read site.site_manage tax.tax_read tax.tax_manage "
    "product.product_read product.product_read_unpublished product.product_manage product.product_publish "
    "price.price_read price.price_manage price.pricemodel_read price.pricemodel_manage "
    "price.pricelist_read price.pricelist_manage currency.currency_read currency.currency_manage "
    "category.category_manage category.category_read_unpublished "
    "customersegment.segment_read customersegment.segment_manage "
    "availability.availability_view availability.availability_manage "
    "shipping.shipping_read shipping.shipping_manage "
    "coupon.coupon_read coupon.coupon_manage coupon.coupon_redeem coupon.coupon_redeem_on_behalf "
    "cart.cart_manage cart.cart_manage_external_prices "
    "order.order_read order.order_read_le order.order_create order.order_update order.order_update_completed "
    "order.order_delete order.history_view order.order_updateascustomer "
    "schema.schema_read schema.schema_manage "
    "configuration.configuration_read configuration.configuration_view configuration.configuration_manage "
    "sequentialid.schema_view sequentialid.schema_manage "
    "customer.customer_read customer.customer_manage "
    "customermanagement.legalentity_read customermanagement.legalentity_manage "
    "customermanagement.contactassignment_read customermanagement.contactassignment_manage "
    "customermanagement.location_read customermanagement.location_manage "
    "quote.quote_read quote.quote_manage "
    "payment-gateway.paymentmodes_read payment-gateway.paymentmodes_manage payment-gateway.authorize_manage "
    "payment-gateway.capture_manage payment-gateway.refund_manage payment-gateway.cancel_manage "
    "payment-gateway.paymenttransactions_read "
    "sessioncontext.context_manage"
)


class ShopKeys(Struct, frozen=True):
    """The credentials of a new shop, made at the door, one per dialect; secrets are shown once."""

    client_id: str
    client_secret: str
    storefront_client_id: str
    hashid: str
    search_key: str
    scout_client_id: str
    scout_key: str
    native_key: str


class NewShop(Struct, frozen=True):
    """A shop to be created."""

    name: str
    currency: str
    keys: ShopKeys


class WishedShop(Struct, frozen=True):
    """A shop as somebody wishes for it: its name, its currency, and where it is at home; empty for its currency's."""

    name: str
    currency: str
    country: str = ""


Open = Callable[[Transaction, WishedShop, int], ShopKeys | None]
"""Makes a shop with all that it begins with; None where there is or was one of this name."""


class NewKey(Struct, frozen=True):
    """A credential to be stored; a public one has no secret."""

    kind: str
    identifier: str
    secret: str | None = None
    scopes: str = ""


def name_problem(name: str) -> str | None:
    """Why this can not be a shop's name, or None."""
    if _NAME.fullmatch(name):
        return None
    return "A shop's name is 3 to 16 lower-case letters and digits, starting with a letter."


def add_shop(tx: Transaction, new: NewShop, now: int) -> bool:
    """Create a shop with a credential for each dialect; False where the shop exists."""
    if minor_exponent(new.currency) is None:
        raise ValueError(f"{new.currency!r} is not an ISO 4217 currency code")
    if not rows.insert_shop(tx, new.name, currency=new.currency, now=now):
        return False
    keys = new.keys
    for key in (
        NewKey(access.SERVICE, keys.client_id, keys.client_secret, EVERY_SCOPE),
        NewKey("storefront", keys.storefront_client_id),
        NewKey("doofinder", keys.hashid, without_zone(keys.search_key)),
        NewKey("alhena", new.name),
        NewKey("scout", keys.scout_client_id, keys.scout_key, "checkouts username"),
        NewKey(access.NATIVE, identifier_of(keys.native_key), keys.native_key),
    ):
        add_key(tx, new.name, key, now)
    admission.add_channel(tx, new.name, ("doofinder", keys.hashid, ""), now)
    admission.add_channel(tx, new.name, ("alhena", new.name, ""), now)
    application_rows.insert_application(tx, ApplicationSettings(new.name, keys.scout_client_id, new.name, "[]", 0), now)
    return True


def add_key(tx: Transaction, shop: str, key: NewKey, now: int) -> None:
    """Store a credential; its secret only as a hash."""
    secret_hash = access.hash_of(key.secret) if key.secret is not None else None
    access_rows.insert_credential(tx, NewCredential(shop, key.kind, key.identifier, secret_hash, key.scopes), now)
    access_rows.bump_access_version(tx, shop)


def keep_signing_key(tx: Transaction, key: SigningKey, now: int) -> None:
    """Keep a key itself, not only its hash: whoever verifies a signature needs the key that made it."""
    access_rows.insert_signing_key(tx, key, now)
    access_rows.bump_access_version(tx, key.shop)


def revoke_key(tx: Transaction, shop: str, identifier: str, now: int) -> bool:
    """Revoke a credential and every token that was issued on it; False where there is no such live credential."""
    revoked = access_rows.revoke_credential(tx, shop, identifier, now)
    token_rows.delete_tokens_of_client(tx, shop, identifier)
    access_rows.delete_signing_key(tx, shop, identifier)
    access_rows.bump_access_version(tx, shop)
    return revoked


def replace_key(tx: Transaction, shop: str, identifier: str, secret: str) -> bool:
    """Give a live credential another secret; False where there is no such credential. What it is good for stays."""
    replaced = access_rows.replace_secret(tx, shop, identifier, access.hash_of(secret))
    access_rows.bump_access_version(tx, shop)
    return replaced


def without_zone(key: str) -> str:
    """A search key without its zone, which says where and not who (docs/wire/doofinder.md, 6)."""
    return _ZONE.sub("", key)


def shops(tx: Transaction) -> list[Mapping[str, object]]:
    """All shops but the removed ones."""
    return [{"shop": shop.id, "currency": shop.currency, "created_at": shop.created_at} for shop in rows.shops(tx)]


def removed(tx: Transaction) -> list[Mapping[str, object]]:
    """The shops that were removed, and when: their names are taken for ever."""
    return [
        {"shop": shop.id, "currency": shop.currency, "created_at": shop.created_at, "removed_at": shop.removed_at}
        for shop in rows.removed_shops(tx)
    ]


def holdings(tx: Transaction, shop: str) -> ShopHoldings:
    """How much there is of a shop: what somebody should know of who removes it."""
    return rows.holdings(tx, shop)


def remove(tx: Transaction, shop: str, now: int) -> bool:
    """Let nobody into a shop any more, for good; False where there is none.

    What was written stays as it is: orders, customers and the ledger. So do its name, its channels and its
    applications, which never come to mean anybody else.
    """
    if not rows.remove(tx, shop, now):
        return False
    access_rows.revoke_all(tx, shop, now)
    token_rows.delete_tokens_of_shop(tx, shop)
    member_rows.delete_all_of_shop(tx, shop)
    member_rows.delete_invitations(tx, shop, member_rows.FOR_EVER)
    return True


def credentials(tx: Transaction, shop: str) -> list[Mapping[str, object]]:
    """A shop's credentials, without secrets."""
    return [msgspec.structs.asdict(credential) for credential in access_rows.credentials(tx, shop)]


def dialect_settings(tx: Transaction, shop: str, dialect: str) -> dict[str, Any]:
    """What a shop has set for one dialect, as it was stored; empty where it has set nothing."""
    settings: dict[str, Any] = _settings(tx, shop).get(dialect, {})
    return settings


def store_dialect_settings(tx: Transaction, shop: str, dialect: str, settings: Mapping[str, Any]) -> None:
    """Set it, and let every process know with the shop's access version, which locks the shop's row first."""
    access_rows.bump_access_version(tx, shop)
    known = _settings(tx, shop) | {dialect: settings}
    rows.store_settings(tx, shop, msgspec.json.encode(known).decode())


def _settings(tx: Transaction, shop: str) -> dict[str, Any]:
    document = rows.settings(tx, shop)
    return msgspec.json.decode(document, type=dict[str, Any]) if document is not None else {}
