"""What a new shop begins with: a site, its currency, a default price model, and its configuration.

Set-up tools and tutorials expect to find these and change them; whoever wants others replaces them. What a shop has
nobody could guess, its taxes and its ways to ship, is the merchant's to say.
"""

from typing import Any

import msgspec
from msgspec import Struct

from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.store import Transaction

# A currency's code begins with the code of its country, but for those of many countries.
_HOME_OF = {"EUR": "DE", "XOF": "SN", "XAF": "CM", "XCD": "AG", "XPF": "PF"}


class Beginning(Struct, frozen=True):
    """What a new shop sells in, what that is called, and where it is at home: without a country, its currency's."""

    currency: str
    currency_name: str
    country: str = ""

    @property
    def home(self) -> str:
        """Where the shop is at home."""
        return self.country or _HOME_OF.get(self.currency, self.currency[:2])


def make_defaults(tx: Transaction, shop: str, beginning: Beginning, now: int) -> None:
    """Give a new shop what it begins with."""
    for kind, id, document in _documents(beginning):
        documents.insert(tx, shop, Write(kind, id, msgspec.json.encode(document).decode()), now)


def _documents(beginning: Beginning) -> list[tuple[Kind, str, dict[str, Any]]]:
    currency, country = beginning.currency, beginning.home
    site = {"code": "main", "name": "Main site", "active": True, "default": True, "includesTax": True}
    site |= {"currency": currency, "availableCurrencies": [currency], "defaultLanguage": "en", "languages": ["en"]}
    site |= {"homeBase": {"address": {"country": country}}, "shipToCountries": [country]}
    tier = {"id": "default-0", "minQuantity": {"quantity": 0, "unitCode": "H87"}}
    model = {"id": "default", "name": {"en": "Default"}, "includesTax": True, "includesMarkup": False, "default": True}
    model |= {"measurementUnit": {"quantity": 1, "unitCode": "H87"}}
    model |= {"tierDefinition": {"tierType": "BASIC", "tiers": [tier]}}
    known = {"code": currency, "name": {"en": beginning.currency_name}}
    settings = [(Kind.CONFIGURATION, key, _setting(key, value)) for key, value in _configured(beginning).items()]
    return [
        (Kind.SITE, "main", site),
        (Kind.CURRENCY, currency, known),
        (Kind.PRICE_MODEL, "default", model),
        *settings,
    ]


def _setting(key: str, value: object) -> dict[str, Any]:
    return {"key": key, "value": value, "secured": False}


def _configured(beginning: Beginning) -> dict[str, object]:
    """The settings that every tool expects; lists of choices are texts of JSON, as they have always been."""
    language = {"id": "en", "label": "English", "default": True, "required": True}
    currency = {"id": beginning.currency, "label": beginning.currency_name, "default": True, "required": True}
    groups = ["1_cooling_product", "2_standard", "3_fragile"]
    positions = ["1_bottom_robust", "2_bottom_insensitive", "3_middle_standard", "4_top_sensitive"]
    return {
        "project_lang": msgspec.json.encode([language]).decode(),
        "project_curr": msgspec.json.encode([currency]).decode(),
        "project_country": beginning.home,
        "taxConfiguration": {"taxClassOrder": ["FULL", "HALF", "ZERO"], "taxClasses": {}},
        "packagingConf": {"packagingGroupOptions": groups, "packagingPositionOptions": positions},
        "storefront.host": "",
        "cust.notification.email.from": "",
    }
