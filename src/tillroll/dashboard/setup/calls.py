"""What a shop pastes so that events arrive: a line for each dialect that works as it stands, and a page's script."""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.engine.access import admission
from tillroll.engine.access.access import STOREFRONT
from tillroll.engine.inventory import applications
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import ShopKeys
from tillroll.store import Transaction

# What stands where a secret does that was shown once, long ago.
KEY = "KEY"
SECRET = "SECRET"
_CURL = "curl -sS --fail-with-body"
_JSON = "-H 'content-type: application/json'"


class Call(Struct, frozen=True):
    """One thing to paste: whose words it is in, what it does, and the words; `needs` says which secret to put in."""

    id: str
    title: str
    said: str
    text: str
    needs: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """How a shop is named in each dialect, and its secrets where they are known."""

    shop: str
    client_id: str = ""
    client_secret: str = SECRET
    storefront_client_id: str = ""
    hashid: str = ""
    search_key: str = KEY
    company: str = ""
    application_id: str = ""
    application_key: str = KEY
    native_key: str = KEY

    @classmethod
    def of_new(cls, shop: str, keys: ShopKeys) -> "Known":
        """Those of a shop that was just made."""
        return cls(
            shop=shop,
            client_id=keys.client_id,
            client_secret=keys.client_secret,
            storefront_client_id=keys.storefront_client_id,
            hashid=keys.hashid,
            search_key=keys.search_key,
            company=shop,
            application_id=keys.scout_client_id,
            application_key=keys.scout_key,
            native_key=keys.native_key,
        )

    @classmethod
    def of_shop(cls, tx: Transaction, shop: str) -> "Known":
        """What is known of any shop: names, the oldest live one of each kind, and no secret."""
        live = [one for one in shops.credentials(tx, shop) if not one["revoked_at"]]
        named = {str(one["kind"]): str(one["identifier"]) for one in reversed(live)}
        engines, companies = (admission.channels(tx, shop, kind) for kind in ("doofinder", "alhena"))
        return cls(
            shop=shop,
            client_id=named.get("service", ""),
            storefront_client_id=named.get(STOREFRONT, ""),
            hashid=str(engines[0]["identifier"]) if engines else "",
            company=str(companies[0]["identifier"]) if companies else "",
            application_id=named.get(applications.KIND, ""),
        )

    def secrets(self) -> dict[str, str]:
        """What is shown once, by what it is for."""
        return {
            "Tillroll's own API: key": self.native_key,
            "Emporix: tenant": self.shop,
            "Emporix: client id": self.client_id,
            "Emporix: client secret": self.client_secret,
            "Emporix: client id of storefronts": self.storefront_client_id,
            "Doofinder: hashid": self.hashid,
            "Doofinder: API key": self.search_key,
            "Alhena: company key": self.company,
            "Scout: client id": self.application_id,
            "Scout: API key": self.application_key,
        }


def calls(origin: str, known: Known) -> Sequence[Call]:
    """What to paste, for each dialect that names this shop."""
    found = [_page(origin, known), _native(origin, known), _alhena(origin, known)]
    found += [_doofinder(origin, known)] if known.hashid else []
    found += [_emporix(origin, known)] if known.client_id else []
    found += [_scout(origin, known)] if known.application_id else []
    return [one for one in found if known.company or one.id not in ("page", "alhena")]


def _page(origin: str, known: Known) -> Call:
    text = (
        f'<script src="{origin}/sdk/tillroll.js" data-company-key="{known.company}"></script>\n'
        "<script>\n"
        "  tillroll.consent(true);  // when the visitor has agreed\n"
        '  tillroll.cart({ type: "ITEM_ADDED", productId: "mug", productName: "Mug", value: 12.5, currency: "EUR", '
        "quantity: 1 });\n"
        "</script>"
    )
    said = "On every page of the storefront: what led to a visit, what was seen, and what went into the cart."
    return Call("page", "The storefront's pages", said, text)


def _native(origin: str, known: Known) -> Call:
    text = (
        f"{_CURL} {origin}/v1/events -H 'authorization: Bearer {known.native_key}' \\\n  {_JSON} \\\n"
        '  -d \'[{"id": "first-order", "kind": "checkout", "order_id": "1001", "total": 49.90, "currency": "EUR",\n'
        '        "lines": [{"product_id": "mug", "quantity": 1, "total": 49.90}], "test": true}]\''
    )
    said = "From your own systems: an order, here one that is only a test and counts nowhere."
    return Call("native", "Tillroll's own API", said, text, f"a key: tillroll key create {known.shop} --for native")


def _alhena(origin: str, known: Known) -> Call:
    visitor = (
        '"user_fingerprint": "550e8400-e29b-41d4-a716-446655440000",\n'
        '       "user_faq_fingerprint": "660e8400-e29b-41d4-a716-446655441111"'
    )
    company = f'"company_key": "{known.company}"'
    item = '"product_id": "mug", "product_name": "Mug",\n       "value": 12.5, "currency": "EUR", "quantity": 1'
    text = (
        f"{_CURL} {origin}/v1/conversations {_JSON} \\\n  -d '{{{company}, {visitor}}}'\n"
        f"{_CURL} {origin}/analytics/cart_events {_JSON} \\\n  -d '{{{company}, {visitor},\n"
        f'       "type": "ITEM_ADDED", {item}}}\''
    )
    said = "A conversation with the assistant, and what its visitor puts into the cart."
    return Call("alhena", "Alhena", said, text)


def _doofinder(origin: str, known: Known) -> Call:
    head = f"{_CURL} -X PUT -H 'authorization: Token {known.search_key}' {_JSON} {origin}/6/{known.hashid}/stats"
    session = '"session_id": "0123456789abcdef0123456789abcdef"'
    item = '"id": "mug", "index": "product", "title": "Mug", "amount": 1, "price": 12.5'
    text = (
        f"{head}/init \\\n  -d '{{{session}}}'\n"
        f"{head}/cart/0123456789abcdef0123456789abcdef \\\n  -d '{{{item}}}'\n"
        f"{head}/checkout \\\n  -d '{{{session}}}'"
    )
    said = "A search session, what went into its cart, and its checkout."
    return Call(
        "doofinder", "Doofinder", said, text, f"the search's key: tillroll key create {known.shop} --for doofinder"
    )


def _emporix(origin: str, known: Known) -> Call:
    text = (
        f"{_CURL} {origin}/oauth/token -d grant_type=client_credentials \\\n"
        f"  -d client_id={known.client_id} --data-urlencode client_secret={known.client_secret}"
    )
    said = "A token for the shop's back office; with it the README buys with curl what is sold here."
    return Call(
        "emporix", "Emporix", said, text, f"a back office's secret: tillroll key create {known.shop} --for emporix"
    )


def _scout(origin: str, known: Known) -> Call:
    text = (
        f"{_CURL} {origin}/api/v1/oauth/token -H 'x-api-key: {known.application_key}' {_JSON} \\\n"
        '  -d \'{"code": "CODE", "redirect_uri": "https://bot.example/callback"}\''
    )
    said = "Purchases that a program posts for somebody who let it: their code becomes the token that it posts with."
    return Call("scout", "Scout", said, text, "the application's key, and a code of somebody who allowed it")
