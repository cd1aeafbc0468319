"""Making shops and credentials: the random part of creating a shop or a key."""

import secrets

from tillroll.dialects.emporix.site.defaults import Beginning, make_defaults
from tillroll.domain.money import currency_name
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewShop, ShopKeys, WishedShop
from tillroll.store import Transaction


def open_shop(tx: Transaction, wish: WishedShop, now: int) -> ShopKeys | None:
    """Make a shop with what tools expect of one: a site, its currency, a price model, and a key for every dialect.

    None where there is or was a shop of this name. Raises ValueError for what is no currency.
    """
    keys = new_shop_keys()
    if not shops.add_shop(tx, NewShop(wish.name, wish.currency, keys), now):
        return None
    beginning = Beginning(wish.currency, currency_name(wish.currency), wish.country)
    make_defaults(tx, wish.name, beginning, now)
    return keys


def new_shop_keys() -> ShopKeys:
    """Fresh random credentials for a new shop."""
    return ShopKeys(
        client_id=new_identifier(),
        client_secret=new_secret(),
        storefront_client_id=new_identifier(),
        hashid=new_hashid(),
        search_key=new_search_key(),
        scout_client_id=new_identifier(),
        scout_key=new_secret(),
        native_key=new_secret(),
    )


def new_identifier() -> str:
    """A public identifier of 128 random bits: letters and digits only, easy to select and to paste."""
    return secrets.token_urlsafe(16).replace("-", "a").replace("_", "b")


def new_hashid() -> str:
    """What Doofinder's clients name a search engine by: 32 hex digits."""
    return secrets.token_hex(16)


def new_search_key() -> str:
    """A key as Doofinder's clients expect it: a zone and 40 hex digits."""
    return f"eu1-{secrets.token_hex(20)}"


def new_secret() -> str:
    """A secret of 256 random bits."""
    return secrets.token_urlsafe(32)
